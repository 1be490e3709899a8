"""Universal signature forgery: the signature dictionary is odd, so that a careless reader checks nothing and says yes.

The CMS object, where there is one, is genuine but was made for another document: whoever takes the oddity for an empty
promise passes the file (ISO 32000-2, 12.8.1, Table 255).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, Base
from tests.vectors.slot import HEAD
from tests.vectors.vector import FORMAT, HASH, NO_SIGNATURE, Case, Expected, Vector, unsure
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.vectors.chamber import Chamber

_CMS, _RANGE = b"%CMS%", b"%RANGE%"
_SIGNATURE = max(paper.objects()) + 1
_MORE = _SIGNATURE + 1
_LAID = b"[0 %010d %010d %010d]"
_CONTENTS = b"/Contents <" + _CMS + b">"
_BYTE_RANGE = b"/ByteRange " + _RANGE
_TABLE_255 = "ISO 32000-2, 12.8.1, Table 255"
_UNSUPPORTED = unsure(SubIndication.SIG_CONSTRAINTS_FAILURE)


def _forged(
    chamber: Chamber,
    *,
    contents: bytes = _CONTENTS,
    byte_range: bytes = _BYTE_RANGE,
    head: bytes = HEAD,
    value: bytes = b"/V %d 0 R" % _SIGNATURE,
    more: bytes = b"null",
) -> Case:
    """A document whose signature dictionary consists of ``head``, ``byte_range`` and ``contents``."""
    genuine = re.search(rb"/Contents <([0-9A-Fa-f]+)>", chamber.honest(Base.APPROVED))
    assert genuine is not None
    bodies = paper.objects()
    bodies[paper.SIGNATORY] = bodies[paper.SIGNATORY].removesuffix(b">>") + value + b">>"
    bodies[_SIGNATURE] = b"<< %s %s %s >>" % (head, byte_range, contents)
    bodies[_MORE] = more
    bodies = {n: body.replace(_CMS, genuine[1]).replace(_RANGE, _LAID % (0, 0, 0)) for n, body in bodies.items()}
    pdf = paper.whole(bodies)
    start = pdf.find(b"<" + genuine[1][:64])
    end = pdf.find(b">", start) + 1
    return Case(pdf.replace(_LAID % (0, 0, 0), _LAID % (start, end, len(pdf) - end)), chamber.known)


def _packed(chamber: Chamber) -> Case:
    """The signature dictionary inside an object stream."""
    case = _forged(chamber)
    body = paper.current(case.pdf, _SIGNATURE)
    pdf = paper.whole(paper.objects())
    field = paper.edited(pdf, paper.SIGNATORY, b"/T (SigSignatory)", b"/T (SigSignatory) /V %d 0 R" % _SIGNATURE)
    return Case(paper.packed(pdf, {_SIGNATURE: body, paper.SIGNATORY: field}), chamber.known)


def _vector(name: str, about: str, expected: Expected, make: Callable[[Chamber], Case]) -> Vector:
    return Vector(name=f"forgery/{name}", about=about, clause=_TABLE_255, expected=expected, at=CHECKED_AT, make=make)


_ODD_CONTENTS: dict[str, tuple[bytes, Expected]] = {
    "absent": (b"", FORMAT),
    "null": (b"/Contents null", FORMAT),
    "empty": (b"/Contents <>", FORMAT),
    "a name": (b"/Contents /Signature", FORMAT),
    "a number": (b"/Contents 0", FORMAT),
    "true": (b"/Contents true", FORMAT),
    "an array": (b"/Contents [<" + _CMS + b">]", FORMAT),
    "a dictionary": (b"/Contents << /Contents <" + _CMS + b"> >>", FORMAT),
    "a literal string": (b"/Contents (signed, believe me)", FORMAT),
    "nothing but zeros": (b"/Contents <" + b"00" * 4096 + b">", FORMAT),
    "one zero byte": (b"/Contents <00>", FORMAT),
    "of a length beyond the file": (b"/Contents <3084FFFFFFFF0609>", FORMAT),
    "of an indefinite length without an end": (b"/Contents <3080060930800600>", FORMAT),
    "interrupted by a letter that is no digit": (b"/Contents <" + _CMS + b"Z>", FORMAT),
    "there twice, the second empty": (_CONTENTS + b" /Contents <>", HASH),
    "there twice, the first empty": (b"/Contents <> " + _CONTENTS, FORMAT),
    "an indirect string": (b"/Contents %d 0 R" % _MORE, FORMAT),
    "a reference to nothing": (b"/Contents 999 0 R", FORMAT),
    "a reference to its own dictionary": (b"/Contents %d 0 R" % _SIGNATURE, FORMAT),
}
_ODD_RANGES: dict[str, tuple[bytes, Expected]] = {
    "absent": (b"", FORMAT),
    "null": (b"/ByteRange null", FORMAT),
    "empty": (b"/ByteRange []", FORMAT),
    "a string": (b"/ByteRange (0 100 200 300)", FORMAT),
    "a name": (b"/ByteRange /All", FORMAT),
    "a number": (b"/ByteRange 0", FORMAT),
    "a dictionary": (b"/ByteRange << /0 0 >>", FORMAT),
    "of strings": (b"/ByteRange [(0) (100) (200) (300)]", FORMAT),
    "of nulls": (b"/ByteRange [null null null null]", FORMAT),
    "of zeros": (b"/ByteRange [0 0 0 0]", FORMAT),
    "of fractions": (b"/ByteRange [0.0 100.5 200.5 300.5]", FORMAT),
    "negative in its first offset": (b"/ByteRange [-10 100 200 300]", FORMAT),
    "negative in its first length": (b"/ByteRange [0 -1 200 300]", FORMAT),
    "negative in its second length": (b"/ByteRange [0 100 200 -200]", FORMAT),
    "overlapping itself": (b"/ByteRange [0 1000 500 1000]", FORMAT),
    "in reverse order": (b"/ByteRange [500 100 0 400]", FORMAT),
    "longer than the file": (b"/ByteRange [0 100 200 99999999]", FORMAT),
    "huge": (b"/ByteRange [0 99999999999999999999 99999999999999999999 9]", FORMAT),
    "only two numbers": (b"/ByteRange [0 1000]", FORMAT),
    "three numbers": (b"/ByteRange [0 1000 2000]", FORMAT),
    "six numbers": (b"/ByteRange [0 100 200 300 500 100]", FORMAT),
    "there twice, the second of zeros": (_BYTE_RANGE + b" /ByteRange [0 0 0 0]", HASH),
    "there twice, the first of zeros": (b"/ByteRange [0 0 0 0] " + _BYTE_RANGE, FORMAT),
    "an indirect array of zeros": (b"/ByteRange %d 0 R" % _MORE, FORMAT),
    "of references": (b"/ByteRange [%d 0 R %d 0 R %d 0 R %d 0 R]" % ((_MORE,) * 4), FORMAT),
}
_ODD_HEADS: dict[str, tuple[bytes, Expected]] = {
    "without /SubFilter": (b"/Type /Sig /Filter /Adobe.PPKLite", _UNSUPPORTED),
    "with an unknown /SubFilter": (b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /none", _UNSUPPORTED),
    "with /SubFilter a string": (b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter (ETSI.CAdES.detached)", _UNSUPPORTED),
    "with the old /SubFilter of a bare RSA value": (
        b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.x509.rsa_sha1", _UNSUPPORTED
    ),
    "with /Type of a document timestamp": (HEAD.replace(b"/Sig ", b"/DocTimeStamp "), FORMAT),
    "with /SubFilter of a document timestamp": (
        b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161", FORMAT
    ),
}  # fmt: skip
_ODD_VALUES: dict[str, tuple[bytes, Expected]] = {
    "null": (b"/V null", NO_SIGNATURE),
    "a reference to nothing": (b"/V 999 0 R", FORMAT),
    "the catalogue": (b"/V 1 0 R", _UNSUPPORTED),
    "a string": (b"/V (signed)", _UNSUPPORTED),
    "written into the field itself": (b"/V << " + HEAD + b" " + _BYTE_RANGE + b" " + _CONTENTS + b" >>", _UNSUPPORTED),
}


def _vectors() -> Iterable[Vector]:
    yield _vector(
        "signature-of-another-document",
        "A genuine CMS object of another document in a right dictionary.",
        HASH,
        _forged,
    )
    for what, (contents, expected) in _ODD_CONTENTS.items():
        more = b"<" + _CMS + b">"
        make = partial(_forged, contents=contents, more=more)
        yield _vector(f"contents-{_slug(what)}", f"/Contents is {what}.", expected, make)
    for what, (byte_range, expected) in _ODD_RANGES.items():
        more = b"[0 0 0 0]" if "array" in what else b"0"
        make = partial(_forged, byte_range=byte_range, more=more)
        yield _vector(f"byte-range-{_slug(what)}", f"/ByteRange is {what}.", expected, make)
    for what, (head, expected) in _ODD_HEADS.items():
        yield _vector(_slug(what), f"The signature dictionary {what}.", expected, partial(_forged, head=head))
    for what, (value, expected) in _ODD_VALUES.items():
        yield _vector(f"value-{_slug(what)}", f"The field's /V is {what}.", expected, partial(_forged, value=value))
    yield _vector("in-object-stream", "The signature dictionary lies in an object stream.", FORMAT, _packed)


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


VECTORS = tuple(_vectors())
