"""What can go wrong with the embedded PostgreSQL and S3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


class EmbeddedError(Exception):
    """An embedded part cannot be prepared or found."""

    code: ClassVar[str] = "embedded-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class ProgramAbsent(EmbeddedError):
    """A program that a wheel should have brought is not there."""

    code = "embedded-program-absent"
    hint = "Install the locked requirements again (make setup)."

    def __init__(self, *, program: str, package: str) -> None:
        super().__init__(f"{program} of the package {package} is not installed")
        self.program = program
        self.package = package


class FolderUnusable(EmbeddedError):
    """A folder cannot be made, written or entered by the account that needs it."""

    code = "embedded-folder-unusable"
    hint = "Give a folder on a writable disk with free space that belongs to the calling user (or run as root)."

    def __init__(self, *, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} cannot be used: {reason}")
        self.folder = folder
        self.reason = reason


class DatabaseOfOtherVersion(EmbeddedError):
    """The database files were made by another major version of PostgreSQL."""

    code = "embedded-database-version"
    hint = (
        "Start it with that version and move the contents with pg_dump and pg_restore (or pg_upgrade), "
        "or set KYSO_DATABASE_URL to a server of that version."
    )

    def __init__(self, *, folder: Path, found: str, expected: str) -> None:
        super().__init__(f"{folder} is of PostgreSQL {found}; the installed program is PostgreSQL {expected}")
        self.folder = folder
        self.found = found
        self.expected = expected


class DatabaseNotMade(EmbeddedError):
    """``initdb`` or the first statements in the new database failed; ``reason`` is what the program said last."""

    code = "embedded-database-not-made"
    hint = "Check free disk space and the rights of the folder; the same call starts afresh."
    transient = True

    def __init__(self, *, folder: Path, reason: str) -> None:
        super().__init__(f"no database could be made in {folder}: {reason}")
        self.folder = folder
        self.reason = reason


class PortsTaken(EmbeddedError):
    """A group of loopback ports is not free, or sockets of another user's S3 server block it."""

    code = "embedded-ports-taken"
    hint = "Stop what listens there, or name another first port (or none, then one is found)."
    transient = True

    def __init__(self, *, port: int) -> None:
        inner = port + 10_000
        super().__init__(f"ports {port} to {port + 4} and {inner} to {inner + 4} are not all free on 127.0.0.1")
        self.port = port
