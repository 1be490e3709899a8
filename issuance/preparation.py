"""The first half of a signature on a document of the register: from its newest revision to a request that is kept.

Who holds the key plays no part: a worker with a key of the signer and an official with a token of their own begin here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.capacity import printed_capacity
from issuance.cosigners import Part
from issuance.document_types import NumberingOrder
from issuance.documents import Purpose
from issuance.errors import UnknownName
from issuance.ports import SignatureRequest
from signing.claims import LONGEST_ROLE, Claims, CommitmentType
from signing.display_rules import copy_text
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD, cosigner_field
from signing.prepared import Increment, Placeholder, PreparedSignature, ReservedRegion
from signing.profiles import Appearance, Certification, SignatureProfile

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.documents import CopyOf, Document
    from issuance.outside import Outside
    from issuance.ports import Credential, Repositories

_ROOM_FOR_OTHERS = 8192
"""Programs on officials' computers put anchors and attributes of their own into their CMS objects."""


@dataclass(frozen=True, slots=True)
class Signer:
    """With which credential, with which picture on the page, and with what it says of itself."""

    credential: Credential
    appearance: Appearance | None
    claims: Claims


def signer_of(register: Repositories, document: Document, *, credential: str, actor: str) -> Signer:
    """The agency with its seal, or the official with their signature, title and capacity."""
    found = register.credential(credential)
    if found is None:
        raise UnknownName(kind="credential", name=credential)
    if found.purpose is Purpose.SEAL:
        agency = register.agency(document.draft.agency)
        return Signer(found, _shown(agency.seal_image if agency else None), Claims(CommitmentType.ORIGIN))
    account = register.account(actor)
    image = account.signature_image if account else None
    return Signer(found, _shown(image), _claims(document, position=account.position if account else None))


def _shown(image: bytes | None) -> Appearance | None:
    return Appearance(png=image) if image else None


def _claims(document: Document, *, position: str | None) -> Claims:
    """What stands above the signature (Decree 30/2020, Annex I, II.7.b), and that it approves; no initial does."""
    turn = document.draft.cosigners[document.cosigned] if cosigners_left(document) else None
    capacity = printed_capacity(turn.capacity if turn else document.draft.capacity)
    initial = turn is not None and turn.part is Part.INITIAL
    return Claims(
        commitment=None if initial else CommitmentType.APPROVAL,
        roles=tuple(line for line in (capacity, " ".join((position or "").split())[:LONGEST_ROLE]) if line),
    )


def prepare_request(
    document: Document,
    purpose: Purpose,
    base: bytes,
    *,
    signer: Signer,
    outside: Outside,
) -> SignatureRequest:
    """The signature that is due on ``base``, the document's newest revision, with nothing signed yet."""
    now, credential, appearance = outside.clock.now(), signer.credential, signer.appearance
    if document.draft.copy is not None:
        appearance = Appearance(text=_copy_text(document, document.draft.copy, at=now, outside=outside))
    profile = SignatureProfile(
        field_name=field_of(document, purpose),
        algorithm=credential.algorithm,
        # Only the first signature of a file certifies it (ISO 32000-2, 12.8.2.2).
        certification=_certification(document, purpose),
        appearance=appearance if _shows(document, purpose) else None,
        claimed_signing_time=now,
        claims=signer.claims,
        extra_room=_ROOM_FOR_OTHERS if credential.key is None else 0,
    )
    pdf = _filled(document, base, outside=outside) if _fills(document, purpose) else base
    prepared = outside.workshop.prepare(pdf, profile=profile, certificate=credential.certificate)
    return SignatureRequest(
        document_id=document.id,
        purpose=purpose,
        base=document.current.sha256,
        increment=pdf[len(base) :] + prepared.placeholder.increment.octets,
        filled=len(pdf) - len(base),
        reserved_start=prepared.placeholder.reserved.start,
        reserved_end=prepared.placeholder.reserved.end,
        document_digest=prepared.document_digest,
        signed_attributes=prepared.signed_attributes,
        algorithm=prepared.algorithm,
        credential=credential.name,
        created_at=now,
        turn=turn_of(document, purpose),
        claims=signer.claims,
    )


def prepared_of(request: SignatureRequest, base: bytes, credential: Credential) -> PreparedSignature:
    """The request as the core of signing knows it."""
    return PreparedSignature(
        placeholder=Placeholder(
            increment=Increment(len(base), request.increment),
            reserved=ReservedRegion(start=request.reserved_start, end=request.reserved_end),
        ),
        document_digest=request.document_digest,
        signed_attributes=request.signed_attributes,
        certificate=credential.certificate,
        algorithm=request.algorithm,
        claims=request.claims,
    )


def field_of(document: Document, purpose: Purpose) -> str:
    """The name of the field that this signature fills."""
    if purpose is Purpose.SEAL:
        return SEAL_FIELD
    return cosigner_field(document.cosigned) if cosigners_left(document) else SIGNATORY_FIELD


def cosigners_left(document: Document) -> int:
    """How many sign before the signatory and have not yet."""
    return len(document.draft.cosigners) - document.cosigned


def turn_of(document: Document, purpose: Purpose) -> int:
    """How many officials signed before; requests of a document are told apart by it."""
    return document.cosigned if purpose is Purpose.SIGNATURE else 0


def _shows(document: Document, purpose: Purpose) -> bool:
    """Whether the field has a place on the page; a cosigner's may have none."""
    if purpose is Purpose.SEAL or not cosigners_left(document):
        return True
    return document.layout is None or document.layout.cosigners[document.cosigned] is not None


def _certification(document: Document, purpose: Purpose) -> Certification:
    if document.draft.copy is not None:
        return Certification.NO_CHANGES  # the seal is its first signature and its last
    first = purpose is Purpose.SIGNATURE and document.cosigned == 0
    return Certification.FILL_FORMS if first else Certification.NONE


def _copy_text(document: Document, copy: CopyOf, *, at: datetime, outside: Outside) -> str:
    """What cell 14 says (Decree 30/2020, Annex I, Part II, I.3)."""
    with outside.uow() as register:
        agency = register.agency(document.draft.agency)
    return copy_text(copy.form, agency=agency.name if agency else document.draft.agency, at=at)


def _fills(document: Document, purpose: Purpose) -> bool:
    """Number and date are filled in under the first signature of all, or under the seal, as the type has it."""
    if document.draft.copy is not None:
        return False
    if document.draft.order is NumberingOrder.NUMBER_FIRST:
        return purpose is Purpose.SIGNATURE and document.cosigned == 0
    return purpose is Purpose.SEAL


def _filled(document: Document, base: bytes, *, outside: Outside) -> bytes:
    if document.number is None or document.issued_on is None:
        msg = "number and date are filled in only after they were taken"
        raise RuntimeError(msg)
    return outside.workshop.fill_cells(base, number=document.number.printed_ordinal, issued_on=document.issued_on)
