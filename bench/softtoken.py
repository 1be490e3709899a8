"""A SoftHSM token with one RSA-2048 key in a temporary folder, opened in this very process.

In the service a key is used in a child of the signer process; here the call is made where the clock runs, so that the
cost of a signature and of the device's own ``C_Sign`` are read alike.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pkcs11
from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from certs.demonstration import CertificateKind, issue_certificate
from hsm.breaker import PersonPresent
from hsm.pin import Pin
from hsm.protocol import Access
from hsm.provisioning import (
    TokenAccess,
    certificate_signing_request,
    generate_rsa_key,
    import_certificate,
    initialise_softhsm_token,
)
from hsm.token import Token
from signing.prepared import SignatureValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hsm.uri import Pkcs11Uri

LABEL = "bench"


@dataclass(frozen=True, slots=True)
class SoftToken:
    """Where the token is and what it holds."""

    access: TokenAccess
    key: Pkcs11Uri
    certificate: SigningCertificate

    def sendable(self) -> SoftToken:
        """The same without the parsed certificate, which cannot travel to another process."""
        certificate = SigningCertificate(der=self.certificate.der, chain=self.certificate.chain)
        return replace(self, certificate=certificate)

    def open(self) -> OpenToken:
        """Log in, in this process, which can do so for one token in its life (SoftHSM reads its folder once)."""
        os.environ.update(self.access.environment)
        token = Token.open(self.access.uri, pin=self.access.pin, breaker=PersonPresent(), access=Access.SIGN)
        return OpenToken(token=token, key=self.key)


@dataclass(frozen=True, slots=True)
class OpenToken:
    """The product's way to a signature, and beside it the bare call."""

    token: Token
    key: Pkcs11Uri

    def sign(self, dtbs: bytes) -> SignatureValue:
        """A value that was verified, as :class:`hsm.token.Token` gives it."""
        value = self.token.sign(self.key, dtbs=dtbs, algorithm=SignatureAlgorithm.RSA_SHA256)
        return SignatureValue(value.octets)

    def raw(self) -> Callable[[], bytes]:
        """One ``C_Sign`` over some signed attributes and nothing else: no search, no check."""
        private = self.token.private_key(self.key)
        if not isinstance(private, pkcs11.SignMixin):
            raise TypeError
        dtbs = secrets.token_bytes(256)
        return lambda: bytes(private.sign(dtbs, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))


def make_token(folder: Path, *, authority: Path) -> SoftToken:
    """A fresh token with a key, and beside it its certificate of the demonstration authority and the issuers."""
    access = initialise_softhsm_token(
        directory=folder, label=LABEL, so_pin=Pin(secrets.token_hex(4)), pin=Pin(secrets.token_hex(4))
    )
    key = generate_rsa_key(access, label=LABEL, bits=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Người Ký Mẫu")])
    certificate = issue_certificate(
        authority,
        csr_der=certificate_signing_request(access, label=LABEL, subject=name),
        common_name="Người Ký Mẫu",
        organization="Cơ quan mẫu",
        title=None,
        kind=CertificateKind.SIGNATURE,
    )
    import_certificate(access, label=LABEL, certificate=certificate.der, chain=certificate.chain)
    return SoftToken(access=access, key=key.uri, certificate=certificate)
