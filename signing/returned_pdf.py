"""A whole signed PDF that comes back from outside: nothing is kept of it but the one revision that it may add.

Some programs on officials' computers take a file and give a signed file back. It is held to what is true of our own
revisions: our bytes are an exact prefix, one revision was added, it signs the expected field with the expected
certificate, covers everything, and changes nothing else. Reading it belongs into the sandbox.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing._pyhanko_returned import demand_one_signing_revision, filled_fields, signed_region
from signing.errors import ReturnedUnfit
from signing.prepared import Increment, Placeholder, ReservedRegion, demand_increment
from signing.returned_cms import demand_container

if TYPE_CHECKING:
    from certs.algorithms import SignatureAlgorithm
    from certs.certificate import SigningCertificate


@dataclass(frozen=True, slots=True)
class ReturnedSignature:
    """The revision that a file added, with its gap emptied, and what stood in the gap."""

    placeholder: Placeholder
    document_digest: bytes
    container: bytes


def accept_signed_pdf(
    returned: bytes,
    *,
    base: bytes,
    field_name: str,
    certificate: SigningCertificate,
    algorithm: SignatureAlgorithm,
) -> ReturnedSignature:
    """What the file adds to ``base``; the validator has still to pass it, as it has to pass our own.

    Raises :class:`signing.errors.RevisionBroken`, :class:`signing.errors.ReturnedUnfit`,
    :class:`signing.errors.WrongSignatureValue`, and :class:`signing.errors.DocumentUnfit` for what cannot be read.
    """
    # 1. Our bytes, and something behind them.
    demand_increment(old=base, new=returned)
    # 2. One new signature, in the field that was waiting for it.
    if filled_fields(returned) - filled_fields(base) != {field_name}:
        raise ReturnedUnfit(reason="it is not the expected field that was signed")
    # 3. One revision, which changes nothing else.
    demand_one_signing_revision(returned, base=base, field_name=field_name)
    # 4. Everything is covered but the signature itself, which lies in the new revision.
    region = signed_region(returned, field_name=field_name)
    if region.start < len(base):
        raise ReturnedUnfit(reason="the signature lies outside of the new revision")
    # 5. The expected certificate signed these very bytes.
    signature = emptied(returned, base=base, region=region, algorithm=algorithm)
    demand_container(
        signature.container,
        document_digest=signature.document_digest,
        certificate=certificate,
        algorithm=algorithm,
    )
    return signature


def emptied(
    returned: bytes, *, base: bytes, region: ReservedRegion, algorithm: SignatureAlgorithm
) -> ReturnedSignature:
    """The file taken apart at the region; :class:`signing.errors.ReturnedUnfit` where no CMS object lies there."""
    container = _unpadded(returned[region.start : region.end])
    whole = Placeholder(Increment(len(base), returned[len(base) :]), region)
    covered = hashlib.new(algorithm.digest.value, base)
    for piece in whole.pieces():
        covered.update(piece)
    placeholder = Placeholder(whole.filled(b""), region)
    return ReturnedSignature(placeholder=placeholder, document_digest=covered.digest(), container=container)


def _unpadded(contents: bytes) -> bytes:
    """The DER object within the hexadecimal string, whose length it tells itself (ISO 32000-2, 12.8.3.3)."""
    try:
        padded = bytes.fromhex(contents[1:-1].decode("ascii"))
        head = padded[1]
        octets = head & 0x7F if head & 0x80 else 0
        length = int.from_bytes(padded[2 : 2 + octets]) if octets else head
    except (ValueError, IndexError) as error:
        raise ReturnedUnfit(reason="the signature is no hexadecimal string") from error
    end = 2 + octets + length
    if any(padded[end:]):
        raise ReturnedUnfit(reason="something is hidden behind the CMS object")
    return padded[:end]
