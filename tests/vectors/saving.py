"""Incremental saving attacks: something is appended behind the signed revision, well made or badly.

The signature itself stays intact, so that everything depends on how the later revisions are looked at (ISO 32000-2,
7.5.6 and 12.8.2.2.2). Where readers repair a broken file they show what was appended; so nothing of it may pass.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.vectors.chamber import Base
from tests.vectors.paper import (
    CATALOG,
    CONTENT,
    DATE,
    FONT,
    FORM,
    INFO,
    LAYER,
    LINK,
    NUMBER,
    PAGE,
    PAGES,
    SEAL,
    SECOND_CONTENT,
    SECOND_PAGE,
    SIGNATORY,
    SUM,
    Section,
    appended,
    current,
    edited,
    size_of,
    stream,
    value_of,
)
from tests.vectors.steps import annotate, attack, edit, extend, free, in_place, insert, put, then
from tests.vectors.vector import FORMAT, HASH, NO_SIGNATURE, PASSED, UNREADABLE, Expected, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.vectors.steps import Step

_OTHER_SUM = stream(
    b"BT /F 12 Tf (9 000) Tj ET",
    b"/Type /XObject /Subtype /Form /BBox [0 -5 200 20] /Resources << /Font << /F 5 0 R >> >>",
)
_OTHER_TEXT = stream(b"BT /F 12 Tf 72 720 Td (Another notice altogether) Tj ET")
_REVISIONS = "ISO 32000-2, 12.8.2.2.2; EN 319 102-1, 5.2.2"
_FILE = "ISO 32000-2, 7.5; EN 319 102-1, 5.2.2"


def _more_text(pdf: bytes) -> bytes:
    """A second content stream laid over the page."""
    number = size_of(pdf)
    return appended(pdf, {PAGE: edited(pdf, PAGE, b"4 0 R", b"[4 0 R %d 0 R]" % number), number: _OTHER_TEXT})


def _inherited(pdf: bytes) -> bytes:
    """The page's resources taken away, others put where it inherits them."""
    page = edited(pdf, PAGE, b"/Resources <<", b"/Unread <<")
    resources = b"/Resources << /Font << /F 17 0 R >> /XObject << /Sum 14 0 R >> >> >>"
    return appended(pdf, {PAGE: page, PAGES: current(pdf, PAGES).removesuffix(b">>") + resources})


def _copied_signature(pdf: bytes) -> bytes:
    """The signature object copied to a new number to which the field then points, with the page changed."""
    number = size_of(pdf)
    old = value_of(pdf, SIGNATORY)
    field = edited(pdf, SIGNATORY, b"/V %d 0 R" % old, b"/V %d 0 R" % number)
    return appended(pdf, {number: current(pdf, old), SIGNATORY: field, SUM: _OTHER_SUM})


def _rewritten_signature(pdf: bytes) -> bytes:
    """The signature object written again under its own number, with the page changed."""
    number = value_of(pdf, SIGNATORY)
    return appended(pdf, {number: current(pdf, number), SUM: _OTHER_SUM})


def _spoofed_reason(pdf: bytes) -> bytes:
    """The signature object written again with a reason that the signer never gave."""
    number = value_of(pdf, SIGNATORY)
    body = current(pdf, number).replace(b"/Type /Sig", b"/Type /Sig /Reason (I approve the larger sum)")
    return appended(pdf, {number: body})


def _other_catalogue(pdf: bytes) -> bytes:
    """A trailer that leads to a new catalogue with new pages, the signature field carried over."""
    pages, page, text = size_of(pdf), size_of(pdf) + 1, size_of(pdf) + 2
    return appended(
        pdf,
        {
            pages: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % page,
            page: current(pdf, PAGE).replace(b"4 0 R", b"%d 0 R" % text).replace(b"2 0 R", b"%d 0 R" % pages),
            text: _OTHER_TEXT,
            text + 1: current(pdf, CATALOG).replace(b"2 0 R", b"%d 0 R" % pages),
        },
        root=b"%d 0 R" % (text + 1),
    )


def _trailer(old: bytes, new: bytes) -> Step:
    """An update of the sum whose trailer or cross-reference section says something else."""

    def step(pdf: bytes) -> bytes:
        longer = appended(pdf, {SUM: _OTHER_SUM})
        tail = longer[len(pdf) :]
        assert old in tail
        return pdf + tail.replace(old, new)

    return step


def _start(position: bytes) -> Step:
    """An update of the sum whose startxref says this."""

    def step(pdf: bytes) -> bytes:
        longer = appended(pdf, {SUM: _OTHER_SUM}, section=Section.NO_STARTXREF)
        return longer.removesuffix(b"%%EOF\n") + b"startxref\n" + position + b"\n%%EOF\n"

    return step


def _cut(keep: float) -> Step:
    return lambda pdf: pdf[: int(len(pdf) * keep)]


_CHANGES: dict[str, tuple[str, Step]] = {
    "content-replaced": ("The page's content stream is replaced.", put({CONTENT: _OTHER_TEXT})),
    "content-emptied": ("The page's content stream is emptied.", put({CONTENT: stream(b"")})),
    "content-added": ("A second content stream is laid over the page.", _more_text),
    "form-replaced": ("A form XObject that the page shows is replaced.", put({SUM: _OTHER_SUM})),
    "second-page-content": ("The second page's content stream is replaced.", put({SECOND_CONTENT: _OTHER_TEXT})),
    "font-dictionary": (
        "Digits change their glyphs by another encoding of the font.",
        edit(FONT, b"/WinAnsiEncoding", b"<< /Type /Encoding /Differences [49 /nine] >>"),
    ),
    "font-of-the-page": ("The page's resources name another font.", edit(PAGE, b"/F 5 0 R", b"/F 17 0 R")),
    "font-object-changed": ("The font object becomes another font.", edit(FONT, b"/Helvetica", b"/ZapfDingbats")),
    "resources-inherited": ("The page's resources are taken away, and it inherits others.", _inherited),
    "media-box": ("The page is cut by its MediaBox.", edit(PAGE, b"[0 0 595 842]", b"[0 700 595 842]")),
    "crop-box": ("The page is cut by a CropBox.", extend(PAGE, b"/CropBox [0 700 595 842]")),
    "rotated": ("The page is turned upside down.", extend(PAGE, b"/Rotate 180")),
    "user-unit": ("The page becomes ten times as large.", extend(PAGE, b"/UserUnit 10")),
    "page-action": ("The page opens an address when it is shown.",
        extend(PAGE, b"/AA << /O << /S /URI /URI (https://evil.example/) >> >>")),
    "page-added": ("A page is added.",
        then(insert(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>", into=PAGES,
            behind=b"11 0 R"), edit(PAGES, b"/Count 2", b"/Count 3"))),
    "page-inserted-first": ("A page is put before the first.",
        then(insert(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 12 0 R >>", into=PAGES,
            behind=b"/Kids ["), edit(PAGES, b"/Count 2", b"/Count 3"))),
    "page-removed": ("The second page is taken out.",
        then(edit(PAGES, b"3 0 R 11 0 R", b"3 0 R"), edit(PAGES, b"/Count 2", b"/Count 1"))),
    "page-count": ("The page tree's count says one page less.", edit(PAGES, b"/Count 2", b"/Count 1")),
    "pages-reordered": ("The pages change places.", edit(PAGES, b"3 0 R 11 0 R", b"11 0 R 3 0 R")),
    "page-twice": ("The first page is shown twice.",
        edit(PAGES, b"3 0 R 11 0 R", b"3 0 R 3 0 R")),
    "page-replaced": ("The second page's object is replaced.",
        edit(SECOND_PAGE, b"/Contents 12 0 R", b"/Contents 4 0 R")),
    "link-target": ("A link leads elsewhere.", edit(LINK, b"agency.example", b"agencv.example")),
    "link-moved": ("A link is stretched over the page.", edit(LINK, b"[72 60 172 80]", b"[0 0 595 842]")),
    "link-removed": ("A link is taken off the page.", edit(PAGE, b"15 0 R", b"")),
    "link-freed": ("A link's object is freed.", free(LINK)),
    "annotation-added": ("A text is laid over the page as an annotation.",
        annotate(b"/Subtype /FreeText /Rect [60 700 400 740] /DA (/F 12 Tf) /Contents (9 000)")),
    "signature-moved": ("The signature's widget is moved.", edit(SIGNATORY, b"/Rect [ 300", b"/Rect [ 30")),
    "signature-hidden": ("The signature's widget is hidden.", edit(SIGNATORY, b"/F 4", b"/F 2")),
    "signature-picture": ("The signature's picture is replaced.",
        lambda pdf: appended(pdf, {int(current(pdf, SIGNATORY).split(b"/N ")[1].split()[0]): _OTHER_SUM})),
    "signature-field-renamed": ("The signature's field gets another name.",
        edit(SIGNATORY, b"(SigSignatory)", b"(SigDirector)")),
    "signature-page": ("The signature's widget is put on the second page.",
        then(edit(PAGE, b"/Annots [7 0 R", b"/Annots ["), extend(SECOND_PAGE, b"/Annots [7 0 R]"))),
    "empty-seal-field-moved": ("The empty field of the seal is moved.", edit(SEAL, b"[250 100", b"[20 100")),
    "empty-seal-field-removed": ("The empty field of the seal is taken out of the form.",
        edit(FORM, b"8 0 R", b"")),
    "text-field-becomes-button": ("A text field becomes a button with a picture.",
        edit(NUMBER, b"/FT /Tx", b"/FT /Btn")),
    "open-action": ("A script runs when the file is opened.",
        extend(CATALOG, b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")),
    "additional-actions": ("A script runs before printing.",
        extend(CATALOG, b"/AA << /WP << /S /JavaScript /JS (app.alert(1)) >> >>")),
    "document-script": ("A script is added to the name tree.",
        extend(CATALOG, b"/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (app.alert(1)) >>] >> >>")),
    "embedded-file": ("A file is attached.",
        extend(CATALOG, b"/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.exe) >>] >> >>")),
    "collection": ("The document becomes a portfolio that shows another file.",
        extend(CATALOG, b"/Collection << /Type /Collection /View /D >>")),
    "viewer-preferences": ("Viewers are told to hide their bars.",
        extend(CATALOG, b"/ViewerPreferences << /HideToolbar true >>")),
    "page-labels": ("Pages get other numbers.", extend(CATALOG, b"/PageLabels << /Nums [0 << /St 7 >>] >>")),
    "layer-off": ("A layer with a restriction is switched off.", edit(CATALOG, b"/OFF [ ]", b"/OFF [13 0 R]")),
    "layer-out-of-use": ("The layers' configuration is taken away.",
        edit(CATALOG, b"/OCProperties", b"/OldProperties")),
    "layer-renamed": ("A layer gets another name and intent.", edit(LAYER, b"(Restrictions)", b"(Draft) /Intent /X")),
    "layer-membership": ("What the page's layer is, is no longer said.",
        edit(PAGE, b"/Layer 13 0 R", b"/Other 13 0 R")),
    "need-appearances": ("Viewers are told to draw fields anew.", extend(FORM, b"/NeedAppearances true")),
    "xfa": ("A second form in XML is added, which some viewers prefer.", extend(FORM, b"/XFA [(form) 4 0 R]")),
    "calculation-order": ("The form calculates its fields.", extend(FORM, b"/CO [9 0 R]")),
    "default-font-of-the-form": ("Fields are drawn in another font.",
        edit(FORM, b"/F 5 0 R", b"/F 17 0 R")),
    "number-filled": ("The number is filled in, and no later signature covers it.",
        edit(NUMBER, b"/T (DocNumber)", b"/T (DocNumber) /V (123)")),
    "signature-object-copied": ("A copy of the signature under a new number, the sum changed.", _copied_signature),
    "signature-object-rewritten": ("The signature object written again as it is, the sum changed.",
        _rewritten_signature),
    "signature-reason-spoofed": ("The signature object written again with a reason.", _spoofed_reason),
    "another-catalogue": ("The trailer leads to a new catalogue with other pages.", _other_catalogue),
    "content-freed": ("The page's content is freed.", free(CONTENT)),
    "second-page-freed": ("The second page is freed.", free(SECOND_PAGE)),
    "form-freed": ("The form XObject is freed.", free(SUM)),
}  # fmt: skip
"""What is appended in good order behind one approval signature; every one of these fails."""

_BROKEN: dict[str, tuple[str, Step, Expected]] = {
    "no-xref-table": ("An update without its xref table.", put({SUM: _OTHER_SUM}, section=Section.NO_XREF), UNREADABLE),
    "no-trailer": ("An update without its trailer.", put({SUM: _OTHER_SUM}, section=Section.NO_TRAILER), UNREADABLE),
    "no-startxref": ("An update without startxref.", put({SUM: _OTHER_SUM}, section=Section.NO_STARTXREF), UNREADABLE),
    "no-end-mark": ("An update without its end mark.", put({SUM: _OTHER_SUM}, section=Section.NO_EOF), FORMAT),
    "objects-only": ("Objects alone behind the end.", put({SUM: _OTHER_SUM}, section=Section.NOTHING), FORMAT),
    "xref-stream-behind-tables": (
        "An update with a cross-reference stream behind tables.", put({SUM: _OTHER_SUM}, section=Section.STREAM), FORMAT
    ),
    "start-at-zero": ("startxref says 0.", _start(b"0"), UNREADABLE),
    "start-beyond-the-end": ("startxref leads behind the end.", _start(b"99999999"), UNREADABLE),
    "start-negative": ("startxref is negative.", _start(b"-1"), UNREADABLE),
    "start-in-a-stream": ("startxref leads into a content stream.", _start(b"500"), UNREADABLE),
    "prev-missing": ("The trailer's /Prev is missing, so that only the update is left.",
        _trailer(b"/Prev", b"/Past"), UNREADABLE),
    "prev-to-itself": ("The trailer's /Prev leads to itself.",
        lambda pdf: _trailer(b"/Prev ", b"/Prev %010d %%" % (len(pdf) + 130))(pdf), UNREADABLE),
    "prev-nowhere": ("The trailer's /Prev leads nowhere.", _trailer(b"/Prev ", b"/Prev 7 %"), UNREADABLE),
    "size-too-small": ("The trailer's /Size is smaller than the object's number.",
        _trailer(b"/Size ", b"/Size 5 %"), UNREADABLE),
    "root-missing": ("The trailer has no /Root.", _trailer(b"/Root", b"/Ruth"), FORMAT),
    "root-is-a-page": ("The trailer's /Root is a page.", _trailer(b"/Root 1 0 R", b"/Root 3 0 R"), UNREADABLE),
    "encrypted-afterwards": ("The trailer says that the file is encrypted.",
        _trailer(b"/Root", b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (x) /U (x) /P -4 >> /Root"), UNREADABLE),
    "wrong-offset": ("The xref entry of the sum leads to another object.",
        _trailer(b" 00000 n", b"1 0000 n"), FORMAT),
    "other-generation": ("The sum is written with another generation number.",
        _trailer(b"14 0 obj", b"14 1 obj"), FORMAT),
    "root-overwritten-in-place": ("In place: the catalogue's pages lead elsewhere.",
        in_place(b"/Pages 2 0 R", b"/Pages 3 0 R"), UNREADABLE),
    "sum-overwritten-in-place": ("In place: one digit of the sum.", in_place(b"(1 000)", b"(9 000)"), HASH),
    "comment-overwritten-in-place": ("In place: a byte of the comment behind the header.",
        in_place(b"%\xe2\xe3\xcf\xd3", b"%\xe2\xe3\xcf\xd4"), HASH),
    "date-overwritten-in-place": ("In place: the claimed signing time.", in_place(b"/M (D\\0722", b"/M (D\\0723"), HASH),
    "signature-taken-out": ("All fields are taken out of the form, signatures too.",
        edit(FORM, b"/Fields [7 0 R 8 0 R 9 0 R 10 0 R]", b"/Fields []"), NO_SIGNATURE),
    "form-taken-out": ("The catalogue has no form any more.", edit(CATALOG, b"/AcroForm", b"/NoForm"), NO_SIGNATURE),
    "cut-in-the-signature": ("The second half of the file is cut off.", _cut(0.5), UNREADABLE),
    "cut-in-the-trailer": ("The last bytes of the file are cut off.", lambda pdf: pdf[:-40], UNREADABLE),
}  # fmt: skip
"""What is appended in bad order; readers that repair files show it, others do not."""

_LOCKED: dict[str, tuple[str, Step]] = {
    "sealed-number-changed": ("The number is changed behind the seal.", edit(NUMBER, b"(123)", b"(124)")),
    "sealed-date-changed": ("The date is changed behind the seal.", edit(DATE, b"(03)", b"(04)")),
    "sealed-content": ("The page's content is replaced behind the seal.", put({CONTENT: _OTHER_TEXT})),
    "sealed-form": ("A form XObject is replaced behind the seal.", put({SUM: _OTHER_SUM})),
    "sealed-open-action": ("A script is added behind the seal.",
        extend(CATALOG, b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")),
    "sealed-layer": ("A layer is switched off behind the seal.", edit(CATALOG, b"/OFF [ ]", b"/OFF [13 0 R]")),
    "sealed-seal-moved": ("The seal's widget is moved.", edit(SEAL, b"/Rect [ 250", b"/Rect [ 25")),
    "sealed-permissions-removed": ("The certification is taken out of the catalogue.",
        edit(CATALOG, b"/DocMDP", b"/OldMDP")),
    "sealed-store-removed": ("The validation data are taken out of the catalogue.", edit(CATALOG, b"/DSS", b"/NoDSS")),
    "sealed-other-font": ("A font of the page becomes another.", edit(FONT, b"/Helvetica", b"/Symbol")),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    on = partial(attack, clause=_REVISIONS)
    for name, (about, step) in _CHANGES.items():
        yield on(f"saving/{name}", about, step)
    for name, (about, step, expected) in _BROKEN.items():
        yield attack(f"saving/{name}", about, step, clause=_FILE, expected=expected)
    for name, (about, step) in _LOCKED.items():
        yield on(f"saving/{name}", about, step, base=Base.ISSUED)
    yield on(
        "saving/version-raised",
        "The catalogue says PDF 2.0, as software does that adds validation data; no page changes.",
        extend(CATALOG, b"/Version /2.0"),
        expected=PASSED,
    )
    yield on(
        "saving/title-changed",
        "Only the document information changes; no page does, and archive software does the same.",
        edit(INFO, b"(Sample notice)", b"(Sample)"),
        expected=PASSED,
    )


VECTORS = tuple(_vectors())
