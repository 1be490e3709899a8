"""Files with certificates that an operator names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.certificate import certificates_from_bytes
from certs.errors import CertificateUnreadable

if TYPE_CHECKING:
    from pathlib import Path


def certificates_in(file: Path) -> tuple[bytes, ...]:
    """Every certificate in a PEM or DER file, as DER, in its order; raises :class:`CertificateUnreadable`, OSError."""
    try:
        return certificates_from_bytes(file.read_bytes())
    except CertificateUnreadable as error:
        msg = f"{file} holds no certificate that can be read"
        raise CertificateUnreadable(msg) from error
