"""The token that an official keeps: SoftHSM in a folder that no signer knows, and the programs that reach it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.demonstration.authority import issue_certificate
from certs.demonstration.certificates import CertificateKind
from hsm import provisioning
from hsm.inventory import KeyKind
from hsm.pin import Pin
from signing.layout import SIGNATORY_FIELD

if TYPE_CHECKING:
    from certs.certificate import SigningCertificate

_PROGRAM = Path(__file__).with_name("own_token_program.py")
_LABEL = "chu-ky-rieng"


@dataclass(frozen=True)
class OwnToken:
    """A token with one key and its certificate."""

    access: provisioning.TokenAccess
    certificate: SigningCertificate

    @property
    def pasted(self) -> str:
        """The certificate as a program sends it."""
        return base64.b64encode(self.certificate.der).decode()

    def value(self, digest: bytes) -> bytes:
        """A small agent that signs digests: ECDSA comes as ``r || s``."""
        return self._ask(kind="value", digest=digest.hex())

    def container(self, digest: bytes) -> bytes:
        """A program that makes a whole CMS object for a document's digest."""
        return self._ask(kind="cms", digest=digest.hex())

    def signed(self, pdf: bytes, *, folder: Path, field: str = SIGNATORY_FIELD, room: int = 32_768) -> bytes:
        """A program that signs whole files; ``room`` is in hexadecimal digits."""
        file = folder / "waiting.pdf"
        file.write_bytes(pdf)
        return self._ask(kind="pdf", file=str(file), field=field, room=str(room))

    def _ask(self, **order: str) -> bytes:
        uri = self.access.uri
        known = {
            "module": str(uri.module_path),
            "token": str(uri.token),
            "pin": self.access.pin.secret,
            "key": _LABEL,
            "certificate": self.certificate.der.hex(),
        }
        finished = subprocess.run(
            [sys.executable, str(_PROGRAM)],
            input=json.dumps(known | order),
            env={**os.environ, **self.access.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert finished.returncode == 0, finished.stderr
        return bytes.fromhex(finished.stdout)


def own_token(folder: Path, *, authority: Path, name: str = "Lãnh Đạo Mẫu", kind: KeyKind = KeyKind.P_256) -> OwnToken:
    """A new token whose certificate the demonstration authority in this folder issued."""
    pin = Pin("654321")
    access = provisioning.initialise_softhsm_token(
        directory=folder, label="Thiet bi rieng", so_pin=Pin("so-654321"), pin=pin
    )
    provisioning.generate_key(access, kind=kind, label=_LABEL)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = provisioning.certificate_signing_request(access, label=_LABEL, subject=subject)
    certificate = issue_certificate(
        authority,
        csr_der=request,
        common_name=name,
        organization="Cơ quan mẫu",
        title=None,
        kind=CertificateKind.SIGNATURE,
    )
    return OwnToken(access=access, certificate=certificate)
