"""The one seam between the two readers: the lean one first, pyHanko's where the file is written in another way.

What is built on a revision is built on either in the same way, and comes out the same to the last octet. Where the
lean reader gives up amid the work, the work begins anew, so that no result rests on both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, Generic, ParamSpec, TypeVar

from signing.pdf.document import Document
from signing.pdf.lean import LeanFile
from signing.pdf.syntax import Irregular
from signing.source import Source

_Result = TypeVar("_Result")
_Order = ParamSpec("_Order")


def building_on(base: bytes | Source, work: Callable[[Document], _Result]) -> _Result:
    """What the work makes of this revision; raises :class:`DocumentUnfit` where it is encrypted or cannot be read."""
    source = Source.over(base)
    try:
        return work(Document(source, LeanFile(source.buffer())))
    except Irregular:
        # Not at the top: it takes half a second and twenty megabytes that hardly any file needs.
        from signing._pyhanko import PyHankoFile  # noqa: PLC0415

        return work(Document(source, PyHankoFile(source)))


Change = Callable[[Document], object]
"""What is done to a file: it is told to the document, which writes it into the increment."""


class Revising(Generic[_Order]):
    """A function that plans a change to a file, as one that makes it.

    Called, it answers the file with the change appended, or the file as it is where nothing changes; :meth:`appended`
    answers what is appended and nothing else, so that a large file need not be in memory twice.
    """

    def __init__(self, plan: Callable[Concatenate[bytes, _Order], Change]) -> None:
        update_wrapper(self, plan)
        self.plan = plan

    def __call__(self, pdf: bytes, *args: _Order.args, **order: _Order.kwargs) -> bytes:
        """The whole new revision."""
        appended = self.appended(pdf, *args, **order)
        return pdf + appended if appended else pdf

    def appended(self, pdf: bytes, *args: _Order.args, **order: _Order.kwargs) -> bytes:
        """The increment's octets; empty where nothing changes."""
        change = self.plan(pdf, *args, **order)

        def work(document: Document) -> bytes:
            change(document)
            return document.section()[0] if document.has_changes else b""

        return building_on(pdf, work)
