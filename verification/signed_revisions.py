"""What each signature signed, written into a folder: the file as it was then, and its pages as pictures.

``revision-1.pdf`` is what the first signature of the report covers, ``revision-1-page-1.png`` its first page; a page
that looks otherwise by now has a red frame there and in ``now-page-1.png``. Names are ours: a field may be called
anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verification.by_picture import signed_revisions
from verification.report import ReadMode
from verification.structure import from_header

if TYPE_CHECKING:
    from pathlib import Path

    from verification.facts import FileFacts
    from verification.workshop import Workshop


def write_revisions(pdf: bytes, facts: FileFacts, workshop: Workshop, *, into: Path) -> None:
    """Write files and pictures; pictures are left out where the file cannot be drawn. Raises :class:`OSError`."""
    revisions = signed_revisions(facts)
    if not revisions:
        return
    into.mkdir(parents=True, exist_ok=True)
    read = from_header(pdf) if facts.read is ReadMode.LAX else pdf
    for number, revision in enumerate(revisions, start=1):
        (into / f"revision-{number}.pdf").write_bytes(read[: revision.end])
    for view in workshop.draw_revisions(pdf, facts):
        name = f"revision-{view.revision}" if view.revision else "now"
        (into / f"{name}-page-{view.page}.png").write_bytes(view.png)
