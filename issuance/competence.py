"""Who may do what: role, agency and the credential that belongs to the act (Decree 30/2020, art. 13, 32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.documents import Purpose
from issuance.errors import NotCompetent, UnknownName
from issuance.ports import Role

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Credential, Repositories


def demand_role(actor: Account, role: Role) -> None:
    """Raise :class:`NotCompetent` unless the actor has the role, and an account that is not closed."""
    if role not in actor.roles:
        raise NotCompetent(reason=f"this step is for the role {role.value!r}")
    if actor.closed_at is not None:
        raise NotCompetent(reason="the account is closed")


def open_signatory(register: Repositories, name: str) -> Account | None:
    """The account of this name, where it is a signatory's and not closed."""
    account = register.account(name)
    return account if account and account.closed_at is None and Role.SIGNATORY in account.roles else None


def demand_open_signers(register: Repositories, document: Document) -> None:
    """Raise :class:`NotCompetent` where somebody who has yet to sign the document has a closed account."""
    for name in document.open_signers:
        account = register.account(name)
        if account is not None and account.closed_at is not None:
            raise NotCompetent(reason=f"the account of {name!r}, who is to sign, is closed; another draft is needed")


def own_document(register: Repositories, document_id: UUID, *, actor: Account) -> Document:
    """The document with its row locked; one of another agency does not exist for this actor."""
    document = register.locked_document(document_id)
    if document is None or document.draft.agency != actor.agency:
        raise UnknownName(kind="document", name=str(document_id))
    return document


def signatory_credential(register: Repositories, name: str, *, actor: Account, document: Document) -> Credential:
    """The named official's own key: nobody signs for somebody else, and not with the agency's key."""
    demand_role(actor, Role.SIGNATORY)
    demand_turn(document, actor=actor)
    credential = _credential(register, name, actor=actor)
    if credential.purpose is not Purpose.SIGNATURE or credential.holder != actor.id:
        raise NotCompetent(reason="the credential is not the signatory's own")
    demand_not_withdrawn(credential)
    return credential


def demand_not_withdrawn(credential: Credential) -> None:
    """Raise :class:`NotCompetent` for a credential that the operator took back."""
    if credential.withdrawn_at is not None:
        raise NotCompetent(reason="the credential was withdrawn")


def demand_turn(document: Document, *, actor: Account) -> None:
    """Raise :class:`NotCompetent` unless the document waits, now, for this official."""
    if document.due_signer != actor.id:
        named = {document.draft.signatory, *(one.account for one in document.draft.cosigners)}
        reason = "it is another official's turn" if actor.id in named else "the document names another signatory"
        raise NotCompetent(reason=reason)


def seal_credential(register: Repositories, name: str, *, actor: Account) -> Credential:
    """The agency's key, which only the agency's clerk applies (Decree 30/2020, art. 32.2)."""
    demand_role(actor, Role.CLERK)
    credential = _credential(register, name, actor=actor)
    if credential.purpose is not Purpose.SEAL or credential.holder is not None:
        raise NotCompetent(reason="the credential is not the agency's seal")
    demand_not_withdrawn(credential)
    return credential


def _credential(register: Repositories, name: str, *, actor: Account) -> Credential:
    credential = register.credential(name)
    if credential is None or credential.agency != actor.agency:
        raise UnknownName(kind="credential", name=name)
    return credential
