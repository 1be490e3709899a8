"""File access for the process that calls it: below named folders, and nowhere else (landlock(7)).

The sandboxed children run under the service's account, which can read its configuration; with Landlock a child that a
hostile file has taken over cannot. Kernels without it are no error; the caller is told.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_NO_PLAIN_FILES = 1 << 0 | 1 << 6 | 0b111 << 9 | 1 << 12 | 1 << 15
"""To execute, to make character devices, sockets, pipes, block devices and symbolic links, and to control devices."""
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many file rights an ABI knows (later ones: 16); all are taken away but reading below the named folders."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def allow_files(reading: Iterable[Path], *, writing: Path | None = None) -> None:
    """Leave this process, for good, reading below these folders and all work on plain files below ``writing``.

    What does not exist is left out; a file may stand for a folder. ``PR_SET_NO_NEW_PRIVS`` must be set already. Raises
    OSError where the kernel has no Landlock.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    abi = _called(libc, _CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    everything = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    ruleset = _Ruleset(handled_access_fs=everything)
    handle = _called(libc, _CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        for path in reading:
            if path.exists():
                _allow(libc, handle, path, _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE)
        if writing is not None:
            _allow(libc, handle, writing, everything & ~_NO_PLAIN_FILES)
        _called(libc, _RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)


def _allow(libc: ctypes.CDLL, handle: int, path: Path, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(allowed_access=rights, parent_fd=parent)
        _called(libc, _ADD_RULE, handle, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _called(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    wide = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *wide))
    if result < 0:
        code = ctypes.get_errno() or errno.ENOSYS
        raise OSError(code, os.strerror(code))
    return result
