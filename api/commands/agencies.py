"""Put agencies on file, and tell them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from api.clock import SystemClock
from api.commands.types import open_register
from issuance.agencies import add_agency
from verification.sandbox import Sandbox, SandboxLimits
from verification.workshop import Workshop

if TYPE_CHECKING:
    from issuance.ports import Agency


@dataclass(frozen=True, slots=True)
class Told:
    """An agency as the command line tells it; ``seal_diameter`` in millimetres."""

    id: str
    name: str
    parent: str | None
    place: str
    seal_diameter: float
    seal_image_sha256: str

    @classmethod
    def of(cls, agency: Agency) -> Told:
        """The agency, its seal by digest."""
        return cls(
            id=agency.id,
            name=agency.name,
            parent=agency.parent,
            place=agency.place,
            seal_diameter=agency.seal_diameter,
            seal_image_sha256=hashlib.sha256(agency.seal_image).hexdigest(),
        )

    def as_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def as_line(self) -> str:
        """One line for people."""
        above = f" ({self.parent})" if self.parent else ""
        return f"{self.id}: {self.name}{above}, {self.place}, dấu (seal) {self.seal_diameter:g} mm"


def listed() -> tuple[Told, ...]:
    """Every agency, by identifier."""
    with open_register() as uow, uow() as register:
        return tuple(Told.of(one) for one in register.agencies())


def added(agency: Agency, *, operator: str) -> Told:
    """The agency, on file; raises as :func:`issuance.agencies.add_agency`."""
    with open_register() as uow, Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
        add_agency(agency, uow=uow, workshop=workshop, clock=SystemClock(), operator=operator)
    return Told.of(agency)
