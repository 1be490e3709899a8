"""The product's way to a B-B signature, by itself: who imports this holds nothing that is measured beside it.

The sandbox and the stores are left out.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

from signing.complete import complete
from signing.layout import SIGNATORY_FIELD
from signing.linted import lint
from signing.prepare import prepare
from signing.profiles import Appearance, Certification, SignatureProfile
from signing.source import Source

if TYPE_CHECKING:
    from bench.softtoken import OpenToken, SoftToken
    from certs.certificate import SigningCertificate
    from signing.prepared import Increment

_PIECE = 1 << 20


def signed_bb(
    draft: bytes, *, certificate: SigningCertificate, device: OpenToken, appearance: Appearance | None
) -> bytes:
    """From a draft to a signed file, both in memory."""
    source = Source(draft)
    return increment_bb(source, certificate=certificate, device=device, appearance=appearance).onto(draft)


def increment_bb(
    source: Source, *, certificate: SigningCertificate, device: OpenToken, appearance: Appearance | None
) -> Increment:
    """The same without the file itself, which is read and hashed where it lies."""
    profile = SignatureProfile(
        field_name=SIGNATORY_FIELD,
        certification=Certification.FILL_FORMS,
        appearance=appearance,
        claimed_signing_time=datetime.now(UTC),
    )
    prepared = lint(prepare(source, profile=profile, certificate=certificate), base=source).prepared
    return complete(prepared, value=device.sign(prepared.dtbs), token=None)


def sign_file(
    draft: Path, signed: Path, *, certificate: SigningCertificate, device: OpenToken, appearance: Appearance
) -> None:
    """From file to file: the draft is copied while it is hashed, and the increment goes behind the copy."""
    copying = threading.Thread(target=copy, args=(draft, signed))
    copying.start()
    with draft.open("rb") as file:
        increment = increment_bb(Source(file), certificate=certificate, device=device, appearance=appearance)
    copying.join()
    with signed.open("ab") as file:
        file.write(increment.octets)


def append_to_file(path: Path, *, certificate: SigningCertificate, device: OpenToken, appearance: Appearance) -> None:
    """Into the file itself."""
    with path.open("rb") as file:
        increment = increment_bb(Source(file), certificate=certificate, device=device, appearance=appearance)
    with path.open("ab") as file:
        file.write(increment.octets)


def copy(source: Path, target: Path) -> None:
    """The file as a new one; in pieces, which is faster here than the kernel by itself."""
    target.unlink(missing_ok=True)
    with source.open("rb") as file, target.open("wb") as copied:
        copyfileobj(file, copied, _PIECE)


def sign_in_fresh_process(path: str, token: SoftToken, image: bytes) -> None:
    """What a process of its own does, so that its memory can be told."""
    draft = Path(path)
    sign_file(
        draft,
        draft.with_name("large-peak.pdf"),
        certificate=token.certificate,
        device=token.open(),
        appearance=Appearance(image),
    )
