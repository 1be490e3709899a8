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
from dataclasses import dataclass
from pathlib import Path

from verification.landlock import allow_files
from verification.seccomp import FILES, THREADS, install_filter

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_OPEN_FILES, _FILES_OF_MANY = 64, 512
MOST_SHARED = 2 << 30
"""Bytes of shared files for which a child's address space can be lifted."""
_SYSTEM = (
    *("/etc/libreoffice", "/etc/fonts", "/etc/ld.so.cache", "/var/cache/fontconfig"),
    *("/var/lib/libreoffice", "/var/spool/libreoffice"),
    *("/usr/local/share/fonts", "/dev/urandom", "/dev/null"),
)
"""What LibreOffice reads of the system beside code and fonts."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Bytes of address space, seconds of processor time, and the largest file that may be written."""

    memory: int
    cpu: int
    file_bytes: int


def confine(*, parent: int, memory: int) -> list[str]:
    """Give up everything that reading files does not need; ``memory`` is what may be resident, in bytes.

    Answers what this kernel could not do, for the service's health page. Ends the process if the parent is gone.
    """
    _die_with(parent)
    _limit_resources(memory)
    return _shut_in(_readable(), writing=None, left=frozenset())


def confine_in(folder: Path, *, parent: int, allowance: Allowance, reading: tuple[Path, ...]) -> list[str]:
    """The same for a process with threads that works on files in a folder of its own; ``reading`` is read besides.

    Nothing there can be executed, and neither links nor sockets can be made in it.
    """
    _die_with(parent)
    for kind, limit in (
        (resource.RLIMIT_AS, allowance.memory),
        (resource.RLIMIT_CPU, allowance.cpu),
        (resource.RLIMIT_FSIZE, allowance.file_bytes),
        (resource.RLIMIT_NOFILE, _FILES_OF_MANY),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    system = (Path(path) for path in _SYSTEM)
    return _shut_in([*_readable(), *system, *reading], writing=folder, left=FILES | THREADS)


def _shut_in(reading: list[Path], *, writing: Path | None, left: frozenset[str]) -> list[str]:
    missing = []
    try:
        allow_files(reading, writing=writing)
    except OSError as error:
        missing.append(f"landlock: {error.strerror}")
    try:
        install_filter(left)
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

    Libraries map more than they touch, so the limit is what is mapped now plus what may still become resident. The
    service may lift it by what a file takes that it shares (:mod:`verification.shared_file`); we may not.
    """
    page = resource.getpagesize()
    mapped, resident = (int(figure) * page for figure in Path("/proc/self/statm").read_text().split()[:2])
    room = mapped + max(0, memory - resident)
    resource.setrlimit(resource.RLIMIT_AS, (room, room + MOST_SHARED))
    for kind, limit in (
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
