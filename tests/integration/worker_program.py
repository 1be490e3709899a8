"""A worker for tests: writes down every run in the table ``runs`` and behaves as the document's dossier code says.

python -m tests.integration.worker_program DATABASE_URL
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import psycopg

from storage.database import conninfo
from storage.jobs import Tempo, run_worker

if TYPE_CHECKING:
    from uuid import UUID


class Passing(Exception):
    """An outage that passes."""

    transient = True


class Defect(Exception):
    """Something that no repetition mends."""


def advance_in(url: str, document_id: UUID) -> None:
    """What the document's dossier code asks for."""
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        (state, code), run = _begin(connection, document_id)
        verb, _, argument = (code or "").partition(":")
        if verb == "fail" and run <= int(argument):
            raise Passing
        if verb == "break":
            raise Defect
        if verb == "sleep" or (verb == "hang" and run == 1):
            time.sleep(float(argument))
        connection.execute(
            "UPDATE runs SET ended_at = clock_timestamp(), state = %s WHERE document_id = %s AND run = %s",
            (state, document_id, run),
        )


def _begin(connection: psycopg.Connection, document_id: UUID) -> tuple[tuple[str, str | None], int]:
    found = connection.execute("SELECT state, dossier_code FROM documents WHERE id = %s", (document_id,)).fetchone()
    begun = connection.execute(
        "INSERT INTO runs SELECT %s, count(*) + 1, %s FROM runs WHERE document_id = %s RETURNING run",
        (document_id, os.getpid(), document_id),
    ).fetchone()
    if found is None or begun is None:
        raise Defect
    return (found[0], found[1]), begun[0]


if __name__ == "__main__":
    address = sys.argv[1]

    def _advance(document_id: UUID) -> None:
        try:
            advance_in(address, document_id)
        except psycopg.OperationalError as error:
            raise Passing from error

    run_worker(address, advance=_advance, tempo=Tempo())
