"""The vectors as files, for other validators: each file, what its verifier knows from elsewhere, and the anchor."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from tests.vectors.catalogue import VECTORS, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from certs.revocation import RevocationInfo
    from tests.vectors.chamber import Chamber
    from tests.vectors.vector import Case

TRUST, _KNOWN = "trust", "known"


def write_files(chamber: Chamber, directory: Path) -> Mapping[str, tuple[Case, tuple[Path, ...]]]:
    """Write all of them; answers, by the vector's name, what it is made of and the files of what is known.

    The vector itself is ``NAME.pdf`` with its text in ``NAME.toml``; the anchor lies in the folder ``trust``.
    """
    put(directory / TRUST / "root.pem", _pem(chamber.anchors.signing[0]))
    written = {}
    for vector in VECTORS:
        case = vector.make(chamber)
        known = tuple(sorted(write_known(case.known, directory / _KNOWN)))
        put(directory / f"{vector.name}.pdf", case.pdf)
        names = "".join(f'# known: "{path.name}"\n' for path in known)
        put(directory / f"{vector.name}.toml", (text(vector) + names).encode())
        written[vector.name] = (case, known)
    return written


def put(path: Path, content: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_known(known: RevocationInfo, directory: Path) -> Iterator[Path]:
    """Certificates and revocation data, once each."""
    for kind, ders in (("crt", known.certificates), ("ocsp", known.ocsps), ("crl", known.crls)):
        for der in ders:
            path = directory / f"{hashlib.sha256(der).hexdigest()[:16]}.{kind}"
            put(path, der)
            yield path


def _pem(der: bytes) -> bytes:
    return load_der_x509_certificate(der).public_bytes(Encoding.PEM)
