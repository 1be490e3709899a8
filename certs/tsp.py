"""The Time-Stamp Protocol as bytes: requests written, requests, responses and tokens read (RFC 3161, RFC 5816).

Reading is strict DER. The two places where authorities in the field stray from it are read leniently, because what is
signed does not depend on them: the order of the certificates in the CMS, and trailing zeros in ``genTime``.
Nothing here is believed: :mod:`certs.timestamp_trust` judges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from certs import _tsp_asn1 as shapes
from certs import der
from certs.algorithms import DigestAlgorithm
from certs.errors import TimestampUnreadable
from certs.identifiers import DIGEST_OIDS, digest_identifier_with_null

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat import asn1

DIGEST_NAMES = {oid: digest.value for digest, oid in DIGEST_OIDS.items()}
"""Digest algorithms that a token, or what it covers, may use; SHA-1 proves nothing any more (ETSI TS 119 312)."""

SHA256 = DIGEST_OIDS[DigestAlgorithm.SHA256]
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"

GRANTED = frozenset({0, 1})
"""``PKIStatus`` granted and grantedWithMods (RFC 3161, 2.4.2)."""

_SET = 0x31
_GENERALIZED_TIME = re.compile(rb"(\d{14})(?:\.(\d{1,9}))?Z")


@dataclass(frozen=True, slots=True)
class TimeStampRequest:
    """What a client asks: a digest (``algorithm`` is a dotted OID) and how it wants its answer."""

    imprint_algorithm: str
    message_imprint: bytes
    policy: str | None
    nonce: int | None
    wants_certificates: bool


@dataclass(frozen=True, slots=True)
class TimeStampResponse:
    """``PKIStatus`` with the authority's words, the bits of ``PKIFailureInfo``, and the token where one was granted."""

    status: int
    explanation: str
    failures: frozenset[int]
    token: bytes | None


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier:
    """A dotted OID with the DER of its parameters, or None where they are absent."""

    oid: str
    parameters: bytes | None


@dataclass(frozen=True, slots=True)
class SignerIdentifier:
    """Which certificate signed: DER ``issuer`` and serial, or a subject key identifier (RFC 5652, 5.3)."""

    issuer: bytes | None
    serial_number: int | None
    key_identifier: bytes | None


@dataclass(frozen=True, slots=True)
class TokenContents:
    """Everything a timestamp token says, unjudged.

    ``tst_info`` are the octets that were signed; ``signed_attributes`` is the DER ``SET OF`` as the signature covers
    it (RFC 5652, 5.4); ``attributes`` maps each of them to its only value; ``accuracy`` is None where unstated.
    """

    tst_info: bytes
    policy: str
    imprint_algorithm: str
    message_imprint: bytes
    serial_number: int
    gen_time: datetime
    accuracy: timedelta | None
    nonce: int | None
    certificates: tuple[bytes, ...]
    signer: SignerIdentifier
    digest_algorithm: AlgorithmIdentifier
    signature_algorithm: AlgorithmIdentifier
    signed_attributes: bytes
    attributes: Mapping[str, bytes]
    signature: bytes


def write_request(digest: bytes, *, nonce: int) -> bytes:
    """``TimeStampReq`` for a SHA-256 digest, with the authority's certificates wanted in the answer."""
    imprint = der.sequence(digest_identifier_with_null(DigestAlgorithm.SHA256), der.octet_string(digest))
    return der.sequence(der.integer(1), imprint, der.integer(nonce), der.boolean_true())


def read_request(request: bytes) -> TimeStampRequest:
    """Parse a ``TimeStampReq``; raises :class:`TimestampUnreadable`."""
    parsed = shapes.decode(shapes.Request, request)
    return TimeStampRequest(
        imprint_algorithm=algorithm_identifier(parsed.imprint.algorithm).oid,
        message_imprint=parsed.imprint.digest,
        policy=parsed.policy.dotted_string if parsed.policy else None,
        nonce=parsed.nonce,
        wants_certificates=bool(parsed.cert_req),
    )


def read_response(response: bytes) -> TimeStampResponse:
    """Parse a ``TimeStampResp``; raises :class:`TimestampUnreadable`."""
    parts = shapes.elements(response)
    if not 1 <= len(parts) <= 2:  # noqa: PLR2004 - status and optional token
        msg = "a response holds a status and at most one token"
        raise TimestampUnreadable(msg)
    status = shapes.decode(shapes.Status, shapes.encoded(parts[0]))
    return TimeStampResponse(
        status=status.status,
        explanation=" ".join(status.texts or ()),
        failures=_bits(status.failure),
        token=shapes.encoded(parts[1]) if len(parts) > 1 else None,
    )


@lru_cache(maxsize=32)  # each is read when it comes, when its signer is asked about, and when it is embedded
def read_token(token: bytes) -> TokenContents:
    """Parse a ``TimeStampToken``: SignedData over TSTInfo with exactly one signer and unrepeated signed attributes.

    Raises :class:`TimestampUnreadable`.
    """
    signed = _signed_data(token)
    tst = shapes.decode(shapes.TstInfo, signed.content.content)
    signer = signed.signers.as_list()[0]
    attributes = signer.signed_attributes or []
    return TokenContents(
        tst_info=signed.content.content,
        policy=tst.policy.dotted_string,
        imprint_algorithm=algorithm_identifier(tst.imprint.algorithm).oid,
        message_imprint=tst.imprint.digest,
        serial_number=tst.serial_number,
        gen_time=_time(tst.gen_time),
        accuracy=_accuracy(tst.accuracy),
        nonce=tst.nonce,
        certificates=tuple(shapes.encoded(certificate) for certificate in signed.certificates or ()),
        signer=_signer(signer),
        digest_algorithm=algorithm_identifier(signer.digest_algorithm),
        signature_algorithm=algorithm_identifier(signer.signature_algorithm),
        signed_attributes=der.tlv(_SET, b"".join(shapes.encoded(attribute) for attribute in attributes)),
        attributes=_attribute_values(attributes),
        signature=signer.signature,
    )


def certificate_hashes(attribute: bytes, *, version: str) -> tuple[tuple[str, bytes], ...]:
    """Digest name and hash of each certificate in a signing-certificate attribute value (RFC 5035, 3 and 4).

    ``version`` is the attribute's OID. Raises :class:`TimestampUnreadable`.
    """
    parts = shapes.elements(attribute)
    if not parts:
        msg = "empty signing-certificate attribute"
        raise TimestampUnreadable(msg)
    listed = shapes.elements(shapes.encoded(parts[0]))
    identifiers = [shapes.decode(shapes.EssCertId, shapes.encoded(each)) for each in listed]
    default = "sha256" if version == SIGNING_CERTIFICATE_V2 else "sha1"
    return tuple(
        (
            DIGEST_NAMES.get(algorithm_identifier(each.algorithm).oid, "unknown") if each.algorithm else default,
            each.digest,
        )
        for each in identifiers
    )


def algorithm_identifier(parts: list[asn1.TLV]) -> AlgorithmIdentifier:
    """What stands inside an ``AlgorithmIdentifier``; raises :class:`TimestampUnreadable`."""
    if not 1 <= len(parts) <= 2:  # noqa: PLR2004 - OID and optional parameters
        msg = "an algorithm identifier holds an OID and at most one parameter"
        raise TimestampUnreadable(msg)
    return AlgorithmIdentifier(
        oid=shapes.object_identifier(parts[0]),
        parameters=shapes.encoded(parts[1]) if len(parts) > 1 else None,
    )


def _signed_data(token: bytes) -> shapes.SignedData:
    info = shapes.decode(shapes.ContentInfo, token)
    if info.content_type.dotted_string != SIGNED_DATA:
        msg = "the token is no SignedData"
        raise TimestampUnreadable(msg)
    signed = shapes.decode(shapes.SignedData, shapes.encoded(info.content))
    if signed.content.content_type.dotted_string != TST_INFO:
        msg = "the signed content is no TSTInfo"
        raise TimestampUnreadable(msg)
    if len(signed.signers.as_list()) != 1:
        msg = "a token has exactly one signer (RFC 3161, 2.4.2)"
        raise TimestampUnreadable(msg)
    return signed


def _signer(info: shapes.SignerInfo) -> SignerIdentifier:
    if isinstance(info.signer, bytes):
        return SignerIdentifier(issuer=None, serial_number=None, key_identifier=info.signer)
    return SignerIdentifier(
        issuer=shapes.encoded(info.signer.issuer), serial_number=info.signer.serial_number, key_identifier=None
    )


def _attribute_values(attributes: list[asn1.TLV]) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for each in attributes:
        attribute = shapes.decode(shapes.Attribute, shapes.encoded(each))
        kind = attribute.kind.dotted_string
        if kind in values or len(attribute.values.as_list()) != 1:
            msg = f"signed attribute {kind} is repeated or has not exactly one value"
            raise TimestampUnreadable(msg)
        values[kind] = shapes.encoded(attribute.values.as_list()[0])
    return values


def _bits(named: asn1.BitString | None) -> frozenset[int]:
    octets = named.as_bytes() if named else b""
    return frozenset(8 * place + bit for place, octet in enumerate(octets) for bit in range(8) if octet & 0x80 >> bit)


def _time(element: asn1.TLV) -> datetime:
    text = _GENERALIZED_TIME.fullmatch(bytes(element.data))
    if element.tag_bytes != b"\x18" or text is None:
        msg = "genTime is no GeneralizedTime in UTC (RFC 3161, 2.4.2)"
        raise TimestampUnreadable(msg)
    try:
        whole = datetime.strptime(text[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        msg = f"genTime: {error}"
        raise TimestampUnreadable(msg) from error
    fraction = (text[2] or b"").ljust(6, b"0")[:6]
    return whole.replace(microsecond=int(fraction))


def _accuracy(accuracy: shapes.Accuracy | None) -> timedelta | None:
    if accuracy is None:
        return None
    try:
        return timedelta(
            seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
        )
    except OverflowError as error:
        msg = "accuracy beyond all measure"
        raise TimestampUnreadable(msg) from error
