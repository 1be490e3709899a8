"""Sign the files of a batch, several at a time, and tell of each how it went; one that fails stops no other."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from api.batch.errors import BatchError, InputUnreadable
from api.problems.error_classes import BASES
from api.problems.table import ROWS
from issuance.errors import DraftRefused
from issuance.file_signature import sign_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.batch.inputs import Item
    from api.batch.journal import Journal
    from issuance.file_signature import FileOrder
    from issuance.outside import SigningMeans


class Status(Enum):
    """How a file fared in this run."""

    SIGNED = "signed"
    ALREADY = "already-signed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file was not signed, in both languages, and what to do; a transient trouble may pass by itself."""

    code: str
    vi: str
    en: str
    hint: str
    transient: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file; ``output`` and ``sha256`` are None where there is no result."""

    file: Path
    status: Status
    seconds: float
    output: Path | None = None
    sha256: str | None = None
    trouble: Trouble | None = None


class Batch:
    """One order over many files."""

    def __init__(self, *, order: FileOrder, means: SigningMeans, journal: Journal) -> None:
        self._order = order
        self._means = means
        self._journal = journal

    def results(self, items: tuple[Item, ...], *, at_once: int) -> Iterator[Result]:
        """Each file's result as soon as it is there. Leaving the loop early starts no further file."""
        pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="sign")
        try:
            for done in as_completed([pool.submit(self._result, item) for item in items]):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _result(self, item: Item) -> Result:
        started = time.monotonic()
        try:
            status, output = self._signed(item)
        except (*BASES, BatchError, OSError) as error:
            return Result(item.file, Status.FAILED, _since(started), trouble=_trouble(error))
        return Result(item.file, status, _since(started), output=output, sha256=_sha256(output.read_bytes()))

    def _signed(self, item: Item) -> tuple[Status, Path]:
        pdf = _content(item.file)
        base = _sha256(pdf)
        known = self._journal.result_of(item, base=base)
        if known is not None:
            return Status.ALREADY, known
        progress = self._journal.hand(item, base=base)
        signed = sign_file(pdf, order=self._order, progress=progress, means=self._means)
        return Status.SIGNED, self._journal.finish(item, base=base, signed=signed.pdf, at=self._means.clock.now())


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputUnreadable(reason=error.strerror or str(error)) from error


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, OSError):
        text = f"{error.filename or ''} {error.strerror or error}".strip()
        hint = "Check the disk and its rights, then repeat the command."
        return Trouble("output-unwritable", "Không ghi được kết quả", text, hint, transient=False)
    if isinstance(error, BatchError):
        return Trouble(error.code, error.vi, str(error), error.hint, error.transient)
    code, hint, transient = (str(getattr(error, name, "")) for name in ("code", "hint", "transient"))
    vi = " ".join(f.vi for f in error.findings) if isinstance(error, DraftRefused) else _row_text(code)
    return Trouble(code, vi, str(error), hint, transient == str(True))


def _row_text(code: str) -> str:
    row = ROWS.get(code)
    return row.vi if row is not None else ""


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
