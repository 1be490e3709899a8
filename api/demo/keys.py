"""The demonstration's keys and certificates: made where they are missing, found again where they are there.

Two SoftHSM tokens stand for what an agency really has: the official's own token and the one that holds the agency's
seal. The keys are generated on them and cannot leave them. A certificate that the present authority did not issue, or
that soon expires, is replaced, so that a home folder works again after its ``pki`` was removed.
"""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.certificate import SigningCertificate
from certs.demonstration import CertificateKind, issue_certificate, make_authority, responder_url_of
from certs.demonstration.authority import open_authority
from hsm import provisioning
from hsm.inventory import KeyDescription, KeyKind
from hsm.pin import Pin, read_pin, write_pin_file
from hsm.provisioning import SOFTHSM_MODULE, TokenAccess
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from datetime import datetime

# Below the range that the system hands out to outgoing connections (ip_local_port_range), so that the port that the
# certificates name is still free at the next start.
_PORTS = range(20_000, 30_000)
_RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who gets a key and a certificate on a token; ``name`` names the key, ``pin`` the token's PIN file."""

    name: str
    token: str
    pin: str
    common_name: str
    organization: str
    title: str | None
    kind: CertificateKind
    key: KeyKind = KeyKind.RSA_3072


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key on a token with its certificate and chain; ``token`` tells the signer where module and PIN are."""

    token: Pkcs11Uri
    key: Pkcs11Uri
    certificate: SigningCertificate


@dataclass(frozen=True, slots=True)
class DemonstrationPki:
    """The folder of the demonstration authority and where it answers."""

    directory: Path
    responder_url: str

    @property
    def trust(self) -> Path:
        """The folder of anchors."""
        return self.directory / "trust"

    def settings(self) -> dict[str, str]:
        """What those who sign and validate with this PKI need in their environment."""
        return {
            "KYSO_TRUST_DIR": str(self.trust),
            "KYSO_TSA_URLS": f"{self.responder_url}/tsa",
            "KYSO_ONLINE_ALLOWED": urlsplit(self.responder_url).netloc,
        }


def responder_port(pki: Path) -> int:
    """The port that the certificates of this folder name, or a free one where there are none yet."""
    known = responder_url_of(pki)
    port = urlsplit(known).port if known is not None else None
    return port if port is not None else _free_port()


def hold_pki(pki: Path, *, port: int) -> DemonstrationPki:
    """The authority in this folder, made if it is missing.

    Raises ``RuntimeError`` where the folder's certificates name another port.
    """
    url = f"http://127.0.0.1:{port}"
    make_authority(pki, responder_url=url)
    return DemonstrationPki(directory=pki, responder_url=url)


def hold_key(holder: Holder, *, pki: DemonstrationPki, softhsm: Path, pins: Path, at: datetime) -> HeldKey:
    """The holder's token, key and certificate: whichever is missing is made.

    Raises :class:`hsm.errors.HsmError` where the token cannot be used.
    """
    access = _token(holder, softhsm=softhsm, pins=pins)
    held = [key for key in provisioning.inventory(access).keys if key.uri.object == holder.name]
    key = held[0] if held else provisioning.generate_key(access, kind=holder.key, label=holder.name)
    certificate = _still_good(key, pki=pki, at=at)
    if certificate is None:
        request = provisioning.certificate_signing_request(access, label=holder.name, subject=_subject(holder))
        certificate = issue_certificate(
            pki.directory,
            csr_der=request,
            common_name=holder.common_name,
            organization=holder.organization,
            title=holder.title,
            kind=holder.kind,
        )
        provisioning.import_certificate(access, label=holder.name, certificate=certificate.der, chain=certificate.chain)
    return HeldKey(token=access.uri, key=key.uri, certificate=certificate)


def _token(holder: Holder, *, softhsm: Path, pins: Path) -> TokenAccess:
    """The PIN is written before the token is made, so that no token is ever left behind with a PIN nobody knows."""
    file = pins / f"{holder.pin}.pin"
    pins.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        write_pin_file(file, Pin(secrets.token_hex(8)))
    uri = Pkcs11Uri(token=holder.token, module_path=SOFTHSM_MODULE, pin_source=f"file:{file}")
    pin = read_pin(uri, {})
    environment = provisioning.configure_softhsm(softhsm)
    known = provisioning.tokens(SOFTHSM_MODULE, environment)
    serials = [identity.serial for identity in known if identity.label == holder.token]
    if not serials:
        officer = Pin(secrets.token_hex(8))
        made = provisioning.initialise_softhsm_token(directory=softhsm, label=holder.token, so_pin=officer, pin=pin)
        return replace(made, uri=replace(made.uri, pin_source=uri.pin_source))
    return TokenAccess(uri=replace(uri, serial=serials[0]), pin=pin, environment=environment)


def _still_good(key: KeyDescription, *, pki: DemonstrationPki, at: datetime) -> SigningCertificate | None:
    """The certificate on the token, with its chain, if the present authority issued it and it lasts a while."""
    if key.certificate is None:
        return None
    found = x509.load_der_x509_certificate(key.certificate)
    issuer = open_authority(pki.directory).issuing.certificate
    try:
        found.verify_directly_issued_by(issuer)
    except (ValueError, InvalidSignature):
        return None
    if found.not_valid_after_utc - at < _RENEW_BEFORE:
        return None
    return SigningCertificate(der=key.certificate, chain=(issuer.public_bytes(Encoding.DER),))


def _subject(holder: Holder) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder.common_name)])


def _free_port() -> int:
    """A port that nobody listens on at this moment."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
