"""Who an embedded part runs as: PostgreSQL refuses to run as root, and nothing needs to."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# A dedicated user is better: other programs that run as nobody may signal and read what runs as nobody.
_PREFERRED = ("kyso-embedded", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An operating system user."""

    user: int
    group: int
    name: str


def caller() -> Account:
    """The account this process runs as; a user without a name has its number for one."""
    user = os.geteuid()
    try:
        return _of(pwd.getpwuid(user))
    except KeyError:
        return Account(user=user, group=os.getegid(), name=str(user))


def account_for(folder: Path) -> Account:
    """The account that files below this folder belong to, or shall belong to.

    An ordinary user runs everything himself. Root runs a part as the owner of what is already there, so that
    ``sudo`` over an ordinary user's folder leaves it usable, and otherwise as an unprivileged user.
    """
    if os.geteuid() != 0:
        return caller()
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        try:
            return _of(pwd.getpwuid(owner))
        except KeyError:
            return Account(user=owner, group=folder.stat().st_gid, name=str(owner))
    return _unprivileged()


def _unprivileged() -> Account:
    for name in _PREFERRED[:-1]:
        try:
            return _of(pwd.getpwnam(name))
        except KeyError:
            continue
    return _of(pwd.getpwnam(_PREFERRED[-1]))


def _of(entry: pwd.struct_passwd) -> Account:
    return Account(user=entry.pw_uid, group=entry.pw_gid, name=entry.pw_name)
