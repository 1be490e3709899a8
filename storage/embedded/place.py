"""Where an embedded part keeps its files, so that the account it runs as can reach them.

Root drops to an unprivileged account, which cannot enter a project below a private home folder. Instead of opening
that home to everybody, data and programs then go below ``/var/lib/kyso``, which everybody may pass through.
Sockets have a second difficulty: their path may have 107 bytes at most (unix(7)).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storage.embedded.account import Account, account_for
from storage.embedded.errors import FolderUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHARED = Path("/var/lib/kyso")
_RUNTIME = Path("/run/kyso")
_LONGEST_FOLDER_OF_A_SOCKET = 107 - len("/seaweedfs-filer-grpc-65535.sock")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for one part and the account it runs as; ``remark`` says where the files went if not where asked."""

    folder: Path
    account: Account
    remark: str | None

    def own(self, name: str) -> Path:
        """A folder inside that only the account can enter, made if it is not there."""
        return _private_folder(self.folder / name, self.account)

    def write(self, name: str, text: str, *, mode: int) -> None:
        """A file inside, complete or not there at all; it belongs to whom the folder belongs."""
        owner = self.folder.stat()
        write_whole(self.folder / name, text.encode(), mode=mode, user=owner.st_uid, group=owner.st_gid)

    def sockets(self) -> Path:
        """A private folder whose path is short and plain enough for sockets, the same at every call."""
        return socket_folder(self.folder / "socket", account=self.account)


def socket_folder(wanted: Path, *, account: Account) -> Path:
    """This folder, made private to the account, or a short one elsewhere in its place. Raises ``FolderUnusable``."""
    if len(os.fsencode(wanted)) <= _LONGEST_FOLDER_OF_A_SOCKET and _PLAIN_PATH.fullmatch(str(wanted)):
        _make(wanted.parent)
        return _private_folder(wanted, account)
    return _private_folder(_runtime_folder() / _short_name(wanted), account)


def settle(directory: Path, *, name: str) -> Place:
    """Make the folder, or one below ``/var/lib/kyso`` where the account could not enter it.

    ``name`` is the subfolder whose owner decides the account. Raises ``FolderUnusable``.
    """
    asked = directory.absolute()
    _make(asked)
    account = account_for(asked / name)
    if _can_enter(asked, account):
        return Place(folder=asked, account=account, remark=None)
    folder = _SHARED / _short_name(asked)
    account = account_for(folder / name)
    _make(folder)
    _point(asked / "moved-to", folder)
    remark = f"{account.name} cannot enter {asked}; the files are in {folder} instead"
    return Place(folder=folder, account=account, remark=remark)


def reachable_copy(package: Path, *, trees: Iterable[str], version: str, account: Account) -> Path:
    """The folder that holds these trees: ``package`` itself if the account can enter it, otherwise a copy.

    Trees keep their places relative to each other, since programs find their libraries that way.
    """
    if _can_enter(package, account):
        return package
    target = _SHARED / "programs" / version
    if not target.exists():
        unfinished = target.with_name(f"{version}.{os.getpid()}")
        for tree in trees:
            _copy(package / tree, unfinished / tree)
        try:
            unfinished.rename(target)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return target


def write_whole(file: Path, content: bytes, *, mode: int, user: int, group: int) -> None:
    """Write beside the file and rename, through no link that somebody else put there. Raises ``FolderUnusable``."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "wb"
        ) as stream:
            stream.write(content)
            os.fchown(stream.fileno(), user, group)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    except OSError as error:
        raise FolderUnusable(folder=file.parent, reason=error.strerror or str(error)) from error


def _copy(source: Path, target: Path) -> None:
    _make(target.parent)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)


def _can_enter(folder: Path, account: Account) -> bool:
    """Ask the kernel as that account: mode bits alone would miss access lists and remote file systems."""
    if account.user == os.geteuid():
        return os.access(folder, os.X_OK)
    probe = subprocess.run(
        ["/usr/bin/test", "-x", folder], user=account.user, group=account.group, extra_groups=[], check=False, cwd="/"
    )
    return probe.returncode == 0


def _make(folder: Path) -> None:
    """Root's folders may be passed through but not listed; an ordinary user's are private."""
    try:
        for missing in reversed([level for level in (folder, *folder.parents) if not level.exists()]):
            missing.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise FolderUnusable(folder=folder, reason="no permission to write")
    except OSError as error:
        raise FolderUnusable(folder=folder, reason=error.strerror or str(error)) from error


def _private_folder(folder: Path, account: Account) -> Path:
    """Made 0700 for the account; one that is already there must be its own and no link (it may lie in /tmp)."""
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, account.user, account.group)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.user:
            raise FolderUnusable(folder=folder, reason=f"it does not belong to {account.name}") from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise FolderUnusable(folder=folder, reason=error.strerror or str(error)) from error
    return folder


def _runtime_folder() -> Path:
    if os.geteuid() == 0:
        _make(_RUNTIME)
        return _RUNTIME
    # Not XDG_RUNTIME_DIR: it goes when the user logs out, and not every process has it set.
    return Path("/tmp")  # noqa: S108 - _private_folder refuses what another user put there


def _point(link: Path, target: Path) -> None:
    if not link.is_symlink():
        link.symlink_to(target)


def _short_name(folder: Path) -> str:
    return f"kyso-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
