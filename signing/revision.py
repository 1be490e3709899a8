"""The one seam between the two readers: the lean one first, pyHanko's where the file is written in another way.

What is built on a revision is built on either in the same way, and comes out the same to the last octet. Where the
lean reader gives up amid the work, the work begins anew, so that no result rests on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from signing.pdf.document import Document
from signing.pdf.lean import LeanFile
from signing.pdf.syntax import Irregular
from signing.prepared import Increment
from signing.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

_Result = TypeVar("_Result")


def building_on(base: bytes | Source, work: Callable[[Document], _Result]) -> _Result:
    """What the work makes of this revision; raises :class:`DocumentUnfit` where it is encrypted or cannot be read."""
    source = Source.over(base)
    try:
        return work(Document(source, LeanFile(source.buffer())))
    except Irregular:
        # Not at the top: it takes half a second and twenty megabytes that hardly any file needs.
        from signing._pyhanko import PyHankoFile  # noqa: PLC0415

        return work(Document(source, PyHankoFile(source)))


def with_changes(pdf: bytes, change: Callable[[Document], object]) -> bytes:
    """The file with the changes appended; where there are none, the file as it is."""

    def work(document: Document) -> Increment | None:
        change(document)
        return Increment(document.source.length, document.section()[0]) if document.has_changes else None

    increment = building_on(pdf, work)
    return pdf if increment is None else increment.onto(pdf)
