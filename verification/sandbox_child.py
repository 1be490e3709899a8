"""The program of a sandboxed child: ties its own hands, then reads one file after the other that it is handed.

Started by :mod:`verification.sandbox` with a scrubbed environment and two pipes. Before the first foreign byte arrives
it cannot open the network, start programs, write files, read what is not its own code, or outlive its parent.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import resource
import signal
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from verification.frames import Frame, read_frame
from verification.landlock import allow_reading_only
from verification.seccomp import install_filter
from verification.tasks import perform

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_OPEN_FILES = 64
_MOST_BYTES = 1 << 30


def main(arguments: list[str]) -> int:
    """Serve until the pipe closes; the arguments are the parent's process id and the memory limit in bytes."""
    parent, memory = int(arguments[0]), int(arguments[1])
    answers = _private_output()
    _die_with(parent)
    logging.disable(logging.CRITICAL)
    gc.freeze()
    _limit_resources(memory)
    missing = _tie_hands()
    _send(answers, Frame({"ready": True, "missing": missing}))
    return _serve(sys.stdin.buffer, answers)


def _serve(requests: BinaryIO, answers: int) -> int:
    source = _Requests(requests)
    while True:
        try:
            request = read_frame(source, most_bytes=_MOST_BYTES)
        except EOFError:
            return 0
        try:
            header, blobs = perform(request)
        except Exception as error:  # noqa: BLE001 - the outermost boundary; only the kind of the error may leave
            header, blobs = {"failure": type(error).__name__}, []
        _send(answers, Frame(header, tuple(blobs)))
        del request, header, blobs


class _Requests:
    """The pipe from the service."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def take(self, length: int) -> bytes:
        """Exactly this many bytes, or EOFError."""
        piece = self._pipe.read(length)
        if len(piece) < length:
            raise EOFError
        return piece


def _send(answers: int, frame: Frame) -> None:
    for piece in frame.pieces():
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(answers, rest) :]


def _private_output() -> int:
    """Keep the answers' pipe to ourselves: what a library prints goes nowhere."""
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


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


def _tie_hands() -> list[str]:
    """Landlock, then the system-call filter; answers what this kernel could not do, for the service's health page."""
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


def _readable() -> list[Path]:
    """Python, its packages, our own code, shared libraries, fonts and time zones."""
    own = Path(__file__).resolve().parent.parent
    paths = [own / package for package in ("certs", "signing", "verification")]
    paths += [Path(path) for path in sys.path if path and Path(path).resolve() != own]
    paths += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [Path(path) for path in ("/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/usr/share")]
    with suppress(KeyError):
        paths.append(Path(os.environ["KYSO_FONT_DIR"]))
    return paths


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
