"""Open number series, and tell them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from api.clock import SystemClock
from api.commands.types import open_register
from issuance.calendar import vietnam_date
from issuance.numbers import NumberSeries
from issuance.series import add_series, series_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(agency: str) -> Sequence[NumberSeries]:
    """The agency's series; raises :class:`issuance.errors.UnknownName`."""
    with open_register() as uow:
        return series_of(agency, uow=uow)


def added(agency: str, name: str, *, symbol: str, year: int | None, operator: str) -> NumberSeries:
    """The series of this year in Vietnam, or of the one given; raises as :func:`issuance.series.add_series`."""
    clock = SystemClock()
    one = NumberSeries(agency=agency, name=name, year=year or vietnam_date(clock.now()).year, symbol=symbol)
    with open_register() as uow:
        add_series(one, uow=uow, clock=clock, operator=operator)
    return one


def as_json(one: NumberSeries) -> str:
    """One JSON object on one line."""
    return json.dumps(asdict(one), ensure_ascii=False)


def as_line(one: NumberSeries) -> str:
    """One line for people."""
    return f"{one.year} {one.name}: …/{one.symbol}"
