"""What other people's programs say of a signed PDF: OpenSSL, poppler's pdfsig, qpdf, zbar."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
from asn1crypto import cms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SignatureInFile:
    """One filled signature field as the bytes say it: the covered bytes and the DER of ``/Contents``."""

    field_name: str
    sub_filter: str
    covered: bytes
    container: bytes

    @property
    def signature_timestamp(self) -> bytes | None:
        """The DER of the signature timestamp token in the unsigned attributes, if there is one."""
        signer = cms.ContentInfo.load(self.container)["content"]["signer_infos"][0]
        for attribute in signer["unsigned_attrs"]:
            if attribute["type"].native == "signature_time_stamp_token":
                return bytes(attribute["values"][0].dump())
        return None

    @property
    def signature_value(self) -> bytes:
        """The octets that the device answered."""
        return bytes(cms.ContentInfo.load(self.container)["content"]["signer_infos"][0]["signature"].native)


def signatures_in(pdf: bytes) -> list[SignatureInFile]:
    """Every filled signature field, in the order of the fields, read with pypdf."""
    found = []
    for name, field in (pypdf.PdfReader(BytesIO(pdf)).get_fields() or {}).items():
        value = field.get("/V")
        if field.get("/FT") != "/Sig" or value is None:
            continue
        value = value.get_object()
        a, b, c, d = value["/ByteRange"]
        padded = bytes.fromhex(pdf[a + b + 1 : c - 1].decode())
        found.append(
            SignatureInFile(
                field_name=name,
                sub_filter=value["/SubFilter"],
                covered=pdf[a : a + b] + pdf[c : c + d],
                container=cms.ContentInfo.load(padded, strict=False).dump(),
            )
        )
    return found


def run(command: Sequence[str | Path], *, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it says."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def openssl_accepts_signature(signature: SignatureInFile, *, anchors: Path, folder: Path) -> str | None:
    """None where ``openssl cms -verify`` accepts the signature over the byte range, else what it said."""
    (folder / "covered").write_bytes(signature.covered)
    (folder / "container").write_bytes(signature.container)
    command = "openssl cms -verify -binary -inform DER -in container -content covered -purpose any -out out -CAfile"
    answer = run([*command.split(), anchors], cwd=folder)
    return None if answer.returncode == 0 else answer.stderr


def openssl_accepts_token(token: bytes, *, over: bytes, anchors: Path, folder: Path) -> str | None:
    """None where ``openssl ts -verify`` accepts the token over these bytes, else what it said."""
    (folder / "token").write_bytes(token)
    (folder / "stamped").write_bytes(over)
    answer = run(
        [*["openssl", "ts", "-verify", "-token_in", "-in", "token", "-data", "stamped", "-CAfile"], anchors], cwd=folder
    )
    return None if answer.returncode == 0 and "OK" in answer.stdout + answer.stderr else answer.stderr


def qpdf_complains(pdf: Path) -> str | None:
    """None where ``qpdf --check`` finds nothing wrong, else what it said."""
    answer = run(["qpdf", "--check", pdf])
    return None if answer.returncode == 0 else answer.stdout + answer.stderr


def pdfsig_verdicts(pdf: Path) -> list[str]:
    """What poppler says of each signature it knows, in order."""
    said = run(["pdfsig", "-nocert", pdf]).stdout
    return [line.split(":", 1)[1].strip() for line in said.splitlines() if "Signature Validation:" in line]


def page_picture(pdf: Path, *, page: int, folder: Path, resolution: int = 150) -> Path:
    """The page as a PNG, drawn by poppler."""
    prefix = folder / f"{pdf.stem}-{page}"
    span = ["-f", str(page), "-l", str(page)]
    answer = run(["pdftoppm", "-r", str(resolution), *span, "-png", "-singlefile", pdf, prefix])
    if answer.returncode != 0:
        raise AssertionError(answer.stderr)
    return prefix.with_suffix(".png")


def codes_in(picture: Path) -> list[str]:
    """The texts of all QR codes that zbar reads in the picture."""
    return run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture]).stdout.split()
