from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from issuance.documents import DocumentState
from issuance.ports import AuditEvent, TimelineStep
from storage.database import connect, conninfo, transaction
from storage.documents import DocumentRows
from storage.errors import AlreadyThere, RowRefused, SchemaOutdated, StorageError, StorageUnavailable
from storage.migrate import upgrade
from storage.schema import metadata
from tests.register_material import NOW, new_document, settle_people, stored_document

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from storage.unit_of_work import PostgresUnitOfWork

KNOWN_QUEUE_SCHEMA = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"
CATALOGUE = """
    SELECT 'column', table_name, column_name, data_type || ' ' || is_nullable || ' ' || is_identity || ' '
        || coalesce(column_default, '') || ' ' || coalesce(generation_expression, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid <> 0
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def catalogue(url: str) -> set[tuple[object, ...]]:
    """What the database says it consists of, but for the tables of others."""
    with psycopg.connect(conninfo(url)) as connection:
        rows = connection.execute(CATALOGUE).fetchall()
    return {row for row in rows if not str(row[1]).startswith(("procrastinate", "alembic"))}


class TestMigrations:
    def test_they_make_the_tables_that_the_program_expects(self, register_url: str, database_url: str) -> None:
        engine = connect(database_url)
        metadata.create_all(engine)
        engine.dispose()
        assert catalogue(register_url) == catalogue(database_url)

    def test_several_processes_may_upgrade_at_once_and_again(self, database_url: str) -> None:
        failures: list[BaseException] = []

        def run() -> None:
            try:
                upgrade(database_url)
            except BaseException as error:  # noqa: BLE001 - shown by the assertion
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        upgrade(database_url)
        assert failures == []

    def test_a_database_that_was_not_upgraded_is_named_as_such(self, database_url: str) -> None:
        engine = connect(database_url)
        with pytest.raises(SchemaOutdated), transaction(engine) as connection:
            DocumentRows(connection).unfinished_documents()
        engine.dispose()

    def test_a_newer_queue_library_is_noticed(self) -> None:
        # If this fails: write a migration with the library's own, then note the new digest here.
        assert hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest() == KNOWN_QUEUE_SCHEMA

    def test_an_upgrade_of_a_server_that_is_not_there_is_an_outage(self) -> None:
        with pytest.raises(StorageUnavailable):
            upgrade("postgresql://kyso@127.0.0.1:9/kyso")

    @pytest.mark.parametrize("url", ["", "kyso", "sqlite:///x", "mysql://a/b"])
    def test_a_url_of_another_database_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="URL"):
            connect(url)


class TestHistoryOnlyGrows:
    @pytest.mark.parametrize("table", ["audit", "revisions", "timeline"])
    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET {} = {}"])
    def test_rows_are_neither_changed_nor_removed(
        self, postgres_register: PostgresUnitOfWork, register_url: str, table: str, statement: str
    ) -> None:
        document = stored_document(postgres_register, settle_people(postgres_register))
        with postgres_register() as register:
            register.append_audit(AuditEvent(NOW, "clerk", "document.issued", document.id, {"number": "05/TB-UBND"}))
            register.add_timeline_step(document.id, TimelineStep(DocumentState.DRAFT, NOW, "clerk"))
        column = {"audit": "actor", "revisions": "length", "timeline": "actor"}[table]
        with psycopg.connect(conninfo(register_url)) as connection:
            before = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            with pytest.raises(psycopg.errors.RestrictViolation, match="only grows"):
                connection.execute(statement.format(table, column, column).encode())
            connection.rollback()
            assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == before

    def test_each_audit_row_carries_the_leaf_hash_of_its_canonical_entry(
        self, postgres_register: PostgresUnitOfWork, register_url: str
    ) -> None:
        document = stored_document(postgres_register, settle_people(postgres_register))
        facts = {"subject": 'dấu "ngoặc" \\ và \n', "a": "1", "Z": "2"}
        with postgres_register() as register:
            register.append_audit(AuditEvent(NOW, "văn-thư", "document.issued", document.id, facts))
        query = "SELECT at, actor, action, document_id::text, facts, leaf FROM audit WHERE document_id = %s"
        with psycopg.connect(conninfo(register_url)) as connection:
            row = connection.execute(query, (document.id,)).fetchone()
        assert row is not None
        at, actor, action, document_id, stored, leaf = row
        # Built from the row alone, without the program's own function.
        entry = {"at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z", "actor": actor, "action": action, "document": document_id}
        canonical = json.dumps(entry | {"facts": stored}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(b"\x00" + canonical.encode()).digest() == leaf
        assert stored == facts


class TestErrors:
    def test_no_stored_value_enters_a_message(self, postgres_register: PostgresUnitOfWork) -> None:
        people = settle_people(postgres_register)
        first, second = stored_document(postgres_register, people), new_document(people)
        with pytest.raises(AlreadyThere) as caught, postgres_register() as register:
            register.add_document(replace(second, lookup_code=first.lookup_code))
        assert first.lookup_code not in str(caught.value)
        assert caught.value.rule == "documents_lookup_code_key"
        assert not caught.value.transient

    def test_a_character_that_text_cannot_hold_is_refused(self, postgres_register: PostgresUnitOfWork) -> None:
        people = settle_people(postgres_register)
        document = stored_document(postgres_register, people)
        with pytest.raises(RowRefused), postgres_register() as register:
            register.add_timeline_step(document.id, TimelineStep(DocumentState.DRAFT, NOW, "a\x00b"))

    def test_waiting_too_long_for_a_lock_is_an_outage(
        self, postgres_register: PostgresUnitOfWork, engine: Engine
    ) -> None:
        document = stored_document(postgres_register, settle_people(postgres_register))
        with postgres_register() as holder, transaction(engine) as impatient:
            holder.locked_document(document.id)
            impatient.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(StorageUnavailable) as caught:
                DocumentRows(impatient).locked_document(document.id)
        assert caught.value.transient

    def test_a_pool_without_free_connections_is_an_outage(self, register_url: str) -> None:
        engine = connect(register_url, pool_size=1)
        engine.pool._timeout = 0.1  # type: ignore[attr-defined]
        with transaction(engine), pytest.raises(StorageUnavailable), transaction(engine):
            pass
        engine.dispose()

    def test_every_error_has_a_code_of_its_own(self) -> None:
        classes = [one for one in StorageError.__subclasses__() if one.__module__ == "storage.errors"]
        assert len({one.code for one in classes}) == len(classes) > 5
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one.code) and one.hint for one in classes)
