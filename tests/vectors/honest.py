"""Honest files, as many kinds as there are at hand: all of them pass, and none raises an alarm.

Most are made by stock pyHanko, some by this project, some by hand in the manner of other products (ISO 32000-2, 12.8;
EN 319 142-1, 5 and 6). A verifier that cries wolf is switched off.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
from pyhanko.sign.fields import SigSeedSubFilter

from certs.certificate import SigningCertificate
from certs.der import context, sequence
from certs.revocation import EMPTY
from certs.timestamps import TimeStampToken
from signing.augment import embed_validation_data
from signing.complete import complete, complete_document_timestamp
from signing.compose import compose
from signing.fill import fill_cells
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD
from signing.prepare import prepare, prepare_document_timestamp
from signing.prepared import SignatureValue
from signing.profiles import Appearance, Certification, SignatureProfile
from tests.material import blank_pdf, layout, picture
from tests.notary import DATE, NUMBER, Person, draft, fill, supply
from tests.vectors import paper
from tests.vectors.chamber import (
    ARCHIVED_AT,
    CHECKED_AT,
    GATHERED_AT,
    SEAL,
    SEALED_AT,
    SIGNATORY,
    SIGNED_AT,
    Base,
)
from tests.vectors.envelope import attribute, rsa_pkcs1
from tests.vectors.hands import approval
from tests.vectors.paper import CATALOG, FORM, INFO, PAGE, SECOND_PAGE, appended, current
from tests.vectors.slot import HEAD, UNDATED, slot
from tests.vectors.stamps import info, token
from tests.vectors.vector import PASSED, Case, Expected, Vector
from tests.vectors.workbench import Workbench, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.vectors.chamber import Chamber

_CLAUSE = "ISO 32000-2, 12.8; EN 319 142-1, 5 and 6; EN 319 102-1, 5.5 and 5.6"
_M = HEAD.removeprefix(UNDATED)
_RENEWED, _RENEWED_AGAIN = datetime(2029, 6, 1, tzinfo=UTC), datetime(2040, 6, 1, tzinfo=UTC)
_AFTER_SIGNERS, _AFTER_ALL = datetime(2036, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
_THREE = (Person("signatory", "SigSignatory"), Person("deputy", "SigDeputy"), Person("elliptic", "SigThird"))


def _base(chamber: Chamber, *, base: Base) -> Case:
    return Case(chamber.honest(base), chamber.known)


def _alone(chamber: Chamber, *, base: Base) -> Case:
    """The file must bring all that is needed."""
    return Case(chamber.honest(base), EMPTY)


def _chain(chamber: Chamber) -> bytes:
    """Three signers, number and date filled in between, the seal, validation data, a document timestamp."""
    bodies = paper.objects(seal_lock=paper.LOCK_NOTHING_MORE)
    widget = b"<< /Type /Annot /Subtype /Widget /F 4 /P 3 0 R /FT /Sig /T (%s) /Rect [%d 200 %d 250] >>"
    bodies[18], bodies[19] = widget % (b"SigDeputy", 60, 160), widget % (b"SigThird", 180, 280)
    for holder, entry in ((PAGE, b"/Annots ["), (FORM, b"/Fields [")):
        bodies[holder] = bodies[holder].replace(entry, entry + b"18 0 R 19 0 R ")
    pdf = chamber.sign(paper.whole(bodies), _THREE[0], at=SIGNED_AT, certify=True)
    pdf = chamber.sign(fill(pdf, NUMBER), _THREE[1], at=SIGNED_AT + timedelta(minutes=1))
    pdf = chamber.sign(fill(pdf, DATE), _THREE[2], at=SIGNED_AT + timedelta(minutes=2))
    pdf = chamber.sign(pdf, SEAL, at=SEALED_AT)
    names = [person.label for person in (*_THREE, SEAL)]
    return chamber.archive(supply(pdf, chamber.revocation(*names, at=GATHERED_AT)), at=ARCHIVED_AT)


def _renewed(chamber: Chamber, *, times: tuple[datetime, ...]) -> Case:
    """The chain, given new validation data and a new document timestamp at each of these times."""
    pdf = _chain(chamber)
    for at in times:
        pdf = chamber.archive(supply(pdf, chamber.revocation(at=at)), at=at, authority="tsa2")
    return Case(pdf, chamber.revocation(at=times[-1] + timedelta(hours=1)) if times else EMPTY)


def _ours(chamber: Chamber, *, archived: bool) -> Case:
    """Signed, numbered and sealed by this project's own ``signing``."""
    text = compose(blank_pdf(), layout=layout(), lookup_code="0123-4567", lookup_url="http://127.0.0.1:8000/d/01234567")
    pdf = _signed_by_us(chamber, text, SIGNATORY_FIELD, who="signatory")
    pdf = fill_cells(pdf, number="123", issued_on=date(2025, 3, 3))
    pdf = _signed_by_us(chamber, pdf, SEAL_FIELD, who="signatory")
    if not archived:
        return Case(pdf, chamber.known)
    pdf = embed_validation_data(pdf, revocation=chamber.revocation("signatory", at=GATHERED_AT))
    waits = prepare_document_timestamp(pdf, field_name="Archive1")
    stamp = token(chamber, info(b"", at=ARCHIVED_AT))
    said = info(b"", at=ARCHIVED_AT)
    stamp = token(chamber, type(said)(imprint=waits.document_digest, gen_time=said.gen_time))
    return Case(complete_document_timestamp(waits, token=TimeStampToken(stamp.der())).onto(pdf), EMPTY)


def _signed_by_us(chamber: Chamber, pdf: bytes, field: str, *, who: str) -> bytes:
    certificate = SigningCertificate(chamber.certificate(who).dump(), chain=(chamber.certificate("interm").dump(),))
    certification = Certification.FILL_FORMS if field == SIGNATORY_FIELD else Certification.NONE
    profile = SignatureProfile(
        field_name=field,
        certification=certification,
        appearance=Appearance(picture("blue")),
        claimed_signing_time=SIGNED_AT,
    )
    prepared = prepare(pdf, profile=profile, certificate=certificate)
    value = rsa_pkcs1("sha256").sign(chamber.keys[who], prepared.dtbs)
    stamp = token(chamber, info(value))
    return complete(prepared, value=SignatureValue(value), token=TimeStampToken(stamp.der())).onto(pdf)


def _plain_pkcs7(chamber: Chamber, *, stamped: bool) -> Case:
    """``adbe.pkcs7.detached``, as most older products sign."""
    pdf = chamber.sign(
        paper.draft(), SIGNATORY, at=SIGNED_AT if stamped else None, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    )
    return Case(pdf, chamber.known)


def _adobe_archival(chamber: Chamber) -> Case:
    """``adbe.pkcs7.detached`` whose revocation data lie in a signed attribute (ISO 32000-2, 12.8.3.3.2)."""
    waits = slot(head=HEAD.replace(b"ETSI.CAdES.detached", b"adbe.pkcs7.detached"))
    bench = Workbench(chamber)
    crls = b"".join(chamber.crl(name, at=SIGNED_AT) for name in ("root", "interm"))
    kinds = {**bench.attributes(), "archival": attribute("1.2.840.113583.1.1.8", sequence(context(0, sequence(crls))))}
    kinds["1.2.840.113549.1.9.4"] = attribute("1.2.840.113549.1.9.4", b"\x04\x20" + waits.digest())
    signed = bench.sign(b"\x31" + sequence(*sorted(kinds.values()))[1:])
    return Case(waits.filled(signed.der()), EMPTY)


def _drafted(chamber: Chamber, *, make: Callable[[], bytes]) -> Case:
    """One signature over a draft of other software."""
    return Case(chamber.sign(make(), SIGNATORY, at=SIGNED_AT), chamber.known)


def _by_pypdf() -> bytes:
    """The draft read and written anew by pypdf."""
    output = BytesIO()
    pypdf.PdfWriter(clone_from=BytesIO(paper.draft())).write(output)
    return output.getvalue()


def _packed_draft() -> bytes:
    """A draft whose pages lie in object streams behind cross-reference streams."""
    pdf = paper.draft()
    return paper.packed(pdf, {number: current(pdf, number) for number in (PAGE, SECOND_PAGE, FORM, CATALOG)})


def _dictionary(chamber: Chamber, *, head: bytes) -> Case:
    """A signature dictionary with other entries."""
    waits = slot(head=UNDATED + b" " + head)
    return Case(waits.filled(approval(chamber, waits.digest(), who="elliptic").der()), chamber.known)


def _contents(chamber: Chamber, *, write: Callable[[bytes], bytes]) -> Case:
    """The hexadecimal digits of the contents written otherwise; the number of octets stays."""
    pdf = waiting().filled(approval(chamber, waiting().digest(), who="elliptic").der())
    start, end = waiting().start + 1, waiting().end - 1
    return Case(pdf[:start] + write(pdf[start:end]).ljust(end - start) + pdf[end:], chamber.known)


def _updated(chamber: Chamber, *, base: Base, step: Callable[[bytes], bytes]) -> Case:
    """A harmless update behind the last signature."""
    return Case(step(chamber.honest(base)), chamber.known)


def _store_again(chamber: Chamber) -> Case:
    """Validation data added twice behind the document timestamp."""
    pdf = chamber.honest(Base.ISSUED)
    for name in ("signatory", "seal"):
        pdf = supply(pdf, chamber.revocation(name, at=ARCHIVED_AT))
    return Case(pdf, EMPTY)


def _second_archive(chamber: Chamber) -> Case:
    """A second document timestamp right after the first."""
    return Case(chamber.archive(chamber.honest(Base.ISSUED), at=ARCHIVED_AT + timedelta(minutes=1)), EMPTY)


def _timestamp_alone(chamber: Chamber) -> Case:
    """No signature, but a document timestamp."""
    return Case(chamber.archive(paper.draft(), at=SIGNED_AT), chamber.known)


def _two_approvals(chamber: Chamber) -> Case:
    """A second official signs in a field of his own; number and date are filled in between."""
    pdf = fill(fill(chamber.honest(Base.APPROVED), NUMBER), DATE)
    return Case(chamber.sign(pdf, Person("deputy", "SigSeal"), at=SEALED_AT), chamber.known)


def _new_invisible_field(chamber: Chamber) -> Case:
    """A second official signs in a new field that shows nothing."""
    return Case(chamber.sign(chamber.honest(Base.APPROVED), Person("deputy", "Sig2"), at=SEALED_AT), chamber.known)


def _notary_document(chamber: Chamber) -> Case:
    """The document of the other tests, with cross-reference streams."""
    return Case(chamber.issued(), EMPTY)


_FILES: dict[str, tuple[str, datetime, Callable[[Chamber], Case]]] = {
    **{f"base-{base.name.lower().replace('_', '-')}": (f"As it is: {base.value}.", CHECKED_AT, partial(_base, base=base))
        for base in Base},
    "issued-without-help": ("The issued document with nothing known besides.", CHECKED_AT,
        partial(_alone, base=Base.ISSUED)),
    "chain": ("Three signers, number and date between them, the seal, archive.", CHECKED_AT,
        partial(_renewed, times=())),
    "chain-renewed": ("The same, renewed once, checked after the signers' certificates have expired.",
        _AFTER_SIGNERS, partial(_renewed, times=(_RENEWED,))),
    "chain-renewed-twice": ("The same, renewed twice.", _AFTER_ALL, partial(_renewed, times=(_RENEWED, _RENEWED_AGAIN))),
    "ours": ("Made by this project, B-T.", CHECKED_AT, partial(_ours, archived=False)),
    "ours-archived": ("Made by this project, B-LTA.", CHECKED_AT, partial(_ours, archived=True)),
    "pkcs7": ("adbe.pkcs7.detached without a timestamp.", CHECKED_AT, partial(_plain_pkcs7, stamped=False)),
    "pkcs7-stamped": ("adbe.pkcs7.detached with a timestamp.", CHECKED_AT, partial(_plain_pkcs7, stamped=True)),
    "pkcs7-archival": ("adbe.pkcs7.detached with revocation data in the signature.", CHECKED_AT, _adobe_archival),
    "draft-by-pypdf": ("The draft was written by pypdf.", CHECKED_AT, partial(_drafted, make=_by_pypdf)),
    "draft-with-object-streams": ("The draft has object streams behind tables.", CHECKED_AT,
        partial(_drafted, make=_packed_draft)),
    "draft-by-pyhanko": ("The draft was written by pyHanko.", CHECKED_AT, partial(_drafted, make=draft)),
    "notary-document": ("The document of the other tests.", CHECKED_AT, _notary_document),
    "other-entries": ("The dictionary says who, where and why, in UTF-16.", CHECKED_AT,
        partial(_dictionary, head=b"/Name <FEFF004B00FD> /Reason (x) /Location (y) /M (D:20250303090000+07'00')")),
    "odd-date": ("The dictionary's /M is no date; it is only a claim.", CHECKED_AT,
        partial(_dictionary, head=b"/M (yesterday)")),
    "no-date": ("The dictionary has no /M; PAdES asks for one, but it is only a claim.", CHECKED_AT,
        partial(_dictionary, head=b"")),
    "odd-build": ("The dictionary has build properties, as Adobe writes them.", CHECKED_AT,
        partial(_dictionary, head=b"/Prop_Build << /App << /Name /Other /R 1 >> >> /Cert null " + _M)),
    "lower-case-digits": ("The digits of the contents are in lower case.", CHECKED_AT,
        partial(_contents, write=bytes.lower)),
    "upper-case-digits": ("The digits of the contents are in upper case.", CHECKED_AT,
        partial(_contents, write=bytes.upper)),
    "empty-update": ("An update that changes nothing.", CHECKED_AT,
        partial(_updated, base=Base.APPROVED, step=lambda pdf: appended(pdf, {}))),
    "same-object-again": ("An update that writes the page again as it is.", CHECKED_AT,
        partial(_updated, base=Base.APPROVED, step=lambda pdf: appended(pdf, {PAGE: current(pdf, PAGE)}))),
    "producer-noted": ("An update that notes the producer in the document information.", CHECKED_AT,
        partial(_updated, base=Base.ISSUED,
            step=lambda pdf: appended(pdf, {INFO: b"<< /Title (Sample notice) /Producer (Other) >>"}))),
    "store-again": ("More validation data behind the document timestamp.", CHECKED_AT, _store_again),
    "second-archive": ("A second document timestamp.", CHECKED_AT, _second_archive),
    "timestamp-alone": ("A document timestamp without any signature.", CHECKED_AT, _timestamp_alone),
    "two-approvals": ("Two officials, number and date between them.", CHECKED_AT, _two_approvals),
    "new-invisible-field": ("A second official signs in a new, invisible field.", CHECKED_AT, _new_invisible_field),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    expected: Expected = PASSED
    for name, (about, at, make) in _FILES.items():
        yield Vector(name=f"honest/{name}", about=about, clause=_CLAUSE, expected=expected, at=at, make=make)


VECTORS = tuple(_vectors())
