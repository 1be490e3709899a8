"""Agencies, accounts and credentials, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storage.errors import RowRefused
from tests.simulators.state import OpenState

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.ports import Account, Agency, Credential


class MemoryNames(OpenState):
    """Reads and writes who and what the register knows by name."""

    def add_agency(self, agency: Agency) -> None:
        self._state.agencies[agency.id] = agency

    def agency(self, agency_id: str) -> Agency | None:
        return self._state.agencies.get(agency_id)

    def agencies(self) -> list[Agency]:
        return [found for _, found in sorted(self._state.agencies.items())]

    def add_account(self, account: Account, *, secret_hash: str) -> None:
        if account.agency not in self._state.agencies:
            raise RowRefused(rule="accounts_agency_fkey")
        self._state.accounts[account.id] = (account, secret_hash)

    def account(self, account_id: str) -> Account | None:
        found = self._state.accounts.get(account_id)
        return found[0] if found else None

    def accounts(self) -> list[Account]:
        return [found for _, (found, _) in sorted(self._state.accounts.items())]

    def account_secret_hash(self, account_id: str) -> str | None:
        found = self._state.accounts.get(account_id)
        return found[1] if found else None

    def replace_secret(self, account_id: str, *, secret_hash: str) -> None:
        account, _ = self._state.accounts[account_id]
        self._state.accounts[account_id] = (account, secret_hash)

    def close_account(self, account_id: str, *, at: datetime) -> None:
        account, secret_hash = self._state.accounts[account_id]
        self._state.accounts[account_id] = (replace(account, closed_at=account.closed_at or at), secret_hash)

    def add_credential(self, credential: Credential, *, activation_hash: str) -> None:
        if credential.agency not in self._state.agencies:
            raise RowRefused(rule="credentials_agency_fkey")
        self._state.credentials[credential.name] = (credential, activation_hash)

    def credential(self, name: str) -> Credential | None:
        found = self._state.credentials.get(name)
        return found[0] if found else None

    def credentials(self) -> list[Credential]:
        return [found for _, (found, _) in sorted(self._state.credentials.items())]

    def withdraw_credential(self, name: str, *, at: datetime) -> None:
        credential, activation_hash = self._state.credentials[name]
        kept = replace(credential, withdrawn_at=credential.withdrawn_at or at)
        self._state.credentials[name] = (kept, activation_hash)

    def activation_hash(self, credential: str) -> str | None:
        found = self._state.credentials.get(credential)
        return found[1] if found else None
