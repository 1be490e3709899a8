"""Make the signature or seal that an intent asks for: prepare, record, sign, timestamp, complete.

An official's signature is then validated and committed here. A seal goes on at once to the form in which it is issued
(:mod:`issuance.archive_step`), and only that is judged and kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from certs.timestamps import TimeStampToken
from issuance.documents import Document, DocumentState, Intent, Purpose, Revision
from issuance.errors import Overtaken
from issuance.ports import AuditEvent, SignatureRequest, TimelineStep
from issuance.preparation import cosigners_left, prepare_request, prepared_of, signer_of, turn_of
from issuance.validation_data import gather_validation_data
from signing.complete import complete
from signing.linted import Linted, lint
from signing.prepared import Increment, PreparedSignature, SignatureValue
from signing.values import demand_right_value

if TYPE_CHECKING:
    from issuance.outside import Outside
    from issuance.ports import Credential, Repositories

_BEFORE = {
    Purpose.SIGNATURE: frozenset({DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP}),
    Purpose.SEAL: frozenset({DocumentState.NUMBERED}),
}


def finish_signature(document: Document, *, outside: Outside) -> Document:
    """Carry an official's intent out; answers the document as it then stands.

    Raises :class:`issuance.errors.Overtaken` where another worker was faster, and the errors of what it reaches for.
    """
    signed = make_signature(document, Purpose.SIGNATURE, outside=outside)
    # 5. Validate: TOTAL_PASSED or nothing leaves.
    known = gather_validation_data(document.id, outside=outside)
    outside.demand_passed(signed, known=known, at=outside.clock.now())
    # 6. Bytes first, then the row that names them ★.
    outside.blobs.put(signed)
    return _commit(document, signed, outside=outside)


def make_signature(document: Document, purpose: Purpose, *, outside: Outside) -> bytes:
    """The newest revision with the signature or seal that is due and its timestamp; nobody has judged it yet.

    The same bytes each time, once their value and their timestamp are kept. Raises as :func:`finish_signature`.
    """
    intent = _intent(document)
    with outside.uow() as register:
        signer = signer_of(register, document, credential=intent.credential, actor=intent.actor)
        request = _open_request(register, document, purpose, intent)
    base = outside.blobs.get(document.current.sha256)
    credential = signer.credential
    # 1. The certificate must be fit now: validity, key usage, path and revocation (NĐ 68/2024, art. 29).
    now = outside.clock.now()
    credential.certificate.demand_fit_to_sign(at=now)
    outside.revocation.gather(certificates=(credential.certificate,), tokens=(), at=now)
    # 2. Prepare, or take up what an earlier attempt prepared, and look it through.
    if request is None:
        request = prepare_request(document, purpose, base, signer=signer, outside=outside)
    linted = lint(prepared_of(request, base, credential), base=base)
    # 3. Record what will be signed ★, sign, record the value ★.
    if request.value is None:
        request = _sign(document, linted, request, credential=credential, outside=outside)
    # 4. The timestamp over the value ★. No later revision starts before it is in.
    if request.timestamp is None:
        request = _stamp(request, outside=outside)
    return _completed(linted.prepared, request, outside=outside).onto(base)


def _intent(document: Document) -> Intent:
    if document.intent is None:
        msg = "a document is signed only after an intent was recorded"
        raise RuntimeError(msg)
    return document.intent


def _open_request(
    register: Repositories, document: Document, purpose: Purpose, intent: Intent
) -> SignatureRequest | None:
    """What an earlier attempt prepared, if it still fits: the same revision and the same credential."""
    request = register.signature_request(document.id, purpose, turn=turn_of(document, purpose))
    if request is None or request.base != document.current.sha256 or request.credential != intent.credential:
        return None
    return request


def _sign(
    document: Document, linted: Linted, request: SignatureRequest, *, credential: Credential, outside: Outside
) -> SignatureRequest:
    if credential.key is None:
        msg = "what an official's own token signs has its value before a worker takes it up"
        raise RuntimeError(msg)
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


def _completed(prepared: PreparedSignature, request: SignatureRequest, *, outside: Outside) -> Increment:
    if request.container is None:
        return complete(prepared, value=SignatureValue(_value(request)), token=_token(request))
    container = outside.workshop.with_timestamp(request.container, token=_token(request))
    return outside.workshop.complete_with_container(prepared, container=container)


def _commit(document: Document, signed: bytes, *, outside: Outside) -> Document:
    now = outside.clock.now()
    revision = Revision.of(signed, after=document.current)
    with outside.uow() as register:
        finished = _signed(_demand_still_due(register, document, Purpose.SIGNATURE).revised(revision))
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


def _signed(document: Document) -> Document:
    """The document after this signature: the next one's turn, or signed."""
    if not cosigners_left(document):
        return document.step_to(DocumentState.SIGNED)
    return replace(document.step_to(DocumentState.PARTLY_SIGNED), cosigned=document.cosigned + 1)


def _demand_still_due(register: Repositories, document: Document, purpose: Purpose) -> Document:
    """The document, locked, if it still waits for this signature; another worker may have been faster."""
    current = register.locked_document(document.id)
    if current is None or current.state not in _BEFORE[purpose] or current.current != document.current:
        raise Overtaken
    return current
