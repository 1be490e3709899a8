"""What the register costs for one document when it is small, and when it holds a million.

Every transaction of a document's life is made as the use cases and the worker make it, from draft to lookup; what lies
between them (PDF, keys, authorities, object store) does not know how long the register is and is left out, so that the
ratio is larger than that of the whole.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.figures import Row
from bench.ground import now
from bench.register_ground import AGENCY, CLERK, SERIES, SIGNATORY, SUBMITTER, registers
from bench.rounds import Clock, Work, milliseconds, ratio, take_turns
from certs.algorithms import SignatureAlgorithm
from issuance.documents import Document, DocumentState, Draft, Purpose, Revision
from issuance.identifiers import document_id
from issuance.issue import request_issue
from issuance.lookup_code import draw_lookup_code
from issuance.ports import AuditEvent, SignatureRequest, TimelineStep
from issuance.sign import request_signature
from issuance.submit import submit
from signing.layout import Box, Layout
from storage.database import connect
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from bench.ground import Ground
    from issuance.ports import UnitOfWork

_SMALL, _LARGE = 1_000, 1_000_000
_DOCUMENTS = 20  # for one reading
_INCREMENT = secrets.token_bytes(60_000)
_BOX = Box(page=1, left=10, top=10, width=20, height=10)
_LAYOUT = Layout(number=_BOX, date=_BOX, signature=_BOX, seal=_BOX, code=_BOX)


class _Clock:
    """The time."""

    def now(self) -> datetime:
        """The present moment."""
        return now()


def measure(ground: Ground) -> Iterator[Row]:
    """Both registers on one server, in turn."""
    certificate = ground.token.certificate
    with (
        registers() as server,
        server.of_size(_SMALL, certificate=certificate) as small,
        server.of_size(_LARGE, certificate=certificate) as large,
    ):
        engines = {"small": connect(small), "large": connect(large)}
        works = {name: _work(PostgresUnitOfWork(engine)) for name, engine in engines.items()}
        readings = take_turns(works, clock=Clock.WALL)
        for engine in engines.values():
            engine.dispose()
    note = f"{_SMALL:,} rows {milliseconds(readings, 'small')}, {_LARGE:,} rows {milliseconds(readings, 'large')}"
    yield Row("issue_cost_growth_1m_rows", ratio(readings, "large", "small"), note=f"register only: {note}")


def _work(uow: UnitOfWork) -> Work:
    return Work(lambda: _one_life(uow), repeats=_DOCUMENTS)


def _one_life(uow: UnitOfWork) -> None:
    document = _drafted(uow)
    clock = _Clock()
    submit(uow=uow, clock=clock, actor=SUBMITTER, document_id=document.id)
    request_signature(
        uow=uow, clock=clock, actor=SIGNATORY, document_id=document.id, credential=Purpose.SIGNATURE.value
    )
    _kept_request(uow, document.id, Purpose.SIGNATURE)
    _step(uow, document.id, DocumentState.AWAITING_TIMESTAMP)
    _step(uow, document.id, DocumentState.SIGNED)
    request_issue(
        uow=uow,
        clock=clock,
        actor=CLERK,
        document_id=document.id,
        credential=Purpose.SEAL.value,
        issued_on=None,
    )
    _kept_request(uow, document.id, Purpose.SEAL)
    _step(uow, document.id, DocumentState.SEALED)
    _step(uow, document.id, DocumentState.ISSUED)
    with uow() as register:
        found = register.document_by_lookup_code(document.lookup_code)
        if found is None or register.document_by_sha256(found.current.sha256) is None:
            msg = "a document that was issued is found"
            raise RuntimeError(msg)


def _drafted(uow: UnitOfWork) -> Document:
    at = now()
    document = Document(
        id=document_id(at=at, random_bytes=secrets.token_bytes),
        lookup_code=draw_lookup_code(secrets.token_bytes),
        draft=Draft(agency=AGENCY, document_type="TB", subject="Mẫu", signatory=SIGNATORY.id, series=SERIES),
        layout=_LAYOUT,
        state=DocumentState.DRAFT,
        current=Revision.of(secrets.token_bytes(64)),
        created_by=SUBMITTER.id,
        created_at=at,
    )
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
        register.add_timeline_step(document.id, TimelineStep(document.state, at, SUBMITTER.id))
        register.append_audit(AuditEvent(at, SUBMITTER.id, "document.created", document.id, {}))
    return document


def _kept_request(uow: UnitOfWork, identifier: UUID, purpose: Purpose) -> None:
    """Prepared, with its value, with its timestamp: three commits, the first two with an audit row."""
    with uow() as register:
        document = register.document(identifier)
    if document is None:
        msg = "a document that was added is there"
        raise RuntimeError(msg)
    request = SignatureRequest(
        document_id=identifier,
        purpose=purpose,
        base=document.current.sha256,
        increment=_INCREMENT,
        reserved_start=100,
        reserved_end=20_000,
        document_digest=bytes(32),
        signed_attributes=bytes(200),
        algorithm=SignatureAlgorithm.RSA_SHA256,
        credential=purpose.value,
        created_at=now(),
    )
    valued = replace(request, value=bytes(256))
    for each in (request, valued, replace(valued, timestamp=bytes(3000))):
        with uow() as register:
            register.locked_document(identifier)
            register.save_signature_request(each)
            register.append_audit(AuditEvent(now(), SIGNATORY.id, "key.will_sign", identifier, {}))


def _step(uow: UnitOfWork, identifier: UUID, state: DocumentState) -> None:
    """One step as the worker commits it, with a revision but for the wait for the timestamp."""
    with uow() as register:
        document = register.locked_document(identifier)
        if document is None:
            msg = "a document that was added is there"
            raise RuntimeError(msg)
        stepped = document.step_to(state)
        if state is not DocumentState.AWAITING_TIMESTAMP:
            stepped = stepped.revised(Revision.of(secrets.token_bytes(64), after=document.current))
            register.add_revision(identifier, stepped.current)
        register.save_document(stepped)
        register.add_timeline_step(identifier, TimelineStep(state, now(), SIGNATORY.id))
        register.append_audit(AuditEvent(now(), SIGNATORY.id, f"document.{state.value}", identifier, {}))
