"""What can go wrong when the parts of a one-machine service are started and kept."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class SupervisorError(Exception):
    """The parts cannot be started, or not be kept running."""

    code: ClassVar[str] = "supervisor-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class HomeTaken(SupervisorError):
    """Another supervisor runs the parts of this home; ``holder`` says which process."""

    code = "home-taken"
    hint = "Stop the other one, or use another home folder."
    transient = True

    def __init__(self, *, home: Path, holder: str) -> None:
        super().__init__(f"{home} is in use by {holder}")
        self.home = home
        self.holder = holder


class HomeUnusable(SupervisorError):
    """The home folder cannot be made or written."""

    code = "home-unusable"
    hint = "Give a folder on a writable disk with free space that belongs to the calling user."

    def __init__(self, *, home: Path, reason: str) -> None:
        super().__init__(f"{home} cannot be used: {reason}")
        self.home = home
        self.reason = reason


class ChildGaveUp(SupervisorError):
    """A part ended or stayed silent too many times in a row; ``last_words`` are the last lines of its log."""

    code = "child-gave-up"
    hint = "Read the log that is named, remove the cause, start again; nothing that was stored is lost."
    transient = True

    def __init__(self, *, name: str, reason: str, attempts: int, log: Path, last_words: str) -> None:
        words = f"\n{last_words}" if last_words else ""
        super().__init__(f"{name} does not stay up ({attempts} attempts; the last one {reason}); see {log}{words}")
        self.name = name
        self.reason = reason
        self.attempts = attempts
        self.log = log
        self.last_words = last_words


class AddressTaken(SupervisorError):
    """Another program listens where the HTTP server should."""

    code = "address-taken"
    hint = "Stop the other program, or choose another address (--listen, KYSO_LISTEN)."
    transient = True

    def __init__(self, *, address: str, reason: str) -> None:
        super().__init__(f"cannot listen on {address}: {reason}")
        self.address = address
        self.reason = reason
