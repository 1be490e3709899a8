"""Which part of PDF/A a file says it follows, so that what is added to it stays within that part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signing.pdf.values import Stream

if TYPE_CHECKING:
    from signing.pdf.document import Document

_PART = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*([1-9])")


def pdfa_part(document: Document) -> int | None:
    """1, 2, 3 or 4 as the metadata declare (ISO 19005-1, 6.7.11 and its like), or None."""
    metadata = document.root.entry("/Metadata")
    if metadata is None or not isinstance(metadata.value, Stream):
        return None
    found = _PART.search(document.reader.content(metadata.value))
    return int(found[1]) if found else None
