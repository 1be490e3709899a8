"""A register of any size on an embedded PostgreSQL with the product's own settings: people, series, rows."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from bench.ground import now
from certs.algorithms import SignatureAlgorithm
from issuance.documents import Purpose
from issuance.numbers import NumberSeries
from issuance.ports import Account, Agency, Credential, Role
from storage.database import connect
from storage.embedded.child import end, spawn
from storage.embedded.postgres import EmbeddedPostgres
from storage.migrate import upgrade
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.certificate import SigningCertificate
    from issuance.ports import UnitOfWork

AGENCY = "H00"
SERIES = "TB"
SUBMITTER = Account("motcua", AGENCY, "Một cửa mẫu", None, frozenset({Role.SUBMITTER}))
SIGNATORY = Account("lanhdao", AGENCY, "Lãnh Đạo Mẫu", "Chánh", frozenset({Role.SIGNATORY}))
CLERK = Account("vanthu", AGENCY, "Văn Thư Mẫu", None, frozenset({Role.CLERK}))
_UP_WITHIN = 30.0  # seconds

# As many documents as are asked for, issued long ago: with a revision, a step, a number and a register entry each.
_ROWS = """
INSERT INTO documents (id, lookup_code, agency, document_type, subject, signatory, series, recipients, layout, state,
    current_sha256, current_length, created_by, created_at, number_ordinal, number_symbol, issued_on)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, lpad(i::text, 17, '0'), 'H00', 'TB', 'Mẫu',
    'lanhdao', 'TB', '{}', '{}', 'issued', lpad(to_hex(i), 64, '0'), 100000, 'motcua', now(), i, 'TB-UBND', %(on)s
FROM generate_series(1, %(rows)s) AS i;
INSERT INTO revisions (document_id, ordinal, sha256, length)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 1, lpad(to_hex(i), 64, '0'), 100000
FROM generate_series(1, %(rows)s) AS i;
INSERT INTO timeline (document_id, state, at, actor)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'issued', now(), 'vanthu'
FROM generate_series(1, %(rows)s) AS i;
INSERT INTO register_entries (id, agency, series, year, ordinal, symbol, issued_on, kind, document_type, subject,
    signer, recipients, taken_at, taken_by)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'H00', 'TB', extract(year FROM %(on)s::date),
    i, 'TB-UBND', %(on)s, 'document', 'TB', 'Mẫu', 'Lãnh Đạo Mẫu', '{}', now(), 'vanthu'
FROM generate_series(1, %(rows)s) AS i;
UPDATE number_series SET next = %(rows)s + 1, newest_date = %(on)s WHERE year = extract(year FROM %(on)s::date);
"""


@dataclass(frozen=True, slots=True)
class Registers:
    """A running server; each :meth:`of_size` is a database of its own."""

    server: EmbeddedPostgres

    @contextmanager
    def of_size(self, rows: int, *, certificate: SigningCertificate) -> Iterator[str]:
        """The URL of a register with people and so many issued documents."""
        name = f"register_{rows}"
        with psycopg.connect(self.server.administration_conninfo, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER kyso".encode())
        url = self.server.url_of(name)
        upgrade(url)
        engine = connect(url)
        _settle(PostgresUnitOfWork(engine), certificate)
        engine.dispose()
        inside = f"{self.server.administration_conninfo} dbname={name}"
        with psycopg.connect(inside) as connection:
            connection.execute("SET session_replication_role = replica")  # these rows refer to each other as they must
            with psycopg.ClientCursor(connection) as cursor:
                cursor.execute(_ROWS.encode(), {"rows": rows, "on": now().date()})
        with psycopg.connect(inside, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        yield url


@contextmanager
def registers() -> Iterator[Registers]:
    """Start the server in a folder of its own, and take both away afterwards."""
    with tempfile.TemporaryDirectory(prefix="kyso-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server runs under an account of its own
        server = EmbeddedPostgres(folder / "postgres")
        server.initialise()
        child = server.child()
        with (folder / "postgres.log").open("ab") as log:
            process = spawn(child, output=log.fileno())
        try:
            _await(server)
            yield Registers(server)
        finally:
            end(process, child)


def _await(server: EmbeddedPostgres) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while not server.is_ready():
        if time.monotonic() > deadline:
            msg = "PostgreSQL did not start"
            raise TimeoutError(msg)
        time.sleep(0.02)


def _settle(uow: UnitOfWork, certificate: SigningCertificate) -> None:
    with uow() as register:
        register.add_agency(Agency(AGENCY, "Cơ quan mẫu", None, "Mẫu", 36.0, b"-"))
        register.add_series(NumberSeries(agency=AGENCY, name=SERIES, year=now().year, symbol="TB-UBND"))
        for account in (SUBMITTER, SIGNATORY, CLERK):
            register.add_account(account, secret_hash="-")  # noqa: S106 - nobody signs in here
        for purpose, holder in ((Purpose.SIGNATURE, SIGNATORY.id), (Purpose.SEAL, None)):
            register.add_credential(
                Credential(purpose.value, AGENCY, purpose, holder, "-", SignatureAlgorithm.RSA_SHA256, certificate),
                activation_hash="-",
            )
