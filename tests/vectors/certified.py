"""Attacks on certified documents: annotations laid over the page, and signatures that show what nobody signed.

P=3 allows annotations and P=2 further signatures, so that the standard itself opens the door; what is shown differs all
the same from what was certified. Our reading: behind the last signature nothing may follow but validation data
(ISO 32000-2, 12.8.2.2; the reports' promise in ``POST /v1/verifications``). Where no lock forbids a further signature
and its signer is trusted, the standard's answer is yes; that it stands on the first signer's text is a caution.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.vectors.chamber import CHECKED_AT, Base
from tests.vectors.hands import signed_again
from tests.vectors.paper import FORM, PAGE, SEAL, SIGNATORY, appended, current, edited, size_of, stream, value_of
from tests.vectors.steps import annotate, attack, edit
from tests.vectors.vector import FORMAT, PASSED, Case, Expected, Vector, unsure
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.vectors.chamber import Chamber
    from tests.vectors.steps import Step

_CLAUSE = "ISO 32000-2, 12.8.2.2, Table 257"
_OVER_THE_TEXT = b"/Rect [60 700 400 740]"
_FORM_XOBJECT = b"/Type /XObject /Subtype /Form /BBox [0 0 340 40] /Resources << /Font << /F 5 0 R >> >>"
_LIE = stream(b"1 g 0 0 340 40 re f 0 g BT /F 12 Tf 12 20 Td (The sum is 9 000) Tj ET", _FORM_XOBJECT)

_ANNOTATIONS = {
    "free-text": b"/Subtype /FreeText /DA (/F 12 Tf) /Contents (9 000) %s" % _OVER_THE_TEXT,
    "stamp": b"/Subtype /Stamp /Name /Approved %s" % _OVER_THE_TEXT,
    "square": b"/Subtype /Square /IC [1 1 1] /C [1 1 1] %s" % _OVER_THE_TEXT,
    "redaction": b"/Subtype /Redact /OverlayText (9 000) %s" % _OVER_THE_TEXT,
    "highlight": b"/Subtype /Highlight /C [0 0 0] /QuadPoints [60 740 400 740 60 700 400 700] %s" % _OVER_THE_TEXT,
    "ink": b"/Subtype /Ink /InkList [[60 700 400 740]] /BS << /W 40 >> /C [1 1 1] %s" % _OVER_THE_TEXT,
    "line": b"/Subtype /Line /L [60 720 400 720] /BS << /W 40 >> /C [1 1 1] %s" % _OVER_THE_TEXT,
    "link": b"/Subtype /Link /A << /S /URI /URI (https://evil.example/) >> %s" % _OVER_THE_TEXT,
    "note": b"/Subtype /Text /Contents (The sum is 9 000) /Open true %s" % _OVER_THE_TEXT,
    "file": b"/Subtype /FileAttachment /FS << /Type /Filespec /F (a.exe) >> %s" % _OVER_THE_TEXT,
    "screen": b"/Subtype /Screen /A << /S /Launch /F (a.exe) >> %s" % _OVER_THE_TEXT,
    "watermark": b"/Subtype /Watermark %s" % _OVER_THE_TEXT,
    "text-field": b"/Subtype /Widget /FT /Tx /T (Sum) /V (9 000) %s" % _OVER_THE_TEXT,
}
_BASES = {
    "p1": Base.P1,
    "p2": Base.P2,
    "p2-locked": Base.P2_LOCKED,
    "p3": Base.P3,
    "unlocked": Base.APPROVED,
    "locked": Base.LOCKED,
    "sealed": Base.SEALED,
}


def _new_field(pdf: bytes, entries: bytes, *, rect: bytes = _OVER_THE_TEXT) -> tuple[int, dict[int, bytes]]:
    """A signature field over the text, with a picture: its number and the objects of the update."""
    number = size_of(pdf)
    reference = b" %d 0 R " % number
    widget = b"<< /Type /Annot /Subtype /Widget /F 4 /FT /Sig /T (Sig2) /P 3 0 R /AP << /N %d 0 R >> %s %s >>"
    return number, {
        PAGE: edited(pdf, PAGE, b"/Annots [", b"/Annots [" + reference),
        FORM: edited(pdf, FORM, b"/Fields [", b"/Fields [" + reference),
        number: widget % (number + 1, rect, entries),
        number + 1: _LIE,
    }


def _empty_field(pdf: bytes) -> bytes:
    """Nobody has signed, but there is a picture."""
    return appended(pdf, _new_field(pdf, b"")[1])


def _field_with_copied_value(pdf: bytes) -> bytes:
    """The new field shows the signatory's signature."""
    return appended(pdf, _new_field(pdf, b"/V %d 0 R" % value_of(pdf, SIGNATORY))[1])


def _field_with_false_value(pdf: bytes) -> bytes:
    """The new field's value is a dictionary with a name and no signature."""
    return appended(pdf, _new_field(pdf, b"/V << /Type /Sig /Name (Sample Director) >>")[1])


def _picture_in_signed_field(pdf: bytes) -> bytes:
    """The signed field gets a picture and a place over the text."""
    field = edited(pdf, SIGNATORY, b"/Rect [ 300 100 400 150 ]", _OVER_THE_TEXT)
    number = size_of(pdf)
    old = b"/N " + field.split(b"/N ")[1].split(b" R")[0] + b" R"
    return appended(pdf, {SIGNATORY: field.replace(old, b"/N %d 0 R" % number), number: _LIE})


def _picture_in_empty_field(pdf: bytes) -> bytes:
    """The seal's empty field gets a picture and a place over the text."""
    field = edited(pdf, SEAL, b"/Rect [250 100 330 180]", _OVER_THE_TEXT + b" /AP << /N %d 0 R >>" % size_of(pdf))
    return appended(pdf, {SEAL: field, size_of(pdf): _LIE})


def _signed_by(chamber: Chamber, *, base: Base, who: str, rect: bytes = _OVER_THE_TEXT) -> Case:
    """A new field over the text, signed."""
    pdf = chamber.honest(base)
    number, bodies = _new_field(pdf, b"", rect=rect)
    return Case(signed_again(chamber, pdf, bodies, who=who, field=number), chamber.known)


def _sealed_elsewhere(chamber: Chamber, *, base: Base) -> Case:
    """The seal's field moved over the text, with another picture, and then signed."""
    pdf = chamber.honest(base)
    moved = _picture_in_empty_field(pdf)
    bodies = {SEAL: current(moved, SEAL), size_of(pdf): _LIE}
    return Case(signed_again(chamber, pdf, bodies, who="citizen", field=SEAL), chamber.known)


_SNEAKY: dict[str, tuple[str, Step]] = {
    "empty-field": ("A new, empty signature field with a picture over the text.", _empty_field),
    "copied-value": ("A new field over the text with the value of the signatory's.", _field_with_copied_value),
    "false-value": ("A new field over the text whose value is no signature.", _field_with_false_value),
    "signed-field": ("The signed field gets another picture over the text.", _picture_in_signed_field),
    "seal-field": ("The seal's empty field gets a picture over the text.", _picture_in_empty_field),
    "seal-field-unlocked": ("The seal's empty field gets a lock that allows everything.",
        edit(SEAL, b"/T (SigSeal)", b"/T (SigSeal) /Lock << /Type /SigFieldLock /Action /Include /Fields [] >>")),
}  # fmt: skip
_UNTRUSTED = unsure(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
_OVER_TEXT = PASSED.with_caution("signature-over-text")
_SIGNED: dict[str, tuple[str, Callable[..., Case], dict[Base, Expected]]] = {
    "stranger": ("A stranger signs in a new field over the text.", partial(_signed_by, who="stranger"),
        {Base.APPROVED: _UNTRUSTED, Base.LOCKED: FORMAT, Base.P2: FORMAT, Base.P2_LOCKED: FORMAT, Base.P3: FORMAT}),
    "citizen": ("A citizen whom the verifier trusts signs in a new field over the text.",
        partial(_signed_by, who="citizen"), {Base.APPROVED: _OVER_TEXT, Base.P2: FORMAT, Base.P2_LOCKED: FORMAT,
        Base.P3: FORMAT, Base.SEALED: FORMAT}),
    "citizen-in-seal-field": ("A citizen signs in the seal's field, moved over the text.", _sealed_elsewhere,
        {Base.APPROVED: FORMAT, Base.P2: FORMAT, Base.P2_LOCKED: FORMAT}),
    "citizen-beside-text": ("A citizen signs in a new field where the page is empty, as people do.",
        partial(_signed_by, who="citizen", rect=b"/Rect [60 300 200 340]"),
        {Base.APPROVED: PASSED, Base.P2: FORMAT, Base.LOCKED: FORMAT}),
    "citizen-unseen": ("A citizen signs in a new field over the text that shows nothing.",
        partial(_signed_by, who="citizen", rect=b"/Rect [0 0 0 0]"), {Base.APPROVED: PASSED}),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    on = partial(attack, clause=_CLAUSE)
    for kind, body in _ANNOTATIONS.items():
        for place in ("p2", "p3"):
            about = f"An annotation of type {kind} over the text."
            yield on(f"certified/{kind}-at-{place}", about, annotate(body), base=_BASES[place])
    for place in ("p1", "unlocked", "p2-locked", "sealed"):
        about = "An annotation of type free-text over the text."
        yield on(f"certified/free-text-at-{place}", about, annotate(_ANNOTATIONS["free-text"]), base=_BASES[place])
    for kind, (about, step) in _SNEAKY.items():
        for place in ("p2", "p2-locked", "p3", "unlocked"):
            yield on(f"certified/{kind}-at-{place}", about, step, base=_BASES[place])
    for kind, (about, make, verdicts) in _SIGNED.items():
        for place, base in _BASES.items():
            if base in verdicts:
                yield Vector(
                    name=f"certified/{kind}-at-{place}",
                    about=f"{about} [{base.value}]",
                    clause=_CLAUSE,
                    expected=verdicts[base],
                    at=CHECKED_AT,
                    make=partial(make, base=base),
                )


VECTORS = tuple(_vectors())
