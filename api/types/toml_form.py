"""Types of documents in TOML, as the standard list is shipped and as an operator changes it for an agency."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.forms.plain_text import Name
from issuance.capacity import Capacity
from issuance.document_types import (
    LONGEST_RETENTION_YEARS,
    DocumentType,
    NumberingOrder,
    Publication,
    TypeDecision,
)
from issuance.errors import MetadataInvalid
from issuance.numbers import NumberingRule

_STANDARD = Path(__file__).with_name("standard.toml")
_AGENCY = "{agency}"


class TypeForm(BaseModel):
    """One type; the comments at the head of ``standard.toml`` say what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    series: Name
    symbol: str = Field(min_length=1, max_length=60, pattern=r"^[^\s/]+$")
    template: Literal["document", "slip"] | None = None
    signers: tuple[Name, ...] = ()
    capacities: frozenset[Capacity] = frozenset(Capacity)
    retention: int | Literal["permanent"] = Field(default=20)
    publication: Publication = Publication.BY_CODE
    order: NumberingOrder = NumberingOrder.SIGNATURE_FIRST

    def decision(self, *, agency: str, abbreviation: str) -> TypeDecision:
        """The type for one agency, whose abbreviation stands in its symbols."""
        return TypeDecision(
            document_type=DocumentType(
                agency=agency,
                name=self.name,
                template=self.template,
                signers=self.signers,
                capacities=self.capacities,
                retention_years=None if self.retention == "permanent" else self.retention,
                publication=self.publication,
                order=self.order,
            ),
            rule=NumberingRule(
                agency=agency,
                document_type=self.name,
                series=self.series,
                symbol=self.symbol.replace(_AGENCY, abbreviation),
            ),
        )

    @classmethod
    def of(cls, decision: TypeDecision) -> TypeForm:
        """The type as it is told; its symbol with the agency's abbreviation in it."""
        one = decision.document_type
        return cls(
            name=one.name,
            series=decision.rule.series,
            symbol=decision.rule.symbol,
            template=_template(one.template),
            signers=one.signers,
            capacities=one.capacities,
            retention=one.retention_years or "permanent",
            publication=one.publication,
            order=one.order,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    defaults: dict[str, object] = {}
    type: tuple[dict[str, object], ...] = Field(min_length=1)


def _template(name: str | None) -> Literal["document", "slip"] | None:
    """The name as the form has it; None for one that this version does not know any more."""
    match name:
        case "document" | "slip":
            return name
        case _:
            return None


def standard_text() -> str:
    """The list that is shipped, as an operator would begin to change it."""
    return _STANDARD.read_text(encoding="utf-8")


def read_types(text: str) -> tuple[TypeForm, ...]:
    """The types of such a file; raises :class:`MetadataInvalid` with every mistake and its place."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MetadataInvalid(problems={"file": str(error)}) from error
    except ValidationError as error:
        raise MetadataInvalid(problems=_places(error, "file")) from error
    forms: list[TypeForm] = []
    problems: dict[str, str] = {}
    for number, fields in enumerate(file.type, start=1):
        place = f"type {number} ({fields.get('name', '?')})"
        try:
            form = TypeForm.model_validate({**file.defaults, **fields})
            if isinstance(form.retention, int) and not 1 <= form.retention <= LONGEST_RETENTION_YEARS:
                problems[f"{place}.retention"] = f'is 1 to {LONGEST_RETENTION_YEARS}, or "permanent"'
            if form.name in {one.name for one in forms}:
                problems[place] = "comes twice"
            forms.append(form)
        except ValidationError as error:
            problems |= _places(error, place)
    if problems:
        raise MetadataInvalid(problems=problems)
    return tuple(forms)


def standard_symbol(document_type: str, *, agency: str, unit: str | None = None) -> str:
    """``TB-UBND``, or ``UBND-VX`` for an official letter: the symbol in the standard list, for this abbreviation.

    Raises :class:`ValueError` for a type that the list does not have: its symbol is set by the minister of the sector.
    """
    for form in read_types(standard_text()):
        if form.name == document_type:
            rule = form.decision(agency="", abbreviation=agency).rule
            return rule.symbol_for(unit)
    msg = f"{document_type!r} is no type of the standard list; give its symbol"
    raise ValueError(msg)


def _places(error: ValidationError, prefix: str) -> dict[str, str]:
    return {
        ".".join((prefix, *(str(part) for part in item["loc"]))): str(item["msg"])
        for item in error.errors(include_input=False, include_url=False)
    }
