"""Certificates of keys that officials keep on tokens of their own: enrolled by the operator, bound to one account.

A value from outside proves only that somebody holds the key; that this somebody is the official, enrolment says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from certs.algorithms import SignatureAlgorithm
from certs.errors import CertificateUnfit
from certs.paths import load_readable, path_to_anchor
from certs.weak_keys import weakness_of
from issuance.competence import demand_not_withdrawn, demand_role, demand_turn, open_signatory
from issuance.documents import Purpose
from issuance.errors import CertificateNotEnrolled, UnknownName
from issuance.ports import AuditEvent, Credential, Role

if TYPE_CHECKING:
    from datetime import datetime

    from certs.anchors import TrustAnchors
    from certs.certificate import SigningCertificate
    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork

_BY_CURVE = {
    "secp256r1": SignatureAlgorithm.ECDSA_SHA256,
    "secp384r1": SignatureAlgorithm.ECDSA_SHA384,
    "secp521r1": SignatureAlgorithm.ECDSA_SHA512,
}


def enrol(
    *,
    uow: UnitOfWork,
    clock: Clock,
    operator: str,
    account: str,
    certificate: SigningCertificate,
    anchors: TrustAnchors,
) -> Credential:
    """Put the certificate on file for the official; doing it again changes nothing.

    Its chain may hold more than its issuers; those that lead to an anchor are kept.

    Raises :class:`UnknownName` for an account that is no signatory's, and :class:`certs.errors.CertificateUnfit` for a
    certificate that may not sign now, has a weak key, or leads to no anchor.
    """
    now = clock.now()
    trusted = demand_trusted(certificate, anchors=anchors, at=now)
    name = _name(account, certificate)
    with uow() as register:
        official = open_signatory(register, account)
        if official is None:
            raise UnknownName(kind="signatory", name=account)
        enrolled = register.credential(name)
        if enrolled is not None:
            return enrolled
        enrolled = Credential(
            name=name,
            agency=official.agency,
            purpose=Purpose.SIGNATURE,
            holder=account,
            key=None,
            algorithm=algorithm_for(certificate),
            certificate=trusted,
        )
        register.add_credential(enrolled, activation_hash="")
        facts = {"credential": name, "account": account, "certificate_sha256": certificate.sha256}
        register.append_audit(AuditEvent(now, operator, "credential.enrolled", None, facts))
    return enrolled


def demand_trusted(certificate: SigningCertificate, *, anchors: TrustAnchors, at: datetime) -> SigningCertificate:
    """The certificate with those of its chain that lead to an anchor.

    Raises :class:`certs.errors.CertificateUnfit` where it may not sign now, has a weak key, or leads to no anchor.
    """
    certificate.demand_fit_to_sign(at=at)
    weakness = weakness_of(certificate.x509.public_key())
    if weakness is not None:
        raise CertificateUnfit(subject=certificate.subject, reason=f"its key is weak: {weakness}")
    issuers, trusted = load_readable(certificate.chain), load_readable(anchors.signing)
    path = path_to_anchor(certificate.x509, candidates=issuers, anchors=trusted, at=at)
    if path is None:
        raise CertificateUnfit(subject=certificate.subject, reason="no trusted path leads from it to an anchor")
    return replace(certificate, chain=tuple(issuer.public_bytes(Encoding.DER) for issuer in path[1:-1]))


def withdraw(*, uow: UnitOfWork, clock: Clock, operator: str, name: str) -> Credential:
    """Take a credential back: nothing is signed with it any more; what was signed stays signed.

    Raises :class:`UnknownName`.
    """
    now = clock.now()
    with uow() as register:
        found = register.credential(name)
        if found is None:
            raise UnknownName(kind="credential", name=name)
        if found.withdrawn_at is not None:
            return found
        register.withdraw_credential(name, at=now)
        register.append_audit(AuditEvent(now, operator, "credential.withdrawn", None, {"credential": name}))
    return replace(found, withdrawn_at=now)


def usable_credentials(*, uow: UnitOfWork, actor: Account) -> tuple[Credential, ...]:
    """What the actor may sign with, and a clerk seal with."""
    with uow() as register:
        found = [one for one in register.credentials() if one.agency == actor.agency and one.withdrawn_at is None]
    seals = Role.CLERK in actor.roles
    return tuple(one for one in found if one.holder == actor.id or (seals and one.purpose is Purpose.SEAL))


def own_token(
    register: Repositories, certificate: SigningCertificate, *, actor: Account, document: Document
) -> Credential:
    """The official's own credential with this certificate, for a document that waits for this official.

    Raises :class:`issuance.errors.NotCompetent` and :class:`CertificateNotEnrolled`.
    """
    demand_role(actor, Role.SIGNATORY)
    demand_turn(document, actor=actor)
    found = register.credential(_name(actor.id, certificate))
    if found is None or found.certificate.der != certificate.der or found.agency != actor.agency:
        raise CertificateNotEnrolled
    demand_not_withdrawn(found)
    return found


def algorithm_for(certificate: SigningCertificate) -> SignatureAlgorithm:
    """What a token with this key is asked for: the algorithms that every token and reader knows."""
    key = certificate.x509.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _BY_CURVE[key.curve.name]
    return SignatureAlgorithm.ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else SignatureAlgorithm.RSA_SHA256


def _name(account: str, certificate: SigningCertificate) -> str:
    """One credential for each certificate, so that a renewed one is another."""
    return f"{account}:{certificate.sha256[:32]}"
