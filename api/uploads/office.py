"""An upload that is an office document becomes a PDF where this service can do that; other files stay what they are.

Where it cannot, the file goes on unchanged: the look at the draft then refuses it and says how to export it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verification.office import CONVERTED, is_office_document

if TYPE_CHECKING:
    from api.uploads.multipart import Upload
    from signing.lint import Finding
    from verification.office import OfficeConverter

OFFICE_TOO = "a PDF; also DOCX, ODT or DOC where the service has LibreOffice: it is then converted, and told so"
"""What the interface's description says of a file that goes through here."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The file to be looked at, what is to be told of how it came about, and the SHA-256 of what it was made from."""

    pdf: bytes = field(repr=False)
    findings: tuple[Finding, ...] = ()
    converted_from: str | None = None


def taken(office: OfficeConverter | None, upload: Upload) -> Taken:
    """The upload as a PDF, if it can be; raises what :meth:`OfficeConverter.pdf_of` does."""
    if office is None or not is_office_document(upload.file):
        return Taken(upload.file)
    return Taken(office.pdf_of(upload.file), (CONVERTED,), upload.sha256)
