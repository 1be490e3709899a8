"""DOCX, ODT and DOC into PDF/A by LibreOffice, where the operator has installed it: one confined process a document.

LibreOffice reads more formats than anybody can vouch for, so it meets a file only with its hands tied
(:mod:`verification.office_child`), and a kernel that cannot tie them converts nothing. What comes out is a foreign PDF
like any other and is looked at as such.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from signing.lint import OFFICE_SIGNATURES, Finding, Severity
from verification.errors import OfficeUnreadable, SandboxBusy, SandboxFailed
from verification.office_child import INPUT, LIBRARIES, OUTPUT, Ending
from verification.sandbox_process import scrubbed_environment

if TYPE_CHECKING:
    from collections.abc import Iterable

_MIB = 1024 * 1024
_LOOK_EVERY = 0.1  # seconds between looks at what the child has written
_PLACES = ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice/program")

CONVERTED = Finding(
    "converted",
    Severity.WARN,
    "Tệp soạn thảo đã được hệ thống chuyển sang PDF/A; hãy mở bản PDF xem lại (ngắt trang, phông chữ, bảng biểu) "
    "trước khi trình ký.",
    "The office document was converted to PDF/A; look at the PDF (page breaks, fonts, tables) before you submit it.",
)
"""What the submitter of a converted document is told."""


@dataclass(frozen=True, slots=True)
class OfficeLimits:
    """What one conversion may use: address space, processor and wall time, each file and all files that it writes."""

    memory: int = 2048 * _MIB
    cpu: timedelta = timedelta(seconds=30)
    wall: timedelta = timedelta(seconds=60)
    file_bytes: int = 64 * _MIB
    folder_bytes: int = 256 * _MIB
    at_once: int = 2
    patience: timedelta = timedelta(seconds=30)


class OfficeConverter:
    """Converts; safe to use from several threads, of which ``at_once`` convert and the others wait."""

    def __init__(self, program: Path, limits: OfficeLimits | None = None) -> None:
        """``program`` is LibreOffice's folder of that name."""
        self.program = program
        self._limits = limits or OfficeLimits()
        self._places = threading.BoundedSemaphore(self._limits.at_once)

    def pdf_of(self, document: bytes) -> bytes:
        """The document as PDF/A-2b.

        Raises :class:`OfficeUnreadable` for what is no readable text document, :class:`SandboxFailed` where the child
        dies or exceeds a limit, :class:`SandboxBusy` where too many convert already.
        """
        if not self._places.acquire(timeout=self._limits.patience.total_seconds()):
            raise SandboxBusy(waiting=self._limits.at_once)
        try:
            with tempfile.TemporaryDirectory(prefix="kyso-office-") as name:
                return self._converted(Path(name).resolve(), document)
        except OSError as error:
            raise SandboxFailed(reason=f"no place for the conversion: {error.strerror}") from error
        finally:
            self._places.release()

    def _converted(self, folder: Path, document: bytes) -> bytes:
        (folder / INPUT).write_bytes(document)
        limits = self._limits
        figures = (limits.memory, int(limits.cpu.total_seconds()), limits.file_bytes)
        command = [sys.executable, "-P", "-s", "-m", "verification.office_child", str(os.getpid()), str(folder)]
        process = subprocess.Popen(
            [*command, str(self.program), *map(str, figures)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=scrubbed_environment() | {"HOME": str(folder), "TMPDIR": str(folder), "TZ": "Asia/Ho_Chi_Minh"},
        )
        try:
            _demand_done(self._ending(process, folder))
        finally:
            process.kill()
            process.wait()
        return _read(folder / OUTPUT, most_bytes=limits.file_bytes)

    def _ending(self, process: subprocess.Popen[bytes], folder: Path) -> int:
        deadline = time.monotonic() + self._limits.wall.total_seconds()
        while True:
            try:
                return process.wait(timeout=_LOOK_EVERY)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise SandboxFailed(reason="the conversion took too long") from None
                if _written(folder) > self._limits.folder_bytes:
                    raise SandboxFailed(reason="the conversion wrote too much") from None


def is_office_document(file: bytes) -> bool:
    """Whether the file begins as DOCX and ODT (ZIP) or DOC (compound file) do; it may still be something else."""
    return file.startswith(OFFICE_SIGNATURES)


def installed_libreoffice(places: Iterable[str] = _PLACES) -> Path | None:
    """LibreOffice's folder ``program`` where distributions put it, or None."""
    return next((Path(place) for place in places if is_libreoffice(Path(place))), None)


def is_libreoffice(program: Path) -> bool:
    """Whether LibreOfficeKit is in this folder."""
    return any((program / library).is_file() for library in LIBRARIES)


def _demand_done(status: int) -> None:
    if status == Ending.DONE:
        return
    said = {
        Ending.NOT_CONFINED: "this kernel cannot confine LibreOffice (Landlock and seccomp are needed)",
        Ending.NO_LIBRARY: "LibreOffice did not start",
        -signal.SIGKILL: "the conversion used too much processor time or memory",  # both limits of time are one
        -signal.SIGXFSZ: "the conversion wrote too much",
    }
    if status in {Ending.NOT_A_TEXT, Ending.UNREADABLE, Ending.NOT_SAVED}:
        raise OfficeUnreadable
    raise SandboxFailed(reason=said.get(status, "the conversion ended without a PDF"))


def _written(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(Path(place, name)).st_size
            except OSError:
                continue  # a temporary file that is gone already
    return total


def _read(file: Path, *, most_bytes: int) -> bytes:
    """The result; the child made it, so nothing but a plain file of a bearable size is read."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise SandboxFailed(reason="the conversion ended without a PDF") from error
    with os.fdopen(handle, "rb") as opened:
        pdf = opened.read(most_bytes + 1)
    if len(pdf) > most_bytes:
        raise SandboxFailed(reason="the conversion wrote too much")
    return pdf
