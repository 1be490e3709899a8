"""The second half of every signature: check the value, then embed it.

No PDF is parsed here: bytes are put into the gap that :mod:`signing.prepare` left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.cms import signature_container
from signing.values import demand_right_value

if TYPE_CHECKING:
    from certs.timestamps import TimeStampToken
    from signing.prepared import Increment, PreparedSignature, PreparedTimestamp, SignatureValue


def complete(prepared: PreparedSignature, *, value: SignatureValue, token: TimeStampToken | None) -> Increment:
    """Embed the value, and the signature timestamp where there is one (B-T; without it B-B).

    Raises :class:`signing.errors.WrongSignatureValue` before anything is embedded, and
    :class:`signing.errors.ReservedRegionTooSmall`.
    """
    demand_right_value(prepared, value)
    container = signature_container(
        attributes=prepared.signed_attributes,
        value=value.octets,
        certificate=prepared.certificate.der,
        chain=prepared.certificate.chain,
        algorithm=prepared.algorithm,
        timestamp=token.der if token is not None else None,
    )
    return prepared.placeholder.filled(container)


def complete_document_timestamp(prepared: PreparedTimestamp, *, token: TimeStampToken) -> Increment:
    """Embed a token over the document's digest; the caller has checked the token (``Timestamper`` does)."""
    if token.message_imprint != prepared.document_digest:
        msg = "the token belongs to another document"
        raise RuntimeError(msg)
    return prepared.placeholder.filled(token.der)
