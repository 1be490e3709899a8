"""Becomes another program after tying it to its parent; run by ``child.spawn``, never imported.

    python -I -S leash.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT]...

A separate program instead of ``preexec_fn``, which may deadlock in a process with threads. Order matters: the kernel
forgets PR_SET_PDEATHSIG when the user changes, and it is kept through exec. A parent that died before the call is
noticed by its number.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_CANNOT_EXECUTE = 126  # the number shells use


def _main() -> None:
    parent, death_signal, user, group = (int(argument) for argument in sys.argv[1:5])
    program = sys.argv[5:]
    libc = ctypes.CDLL(None, use_errno=True)
    if group >= 0:
        os.setgroups([])
        os.setgid(group)
    if user >= 0:
        os.setuid(user)
    if libc.prctl(_PR_SET_PDEATHSIG, death_signal) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the parent ended while this process was starting")
    try:
        os.execve(program[0], program, os.environ)  # noqa: S606 - becoming the program is the purpose
    except OSError as error:
        sys.stderr.write(f"{program[0]} cannot be run: {error.strerror}\n")
        sys.exit(_CANNOT_EXECUTE)


if __name__ == "__main__":
    _main()
