"""The program of a sandboxed child: ties its own hands, then reads one file after the other that it is handed.

Started by :mod:`verification.sandbox` with a scrubbed environment and two pipes. Before the first foreign byte arrives
it cannot open the network, start programs, write files, read what is not its own code, or outlive its parent.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import BinaryIO

from verification.confinement import confine
from verification.frames import Frame, read_frame
from verification.shared_file import received
from verification.tasks import perform

_MOST_BYTES = 1 << 30


def main(arguments: list[str]) -> int:
    """Serve until the pipe closes.

    The arguments are the parent's process id, the memory limit in bytes, and the descriptor of
    :mod:`verification.shared_file`.
    """
    parent, memory, shared = map(int, arguments)
    answers = _private_output()
    logging.disable(logging.CRITICAL)
    gc.freeze()
    missing = confine(parent=parent, memory=memory)
    _send(answers, Frame({"ready": True, "missing": missing}))
    return _serve(sys.stdin.buffer, answers, shared)


def _serve(requests: BinaryIO, answers: int, shared: int) -> int:
    source = _Requests(requests)
    while True:
        try:
            request = read_frame(source, most_bytes=_MOST_BYTES)
        except EOFError:
            return 0
        try:
            header, blobs = perform(received(request, shared))
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
