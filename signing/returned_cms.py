"""A whole CMS object that somebody else's program made for what we prepared: embedded only after each part was checked.

Programs on officials' computers that cannot sign bare bytes answer with such an object. Its signed attributes are their
own, so that not the DTBS but what binds it to the document is compared: digest, certificate, algorithm and value
(RFC 5652, 5.4; ETSI EN 319 142-1, 6.3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from asn1crypto import cms

from certs import der
from certs.certificate import parse_certificate
from certs.errors import CertificateUnreadable, TimestampUnreadable
from certs.identifiers import DIGEST_OIDS, signature_identifier
from certs.signature_values import verifies
from certs.timestamps import TimeStampToken
from certs.tsp import SIGNING_CERTIFICATE_V2, certificate_hashes
from signing.errors import ReturnedUnfit, WrongSignatureValue

if TYPE_CHECKING:
    from certs.algorithms import SignatureAlgorithm
    from certs.certificate import SigningCertificate
    from signing.prepared import Increment, PreparedSignature

_DATA = "1.2.840.113549.1.7.1"
_ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"


@dataclass(frozen=True, slots=True)
class ContainerParts:
    """The signature value of a CMS object, and the DER token over it where there is one."""

    value: bytes
    timestamp: bytes | None


def complete_with_container(prepared: PreparedSignature, *, container: bytes) -> Increment:
    """Embed a DER ``ContentInfo`` that was made for :attr:`PreparedSignature.document_digest`.

    Raises :class:`signing.errors.ReturnedUnfit` or :class:`signing.errors.WrongSignatureValue` before anything is
    embedded, and :class:`signing.errors.ReservedRegionTooSmall`. A timestamp in it covers the value; whether its
    authority is trusted, the validator says.
    """
    demand_container(
        container,
        document_digest=prepared.document_digest,
        certificate=prepared.certificate,
        algorithm=prepared.algorithm,
    )
    return prepared.placeholder.filled(container)


def demand_container(
    container: bytes, *, document_digest: bytes, certificate: SigningCertificate, algorithm: SignatureAlgorithm
) -> None:
    """Raise :class:`ReturnedUnfit` or :class:`WrongSignatureValue` unless this certificate signed this digest so."""
    try:
        signer, carried = _one_signer(container)
        _demand_binding(signer, document_digest=document_digest, certificate=certificate)
        _demand_algorithm(signer, algorithm)
        # RFC 5652, 5.4: what is signed is the SET OF, not the [0] that stands in its place.
        dtbs = b"\x31" + signer["signed_attrs"].dump()[1:]
        value = bytes(signer["signature"].native)
        if certificate.der not in carried:
            _refuse("it does not carry the signer's certificate")
        key = parse_certificate(certificate.der).public_key()
        if not verifies(key=key, algorithm=algorithm, dtbs=dtbs, value=value):
            raise WrongSignatureValue
        _demand_timestamp_over(signer, value)
    except (ValueError, TypeError, KeyError, IndexError, TimestampUnreadable, CertificateUnreadable) as error:
        raise ReturnedUnfit(reason="the CMS object cannot be read") from error


def container_parts(container: bytes) -> ContainerParts:
    """What a worker goes on with; the container was found right by :func:`demand_container`."""
    signer, _ = _one_signer(container)
    tokens = [token.dump() for attribute in signer["unsigned_attrs"] for token in attribute["values"]]
    return ContainerParts(value=bytes(signer["signature"].native), timestamp=tokens[0] if tokens else None)


def with_timestamp(container: bytes, *, token: bytes) -> bytes:
    """The container with a signature timestamp (RFC 3161, Appendix A) behind what is there, which stays to the byte."""
    signer, _ = _one_signer(container)
    if len(signer["unsigned_attrs"]):
        return container
    signed = cms.ContentInfo.load(container, strict=True)["content"]
    kept = [signed[name].dump() for name in ("version", "digest_algorithms", "encap_content_info", "certificates")]
    revocation = signed["crls"].dump() if len(signed["crls"]) else b""
    attribute = der.sequence(der.oid(_SIGNATURE_TIMESTAMP), der.set_of(token))
    stamped = der.sequence(signer.contents, der.context(1, attribute))
    return der.sequence(der.oid(_ID_SIGNED_DATA), der.context(0, der.sequence(*kept, revocation, der.set_of(stamped))))


def _one_signer(container: bytes) -> tuple[cms.SignerInfo, set[bytes]]:
    """The only signer, and the certificates beside it."""
    info = cms.ContentInfo.load(container, strict=True)
    if info["content_type"].native != "signed_data":
        _refuse("it is no SignedData")
    signed = info["content"]
    content = signed["encap_content_info"]
    if content["content_type"].dotted != _DATA or content["content"].native is not None:
        _refuse("it carries content of its own instead of being detached")
    if len(signed["signer_infos"]) != 1:
        _refuse("it has more than one signer, or none")
    return signed["signer_infos"][0], {each.dump() for each in signed["certificates"]}


def _demand_binding(signer: cms.SignerInfo, *, document_digest: bytes, certificate: SigningCertificate) -> None:
    """Content type, message digest and ESS signing-certificate-v2, each once."""
    attributes = {}
    for attribute in signer["signed_attrs"]:
        if attribute["type"].dotted in attributes or len(attribute["values"]) != 1:
            _refuse("a signed attribute stands there twice")
        attributes[attribute["type"].dotted] = attribute["values"][0]
    if _CONTENT_TYPE not in attributes or attributes[_CONTENT_TYPE].dotted != _DATA:
        _refuse("its content type is not data")
    if _MESSAGE_DIGEST not in attributes or attributes[_MESSAGE_DIGEST].native != document_digest:
        _refuse("it was made for other bytes")
    if SIGNING_CERTIFICATE_V2 not in attributes:
        _refuse("it does not name its certificate (ESS signing-certificate-v2)")
    named = certificate_hashes(attributes[SIGNING_CERTIFICATE_V2].dump(), version=SIGNING_CERTIFICATE_V2)
    name, digest = named[0]
    if name == "unknown" or hashlib.new(name, certificate.der).digest() != digest:
        _refuse("it was made with another certificate")
    if any(each["type"].dotted != _SIGNATURE_TIMESTAMP for each in signer["unsigned_attrs"]):
        _refuse("it has unsigned attributes other than a signature timestamp")


def _demand_algorithm(signer: cms.SignerInfo, algorithm: SignatureAlgorithm) -> None:
    if signer["digest_algorithm"]["algorithm"].dotted != DIGEST_OIDS[algorithm.digest]:
        _refuse("it uses another digest than was asked for")
    announced = signer["signature_algorithm"]
    older = announced["algorithm"].dotted == _RSA_ENCRYPTION and "RSA_PKCS1" in algorithm.scheme.name
    if not older and announced.dump() != signature_identifier(algorithm):
        _refuse("it uses another signature algorithm than was asked for")


def _demand_timestamp_over(signer: cms.SignerInfo, value: bytes) -> None:
    for attribute in signer["unsigned_attrs"]:
        for token in attribute["values"]:
            stamp = TimeStampToken(token.dump())
            if hashlib.new(stamp.imprint_algorithm, value).digest() != stamp.message_imprint:
                _refuse("its timestamp covers something else")


def _refuse(reason: str) -> NoReturn:
    raise ReturnedUnfit(reason=reason)
