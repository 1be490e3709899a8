"""Lay the types of an agency down, and tell them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.clock import SystemClock
from api.configuration.settings import Settings, read_settings
from api.types.toml_form import TypeForm, read_types, standard_text
from issuance.calendar import vietnam_date
from issuance.type_decisions import decide_types, types_of
from storage.database import connect
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def install(agency: str, *, abbreviation: str, file: Path | None, operator: str) -> int:
    """Lay down the standard list, or the one in the file; answers how many types it has.

    Raises :class:`issuance.errors.MetadataInvalid`, :class:`UnknownName`, :class:`storage.errors.AlreadyThere` where
    two series would share a symbol.
    """
    forms = read_types(file.read_text(encoding="utf-8") if file else standard_text())
    clock = SystemClock()
    with open_register() as uow:
        decide_types(
            uow=uow,
            clock=clock,
            operator=operator,
            agency=agency,
            decisions=[form.decision(agency=agency, abbreviation=abbreviation) for form in forms],
            year=vietnam_date(clock.now()).year,
        )
    return len(forms)


def listed(agency: str) -> tuple[TypeForm, ...]:
    """The types of the agency, by name."""
    with open_register() as uow:
        return tuple(TypeForm.of(one) for one in types_of(uow=uow, agency=agency))


@contextmanager
def open_register() -> Iterator[PostgresUnitOfWork]:
    """The register of the configured database, for one command."""
    engine = connect(read_settings(Settings).database_url.get_secret_value())
    try:
        yield PostgresUnitOfWork(engine)
    finally:
        engine.dispose()
