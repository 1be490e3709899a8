"""The demonstration authority as a folder: made once, then opened by whoever issues, revokes or answers.

``authority.json`` is written last; a folder without it was never finished and is made again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from certs.certificate import SigningCertificate
from certs.demonstration.certificates import (
    CertificateKind,
    Issuer,
    holder_certificate,
    issuing_certificate,
    ocsp_certificate,
    root_certificate,
    timestamping_certificate,
)
from certs.demonstration.register import Register
from certs.errors import CertificateUnreadable

if TYPE_CHECKING:
    from pathlib import Path

ROOT, ISSUING, OCSP = "root", "ca", "ocsp"
TSA_ROOT, TSA = "tsa-root", "tsa"


@dataclass(frozen=True, slots=True)
class Authority:
    """Everything that the responders need: the issuers with their keys, the two signers, and the register."""

    root: Issuer
    issuing: Issuer
    ocsp: Issuer
    tsa_root: Issuer
    tsa: Issuer
    register: Register

    @property
    def all(self) -> tuple[Issuer, ...]:
        """The five, each under its name."""
        return (self.root, self.issuing, self.ocsp, self.tsa_root, self.tsa)


def make_authority(directory: Path, *, responder_url: str) -> None:
    """Make the whole infrastructure in the folder, with ``trust/`` and ``trust/tsa/`` for those who rely on it.

    Does nothing where it is already there. ``responder_url`` (``http://127.0.0.1:PORT``) is written into the
    certificates; raises ``RuntimeError`` where the folder was made for another one.
    """
    url = responder_url.rstrip("/")
    known = responder_url_of(directory)
    if known == url:
        return
    if known is not None:
        msg = f"{directory} answers at {known}, not at {url}; serve it there, or make it anew in another folder"
        raise RuntimeError(msg)
    for folder in (directory / "keys", directory / "certificates", directory / "trust" / "tsa"):
        folder.mkdir(parents=True, exist_ok=True)
    (directory / "keys").chmod(0o700)
    (directory / "register.jsonl").unlink(missing_ok=True)
    _make(directory, url=url, at=_now())
    _write_whole(directory / "authority.json", json.dumps({"responder_url": url}).encode())


def responder_url_of(directory: Path) -> str | None:
    """The address for which the folder was made, or None where it holds no finished authority."""
    try:
        return str(json.loads((directory / "authority.json").read_bytes())["responder_url"])
    except FileNotFoundError:
        return None


def open_authority(directory: Path) -> Authority:
    """The authority in this folder; raises ``RuntimeError`` where there is none."""
    url = responder_url_of(directory)
    if url is None:
        msg = f"{directory} holds no demonstration authority; call make_authority first"
        raise RuntimeError(msg)
    return Authority(
        root=_open(directory, name=ROOT, url=url),
        issuing=_open(directory, name=ISSUING, url=url),
        ocsp=_open(directory, name=OCSP, url=url),
        tsa_root=_open(directory, name=TSA_ROOT, url=url),
        tsa=_open(directory, name=TSA, url=url),
        register=Register(directory / "register.jsonl"),
    )


def issue_certificate(
    directory: Path, *, csr_der: bytes, common_name: str, organization: str, title: str | None, kind: CertificateKind
) -> SigningCertificate:
    """A certificate for the key of a PKCS#10 request, with the issuing CA as its chain.

    The subject is what the arguments say, never what the request says; for a seal ``common_name`` is the agency.
    Raises :class:`CertificateUnreadable` where the request is none, or not signed by its own key.
    """
    try:
        request = x509.load_der_x509_csr(csr_der)
        signed_by_itself = request.is_signature_valid
        key = request.public_key()
    except ValueError as error:
        raise CertificateUnreadable(str(error)) from error
    if not signed_by_itself:
        msg = "the certificate request is not signed by its own key"
        raise CertificateUnreadable(msg)
    authority = open_authority(directory)
    now = _now()
    certificate = holder_certificate(
        key,
        issuer=authority.issuing,
        ocsp_url=f"{authority.issuing.responder_url}/ocsp",
        subject=_holder_name(common_name=common_name, organization=organization, title=title),
        kind=kind,
        at=now,
    )
    authority.register.add_issued(issuer=ISSUING, certificate=certificate, at=now)
    chain = (authority.issuing.certificate.public_bytes(Encoding.DER),)
    return SigningCertificate(der=certificate.public_bytes(Encoding.DER), chain=chain)


def revoke(directory: Path, *, serial: int, reason: x509.ReasonFlags, at: datetime) -> None:
    """Take back a certificate; the running responders say so from the next request on.

    Raises ``ValueError`` where no such serial number was issued.
    """
    register = Register(directory / "register.jsonl")
    issuers = register.entries().issuers_of(serial)
    if not issuers:
        msg = f"no certificate with the serial number {serial:x} was issued here"
        raise ValueError(msg)
    register.add_revoked(issuer=issuers[0], serial_number=serial, reason=reason, at=at)


def _make(directory: Path, *, url: str, at: datetime) -> None:
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in (ROOT, ISSUING, OCSP, TSA_ROOT, TSA)}
    root = Issuer(root_certificate(keys[ROOT], common_name="CA gốc MẪU - Ký Số", at=at), keys[ROOT], url, ROOT)
    issuing = Issuer(issuing_certificate(keys[ISSUING].public_key(), issuer=root, at=at), keys[ISSUING], url, ISSUING)
    ocsp = Issuer(ocsp_certificate(keys[OCSP].public_key(), issuer=issuing, at=at), keys[OCSP], url, OCSP)
    tsa_root_certificate = root_certificate(keys[TSA_ROOT], common_name="CA gốc MẪU dấu thời gian - Ký Số", at=at)
    tsa_root = Issuer(tsa_root_certificate, keys[TSA_ROOT], url, TSA_ROOT)
    tsa = Issuer(timestamping_certificate(keys[TSA].public_key(), issuer=tsa_root, at=at), keys[TSA], url, TSA)
    register = Register(directory / "register.jsonl")
    for member, issuer in ((issuing, ROOT), (ocsp, ISSUING), (tsa, TSA_ROOT)):
        register.add_issued(issuer=issuer, certificate=member.certificate, at=at)
    for member in (root, issuing, ocsp, tsa_root, tsa):
        _save(directory, member)
    for member, place in ((root, "trust"), (tsa_root, "trust/tsa")):
        pem = member.certificate.public_bytes(Encoding.PEM)
        (directory / place / f"{member.name}.crt").write_bytes(pem)


def _save(directory: Path, member: Issuer) -> None:
    pem = member.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_whole(directory / "keys" / f"{member.name}.pem", pem)
    (directory / "certificates" / f"{member.name}.crt").write_bytes(member.certificate.public_bytes(Encoding.PEM))


def _open(directory: Path, *, name: str, url: str) -> Issuer:
    certificate = x509.load_pem_x509_certificate((directory / "certificates" / f"{name}.crt").read_bytes())
    key = load_pem_private_key((directory / "keys" / f"{name}.pem").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        msg = f"{directory}: the key {name!r} is not one that this authority made"
        raise RuntimeError(msg)  # noqa: TRY004 - the folder is wrong, not the type of an argument
    return Issuer(certificate=certificate, key=key, responder_url=url, name=name)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; it appears complete or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    draft.replace(path)


def _holder_name(*, common_name: str, organization: str, title: str | None) -> x509.Name:
    code = f"MAU-{x509.random_serial_number():x}"[:16].upper()
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, code),
    ]
    if title is not None:
        attributes.insert(2, x509.NameAttribute(NameOID.TITLE, title))
    return x509.Name(attributes)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
