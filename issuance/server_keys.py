"""Keys that the service's own HSM holds, put on file: an official's, or the agency's for its seal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from issuance.documents import Purpose
from issuance.errors import CredentialExists, UnknownName
from issuance.own_tokens import demand_trusted
from issuance.ports import AuditEvent, Credential, Role

if TYPE_CHECKING:
    from certs.algorithms import SignatureAlgorithm
    from certs.anchors import TrustAnchors
    from certs.certificate import SigningCertificate
    from issuance.ports import Clock, Repositories, UnitOfWork


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key as the signer is asked for it, its certificate, and the algorithm that it signs with."""

    key: str
    certificate: SigningCertificate
    algorithm: SignatureAlgorithm


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose key it is: an official's (``name`` is the account) or an agency's for its seal (``name`` is the agency)."""

    purpose: Purpose
    name: str


class Takeover(Enum):
    """What happens to a credential of the same name: it stays as it is, or it goes on with this key (rollover)."""

    NEVER = auto()
    BY_ROLLOVER = auto()


@dataclass(frozen=True, slots=True)
class Registration:
    """What is to be put on file under ``name``.

    ``activation_hash`` is that of the code by which a use is consented to, empty for a seal without one; at a rollover
    the code that is on file stays. The certificate's chain may hold more than its issuers.
    """

    name: str
    owner: Owner
    held: HeldKey
    activation_hash: str = ""
    takeover: Takeover = Takeover.NEVER


def register_key(
    registration: Registration, *, uow: UnitOfWork, clock: Clock, operator: str, anchors: TrustAnchors
) -> Credential:
    """Put the key on file; doing it again changes nothing. Of the chain those that lead to an anchor are kept.

    Raises :class:`UnknownName` for an account that is no signatory's and an agency that is not there,
    :class:`certs.errors.CertificateUnfit` as :func:`issuance.own_tokens.enrol`, and :class:`CredentialExists` for a
    name that is taken by another key, or at a rollover by another owner.
    """
    now = clock.now()
    certificate = demand_trusted(registration.held.certificate, anchors=anchors, at=now)
    with uow() as register:
        wanted = _wanted(registration, certificate, agency=_agency_of(register, registration.owner))
        found = register.credential(wanted.name)
        if found == wanted:
            return found
        activation_hash = registration.activation_hash
        facts = {"credential": wanted.name, "owner": registration.owner.name, "key": registration.held.key}
        facts["certificate_sha256"] = certificate.sha256
        if found is not None:
            _demand_rollover(found, wanted, registration.takeover)
            activation_hash = register.activation_hash(wanted.name) or ""
            facts["replaced_sha256"] = found.certificate.sha256
        register.add_credential(wanted, activation_hash=activation_hash)
        register.append_audit(AuditEvent(now, operator, "credential.registered", None, facts))
    return wanted


def _wanted(registration: Registration, certificate: SigningCertificate, *, agency: str) -> Credential:
    owner = registration.owner
    return Credential(
        name=registration.name,
        agency=agency,
        purpose=owner.purpose,
        holder=owner.name if owner.purpose is Purpose.SIGNATURE else None,
        key=registration.held.key,
        algorithm=registration.held.algorithm,
        certificate=certificate,
    )


def _agency_of(register: Repositories, owner: Owner) -> str:
    if owner.purpose is Purpose.SEAL:
        if register.agency(owner.name) is None:
            raise UnknownName(kind="agency", name=owner.name)
        return owner.name
    official = register.account(owner.name)
    if official is None or Role.SIGNATORY not in official.roles:
        raise UnknownName(kind="signatory", name=owner.name)
    return official.agency


def _demand_rollover(found: Credential, wanted: Credential, takeover: Takeover) -> None:
    if takeover is Takeover.NEVER:
        raise CredentialExists(name=found.name, reason="it stands for another key")
    same_but_for_the_key = replace(
        found, key=wanted.key, algorithm=wanted.algorithm, certificate=wanted.certificate, withdrawn_at=None
    )
    if found.key is None or same_but_for_the_key != wanted:
        raise CredentialExists(name=found.name, reason="it is somebody else's, or on a token of their own")
