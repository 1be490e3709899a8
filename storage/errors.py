"""What can go wrong in the database and in the object store.

Each error carries its arguments as fields, a stable ``code``, a ``hint`` for the operator and whether the same call may
succeed later (``transient``). None carries a value that was stored: those may be personal data.
"""

from __future__ import annotations

from typing import ClassVar


class StorageError(Exception):
    """Anything that this package refuses or cannot do."""

    code: ClassVar[str] = "storage-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class StorageUnavailable(StorageError):
    """The database did not answer, was busy for too long, or went away in the middle.

    The transaction left nothing, or, where the connection broke during the commit itself, everything.
    """

    code = "database-unavailable"
    hint = "Check that PostgreSQL runs and can be reached at KYSO_DATABASE_URL; the same call may be repeated."
    transient = True

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the database is not available: {reason}")
        self.reason = reason


class SchemaOutdated(StorageError):
    """A table, column or function is not there: the database was made for another version."""

    code = "database-not-upgraded"
    hint = "Run `kyso db upgrade` with this version of the program."

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the database does not fit this version: {reason}")
        self.reason = reason


class AlreadyThere(StorageError):
    """A row with the same unique value exists; ``rule`` is the constraint's name."""

    code = "already-there"
    hint = "Look the existing one up, or choose another name."

    def __init__(self, *, rule: str) -> None:
        super().__init__(f"there is one already ({rule})")
        self.rule = rule


class RowRefused(StorageError):
    """A row that the database's rules forbid; ``rule`` is the constraint's name or the SQLSTATE."""

    code = "row-refused"
    hint = "This is a defect of the program, or a value that no text column can hold; the register is unchanged."

    def __init__(self, *, rule: str) -> None:
        super().__init__(f"the register refuses this ({rule})")
        self.rule = rule


class BlobsUnavailable(StorageError):
    """The object store did not answer, or not in time."""

    code = "object-storage-unavailable"
    hint = "Check that the S3 server runs and can be reached at KYSO_S3_ENDPOINT; the same call may be repeated."
    transient = True

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the object store is not available: {reason}")
        self.reason = reason


class BlobsRefused(StorageError):
    """The object store understood and refused: keys, bucket or its Object Lock are not as they should be."""

    code = "object-storage-refused"
    hint = "Check KYSO_S3_ACCESS_KEY, KYSO_S3_SECRET_KEY and that KYSO_S3_BUCKET has versioning and Object Lock."

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the object store refuses: {reason}")
        self.reason = reason


class BlobMissing(StorageError):
    """No version of this object is there."""

    code = "blob-missing"
    hint = "Restore the bucket from its copy; the register names the object by its SHA-256."

    def __init__(self, *, sha256: str) -> None:
        super().__init__(f"no object {sha256}")
        self.sha256 = sha256


class BlobDamaged(StorageError):
    """The object is there, but no version of it has the bytes that its name promises."""

    code = "blob-damaged"
    hint = "Restore the bucket from its copy; the register names the object by its SHA-256."

    def __init__(self, *, sha256: str) -> None:
        super().__init__(f"object {sha256} has other bytes than its name promises")
        self.sha256 = sha256
