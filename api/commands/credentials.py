"""List credentials, register keys of the HSM, enrol certificates of officials' own tokens, and take them back."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import typer

from api.callers.secret_hashes import SecretHashes
from api.clock import SystemClock
from api.commands.certificate_files import certificates_in
from api.commands.keys import key_for_register
from api.commands.typed import typed_twice
from api.commands.types import open_register
from api.configuration.settings import Settings, read_settings
from certs.certificate import SigningCertificate
from certs.trust_store import read_trust_store
from hsm.client import SignerClient
from issuance.documents import Purpose
from issuance.own_tokens import algorithm_for, enrol, withdraw
from issuance.server_keys import HeldKey, Registration, register_key

if TYPE_CHECKING:
    from pathlib import Path

    from api.commands.keys import ChosenKey
    from issuance.ports import Credential
    from issuance.server_keys import Owner


_SHORTEST_CODE = 8


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


def added(name: str, *, key: str, file: Path | None, owner: Owner, operator: str) -> Told:
    """A key that the signer holds, by its URI or label; its certificate comes from the token, or from the file.

    A signature over random octets shows that the key is the certificate's. An official types a new activation code.
    """
    settings, clock = read_settings(Settings), SystemClock()
    signer, trust = SignerClient(settings.signer_socket), read_trust_store(settings.trust_dir)
    certificates = () if file is None else certificates_in(file)
    held = _proven(signer, key_for_register(key, signer, certificates=certificates, at=clock.now()))
    chain = (*held.certificate.chain, *trust.known.certificates)
    held = replace(held, certificate=replace(held.certificate, chain=chain))
    with open_register() as uow:
        with uow() as register:
            is_known = register.credential(name) is not None
        code = "" if is_known else _activation_hash(owner)
        credential = register_key(
            Registration(name, owner, held, activation_hash=code),
            uow=uow,
            clock=clock,
            operator=operator,
            anchors=trust.anchors,
        )
    return Told.of(credential)


def _proven(signer: SignerClient, found: ChosenKey) -> HeldKey:
    """The key, once it has made a signature; the signer checks each with the public key that the certificate has."""
    usual = algorithm_for(found.certificate)
    algorithm = usual if usual in found.algorithms else found.algorithms[0]
    signer.sign(key=found.uri, dtbs=b"kyso credentials add " + secrets.token_bytes(32), algorithm=algorithm)
    return HeldKey(found.uri, found.certificate, algorithm)


def _activation_hash(owner: Owner) -> str:
    """Of a new code that the official types; a seal is used on the clerk's word and has none."""
    if owner.purpose is Purpose.SEAL:
        return ""
    code = typed_twice(f"Mã kích hoạt mới của {owner.name} (new activation code)")
    if len(code) < _SHORTEST_CODE:
        msg = f"mã kích hoạt phải có ít nhất {_SHORTEST_CODE} ký tự (an activation code has {_SHORTEST_CODE} or more)"
        raise typer.BadParameter(msg)
    return SecretHashes().hash(code)


def enrolled(account: str, *, file: Path, operator: str) -> Told:
    """The first certificate in the file, for the account; its issuers may follow it, or lie in the trust directory."""
    own, *issuers = certificates_in(file)
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
    """The credential, taken back."""
    with open_register() as uow:
        return Told.of(withdraw(uow=uow, clock=SystemClock(), operator=operator, name=name))
