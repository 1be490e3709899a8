"""Files that are two things at once: polyglots, bytes before and behind, and structures that readers read differently.

Bytes that no reader shows as part of the document are a caution; bytes that some reader shows are a failure, because
then the signer's text is not the only one (ISO 32000-2, 7.5; own checks ``HEADER_FIRST`` and ``NOTHING_AFTER_END``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, Base
from tests.vectors.hands import approval
from tests.vectors.paper import CONTENT, FORM, PAGE, SUM, appended, current, edited, size_of, stream, value_of
from tests.vectors.slot import Slot, slot
from tests.vectors.steps import attack, before, behind, then
from tests.vectors.vector import FORMAT, HASH, PASSED, UNREADABLE, Case, Expected, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.vectors.chamber import Chamber
    from tests.vectors.steps import Step

_CLAUSE = "ISO 32000-2, 7.5; own checks on the bytes around the document"
_TEXT = stream(b"BT /F 12 Tf 72 720 Td (Another notice altogether) Tj ET")
_AFTER, _BEFORE = (
    PASSED.with_caution("bytes-after-end"),
    PASSED.with_caution("bytes-before-header", "read-with-errors-forgiven"),
)


def _other_pdf(pdf: bytes) -> bytes:
    """Another whole PDF behind this one."""
    bodies = paper.objects()
    bodies[CONTENT] = _TEXT
    return pdf + paper.whole(bodies)


def _other_pdf_first(pdf: bytes) -> bytes:
    """Another whole PDF before this one."""
    return _other_pdf(b"") + pdf


def _hybrid(pdf: bytes) -> bytes:
    """A hybrid section: the table says nothing, the stream that some readers prefer leads to another page content."""
    body = b"\n4 0 obj\n" + _TEXT + b"\nendobj\n"
    number, at = size_of(pdf), len(pdf) + len(body)
    rows = b"\x01" + (len(pdf) + 1).to_bytes(4, "big") + b"\x00"
    listed = stream(rows, b"/Type /XRef /W [1 4 1] /Index [4 1] /Size %d /Root 1 0 R" % (number + 1))
    listed = b"%d 0 obj\n%s\nendobj\n" % (number, listed)
    start = at + len(listed)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info 16 0 R /Prev %d /XRefStm %d >>\n"
    trailer %= (number + 1, paper.last_xref(pdf), at)
    return pdf + body + listed + b"xref\n0 0\n" + trailer + b"startxref\n%d\n%%%%EOF\n" % start


def _two_sections(pdf: bytes) -> bytes:
    """Two updates whose startxref lines contradict each other: the last one leads to the first update."""
    once = appended(pdf, {SUM: _TEXT})
    twice = appended(once, {CONTENT: _TEXT})
    return twice.replace(b"startxref\n%d\n" % paper.last_xref(twice), b"startxref\n%d\n" % paper.last_xref(once))


def _old_section_again(pdf: bytes) -> bytes:
    """Another content stream behind the end, and startxref leads back to the signed section."""
    return pdf + b"4 0 obj\n" + _TEXT + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % paper.last_xref(pdf)


def _shadowed_in_object_stream(pdf: bytes) -> bytes:
    """The page dictionary once more, inside an object stream."""
    return paper.packed(pdf, {PAGE: current(pdf, PAGE).replace(b"4 0 R", b"12 0 R")})


def _shared_value(pdf: bytes) -> bytes:
    """A second field that shows the signatory's signature."""
    number = size_of(pdf)
    field = b"<< /FT /Sig /T (SigDirector) /V %d 0 R >>" % value_of(pdf, paper.SIGNATORY)
    return appended(pdf, {number: field, FORM: edited(pdf, FORM, b"/Fields [", b"/Fields [ %d 0 R" % number)})


def _by_signer(chamber: Chamber, *, old: bytes, new: bytes) -> Case:
    """Signed by a trusted citizen after the file's bytes were made ambiguous; nothing was changed later."""
    blank = slot()
    assert old in blank.pdf
    pdf = blank.pdf.replace(old, new[: len(old)].ljust(len(old)), 1)
    same = Slot(pdf, blank.start, blank.end)
    return Case(same.filled(approval(chamber, same.digest(), who="citizen").der()), chamber.known)


def _two_fields_one_value(chamber: Chamber) -> Case:
    """The signer himself lets two fields show one signature."""
    bodies = paper.objects()
    bodies[paper.SEAL] = bodies[paper.SEAL].removesuffix(b">>") + b"/V %d 0 R >>" % (max(bodies) + 1)
    shared = slot(bodies=bodies)
    return Case(shared.filled(approval(chamber, shared.digest(), who="citizen").der()), chamber.known)


_AROUND: dict[str, tuple[str, Step, Expected]] = {
    "line-before": ("A line of text before the header.", before(b"junk\n"), _BEFORE),
    "zip-before": ("The head of a ZIP archive before the header.", before(b"PK\x03\x04" + bytes(60)), _BEFORE),
    "jpeg-before": ("The head of a JPEG picture before the header.", before(b"\xff\xd8\xff\xe0" + bytes(60)), _BEFORE),
    "html-before": ("A web page before the header.", before(b"<html><script>alert(1)</script><!--\n"), _BEFORE),
    "postscript-before": ("A PostScript header before the PDF header.", before(b"%!PS-Adobe-3.0\n"), _BEFORE),
    "much-before": ("More bytes before the header than readers search for it.", before(b"x" * 5000), UNREADABLE),
    "pdf-before": ("Another whole PDF before this one.", _other_pdf_first, UNREADABLE),
    "line-behind": ("A line of text behind the end mark.", behind(b"junk\n"), _AFTER),
    "zeros-behind": ("Zero bytes behind the end mark, as some stores leave them.", behind(bytes(512)), PASSED),
    "blanks-behind": ("Blank lines behind the end mark.", behind(b"\r\n\r\n  \n"), PASSED),
    "end-mark-behind": ("A second end mark.", behind(b"%%EOF\n"), UNREADABLE),
    "zip-behind": ("A ZIP archive behind the end mark.", behind(b"PK\x05\x06" + bytes(18)), _AFTER),
    "html-behind": ("A web page behind the end mark.", behind(b"<html><script>alert(1)</script></html>"), _AFTER),
    "comment-behind": ("A comment behind the end mark.", behind(b"% nothing here\n"), _AFTER),
    "much-behind": ("More bytes behind the end mark than readers search for it.", behind(b"x" * 5000), UNREADABLE),
    "pdf-behind": ("Another whole PDF behind this one.", _other_pdf, UNREADABLE),
    "before-and-behind": ("Bytes before and behind.", then(before(b"junk\n"), behind(b"junk\n")),
        _BEFORE.with_caution("bytes-after-end")),
    "object-behind": ("Another content stream behind the end mark.",
        behind(b"4 0 obj\n" + _TEXT + b"\nendobj\n"), FORMAT),
    "trailer-behind": ("Another trailer behind the end mark.",
        behind(b"trailer\n<< /Size 22 /Root 3 0 R >>\n"), FORMAT),
    "startxref-behind": ("A second startxref of the same section behind the end.", _old_section_again, FORMAT),
}  # fmt: skip
_INSIDE: dict[str, tuple[str, Step, Expected]] = {
    "hybrid-section": ("A hybrid cross-reference section with other content in its stream.", _hybrid, FORMAT),
    "two-sections": ("Two updates, and startxref leads to the first.", _two_sections, FORMAT),
    "object-stream-shadows-page": ("The page once more in an object stream.", _shadowed_in_object_stream, FORMAT),
    "shared-value": ("A second field shows the same signature object.", _shared_value, FORMAT),
    "header-overwritten": ("In place: the header says another version.",
        lambda pdf: pdf.replace(b"%PDF-1.7", b"%PDF-1.0", 1), HASH),
    "header-removed": ("In place: there is no header.", lambda pdf: pdf.replace(b"%PDF-1.7", b"%XYZ-1.7", 1),
        UNREADABLE),
    "line-endings": ("All line feeds become carriage returns, as a text transfer would do.",
        lambda pdf: pdf.replace(b"\n", b"\r"), HASH),
    "doubled": ("The whole file twice.", lambda pdf: pdf + pdf, FORMAT),
}  # fmt: skip
_BY_SIGNER: dict[str, tuple[str, bytes, bytes, Expected]] = {
    "page-count-too-small": ("The page tree says one page and holds two.", b"/Count 2", b"/Count 1",
        PASSED.with_caution("page-count-differs")),
    "page-count-too-large": ("The page tree says three pages and holds two.", b"/Count 2", b"/Count 3",
        PASSED.with_caution("page-count-differs")),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    for name, (about, step, expected) in (_AROUND | _INSIDE).items():
        yield attack(f"confusion/{name}", about, step, clause=_CLAUSE, expected=expected)
    for name in ("object-behind", "line-behind", "shared-value"):
        about, step, expected = (_AROUND | _INSIDE)[name]
        yield attack(f"confusion/{name}-issued", about, step, clause=_CLAUSE, base=Base.ISSUED, expected=expected)
    vector = partial(Vector, clause=_CLAUSE, at=CHECKED_AT)
    for name, (about, old, new, expected) in _BY_SIGNER.items():
        make = partial(_by_signer, old=old, new=new)
        yield vector(name=f"confusion/{name}", about=f"Signed like this. {about}", expected=expected, make=make)
    yield vector(
        name="confusion/two-fields-one-value",
        about="Signed like this. Two fields share one signature object.",
        expected=FORMAT,
        make=_two_fields_one_value,
    )


VECTORS = tuple(_vectors())
