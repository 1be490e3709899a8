"""Lay the types of an agency down, as its head decided, and read them back (Decree 30/2020, art. 15.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.document_types import TypeDecision
from issuance.errors import MetadataInvalid, UnknownName
from issuance.numbering import decide_rule
from issuance.numbers import demand_symbol_pattern
from issuance.ports import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuance.numbers import NumberingRule
    from issuance.ports import Clock, UnitOfWork


def decide_types(
    *, uow: UnitOfWork, clock: Clock, operator: str, agency: str, decisions: Sequence[TypeDecision], year: int
) -> None:
    """Lay types down as the head of the agency decided, all of them or none; those that are there are replaced.

    From its first type on, an agency takes only drafts of types that it has. Raises :class:`UnknownName` for the agency
    or a signer, :class:`MetadataInvalid` for a symbol that no number can carry.
    """
    now = clock.now()
    with uow() as register:
        if register.agency(agency) is None:
            raise UnknownName(kind="agency", name=agency)
        for decision in decisions:
            _demand_symbol(decision.rule)
            for signer in decision.document_type.signers:
                account = register.account(signer)
                if account is None or account.agency != agency:
                    raise UnknownName(kind="account", name=signer)
            decide_rule(register, rule=decision.rule, operator=operator, year=year, at=now)
            register.save_document_type(decision.document_type)
            facts = {"agency": agency, "type": decision.document_type.name}
            register.append_audit(AuditEvent(now, operator, "type.decided", None, facts))


def types_of(*, uow: UnitOfWork, agency: str) -> tuple[TypeDecision, ...]:
    """The agency's types by name, each with its rule."""
    with uow() as register:
        found = []
        for one in register.document_types(agency):
            rule = register.numbering_rule(agency=agency, document_type=one.name)
            if rule is not None:
                found.append(TypeDecision(document_type=one, rule=rule))
    return tuple(found)


def _demand_symbol(rule: NumberingRule) -> None:
    try:
        demand_symbol_pattern(rule.symbol)
    except ValueError as error:
        raise MetadataInvalid(problems={rule.document_type: str(error)}) from error
