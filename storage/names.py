"""Agencies, accounts and credentials as rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from issuance.documents import Purpose
from issuance.ports import Account, Agency, Credential, Role
from storage.open_transaction import OpenTransaction
from storage.schema import accounts, agencies, bearer_tokens, credentials

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

# Made once: to put a statement together costs as much as to carry it out.
_ACCOUNT = select(accounts).where(accounts.c.id == bindparam("name"))
_AGENCY = select(agencies).where(agencies.c.id == bindparam("name"))
_CREDENTIAL = select(credentials).where(credentials.c.name == bindparam("name"))
_ACTIVATION = select(credentials.c.activation_hash).where(credentials.c.name == bindparam("name"))


class NameRows(OpenTransaction):
    """Reads and writes who and what the register knows by name. Secrets are kept as Argon2 hashes only."""

    def add_agency(self, agency: Agency) -> None:
        """Insert or replace an agency."""
        self._insert_or_replace(agencies, asdict(agency))

    def agency(self, agency_id: str) -> Agency | None:
        """The agency, or None."""
        row = self._connection.execute(_AGENCY, {"name": agency_id}).mappings().one_or_none()
        return Agency(**row) if row is not None else None

    def agencies(self) -> list[Agency]:
        """All of them, by identifier."""
        rows = self._connection.execute(select(agencies).order_by(agencies.c.id)).mappings()
        return [Agency(**row) for row in rows]

    def add_account(self, account: Account, *, secret_hash: str) -> None:
        """Insert or replace an account."""
        row = asdict(account) | {"roles": sorted(role.value for role in account.roles), "secret_hash": secret_hash}
        self._insert_or_replace(accounts, row)

    def account(self, account_id: str) -> Account | None:
        """The account, or None."""
        row = self._connection.execute(_ACCOUNT, {"name": account_id}).mappings().one_or_none()
        return account_of(row) if row is not None else None

    def accounts(self) -> list[Account]:
        """All of them, by identifier."""
        rows = self._connection.execute(select(accounts).order_by(accounts.c.id)).mappings()
        return [account_of(row) for row in rows]

    def account_secret_hash(self, account_id: str) -> str | None:
        """The Argon2 hash of the secret, or None."""
        return self._connection.scalar(select(accounts.c.secret_hash).where(accounts.c.id == account_id))

    def replace_secret(self, account_id: str, *, secret_hash: str) -> None:
        """The account logs in with this secret only, and the sessions that it has open end."""
        changed = accounts.update().where(accounts.c.id == account_id).values(secret_hash=secret_hash)
        self._connection.execute(changed)
        self._end_sessions(account_id)

    def close_account(self, account_id: str, *, at: datetime) -> None:
        """The account logs in no more, and its sessions end."""
        closed = accounts.update().where(accounts.c.id == account_id, accounts.c.closed_at.is_(None))
        self._connection.execute(closed.values(closed_at=at))
        self._end_sessions(account_id)

    def add_credential(self, credential: Credential, *, activation_hash: str) -> None:
        """Insert or replace a credential."""
        row = {
            "name": credential.name,
            "agency": credential.agency,
            "purpose": credential.purpose.value,
            "holder": credential.holder,
            "key": credential.key,
            "algorithm": credential.algorithm.name,
            "certificate": credential.certificate.der,
            "chain": list(credential.certificate.chain),
            "activation_hash": activation_hash,
            "withdrawn_at": credential.withdrawn_at,
        }
        self._insert_or_replace(credentials, row)

    def credential(self, name: str) -> Credential | None:
        """The credential, or None."""
        row = self._connection.execute(_CREDENTIAL, {"name": name}).mappings().one_or_none()
        return credential_of(row) if row is not None else None

    def credentials(self) -> list[Credential]:
        """All of them, by name."""
        rows = self._connection.execute(select(credentials).order_by(credentials.c.name)).mappings()
        return [credential_of(row) for row in rows]

    def withdraw_credential(self, name: str, *, at: datetime) -> None:
        """Nobody signs with it from now on."""
        self._connection.execute(
            credentials.update()
            .where(credentials.c.name == name, credentials.c.withdrawn_at.is_(None))
            .values(withdrawn_at=at)
        )

    def activation_hash(self, credential: str) -> str | None:
        """The Argon2 hash of the code by which the holder consents to a use of the key."""
        return self._connection.scalar(_ACTIVATION, {"name": credential})

    def _end_sessions(self, account_id: str) -> None:
        # After the account's row was written: a log-in under way has its session by now, or waits and is then refused.
        self._connection.execute(bearer_tokens.delete().where(bearer_tokens.c.account == account_id))


def account_of(row: RowMapping) -> Account:
    """The account that a row of its table describes."""
    return Account(
        id=row["id"],
        agency=row["agency"],
        full_name=row["full_name"],
        position=row["position"],
        roles=frozenset(Role(role) for role in row["roles"]),
        signature_image=row["signature_image"],
        closed_at=row["closed_at"],
    )


def credential_of(row: RowMapping) -> Credential:
    """The credential that a row of its table describes."""
    return Credential(
        name=row["name"],
        agency=row["agency"],
        purpose=Purpose(row["purpose"]),
        holder=row["holder"],
        key=row["key"],
        algorithm=SignatureAlgorithm[row["algorithm"]],
        certificate=SigningCertificate(der=row["certificate"], chain=tuple(row["chain"])),
        withdrawn_at=row["withdrawn_at"],
    )
