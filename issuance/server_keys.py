"""Keys that the service's own HSM holds, put on file: an official's, or the agency's for its seal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.competence import open_signatory
from issuance.documents import Purpose
from issuance.errors import CredentialExists, UnknownName
from issuance.own_tokens import demand_trusted
from issuance.ports import AuditEvent, Credential

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


@dataclass(frozen=True, slots=True)
class Registration:
    """What is to be put on file under ``name``.

    ``activation_hash`` is that of the code by which a use is consented to, empty for a seal without one. The
    certificate's chain may hold more than its issuers.
    """

    name: str
    owner: Owner
    held: HeldKey
    activation_hash: str = ""


def register_key(
    registration: Registration, *, uow: UnitOfWork, clock: Clock, operator: str, anchors: TrustAnchors
) -> Credential:
    """Put the key on file; doing it again changes nothing. Of the chain those that lead to an anchor are kept.

    Raises :class:`UnknownName` for an account that is no signatory's and an agency that is not there,
    :class:`certs.errors.CertificateUnfit` as :func:`issuance.own_tokens.enrol`, and :class:`CredentialExists` for a
    name that stands for another key: signatures that were made with it are proven by its certificate.
    """
    now = clock.now()
    certificate = demand_trusted(registration.held.certificate, anchors=anchors, at=now)
    with uow() as register:
        wanted = _wanted(registration, certificate, agency=_agency_of(register, registration.owner))
        found = register.credential(wanted.name)
        if found == wanted:
            return found
        if found is not None:
            raise CredentialExists(name=wanted.name)
        register.add_credential(wanted, activation_hash=registration.activation_hash)
        facts = {"credential": wanted.name, "owner": registration.owner.name, "key": registration.held.key}
        facts["certificate_sha256"] = certificate.sha256
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
    official = open_signatory(register, owner.name)
    if official is None:
        raise UnknownName(kind="signatory", name=owner.name)
    return official.agency
