"""What is recalled is frozen, and what is sealed stays sealed, in PostgreSQL and in the simulator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

from issuance import afterwards
from issuance.companions import Attachment
from issuance.documents import DocumentState, Obstacle, Revision
from storage.database import conninfo
from storage.errors import RowRefused
from tests.integration.test_issuance_outcomes import WHY, standing
from tests.register_material import NOW, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


def recalled(uow: UnitOfWork) -> Document:
    """Issued, delivered to somebody, and taken back."""
    people = settle_people(uow)
    document = standing(uow, people, DocumentState.DELIVERED)
    return afterwards.recall(
        uow=uow, clock=SetClock(NOW), actor=people.clerk, document_id=document.id, reason=WHY, by=None
    )


def test_a_recalled_document_keeps_all_its_metadata(uow: UnitOfWork) -> None:
    document = recalled(uow)
    for changed in (
        replace(document, state=DocumentState.ISSUED),
        replace(document, obstacle=Obstacle("x", "y", NOW)),
        replace(document, intent=None),
    ):
        with pytest.raises(RowRefused) as refused, uow() as register:
            register.save_document(changed)
        assert refused.value.rule == "documents_frozen"
    with uow() as register:
        register.save_document(document)
        assert register.document(document.id) == document
        assert [step.state for step in register.timeline(document.id)][-2:] == [
            DocumentState.DELIVERED,
            DocumentState.RECALLED,
        ]


def test_its_file_may_still_grow_since_its_proof_is_renewed(uow: UnitOfWork) -> None:
    document = recalled(uow)
    renewed = document.revised(Revision.of(b"x" * 99, after=document.current))
    with uow() as register:
        register.add_revision(document.id, renewed.current)
        register.save_document(renewed)
    with uow() as register:
        assert register.document(document.id) == renewed
        assert register.document_by_sha256(document.current.sha256) == renewed  # the old file stays provable


def test_not_even_who_writes_past_the_program_changes_or_removes_it(
    postgres_register: PostgresUnitOfWork, register_url: str
) -> None:
    document = recalled(postgres_register)
    attachment = Attachment(uuid4(), document.id, 1, "Phụ lục", Revision.of(b"x"))
    with postgres_register() as register:
        register.add_attachment(attachment)
        register.seal_attachment(attachment.id, Revision.of(b"xy", after=attachment.given))
    for statement in (
        "UPDATE documents SET subject = 'khác' WHERE id = %s",
        "UPDATE documents SET state = 'issued' WHERE id = %s",
        "DELETE FROM documents WHERE id = %s",
        "UPDATE attachments SET sealed_sha256 = given_sha256 WHERE document_id = %s",
        "DELETE FROM attachments WHERE document_id = %s",
    ):
        with psycopg.connect(conninfo(register_url)) as connection:
            with pytest.raises(psycopg.errors.RestrictViolation):
                connection.execute(statement.encode(), (document.id,))
            connection.rollback()
