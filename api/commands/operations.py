"""What an operator does once: upgrade the database, describe the interface."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console

from api.app import bare_app
from api.background.reconciliation import reconcile
from api.background.renewals import renewals
from api.clock import SystemClock
from api.configuration.settings import Settings, SettingsInvalid, read_settings
from api.notifying.webhooks import secret_of
from api.openapi import description_of
from api.registers.csv_form import csv_of
from api.registers.forms import BookAnswer
from api.registers.pdf_form import pdf_of
from api.wiring import blobs_of, joined
from issuance.calendar import vietnam_date
from issuance.numbering import decide_numbering as decide
from issuance.numbers import NumberingRule
from issuance.register_book import book_of, end_of_day
from storage.database import connect
from storage.migrate import upgrade
from storage.outbox import Outbox, Way
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, timedelta

    from api.background.reconciliation import Reconciliation
    from api.background.renewals import Renewal
    from issuance.sweep import Removal


def upgrade_database() -> None:
    """Bring the database to this version's schema, and make the bucket where it is missing."""
    settings = read_settings(Settings)
    upgrade(settings.database_url.get_secret_value())
    blobs_of(settings).ensure_bucket()
    Console(stderr=True).print("✓ Cơ sở dữ liệu và kho tệp đã sẵn sàng (database and bucket are ready)")


def openapi() -> str:
    """The description of the HTTP interface as JSON."""
    public_url = "http://127.0.0.1:8000"
    return json.dumps(
        description_of(bare_app(public_url=public_url), public_url=public_url), ensure_ascii=False, indent=1
    )


def decide_numbering(agency: str, document_type: str, series: str, *, symbol: str, operator: str) -> None:
    """Number a type in this series from now on.

    Raises :class:`issuance.errors.UnknownName`, :class:`storage.errors.AlreadyThere` where another series has the
    symbol.
    """
    clock = SystemClock()
    engine = connect(read_settings(Settings).database_url.get_secret_value())
    try:
        decide(
            uow=PostgresUnitOfWork(engine),
            clock=clock,
            operator=operator,
            rule=NumberingRule(agency=agency, document_type=document_type, series=series, symbol=symbol),
            year=vietnam_date(clock.now()).year,
        )
    finally:
        engine.dispose()


def reconcile_stores(*, removal: Removal, grace: timedelta) -> Reconciliation:
    """Ask for what is unfinished and compare register and object store.

    Raises :class:`storage.errors.StorageUnavailable`, :class:`storage.errors.BlobsUnavailable`.
    """
    settings = read_settings(Settings)
    engine = connect(settings.database_url.get_secret_value())
    try:
        return reconcile(
            uow=PostgresUnitOfWork(engine),
            shelf=blobs_of(settings),
            clock=SystemClock(),
            removal=removal,
            grace=grace,
        )
    finally:
        engine.dispose()


def renewals_due(day: date | None) -> Iterator[Renewal]:
    """Renew the proofs that are due now, or by the end of that day, and tell what became of each.

    Raises :class:`storage.errors.StorageUnavailable`.
    """
    with joined(read_settings(Settings)) as application:
        outside = application.outside
        yield from renewals(outside, due_by=end_of_day(day) if day else outside.clock.now())


def webhook_secret(account: str) -> str:
    """The secret that this account's system checks notifications with."""
    master = read_settings(Settings).webhook_secret
    if master is None:
        raise SettingsInvalid(problems=("KYSO_WEBHOOK_SECRET: field required",))
    return secret_of(account, master=master.get_secret_value())


def send_notifications_again() -> int:
    """Make every call and letter that was given up due once more; answers how many."""
    engine = connect(read_settings(Settings).database_url.get_secret_value())
    try:
        return sum(Outbox(engine, way).send_again() for way in Way)
    finally:
        engine.dispose()


def export_register(agency: str, year: int, *, on: date | None, form: str) -> bytes:
    """The outgoing register as it stood at the end of a day, or stands now; ``form`` is json, csv or pdf.

    Raises :class:`issuance.errors.UnknownName`, :class:`storage.errors.StorageUnavailable`.
    """
    engine = connect(read_settings(Settings).database_url.get_secret_value())
    try:
        book = book_of(
            uow=PostgresUnitOfWork(engine),
            agency=agency,
            year=year,
            as_of=end_of_day(on) if on else SystemClock().now(),
        )
    finally:
        engine.dispose()
    if form == "json":
        return BookAnswer.of(book).model_dump_json(indent=1).encode()
    return csv_of(book) if form == "csv" else pdf_of(book)
