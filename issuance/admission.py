"""Whether what a sender says of a draft can be taken: known names, a type of the agency, a competent signatory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.capacity import COMBINATIONS, printed_capacity
from issuance.competence import demand_role, open_signatory
from issuance.cosigners import MOST_COSIGNERS
from issuance.delegations import may_sign
from issuance.document_types import NumberingOrder
from issuance.errors import MetadataInvalid, UnknownName
from issuance.ports import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from issuance.document_types import DocumentType
    from issuance.documents import Draft
    from issuance.ports import Account, Agency, Repositories


def admitted(register: Repositories, draft: Draft, *, actor: Account, on: date) -> tuple[Agency, Draft]:
    """The agency, and the draft with its series and the order of number and signature as the agency laid them down.

    ``on`` is the day in Vietnam. Raises :class:`UnknownName`, :class:`MetadataInvalid` with every problem at once.
    """
    demand_role(actor, Role.SUBMITTER)
    return described_well(register, draft, actor=actor, on=on)


def described_well(register: Repositories, draft: Draft, *, actor: Account, on: date) -> tuple[Agency, Draft]:
    """The same, whatever the actor's role: what is true of a draft is true of a copy."""
    agency = register.agency(draft.agency)
    if agency is None or draft.agency != actor.agency:
        raise UnknownName(kind="agency", name=draft.agency)
    document_type = register.document_type(agency=agency.id, name=draft.document_type)
    rule = register.numbering_rule(agency=agency.id, document_type=draft.document_type)
    series = draft.series or (rule.series if rule else "")
    problems: dict[str, str] = {}
    if not draft.subject.strip():
        problems["subject"] = "must not be empty"
    if document_type is None and register.document_types(agency.id):
        problems["type"] = "is none of the types that the agency issues"
    if rule is not None and series != rule.series:
        problems["series"] = f"the agency numbers this type in {rule.series!r}"
    elif register.continued_series(agency=agency.id, name=series, year=on.year) is None:
        problems["series"] = f"the agency has no such series in {on.year}"
    problems.update(_about_signatory(register, draft, document_type, agency=agency))
    problems.update(_about_cosigners(register, draft, agency=agency))
    problems.update(_about_authority(register, draft, on=on))
    if problems:
        raise MetadataInvalid(problems=problems)
    order = document_type.order if document_type else NumberingOrder.SIGNATURE_FIRST
    return agency, replace(draft, series=series, order=order)


def _about_signatory(
    register: Repositories, draft: Draft, document_type: DocumentType | None, *, agency: Agency
) -> Iterator[tuple[str, str]]:
    """Who signs must be a signatory, be named for the type where it names some, and sign in a capacity that it has."""
    signatory = open_signatory(register, draft.signatory)
    if signatory is None or signatory.agency != agency.id:
        yield "signatory", "is not a signatory of the agency"
    elif document_type and document_type.signers and draft.signatory not in document_type.signers:
        yield "signatory", "may not sign this type"
    if draft.capacity not in COMBINATIONS:
        yield "capacity", "is no combination that the decree knows"
    elif document_type and (foreign := set(draft.capacity) - document_type.capacities):
        yield "capacity", f"this type is not signed {printed_capacity(tuple(foreign))}"


def _about_cosigners(register: Repositories, draft: Draft, *, agency: Agency) -> Iterator[tuple[str, str]]:
    """Each signs once, under an own name, before the signatory."""
    names = [one.account for one in draft.cosigners]
    if len(names) > MOST_COSIGNERS:
        yield "cosigners", f"are at most {MOST_COSIGNERS}"
    if len({*names, draft.signatory}) <= len(names):
        yield "cosigners", "names somebody twice"
    for place, one in enumerate(draft.cosigners):
        account = open_signatory(register, one.account)
        if account is None or account.agency != agency.id:
            yield f"cosigners.{place}", "is not a signatory of the agency"
        if one.capacity not in COMBINATIONS:
            yield f"cosigners.{place}.capacity", "is no combination that the decree knows"


def _about_authority(register: Repositories, draft: Draft, *, on: date) -> Iterator[tuple[str, str]]:
    """TUQ. needs a written authorisation on file, by now and again when it is used."""
    everyone = [(one.account, one.capacity, f"cosigners.{place}") for place, one in enumerate(draft.cosigners)]
    for account, capacity, field in (*everyone, (draft.signatory, draft.capacity, "capacity")):
        allowed = may_sign(register, account, capacity, agency=draft.agency, document_type=draft.document_type, on=on)
        if not allowed:
            yield field, "needs a written authorisation on file (TUQ.)"
