"""What the monitoring is told of the register: counted from PostgreSQL, each unfinished state, none left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from issuance.advance import TRANSITIONAL
from issuance.documents import DocumentState, Obstacle, Purpose, Revision
from issuance.proofs import Proof
from storage.standing import standing
from tests.register_material import intent_of, new_document, settle_people

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from storage.standing import Standing
    from storage.unit_of_work import PostgresUnitOfWork

NOW = datetime.now(UTC)
OBSTACLE = Obstacle(code="timestamp-unavailable", text="no answer", at=NOW)


def in_state(told: Standing, state: DocumentState) -> tuple[int, int]:
    return next((one.documents, one.with_obstacle) for one in told.under_way if one.state is state)


def test_what_is_under_way_and_what_is_stuck_is_counted(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    people = settle_people(postgres_register)
    before = standing(engine)
    assert {one.state for one in before.under_way} == TRANSITIONAL
    for obstacle in (None, OBSTACLE):
        document = new_document(people)
        signing = replace(document.step_to(DocumentState.SUBMITTED).step_to(DocumentState.SIGNING), obstacle=obstacle)
        with postgres_register() as register:
            register.add_document(document)
            register.add_revision(document.id, document.current)
            register.save_document(replace(signing, intent=intent_of(people, Purpose.SIGNATURE)))
    after = standing(engine)
    counted = in_state(before, DocumentState.SIGNING)
    assert in_state(after, DocumentState.SIGNING) == (counted[0] + 2, counted[1] + 1)
    assert in_state(after, DocumentState.NUMBERED) == in_state(before, DocumentState.NUMBERED)


def test_a_proof_counts_from_when_it_is_to_be_renewed(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    people = settle_people(postgres_register)
    document = new_document(people)
    before = standing(engine).proofs_to_renew
    spent = Proof(
        document.id,
        Revision("0" * 63 + "1", 2, predecessor=document.current.sha256),
        at=NOW - timedelta(days=4),
        ends_at=NOW + timedelta(days=1),
    )
    with postgres_register() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
        register.add_proof(spent)
    assert standing(engine).proofs_to_renew == before + 1
    fresh = replace(
        spent, revision=Revision("0" * 63 + "2", 3, predecessor=spent.revision.sha256), at=NOW - timedelta(hours=1)
    )
    with postgres_register() as register:
        register.add_proof(fresh)
    assert standing(engine).proofs_to_renew == before
