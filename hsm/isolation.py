"""The parent's handle on a child process: start it, ask it with a deadline, end it for certain."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hsm import framing, protocol
from hsm.errors import RequestInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from hsm.framing import Message

_ROOT = Path(__file__).parents[1]
_PATIENCE = 2.0  # seconds for a killed process to be gone


class ChildLost(Exception):
    """The child crashed, hung or babbled: no complete answer came out of it, so no value did."""


class ChildProcess:
    """A spawned ``hsm.child``. Not for threads; and the thread that starts it must outlive it (PR_SET_PDEATHSIG)."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self._process = process
        self._connection = connection

    @classmethod
    def start(cls, environment: Mapping[str, str]) -> Self:
        """Start a child with this environment, less any PIN in it. Nothing is forked that goes on as Python."""
        ours, theirs = socket.socketpair()
        inherited = {name: text for name, text in environment.items() if not name.startswith("KYSO_PIN_")}
        inherited["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), environment.get("PYTHONPATH"))))
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "hsm.child", str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=inherited,
            )
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(self, request: protocol.Members, *, limit: timedelta) -> Message:
        """The answer within the limit; raises the error that the child reports, or :class:`ChildLost`."""
        deadline = time.monotonic() + limit.total_seconds()
        try:
            self._connection.settimeout(limit.total_seconds())
            framing.send(self._connection, request)
            reply = framing.receive(self._connection, deadline=deadline)
        except TimeoutError as error:
            msg = f"no answer within {limit.total_seconds():g} s"
            raise ChildLost(msg) from error
        except (OSError, EOFError, RequestInvalid) as error:
            raise ChildLost(self._end()) from error
        if reply is None:
            raise ChildLost(self._end())
        return protocol.answer_of(reply)

    def kill(self) -> None:
        """End it now and wait until it is gone; one that a driver holds in the kernel is left to the kernel."""
        self._connection.close()
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)

    def _end(self) -> str:
        self._process.kill()
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            return "its process does not end"
        return f"its process ended by signal {-code}" if code < 0 else f"its process ended with status {code}"
