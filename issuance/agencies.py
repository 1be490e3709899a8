"""Agencies, put on file by the operator before anybody can issue in their name."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from issuance.errors import MetadataInvalid
from issuance.on_file import demand_same
from issuance.ports import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuance.ports import Agency, Clock, UnitOfWork
    from verification.workshop import Workshop

# QCVN 102:2016 has four levels in fixed places; QĐ 20/2020/QĐ-TTg begins with the first level and adds to it.
_FOUR_LEVELS = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}", re.ASCII)
_AS_MANY_AS_NEEDED = re.compile(r"[A-Z]\d{2}(\.[0-9A-Z]{2,3}){0,8}", re.ASCII)
_SMALLEST_SEAL, _LARGEST_SEAL = 20.0, 60.0  # millimetres: beyond these it is a slip of the pen


def add_agency(agency: Agency, *, uow: UnitOfWork, workshop: Workshop, clock: Clock, operator: str) -> None:
    """Put the agency on file; doing it again changes nothing.

    Raises :class:`MetadataInvalid` with every problem at once, :class:`signing.errors.AppearanceUnfit` for a seal that
    cannot be shown, and :class:`NameTaken` where the agency is on file with other facts.
    """
    problems = dict(_problems(agency))
    if problems:
        raise MetadataInvalid(problems=problems)
    workshop.demand_transparent(agency.seal_image)
    with uow() as register:
        found = register.agency(agency.id)
        if found is not None:
            demand_same(found, agency, kind="agency", name=agency.id)
            return
        register.add_agency(agency)
        facts = {"agency": agency.id, "seal_image_sha256": hashlib.sha256(agency.seal_image).hexdigest()}
        register.append_audit(AuditEvent(clock.now(), operator, "agency.added", None, facts))


def _problems(agency: Agency) -> Iterator[tuple[str, str]]:
    if not (_FOUR_LEVELS.fullmatch(agency.id) or _AS_MANY_AS_NEEDED.fullmatch(agency.id)):
        yield "id", "is no identifier of an agency: 000.00.00.H00 (QCVN 102:2016) or H00.12 (QĐ 20/2020/QĐ-TTg)"
    for field, text in (("name", agency.name), ("place", agency.place), ("parent", agency.parent)):
        if text is not None and not (text.strip() and text.isprintable()):
            yield field, "must be one line of text"
    if not _SMALLEST_SEAL <= agency.seal_diameter <= _LARGEST_SEAL:
        yield "seal_diameter", f"lies between {_SMALLEST_SEAL:g} and {_LARGEST_SEAL:g} mm"
