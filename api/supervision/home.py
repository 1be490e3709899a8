"""One supervisor for each home: two would start two databases over the same files."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from api.supervision.errors import HomeTaken, HomeUnusable

# As long as an undertaker may take (undertaker.py), and a little more.
_PATIENCE = 15.0  # seconds
_GLANCE = 0.05


class Home:
    """The folder below which a one-machine service keeps everything, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.logs = self.folder / "log"
        self._file = self.folder / "supervisor.lock"

    def take(self) -> int:
        """Make the folder and lock it; answers the descriptor that holds the lock, which whoever inherits it shares.

        Where the holder is dead, its children are being stopped: waits for that. Raises ``HomeTaken``,
        ``HomeUnusable``.
        """
        try:
            # Parts that run under an unprivileged account must be able to pass through, when root starts them.
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
            self.logs.mkdir(exist_ok=True, mode=0o700)
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HomeUnusable(home=self.folder, reason=error.strerror or str(error)) from error
        try:
            self._lock(descriptor)
            self._sign(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _lock(self, descriptor: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = _Holder.read(descriptor)
                if holder.is_alive() or time.monotonic() > deadline:
                    raise HomeTaken(home=self.folder, holder=str(holder)) from error
                time.sleep(_GLANCE)
            else:
                return

    def _sign(self, descriptor: int) -> None:
        """Say who holds the lock."""
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _Holder.here().to_bytes(), 0)
        except OSError as error:
            raise HomeUnusable(home=self.folder, reason=error.strerror or str(error)) from error


class _Holder:
    """The process that holds a home, as it wrote itself down."""

    def __init__(self, *, process: int, command: str, since: str) -> None:
        self._process = process
        self._command = command
        self._since = since

    @classmethod
    def here(cls) -> _Holder:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        return cls(process=os.getpid(), command=command, since=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    @classmethod
    def read(cls, descriptor: int) -> _Holder:
        try:
            return cls(**json.loads(os.pread(descriptor, 10_000, 0)))
        except (ValueError, TypeError):  # it is just being written
            return cls(process=0, command="", since="now")

    def to_bytes(self) -> bytes:
        return json.dumps({"process": self._process, "command": self._command, "since": self._since}).encode()

    def is_alive(self) -> bool:
        if self._process == 0:
            return False
        try:
            os.kill(self._process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def __str__(self) -> str:
        return f"process {self._process} ({self._command}, since {self._since})"
