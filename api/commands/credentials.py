"""List credentials, enrol certificates of officials' own tokens, and take enrolments back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from api.clock import SystemClock
from api.commands.types import open_register
from api.settings import Settings, read_settings
from certs.certificate import SigningCertificate, certificates_from_bytes
from certs.trust_store import read_trust_store
from issuance.own_tokens import enrol, withdraw

if TYPE_CHECKING:
    from pathlib import Path

    from issuance.ports import Credential


@dataclass(frozen=True, slots=True)
class Told:
    """A credential as the command line tells it."""

    name: str
    agency: str
    purpose: str
    holder: str | None
    key: str
    algorithm: str
    certificate_sha256: str
    subject: str
    not_after: str
    withdrawn_at: str | None

    @classmethod
    def of(cls, credential: Credential) -> Told:
        """The credential; the key is named only where a signer has it."""
        certificate, withdrawn = credential.certificate, credential.withdrawn_at
        return cls(
            name=credential.name,
            agency=credential.agency,
            purpose=credential.purpose.value,
            holder=credential.holder,
            key=credential.key or "holder",
            algorithm=credential.algorithm.name,
            certificate_sha256=certificate.sha256,
            subject=certificate.subject,
            not_after=f"{certificate.x509.not_valid_after_utc:%FT%TZ}",
            withdrawn_at=f"{withdrawn:%FT%TZ}" if withdrawn else None,
        )

    def as_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def as_line(self) -> str:
        """One line for people."""
        where = "thiết bị riêng (own token)" if self.key == "holder" else self.key
        until = f"đã ngừng (withdrawn) {self.withdrawn_at}" if self.withdrawn_at else f"hạn (until) {self.not_after}"
        return f"{self.name}: {self.subject}, {self.holder or self.agency}, {where}, {until}"


def listed() -> tuple[Told, ...]:
    """Every credential, by name."""
    with open_register() as uow, uow() as register:
        return tuple(Told.of(one) for one in register.credentials())


def enrolled(account: str, *, file: Path, operator: str) -> Told:
    """The first certificate in the file, for the account; its issuers may follow it, or lie in the trust directory."""
    own, *issuers = certificates_from_bytes(file.read_bytes())
    trust = read_trust_store(read_settings(Settings).trust_dir)
    with open_register() as uow:
        credential = enrol(
            uow=uow,
            clock=SystemClock(),
            operator=operator,
            account=account,
            certificate=SigningCertificate(der=own, chain=(*issuers, *trust.known.certificates)),
            anchors=trust.anchors,
        )
    return Told.of(credential)


def withdrawn(name: str, *, operator: str) -> Told:
    """The enrolment, taken back."""
    with open_register() as uow:
        return Told.of(withdraw(uow=uow, clock=SystemClock(), operator=operator, name=name))
