"""What the register knows by name: a part of :class:`issuance.ports.Repositories`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.ports import Account, Agency, Credential


class Names(Protocol):
    """Agencies, accounts and credentials, in the open transaction."""

    def add_agency(self, agency: Agency) -> None:
        """Insert or replace an agency."""
        ...

    def agency(self, agency_id: str) -> Agency | None:
        """The agency, or None."""
        ...

    def agencies(self) -> list[Agency]:
        """All of them, by identifier."""
        ...

    def add_account(self, account: Account, *, secret_hash: str) -> None:
        """Insert or replace an account; ``secret_hash`` is an Argon2 hash."""
        ...

    def account(self, account_id: str) -> Account | None:
        """The account, or None."""
        ...

    def accounts(self) -> list[Account]:
        """All of them, by identifier."""
        ...

    def account_secret_hash(self, account_id: str) -> str | None:
        """The Argon2 hash of the secret, or None."""
        ...

    def replace_secret(self, account_id: str, *, secret_hash: str) -> None:
        """The account logs in with this secret only, and the sessions that it has open end."""
        ...

    def close_account(self, account_id: str, *, at: datetime) -> None:
        """The account logs in no more, and its sessions end; one that was closed before stays as it is."""
        ...

    def add_credential(self, credential: Credential, *, activation_hash: str) -> None:
        """Insert or replace a credential; ``activation_hash`` is an Argon2 hash."""
        ...

    def credential(self, name: str) -> Credential | None:
        """The credential, or None."""
        ...

    def credentials(self) -> list[Credential]:
        """All of them, by name."""
        ...

    def withdraw_credential(self, name: str, *, at: datetime) -> None:
        """Nobody signs with it from now on; one that was withdrawn before stays as it is."""
        ...

    def activation_hash(self, credential: str) -> str | None:
        """The Argon2 hash of the code by which the holder consents to a use of the key."""
        ...
