"""Make the signature or seal that an intent asks for: prepare, record, sign, timestamp, validate, commit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from certs.timestamps import TimeStampToken
from issuance.document_types import NumberingOrder
from issuance.documents import Document, DocumentState, Intent, Purpose, Revision
from issuance.errors import Overtaken, UnknownName
from issuance.ports import AuditEvent, SignatureRequest, TimelineStep
from issuance.validation_data import gather_validation_data
from signing.complete import complete
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD, cosigner_field
from signing.linted import Linted, lint
from signing.prepared import Increment, Placeholder, PreparedSignature, ReservedRegion, SignatureValue
from signing.profiles import Appearance, Certification, SignatureProfile
from signing.values import demand_right_value

if TYPE_CHECKING:
    from issuance.outside import Outside
    from issuance.ports import Credential, Repositories

_BEFORE = {
    Purpose.SIGNATURE: frozenset({DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP}),
    Purpose.SEAL: frozenset({DocumentState.NUMBERED}),
}


def finish_signature(document: Document, purpose: Purpose, *, outside: Outside) -> Document:
    """Carry the intent out; answers the document as it then stands.

    Raises :class:`issuance.errors.Overtaken` where another worker was faster, and the errors of what it reaches for.
    """
    intent = _intent(document)
    base = outside.blobs.get(document.current.sha256)
    credential, appearance = _signer(document, intent, outside=outside)
    # 1. The certificate must be fit now: validity, key usage, path and revocation (NĐ 68/2024, art. 29).
    now = outside.clock.now()
    credential.certificate.demand_fit_to_sign(at=now)
    outside.revocation.gather(certificates=(credential.certificate,), tokens=(), at=now)
    # 2. Prepare, or take up what an earlier attempt prepared, and look it through.
    request = _open_request(document, purpose, intent, outside=outside)
    if request is None:
        request = _prepare(document, purpose, base, credential=credential, appearance=appearance, outside=outside)
    linted = lint(_prepared(request, base, credential), base=base)
    # 3. Record what will be signed ★, sign, record the value ★.
    if request.value is None:
        request = _sign(document, linted, request, credential=credential, outside=outside)
    # 4. The timestamp over the value ★. No later revision starts before it is in.
    if request.timestamp is None:
        request = _stamp(request, outside=outside)
    # 5. Complete, and validate: TOTAL_PASSED or nothing leaves.
    signed = _completed(linted.prepared, request).onto(base)
    known = gather_validation_data(document.id, outside=outside)
    outside.demand_passed(signed, known=known, at=outside.clock.now())
    # 6. Bytes first, then the row that names them ★.
    outside.blobs.put(signed)
    return _commit(document, purpose, signed, outside=outside)


def _intent(document: Document) -> Intent:
    if document.intent is None:
        msg = "a document is signed only after an intent was recorded"
        raise RuntimeError(msg)
    return document.intent


def _signer(document: Document, intent: Intent, *, outside: Outside) -> tuple[Credential, Appearance | None]:
    with outside.uow() as register:
        credential = register.credential(intent.credential)
        if credential is None:
            raise UnknownName(kind="credential", name=intent.credential)
        if credential.purpose is Purpose.SEAL:
            agency = register.agency(document.draft.agency)
            image = agency.seal_image if agency else None
        else:
            account = register.account(intent.actor)
            image = account.signature_image if account else None
    return credential, Appearance(png=image) if image else None


def _open_request(document: Document, purpose: Purpose, intent: Intent, *, outside: Outside) -> SignatureRequest | None:
    """What an earlier attempt prepared, if it still fits: the same revision and the same credential."""
    with outside.uow() as register:
        request = register.signature_request(document.id, purpose, turn=_turn(document, purpose))
    if request is None or request.base != document.current.sha256 or request.credential != intent.credential:
        return None
    return request


def _prepare(
    document: Document,
    purpose: Purpose,
    base: bytes,
    *,
    credential: Credential,
    appearance: Appearance | None,
    outside: Outside,
) -> SignatureRequest:
    now = outside.clock.now()
    first = purpose is Purpose.SIGNATURE and document.cosigned == 0
    profile = SignatureProfile(
        field_name=_field(document, purpose),
        algorithm=credential.algorithm,
        # Only the first signature of a file certifies it (ISO 32000-2, 12.8.2.2).
        certification=Certification.FILL_FORMS if first else Certification.NONE,
        appearance=appearance if _shows(document, purpose) else None,
        claimed_signing_time=now,
    )
    pdf = _filled(document, base, outside=outside) if _fills(document, purpose) else base
    prepared = outside.workshop.prepare(pdf, profile=profile, certificate=credential.certificate)
    return SignatureRequest(
        document_id=document.id,
        purpose=purpose,
        base=document.current.sha256,
        increment=pdf[len(base) :] + prepared.placeholder.increment.octets,
        reserved_start=prepared.placeholder.reserved.start,
        reserved_end=prepared.placeholder.reserved.end,
        document_digest=prepared.document_digest,
        signed_attributes=prepared.signed_attributes,
        algorithm=prepared.algorithm,
        credential=credential.name,
        created_at=now,
        turn=_turn(document, purpose),
    )


def _field(document: Document, purpose: Purpose) -> str:
    if purpose is Purpose.SEAL:
        return SEAL_FIELD
    return cosigner_field(document.cosigned) if _cosigners_left(document) else SIGNATORY_FIELD


def _shows(document: Document, purpose: Purpose) -> bool:
    """Whether the field has a place on the page; a cosigner's may have none."""
    if purpose is Purpose.SEAL or not _cosigners_left(document):
        return True
    return document.layout.cosigners[document.cosigned] is not None


def _cosigners_left(document: Document) -> int:
    return len(document.draft.cosigners) - document.cosigned


def _turn(document: Document, purpose: Purpose) -> int:
    return document.cosigned if purpose is Purpose.SIGNATURE else 0


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


def _prepared(request: SignatureRequest, base: bytes, credential: Credential) -> PreparedSignature:
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


def _sign(
    document: Document, linted: Linted, request: SignatureRequest, *, credential: Credential, outside: Outside
) -> SignatureRequest:
    facts = {"purpose": request.purpose.value, "credential": credential.name, "dtbsr": linted.prepared.dtbsr.hex()}
    intent = _intent(document)
    with outside.uow() as register:
        _demand_still_due(register, document, request.purpose)
        register.save_signature_request(request)
        register.append_audit(AuditEvent(outside.clock.now(), intent.actor, "key.will_sign", document.id, facts))
    value = outside.device.sign(key=credential.key, dtbs=linted.prepared.dtbs, algorithm=request.algorithm)
    demand_right_value(linted.prepared, value)
    request = replace(request, value=value.octets)
    with outside.uow() as register:
        current = _demand_still_due(register, document, request.purpose)
        register.save_signature_request(request)
        register.append_audit(AuditEvent(outside.clock.now(), intent.actor, "key.signed", document.id, facts))
        if current.state is DocumentState.SIGNING:
            awaiting = current.step_to(DocumentState.AWAITING_TIMESTAMP)
            register.save_document(awaiting)
            register.add_timeline_step(document.id, TimelineStep(awaiting.state, outside.clock.now(), intent.actor))
    return request


def _stamp(request: SignatureRequest, *, outside: Outside) -> SignatureRequest:
    token = outside.stamp(hashlib.sha256(_value(request)).digest())
    request = replace(request, timestamp=token.der)
    with outside.uow() as register:
        register.save_signature_request(request)
    return request


def _value(request: SignatureRequest) -> bytes:
    if request.value is None:
        msg = "the device has not answered yet"
        raise RuntimeError(msg)
    return request.value


def _token(request: SignatureRequest) -> TimeStampToken:
    if request.timestamp is None:
        msg = "the timestamp authority has not answered yet"
        raise RuntimeError(msg)
    return TimeStampToken(request.timestamp)


def _completed(prepared: PreparedSignature, request: SignatureRequest) -> Increment:
    return complete(prepared, value=SignatureValue(_value(request)), token=_token(request))


def _commit(document: Document, purpose: Purpose, signed: bytes, *, outside: Outside) -> Document:
    now = outside.clock.now()
    revision = Revision.of(signed, after=document.current)
    with outside.uow() as register:
        finished = _signed(_demand_still_due(register, document, purpose).revised(revision), purpose)
        register.save_document(finished)
        register.add_revision(document.id, revision)
        register.add_timeline_step(document.id, TimelineStep(finished.state, now, _intent(document).actor))
        register.append_audit(
            AuditEvent(
                now,
                _intent(document).actor,
                f"document.{finished.state.value}",
                document.id,
                {"sha256": revision.sha256},
            )
        )
    return finished


def _signed(document: Document, purpose: Purpose) -> Document:
    """The document after this signature: the next one's turn, signed, or sealed."""
    if purpose is Purpose.SEAL:
        return document.step_to(DocumentState.SEALED)
    if not _cosigners_left(document):
        return document.step_to(DocumentState.SIGNED)
    return replace(document.step_to(DocumentState.PARTLY_SIGNED), cosigned=document.cosigned + 1)


def _demand_still_due(register: Repositories, document: Document, purpose: Purpose) -> Document:
    """The document, locked, if it still waits for this signature; another worker may have been faster."""
    current = register.locked_document(document.id)
    if current is None or current.state not in _BEFORE[purpose] or current.current != document.current:
        raise Overtaken
    return current
