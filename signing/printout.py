"""What is sent to a printer: the pages as a reader sees them, with nothing left to fill or to sign, and a sheet behind.

Signatures and seals are drawn into the pages, since many printers' programs leave out fields. The result is no document
of the register any more: it is for paper alone.
"""

from __future__ import annotations

from io import BytesIO

import pypdfium2
from pypdfium2 import raw

from signing.errors import DocumentUnfit


def print_out(pdf: bytes, *, sheet: bytes) -> bytes:
    """The pages of ``pdf``, then those of ``sheet``, which is our own; raises :class:`DocumentUnfit`."""
    try:
        with pypdfium2.PdfDocument(pdf) as document, pypdfium2.PdfDocument(sheet) as behind:
            document.init_forms()
            for index in range(len(document)):
                document[index].flatten(raw.FLAT_PRINT)
            document.import_pages(behind)
            output = BytesIO()
            document.save(output)
    except pypdfium2.PdfiumError as error:
        raise DocumentUnfit(reasons=(f"the PDF cannot be printed: {error}",)) from error
    return output.getvalue()
