"""Open accounts, draw their secrets, tell and close them."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from api.callers.secret_hashes import SecretHashes
from api.clock import SystemClock
from api.commands.types import open_register
from issuance.accounts import add_account, close_account, replace_secret
from verification.sandbox import Sandbox, SandboxLimits
from verification.workshop import Workshop

if TYPE_CHECKING:
    from issuance.ports import Account

_SECRET_BYTES = 24


@dataclass(frozen=True, slots=True)
class Told:
    """An account as the command line tells it."""

    id: str
    agency: str
    full_name: str
    position: str | None
    roles: tuple[str, ...]
    has_signature_image: bool
    closed_at: str | None

    @classmethod
    def of(cls, account: Account) -> Told:
        """The account; no secret is in it."""
        return cls(
            id=account.id,
            agency=account.agency,
            full_name=account.full_name,
            position=account.position,
            roles=tuple(sorted(role.value for role in account.roles)),
            has_signature_image=account.signature_image is not None,
            closed_at=f"{account.closed_at:%FT%TZ}" if account.closed_at else None,
        )

    def as_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def as_line(self) -> str:
        """One line for people."""
        who = ", ".join(part for part in (self.full_name, self.position, self.agency, *self.roles) if part)
        return f"{self.id}: {who}" + (f", đã đóng (closed) {self.closed_at}" if self.closed_at else "")


@dataclass(frozen=True, slots=True)
class Opened:
    """An account with the secret that was drawn for it; None where it was there and keeps its own."""

    account: Told
    secret: str | None = field(repr=False)

    def as_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(asdict(self.account) | {"secret": self.secret}, ensure_ascii=False)

    def as_text(self) -> str:
        """Two lines for people: who it is, and the secret."""
        if self.secret is None:
            said = "bí mật giữ nguyên (keeps its secret); kyso accounts new-secret"
            return f"✓ Đã có (on file already): {self.account.as_line()}\n  {said}"
        shown = f"Bí mật, chỉ hiện lần này (the secret, shown this once): {self.secret}"
        return f"✓ {self.account.as_line()}\n  {shown}"


@dataclass(frozen=True, slots=True)
class Ended:
    """An account that was closed, and the documents that nobody can sign in its place."""

    account: Told
    unsigned: tuple[str, ...]

    def as_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(asdict(self.account) | {"unsigned_documents": self.unsigned}, ensure_ascii=False)

    def as_text(self) -> str:
        """A line for people, and one for each document."""
        waiting = "! chờ chữ ký của tài khoản này, cần rút và gửi lại (asks for its signature: withdraw, send anew):"
        return "\n".join((f"✓ {self.account.as_line()}", *(f"  {waiting} {document}" for document in self.unsigned)))


def listed() -> tuple[Told, ...]:
    """Every account, by identifier."""
    with open_register() as uow, uow() as register:
        return tuple(Told.of(one) for one in register.accounts())


def added(account: Account, *, operator: str) -> Opened:
    """The account, on file, with its secret; raises as :func:`issuance.accounts.add_account`."""
    secret, secret_hash = _drawn()
    clock = SystemClock()
    with open_register() as uow, Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
        is_new = add_account(
            account, secret_hash=secret_hash, uow=uow, workshop=workshop, clock=clock, operator=operator
        )
    return Opened(Told.of(account), secret if is_new else None)


def with_new_secret(account: str, *, operator: str) -> Opened:
    """The account with another secret; raises as :func:`issuance.accounts.replace_secret`."""
    secret, secret_hash = _drawn()
    with open_register() as uow:
        found = replace_secret(account, secret_hash=secret_hash, uow=uow, clock=SystemClock(), operator=operator)
    return Opened(Told.of(found), secret)


def closed(account: str, *, operator: str) -> Ended:
    """The account, closed; raises :class:`issuance.errors.UnknownName`."""
    with open_register() as uow:
        done = close_account(account, uow=uow, clock=SystemClock(), operator=operator)
    return Ended(Told.of(done.account), tuple(str(one) for one in done.unsigned))


def _drawn() -> tuple[str, str]:
    """A new secret and its Argon2 hash."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return secret, SecretHashes().hash(secret)
