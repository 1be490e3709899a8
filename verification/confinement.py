"""Ties the hands of the process that calls it, for good: what a child gives up before it meets a foreign file.

No network, no programs, no other processes, no file written, no file read but code and fonts, little memory, no core
dump, no new privileges, and death with the parent. Processor and wall time are counted from outside, for each job
(:mod:`verification.sandbox_process`).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

from verification.landlock import allow_reading_only
from verification.seccomp import install_filter

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_OPEN_FILES = 64


def confine(*, parent: int, memory: int) -> list[str]:
    """Give up everything that reading files does not need; ``memory`` is what may be resident, in bytes.

    Answers what this kernel could not do, for the service's health page. Ends the process if the parent is gone.
    """
    _die_with(parent)
    _limit_resources(memory)
    missing = []
    try:
        allow_reading_only(_readable())
    except OSError as error:
        missing.append(f"landlock: {error.strerror}")
    try:
        install_filter()
    except OSError as error:
        missing.append(f"seccomp: {error.strerror}")
    return missing


def _die_with(parent: int) -> None:
    """Have the kernel kill us when the thread that started us ends (the service keeps that thread)."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def _limit_resources(memory: int) -> None:
    """Address space so that resident memory stays below ``memory``; no files written, few open, no core dump.

    Libraries map more than they touch, so the limit is what is mapped now plus what may still become resident.
    """
    page = resource.getpagesize()
    mapped, resident = (int(figure) * page for figure in Path("/proc/self/statm").read_text().split()[:2])
    room = mapped + max(0, memory - resident)
    for kind, limit in (
        (resource.RLIMIT_AS, room),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def _readable() -> list[Path]:
    """Python, its packages, our own code, shared libraries, fonts and time zones."""
    own = Path(__file__).resolve().parent.parent
    paths = [own / package for package in ("certs", "signing", "verification")]
    # Not the folder above our own, nor the root: `python -m` searches the folder that it was started in.
    paths += [Path(path) for path in sys.path if path and not own.is_relative_to(Path(path).resolve())]
    paths += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [Path(path) for path in ("/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/usr/share")]
    with suppress(KeyError):
        paths.append(Path(os.environ["KYSO_FONT_DIR"]))
    return paths
