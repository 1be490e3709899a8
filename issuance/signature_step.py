"""Make the signature or seal that an intent asks for: prepare, record, sign, timestamp, complete.

An official's signature is then validated and committed here. A seal goes on at once to the form in which it is issued
(:mod:`issuance.archive_step`), and only that is judged and kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
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
    from issuance.preparation import Signer

_BEFORE = {
    Purpose.SIGNATURE: frozenset({DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP}),
    Purpose.SEAL: frozenset({DocumentState.NUMBERED}),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A signature or seal that is due: who makes it, and what an earlier attempt left, if it still fits."""

    document: Document
    purpose: Purpose
    signer: Signer
    request: SignatureRequest | None


@dataclass(frozen=True, slots=True)
class Made:
    """A revision that nobody has judged yet, and every signature of it that has its timestamp, with the token's DER."""

    pdf: bytes
    stamped: tuple[tuple[Credential, bytes], ...]


def read_due(register: Repositories, document: Document, purpose: Purpose) -> Due:
    """All that the register has to say before the work begins; raises :class:`issuance.errors.UnknownName`."""
    intent = _intent(document)
    signer = signer_of(register, document, credential=intent.credential, actor=intent.actor)
    return Due(document, purpose, signer, _open_request(register, document, purpose, intent))


def finish_signature(due: Due, *, outside: Outside) -> None:
    """Carry an official's intent out.

    Raises :class:`issuance.errors.Overtaken` where another worker was faster, and the errors of what it reaches for.
    """
    made = make_signature(due, outside=outside)
    # 5. Validate: TOTAL_PASSED or nothing leaves.
    known = gather_validation_data(made.stamped, outside=outside)
    outside.demand_passed(made.pdf, known=known, at=outside.clock.now())
    # 6. Bytes first, then the row that names them ★.
    outside.blobs.put(made.pdf)
    _commit(due.document, made.pdf, outside=outside)


def make_signature(due: Due, *, outside: Outside) -> Made:
    """The newest revision with the signature or seal that is due and its timestamp.

    The same bytes each time, once their value and their timestamp are kept. Raises as :func:`finish_signature`.
    """
    document, request, credential = due.document, due.request, due.signer.credential
    base = outside.blobs.get(document.current.sha256)
    # 1. The certificate must be fit now: validity, key usage, path and revocation (NĐ 68/2024, art. 29).
    now = outside.clock.now()
    credential.certificate.demand_fit_to_sign(at=now)
    outside.revocation.gather(certificates=(credential.certificate,), tokens=(), at=now)
    # 2. Prepare, or take up what an earlier attempt prepared, and look it through.
    if request is None:
        request = prepare_request(document, due.purpose, base, signer=due.signer, outside=outside)
    linted = lint(prepared_of(request, base, credential), base=base)
    # 3. Record what will be signed ★, sign, record the value ★.
    if request.value is None:
        request = _sign(document, linted, request, credential=credential, outside=outside)
    # 4. The timestamp over the value ★. No later revision starts before it is in.
    request, stamped = _stamped(request, outside=outside)
    return Made(_completed(linted.prepared, request, outside=outside).onto(base), stamped)


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


def _stamped(
    request: SignatureRequest, *, outside: Outside
) -> tuple[SignatureRequest, tuple[tuple[Credential, bytes], ...]]:
    """The request with its timestamp, and all signatures of the document that have theirs."""
    known = request.timestamp
    token = known if known is not None else outside.stamp(hashlib.sha256(_value(request)).digest()).der
    request = replace(request, timestamp=token)
    with outside.uow() as register:
        if known is None:
            register.save_signature_request(request)
        return request, tuple(register.stamped_signatures(request.document_id))


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


def _commit(document: Document, signed: bytes, *, outside: Outside) -> None:
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
