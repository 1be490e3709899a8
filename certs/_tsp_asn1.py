"""ASN.1 shapes of the Time-Stamp Protocol and of the CMS that carries its tokens, as far as they are read.

Declared for the strict DER reader of ``cryptography``. Two tricks: ``IMPLICIT SET OF`` is declared as a list, since the
encoding is the same and order is then not judged; ``ANY OPTIONAL`` is a list of whatever stands inside.
Sources: RFC 3161, 2.4; RFC 5652, 5.1 to 5.3; RFC 5035, 4 and 5.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1

from certs import der
from certs.errors import TimestampUnreadable

Shape = TypeVar("Shape")


def decode(shape: type[Shape], encoded: bytes) -> Shape:
    """One value of this shape and nothing behind it; raises :class:`TimestampUnreadable`."""
    try:
        return asn1.decode_der(shape, encoded)
    except ValueError as error:
        msg = f"{shape.__name__}: {error}"
        raise TimestampUnreadable(msg) from error


def elements(encoded: bytes) -> list[asn1.TLV]:
    """What stands inside a ``SEQUENCE``; raises :class:`TimestampUnreadable`."""
    return decode(Wrapped, der.sequence(encoded)).inside


def object_identifier(element: asn1.TLV) -> str:
    """The dotted form of an element that must be an ``OBJECT IDENTIFIER``; raises :class:`TimestampUnreadable`."""
    return decode(x509.ObjectIdentifier, encoded(element)).dotted_string


def encoded(element: asn1.TLV) -> bytes:
    """The element's own octets again; DER has only one way to write them."""
    if len(element.tag_bytes) != 1:
        msg = "a tag number above 30 has no place here"
        raise TimestampUnreadable(msg)
    return der.tlv(element.tag_bytes[0], bytes(element.data))


@asn1.sequence
class Imprint:
    """``MessageImprint``."""

    algorithm: list[asn1.TLV]
    digest: bytes


@asn1.sequence
class Request:
    """``TimeStampReq``."""

    version: int
    imprint: Imprint
    policy: x509.ObjectIdentifier | None
    nonce: int | None
    cert_req: bool | None
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]


@asn1.sequence
class Status:
    """``PKIStatusInfo``."""

    status: int
    texts: list[str] | None
    failure: asn1.BitString | None


@asn1.sequence
class ContentInfo:
    """``ContentInfo``."""

    content_type: x509.ObjectIdentifier
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class EncapsulatedContent:
    """``EncapsulatedContentInfo``."""

    content_type: x509.ObjectIdentifier
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class IssuerAndSerial:
    """``IssuerAndSerialNumber``."""

    issuer: asn1.TLV
    serial_number: int


@asn1.sequence
class SignerInfo:
    """``SignerInfo``."""

    version: int
    signer: IssuerAndSerial | Annotated[bytes, asn1.Implicit(0)]
    digest_algorithm: list[asn1.TLV]
    signed_attributes: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    signature_algorithm: list[asn1.TLV]
    signature: bytes
    unsigned_attributes: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class SignedData:
    """``SignedData``."""

    version: int
    digest_algorithms: asn1.SetOf[asn1.TLV]
    content: EncapsulatedContent
    certificates: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    crls: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[SignerInfo]


@asn1.sequence
class Attribute:
    """``Attribute``."""

    kind: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class Accuracy:
    """``Accuracy``."""

    seconds: int | None
    millis: Annotated[int | None, asn1.Implicit(0)]
    micros: Annotated[int | None, asn1.Implicit(1)]


@asn1.sequence
class TstInfo:
    """``TSTInfo``."""

    version: int
    policy: x509.ObjectIdentifier
    imprint: Imprint
    serial_number: int
    gen_time: asn1.TLV
    accuracy: Accuracy | None
    ordering: bool | None
    nonce: int | None
    tsa: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class EssCertId:
    """``ESSCertID`` and ``ESSCertIDv2``."""

    algorithm: list[asn1.TLV] | None
    digest: bytes
    issuer_serial: list[asn1.TLV] | None


@asn1.sequence
class PssParameters:
    """``RSASSA-PSS-params`` (RFC 8017, A.2.3); absent members mean SHA-1, which nobody here accepts."""

    digest: Annotated[list[asn1.TLV] | None, asn1.Explicit(0)]
    mask: Annotated[list[asn1.TLV] | None, asn1.Explicit(1)]
    salt_length: Annotated[int | None, asn1.Explicit(2)]
    trailer: Annotated[int | None, asn1.Explicit(3)]


@asn1.sequence
class Wrapped:
    """A ``SEQUENCE OF ANY`` inside a ``SEQUENCE``: the reader wants a named shape outermost."""

    inside: list[asn1.TLV]
