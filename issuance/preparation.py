"""The first half of a signature on a document of the register: from its newest revision to a request that is kept.

Who holds the key plays no part: a worker with a key of the signer and an official with a token of their own begin here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.document_types import NumberingOrder
from issuance.documents import Purpose
from issuance.errors import UnknownName
from issuance.ports import SignatureRequest
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD, cosigner_field
from signing.prepared import Increment, Placeholder, PreparedSignature, ReservedRegion
from signing.profiles import Appearance, Certification, SignatureProfile

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import Credential

_ROOM_FOR_OTHERS = 8192
"""Programs on officials' computers put anchors and attributes of their own into their CMS objects."""


def signer_of(
    document: Document, *, credential: str, actor: str, outside: Outside
) -> tuple[Credential, Appearance | None]:
    """The credential, and the picture that its signature shows: the agency's seal, or the official's signature."""
    with outside.uow() as register:
        found = register.credential(credential)
        if found is None:
            raise UnknownName(kind="credential", name=credential)
        if found.purpose is Purpose.SEAL:
            agency = register.agency(document.draft.agency)
            image = agency.seal_image if agency else None
        else:
            account = register.account(actor)
            image = account.signature_image if account else None
    return found, Appearance(png=image) if image else None


def prepare_request(
    document: Document,
    purpose: Purpose,
    base: bytes,
    *,
    credential: Credential,
    appearance: Appearance | None,
    outside: Outside,
) -> SignatureRequest:
    """The signature that is due on ``base``, the document's newest revision, with nothing signed yet."""
    now = outside.clock.now()
    first = purpose is Purpose.SIGNATURE and document.cosigned == 0
    profile = SignatureProfile(
        field_name=field_of(document, purpose),
        algorithm=credential.algorithm,
        # Only the first signature of a file certifies it (ISO 32000-2, 12.8.2.2).
        certification=Certification.FILL_FORMS if first else Certification.NONE,
        appearance=appearance if _shows(document, purpose) else None,
        claimed_signing_time=now,
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
    return document.layout.cosigners[document.cosigned] is not None


def _fills(document: Document, purpose: Purpose) -> bool:
    """Number and date are filled in under the first signature of all, or under the seal, as the type has it."""
    if document.draft.order is NumberingOrder.NUMBER_FIRST:
        return purpose is Purpose.SIGNATURE and document.cosigned == 0
    return purpose is Purpose.SEAL


def _filled(document: Document, base: bytes, *, outside: Outside) -> bytes:
    if document.number is None or document.issued_on is None:
        msg = "number and date are filled in only after they were taken"
        raise RuntimeError(msg)
    return outside.workshop.fill_cells(base, number=document.number.printed_ordinal, issued_on=document.issued_on)
