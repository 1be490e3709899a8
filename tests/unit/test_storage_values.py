from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import psycopg
import pytest

from issuance.advance import TRANSITIONAL
from issuance.ports import AuditEvent
from storage.audit import audit_entry, audit_leaf
from storage.database import conninfo, translated
from storage.errors import RowRefused, SchemaOutdated, StorageUnavailable
from storage.jobs import Tempo, is_transient
from storage.schema import UNFINISHED

EVENT = AuditEvent(
    at=datetime(2026, 11, 23, 9, 15, 42, 1, tzinfo=timezone(timedelta(hours=7))),
    actor="văn-thư",
    action="document.issued",
    document_id=UUID("01936b8e-0000-7000-8000-000000000001"),
    facts={"number": "05/TB-UBND", "Sha": 'a"\\\n'},
)


class TestAudit:
    def test_an_entry_is_canonical_json_in_utc_with_microseconds(self) -> None:
        assert audit_entry(EVENT).decode() == (
            '{"action":"document.issued","actor":"văn-thư","at":"2026-11-23T02:15:42.000001Z",'
            '"document":"01936b8e-0000-7000-8000-000000000001",'
            '"facts":{"Sha":"a\\"\\\\\\n","number":"05/TB-UBND"}}'
        )

    def test_an_event_without_a_document_says_so(self) -> None:
        event = AuditEvent(at=datetime(2026, 1, 1, tzinfo=UTC), actor="a", action="b", document_id=None, facts={})
        assert b'"document":null,"facts":{}' in audit_entry(event)

    def test_a_leaf_is_hashed_with_its_own_prefix(self) -> None:
        # RFC 6962, 2.1: the hash of the empty leaf
        assert audit_leaf(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        assert audit_leaf(b"x") == hashlib.sha256(b"\x00x").digest()


class TestErrors:
    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            ("08006", StorageUnavailable),
            ("25006", StorageUnavailable),
            ("40001", StorageUnavailable),
            ("40P01", StorageUnavailable),
            ("53300", StorageUnavailable),
            ("53100", StorageUnavailable),
            ("55P03", StorageUnavailable),
            ("57014", StorageUnavailable),
            ("57P01", StorageUnavailable),
            ("22021", RowRefused),
            ("23503", RowRefused),
            ("23514", RowRefused),
            ("42P01", SchemaOutdated),
        ],
    )
    def test_an_sqlstate_is_translated_by_what_the_operator_can_do(self, state: str, expected: type[Exception]) -> None:
        ours = translated(psycopg.errors.lookup(state)("message"))
        assert type(ours) is expected
        assert is_transient(ours) == (expected is StorageUnavailable)

    @pytest.mark.parametrize("state", ["42601", "25P02", "0A000"])
    def test_a_defect_of_the_program_stays_what_it_is(self, state: str) -> None:
        assert translated(psycopg.errors.lookup(state)("message")) is None


class TestTempo:
    def test_waits_double_and_are_bounded(self) -> None:
        waits = [Tempo().wait_before(attempt).total_seconds() for attempt in range(1, 200)]
        assert 0.8 <= waits[0] <= 1.2
        assert 3.2 <= waits[2] <= 4.8
        assert 48 <= min(waits[10:]) <= max(waits) <= 72


def test_the_states_that_a_worker_looks_for_are_those_it_leaves() -> None:
    assert UNFINISHED == TRANSITIONAL


def test_only_errors_whose_class_says_so_are_transient() -> None:
    assert is_transient(StorageUnavailable(reason=""))
    assert not is_transient(RowRefused(rule=""))
    assert not is_transient(ValueError())


def test_an_address_is_the_same_for_the_client_library() -> None:
    assert conninfo("postgresql+psycopg://kyso:s%40t@db:5433/kyso?sslmode=require") == (
        "postgresql://kyso:s%40t@db:5433/kyso?sslmode=require"
    )
