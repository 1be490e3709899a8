"""One sandboxed child as the service sees it: started, asked one thing at a time, held to a deadline, buried."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections import deque
from io import FileIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from verification.errors import SandboxFailed
from verification.frames import Frame, FrameError, read_frame
from verification.shared_file import SharedFile

if TYPE_CHECKING:
    from datetime import timedelta

_START_WITHIN = 60.0  # seconds; importing the libraries takes one or two, more on a busy machine
_CHUNK = 1 << 20
_DIED, _TOO_LONG, _NO_ANSWER = "it died", "it took too long", "its answer is no answer"
_ROOT = Path(__file__).resolve().parent.parent
_HANDED_ON = ("KYSO_FONT_DIR", "LD_LIBRARY_PATH")
_FAMILIAR = 16
_LOW = 15  # of 19
_LONGEST_STATUS = 4096
_USER_TIME, _SYSTEM_TIME = 11, 12  # fields of /proc/PID/stat behind the program's name


class SandboxProcess:
    """A child that is ready to be asked. Whatever goes wrong in it, it is killed and the caller gets one error."""

    def __init__(self, *, memory: int, most_bytes: int) -> None:
        """Start a child with this many bytes of memory; blocks until it has tied its hands."""
        self._most_bytes = most_bytes
        self._shared = SharedFile()
        with self._shared.offered() as descriptor:
            handed = str(os.getpid()), str(memory), str(descriptor)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "verification.sandbox_child", *handed],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,  # closed by the child before it meets a file
                pass_fds=(descriptor,),
                cwd="/",
                env=scrubbed_environment(),
            )
        self._status, self._sizes = (FileIO(f"/proc/{self.pid}/{name}") for name in ("stat", "statm"))
        self.jobs = 0
        self.familiar: deque[bytes] = deque(maxlen=_FAMILIAR)  # what it was asked about lately
        self.is_slowed = False
        self._asked_at = math.inf
        self._requests, self._answers = _descriptor(self._process.stdin), _descriptor(self._process.stdout)
        for pipe in (self._requests, self._answers):
            os.set_blocking(pipe, False)
            with contextlib.suppress(OSError):  # a user has only so much for large pipes
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK)
        hello = self._greeting()
        self._room = resource.prlimit(self.pid, resource.RLIMIT_AS)
        missing = hello.header.get("missing")
        self.missing = tuple(str(entry) for entry in missing) if isinstance(missing, list) else ()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def resident(self) -> int:
        """Bytes of memory in use; 0 when the child is gone."""
        try:
            return int(_read_anew(self._sizes).split()[1]) * resource.getpagesize()
        except (OSError, ValueError, IndexError):
            return 0

    @property
    def is_alive(self) -> bool:
        """Whether the child still runs."""
        return self._process.poll() is None

    def ask(self, question: Frame, *, cpu: timedelta, wall: timedelta) -> Frame:
        """The child's answer; raises :class:`SandboxFailed` after killing it if it exceeds a limit or dies."""
        self.jobs += 1
        self._asked_at = time.monotonic()
        try:
            question = self._handed_over(question)
            self._grant(cpu)
        except (OSError, ValueError, IndexError) as error:
            raise self._buried(_DIED) from error
        try:
            return self._exchange(question, deadline=self._asked_at + wall.total_seconds())
        finally:
            self._asked_at = math.inf
            self._shared.clear()

    def works_longer_than(self, span: timedelta) -> bool:
        """Whether it was asked so long ago; meant for children that are busy."""
        return time.monotonic() - self._asked_at > span.total_seconds()

    def slow_down(self) -> None:
        """Let others have the processor first, from now on: only a privileged service could take that back."""
        if not self.is_slowed:
            self.is_slowed = True
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, _LOW)

    def end(self) -> None:
        """End the child; the thread that waits for its answer gets an error."""
        self._process.kill()

    def kill(self) -> None:
        """End the child and release what is left of it; not while another thread waits for its answer."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._status, self._sizes):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._shared.close()

    def _greeting(self) -> Frame:
        """The child's first words; where there are none, the last line that Python printed says why."""
        with self._process.stderr or contextlib.nullcontext() as complaints:
            try:
                return self._exchange(None, deadline=time.monotonic() + _START_WITHIN)
            except SandboxFailed as error:
                printed = complaints.read().decode(errors="replace").strip() if complaints else ""
                raise SandboxFailed(reason=f"no child could be started: {printed.rpartition(chr(10))[2]}") from error

    def _handed_over(self, question: Frame) -> Frame:
        """What is to be sent of the question, once the child may map the rest and no more."""
        before = self._shared.length
        sent = self._shared.put(question)
        if self._shared.length != before:
            soft, hard = self._room
            resource.prlimit(self.pid, resource.RLIMIT_AS, (soft + self._shared.length, hard))
        return sent

    def _grant(self, cpu: timedelta) -> None:
        """Let the child use this much processor time from now on; the kernel ends it with SIGXCPU after that.

        Set from here, since the child can change no limits of its own any more.
        """
        ticks = _read_anew(self._status).rpartition(b")")[2].split()
        used = (int(ticks[_USER_TIME]) + int(ticks[_SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")
        limit = math.ceil(used + cpu.total_seconds())
        resource.prlimit(self.pid, resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))

    def _exchange(self, question: Frame | None, *, deadline: float) -> Frame:
        try:
            if question is not None:
                for piece in question.pieces():
                    self._put(piece, deadline)
            return read_frame(_Answers(self._answers, deadline), most_bytes=self._most_bytes)
        except TimeoutError as error:
            raise self._buried(_TOO_LONG) from error
        except (EOFError, OSError) as error:
            raise self._buried(_DIED) from error
        except FrameError as error:
            raise self._buried(_NO_ANSWER) from error

    def _put(self, piece: bytes, deadline: float) -> None:
        rest = memoryview(piece)
        while rest:
            _wait(self._requests, select.POLLOUT, deadline)
            rest = rest[os.write(self._requests, rest[:_CHUNK]) :]

    def _buried(self, what: str) -> SandboxFailed:
        """Kill the child and say how it ended, as far as its exit tells."""
        try:
            code = self._process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            code = 0
        self.kill()
        endings = {-signal.SIGXCPU: "it used too much processor time", -signal.SIGKILL: "it was killed"}
        return SandboxFailed(reason=endings.get(code, what))


class _Answers:
    """The pipe from the child, read with a deadline."""

    def __init__(self, pipe: int, deadline: float) -> None:
        self._pipe = pipe
        self._deadline = deadline

    def take(self, length: int) -> bytes:
        """Exactly this many bytes; raises EOFError and TimeoutError."""
        gathered = bytearray()
        while len(gathered) < length:
            _wait(self._pipe, select.POLLIN, self._deadline)
            piece = os.read(self._pipe, min(_CHUNK, length - len(gathered)))
            if not piece:
                raise EOFError
            gathered += piece
        return bytes(gathered)


def _descriptor(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        msg = "a pipe was asked for"
        raise RuntimeError(msg)
    return pipe.fileno()


def _read_anew(file: FileIO) -> bytes:
    """What a file of /proc says now; raises OSError where its process is gone."""
    return os.pread(file.fileno(), _LONGEST_STATUS, 0)


def _wait(pipe: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TimeoutError


def scrubbed_environment() -> dict[str, str]:
    """Nothing of the service's environment but where fonts and libraries lie: settings and secrets stay outside."""
    handed_on = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return {
        **handed_on,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MALLOC_ARENA_MAX": "1",
    }
