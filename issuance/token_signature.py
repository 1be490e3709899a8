"""Sign with a token that the official keeps: one call hands out what is to be signed, another takes the value back.

In between lies a :class:`SignatureRequest` that is good for a few minutes and for one value. What is signed, by whom
and on which revision was committed before the token saw it, and everything is looked at again when the value comes:
between the two calls the document, the official's standing and the certificate may all have changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.competence import demand_not_withdrawn, demand_turn, own_document
from issuance.delegations import demand_authority
from issuance.documents import Document, DocumentState, Intent, Purpose
from issuance.errors import NotCompetent, Overtaken, RequestExpired, RequestRedeemed, UnknownName, WrongState
from issuance.own_tokens import own_token
from issuance.ports import AuditEvent, SignatureRequest, TimelineStep
from issuance.preparation import prepare_request, prepared_of, signer_of, turn_of
from issuance.sign import WAITING, demand_numbered
from issuance.token_answers import answered
from signing.linted import lint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from certs.certificate import SigningCertificate
    from issuance.outside import Outside
    from issuance.ports import Account, Credential, Repositories
    from issuance.token_answers import TokenAnswer
    from signing.prepared import PreparedSignature

LIFE = timedelta(minutes=15)
"""Time for a dialog, a PIN and a slow token; a page that was left open signs nothing later."""

_WORTH_HANDING_OUT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What the official's program gets: the request and, in ``prepared``, the data to be signed."""

    request: SignatureRequest
    prepared: PreparedSignature


def hand_out(
    *, outside: Outside, actor: Account, document_id: UUID, certificate: SigningCertificate, request_id: UUID
) -> HandedOut:
    """Prepare the signature that is due from this official, for the token with this certificate.

    Asking again with the same certificate gives the same request while it has some minutes left; with another one, or
    later, the newest counts and the older ones are void. Raises what :func:`issuance.sign.request_signature` raises,
    and :class:`issuance.errors.CertificateNotEnrolled`.
    """
    now = outside.clock.now()
    with outside.uow() as register:
        document = own_document(register, document_id, actor=actor)
        credential = own_token(register, certificate, actor=actor, document=document)
        _demand_due(register, document, actor=actor, at=now)
        request = register.signature_request(document.id, Purpose.SIGNATURE, turn=turn_of(document, Purpose.SIGNATURE))
    _demand_fit(credential, at=now, outside=outside)
    base = outside.blobs.get(document.current.sha256)
    if request is None or not _is_good(request, document, credential, at=now):
        with outside.uow() as register:
            signer = signer_of(register, document, credential=credential.name, actor=actor.id)
        request = prepare_request(document, Purpose.SIGNATURE, base, signer=signer, outside=outside)
        request = replace(request, id=request_id, expires_at=request.created_at + LIFE)
    linted = lint(prepared_of(request, base, credential), base=base)
    facts = {"credential": credential.name, "dtbsr": linted.prepared.dtbsr.hex(), "request": str(request.id)}
    with outside.uow() as register:
        if own_document(register, document_id, actor=actor) != document:
            raise Overtaken
        register.save_signature_request(request)
        register.append_audit(AuditEvent(now, actor.id, "token.will_sign", document.id, facts))
    return HandedOut(request=request, prepared=linted.prepared)


def redeem(*, outside: Outside, actor: Account, request_id: UUID, answer: TokenAnswer, answer_id: UUID) -> Document:
    """Take the token's answer, once, and leave the rest to a worker; the document then awaits its timestamp.

    The answer that was taken may be repeated under its ``answer_id``. Raises :class:`RequestExpired`,
    :class:`RequestRedeemed` for every other answer, :class:`signing.errors.WrongSignatureValue`,
    :class:`signing.errors.ReturnedUnfit`, and what :func:`hand_out` raises; the request then stays as it was.
    """
    now = outside.clock.now()
    with outside.uow() as register:
        request, document, credential = _own(register, request_id, actor=actor)
        if request.redeemed_by == answer_id:
            return document
        _demand_open(request, document, credential, at=now)
        _demand_due(register, document, actor=actor, at=now)
    _demand_fit(credential, at=now, outside=outside)
    base = outside.blobs.get(request.base)
    linted = lint(prepared_of(request, base, credential), base=base)
    redeemed = answered(answer, request, linted, document=document, base=base, outside=outside)
    redeemed = replace(redeemed, redeemed_by=answer_id)
    with outside.uow() as register:
        if own_document(register, document.id, actor=actor) != document:
            # Either the first of two answers brought the document on, or somebody else did something with it.
            current = register.signature_request_by_id(request_id)
            raise RequestRedeemed if current is not None and current.value is not None else Overtaken
        if not register.redeem_signature_request(redeemed):
            raise RequestRedeemed
        return _committed(register, document, redeemed, actor=actor, at=now, form=type(answer).__name__)


def handed_out(*, outside: Outside, actor: Account, request_id: UUID) -> tuple[SignatureRequest, Document]:
    """The official's own request, and the document as it now stands."""
    with outside.uow() as register:
        request, document, _ = _own(register, request_id, actor=actor)
    return request, document


def file_to_sign(*, outside: Outside, actor: Account, request_id: UUID) -> bytes:
    """What a program that signs whole files has to sign: the newest revision, and number and date if they are due."""
    request, _ = handed_out(outside=outside, actor=actor, request_id=request_id)
    return outside.blobs.get(request.base) + request.increment[: request.filled]


def _demand_due(register: Repositories, document: Document, *, actor: Account, at: datetime) -> None:
    """Raise :class:`WrongState` or :class:`NotCompetent` unless it is this official's turn, today, with authority."""
    if document.state not in WAITING:
        raise WrongState(state=document.state.value, step="signature")
    demand_turn(document, actor=actor)
    demand_numbered(document)
    demand_authority(register, document, actor=actor, on=vietnam_date(at))


def _demand_fit(credential: Credential, *, at: datetime, outside: Outside) -> None:
    """Validity, key usage, path to an anchor and revocation, now (NĐ 68/2024, art. 29)."""
    credential.certificate.demand_fit_to_sign(at=at)
    outside.revocation.gather(certificates=(credential.certificate,), tokens=(), at=at)


def _is_good(request: SignatureRequest, document: Document, credential: Credential, *, at: datetime) -> bool:
    """Whether what was handed out before can be handed out again."""
    return (
        request.value is None
        and request.expires_at is not None
        and request.expires_at - at >= _WORTH_HANDING_OUT
        and (request.base, request.credential) == (document.current.sha256, credential.name)
    )


def _own(register: Repositories, request_id: UUID, *, actor: Account) -> tuple[SignatureRequest, Document, Credential]:
    """The request with its document and credential; a colleague's is not competent, another agency's is not there."""
    request = register.signature_request_by_id(request_id)
    if request is None:
        raise UnknownName(kind="signature request", name=str(request_id))
    document = own_document(register, request.document_id, actor=actor)
    credential = register.credential(request.credential)
    if credential is None or credential.holder != actor.id:
        raise NotCompetent(reason="the signature was asked of another official")
    return request, document, credential


def _demand_open(request: SignatureRequest, document: Document, credential: Credential, *, at: datetime) -> None:
    """Raise unless the request still waits for its value and its revision is the newest."""
    if request.value is not None:
        raise RequestRedeemed
    if request.expires_at is None or at >= request.expires_at:
        raise RequestExpired
    if document.current.sha256 != request.base:
        raise Overtaken
    demand_not_withdrawn(credential)


def _committed(
    register: Repositories, document: Document, request: SignatureRequest, *, actor: Account, at: datetime, form: str
) -> Document:
    """The intent and the value in one: what remains is what a worker does after a key of the signer has signed."""
    intent = Intent(purpose=Purpose.SIGNATURE, actor=actor.id, credential=request.credential, at=request.created_at)
    signing = replace(document.step_to(DocumentState.SIGNING), intent=intent)
    awaiting = signing.step_to(DocumentState.AWAITING_TIMESTAMP)
    register.save_document(awaiting)
    for state in (signing.state, awaiting.state):
        register.add_timeline_step(document.id, TimelineStep(state, at, actor.id))
    facts = {"purpose": request.purpose.value, "credential": request.credential, "request": str(request.id)}
    register.append_audit(AuditEvent(at, actor.id, "token.signed", document.id, facts | {"form": form}))
    register.enqueue_advance(document.id)
    return awaiting
