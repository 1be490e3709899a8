"""Which part of PDF/A a file says it follows, so that what is added to it stays within that part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signing._pyhanko import StreamObject, entry, reading

if TYPE_CHECKING:
    from signing._pyhanko import Writer

_PART = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*([1-9])")


def pdfa_part(writer: Writer) -> int | None:
    """1, 2, 3 or 4 as the metadata declare (ISO 19005-1, 6.7.11 and its like), or None."""
    with reading():
        metadata = entry(writer.root, "/Metadata")
        found = _PART.search(metadata.data) if isinstance(metadata, StreamObject) else None
    return int(found[1]) if found else None
