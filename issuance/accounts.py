"""Accounts of people and systems: put on file, given another secret, and closed by the operator."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from issuance.documents import DocumentState
from issuance.errors import AccountClosed, MetadataInvalid, UnknownName
from issuance.on_file import demand_same
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork
    from verification.workshop import Workshop

# It is a client id of OAuth 2, which HTTP Basic ends at a colon (RFC 7617, 2), and a part of names of credentials.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_UNSIGNED = (DocumentState.DRAFT, DocumentState.RETURNED, DocumentState.SUBMITTED, DocumentState.PARTLY_SIGNED)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Closed:
    """An account that was closed, and the documents that still ask for its signature."""

    account: Account
    unsigned: tuple[UUID, ...]


def add_account(
    account: Account, *, secret_hash: str, uow: UnitOfWork, workshop: Workshop, clock: Clock, operator: str
) -> bool:
    """Put the account on file with an Argon2 hash; answers False where it was there, with the secret that it has.

    Raises :class:`MetadataInvalid` with every problem at once, :class:`signing.errors.AppearanceUnfit` for a signature
    that cannot be shown, :class:`UnknownName` for the agency, :class:`AccountClosed`, and :class:`NameTaken` where the
    account is on file with other facts.
    """
    problems = dict(_problems(account))
    if problems:
        raise MetadataInvalid(problems=problems)
    if account.signature_image is not None:
        workshop.demand_transparent(account.signature_image)
    with uow() as register:
        if register.agency(account.agency) is None:
            raise UnknownName(kind="agency", name=account.agency)
        found = register.account(account.id)
        if found is not None:
            _demand_open(found)
            demand_same(found, account, kind="account", name=account.id)
            return False
        register.add_account(account, secret_hash=secret_hash)
        roles = " ".join(sorted(role.value for role in account.roles))
        facts = {"account": account.id, "agency": account.agency, "roles": roles}
        register.append_audit(AuditEvent(clock.now(), operator, "account.added", None, facts))
    return True


def replace_secret(account_id: str, *, secret_hash: str, uow: UnitOfWork, clock: Clock, operator: str) -> Account:
    """Let the account log in with another secret only; its sessions end.

    Raises :class:`UnknownName` and :class:`AccountClosed`.
    """
    with uow() as register:
        account = _known(register, account_id)
        _demand_open(account)
        register.replace_secret(account_id, secret_hash=secret_hash)
        facts = {"account": account_id}
        register.append_audit(AuditEvent(clock.now(), operator, "account.secret_replaced", None, facts))
    return account


def close_account(account_id: str, *, uow: UnitOfWork, clock: Clock, operator: str) -> Closed:
    """Let nobody log in under this name any more; sessions end, what was done stays. Doing it again changes nothing.

    What the official consented to before is still signed. Raises :class:`UnknownName`.
    """
    now = clock.now()
    with uow() as register:
        account = _known(register, account_id)
        if account.closed_at is None:
            register.close_account(account_id, at=now)
            register.append_audit(AuditEvent(now, operator, "account.closed", None, {"account": account_id}))
            account = replace(account, closed_at=now)
        unsigned = tuple(one.id for one in _unsigned(register, account))
    return Closed(account, unsigned)


def _known(register: Repositories, account_id: str) -> Account:
    account = register.account(account_id)
    if account is None:
        raise UnknownName(kind="account", name=account_id)
    return account


def _demand_open(account: Account) -> None:
    if account.closed_at is not None:
        raise AccountClosed(name=account.id)


def _unsigned(register: Repositories, account: Account) -> Iterator[Document]:
    for state in _UNSIGNED:
        after, more = None, True
        while more:
            found = register.documents(
                agency=account.agency, state=state, dossier_code=None, after=after, limit=_AT_ONCE
            )
            yield from (one for one in found if account.id in one.open_signers)
            more = len(found) == _AT_ONCE
            after = found[-1].id if found else None


def _problems(account: Account) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(account.id):
        yield "id", "has letters without marks, digits and . _ @ - only, 64 at most"
    for field, text in (("full_name", account.full_name), ("position", account.position)):
        if text is not None and not (text.strip() and text.isprintable()):
            yield field, "must be one line of text"
    if not account.roles:
        yield "roles", "are missing: without one the account may do nothing"
    if account.signature_image is not None and Role.SIGNATORY not in account.roles:
        yield "signature_image", "is shown for signatories only"
