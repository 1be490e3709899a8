"""The signer's socket: bound where only its own user can reach it, by one signer at a time."""

from __future__ import annotations

import fcntl
import os
import socket as sockets
import stat
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from hsm.errors import SignerRefusedStart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_PATH = 107  # sun_path, unix(7)
_WAITING = 512  # connections that may wait to be accepted
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Doorway:
    """A listening socket (0600 in a folder of 0700) and the lock that goes with it."""

    def __init__(self, *, socket: Path, state: Path) -> None:
        self._socket = socket
        self._state = state

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Be the only signer here; raises :class:`SignerRefusedStart`.

        Two would race each other to the token's login. The kernel frees the locks of one that was killed.
        """
        self._demand_private(self._socket.parent)
        self._demand_private(self._state)
        if len(os.fsencode(self._socket)) > _LONGEST_PATH:
            raise self._refused(reason=f"its path is longer than {_LONGEST_PATH} bytes")
        with ExitStack() as held:
            for place in (self._socket.with_name(self._socket.name + ".lock"), self._state / "signer.lock"):
                file = held.enter_context(place.open("w", encoding="ascii"))
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise self._refused(reason="another signer runs here") from error
            yield

    @contextmanager
    def listening(self) -> Iterator[sockets.socket]:
        """Listen, and leave no socket behind."""
        with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as listener:
            self._socket.unlink(missing_ok=True)
            mask = os.umask(0o177)
            try:
                listener.bind(str(self._socket))
            finally:
                os.umask(mask)
            listener.listen(_WAITING)
            try:
                yield listener
            finally:
                self._socket.unlink(missing_ok=True)

    def _demand_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
        if status.st_uid != os.geteuid():
            raise self._refused(reason=f"{folder} belongs to another user")
        if status.st_mode & _OTHERS:
            raise self._refused(reason=f"{folder} is open to other users; its mode must be 0700")

    def _refused(self, *, reason: str) -> SignerRefusedStart:
        return SignerRefusedStart(socket=str(self._socket), reason=reason)
