"""The door to XML and its signatures: what a signer whom we know by a pin has signed, and nothing beside it.

XML brings doors of its own, all shut here: document types and entities, files and addresses that are loaded on the way,
trees of any size. A signature covers what its references say and not what stands around them, so only the part that was
covered is handed on (W3C XML Signature Best Practices). Reading and writing of signatures is signxml's.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSignatureConfiguration, XAdESSigner, XAdESVerifier

from certs.algorithms import SignatureAlgorithm
from certs.certificate import UNREADABLE, parse_certificate
from certs.errors import CertificateUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from signxml.verifier import VerifyResult

    from certs.certificate import SigningCertificate

LARGEST = 10_000_000
_MOST_REFERENCES = 8
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
_DECLARED = re.compile(r"\A<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_METHODS = {
    SignatureAlgorithm.RSA_SHA256: SignatureMethod.RSA_SHA256,
    SignatureAlgorithm.RSA_SHA384: SignatureMethod.RSA_SHA384,
    SignatureAlgorithm.RSA_SHA512: SignatureMethod.RSA_SHA512,
    SignatureAlgorithm.RSA_PSS_SHA256: SignatureMethod.SHA256_RSA_MGF1,
    SignatureAlgorithm.RSA_PSS_SHA384: SignatureMethod.SHA384_RSA_MGF1,
    SignatureAlgorithm.RSA_PSS_SHA512: SignatureMethod.SHA512_RSA_MGF1,
    SignatureAlgorithm.ECDSA_SHA256: SignatureMethod.ECDSA_SHA256,
    SignatureAlgorithm.ECDSA_SHA384: SignatureMethod.ECDSA_SHA384,
    SignatureAlgorithm.ECDSA_SHA512: SignatureMethod.ECDSA_SHA512,
}
XML_ALGORITHMS = frozenset(_METHODS)
"""What XML signatures are made and believed with (RFC 9231); Ed25519 is not among what readers of lists know."""
_REFUSALS = (
    SignXMLException,
    InvalidSignature,
    CertificateUnreadable,
    UnsupportedAlgorithm,
    etree.LxmlError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    *UNREADABLE,
)
"""What was seen to escape from signxml and lxml on damaged documents."""


class NotBelieved(Exception):
    """The document is no signed XML of a signer whom we know, for the reason given."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)


@dataclass(frozen=True)
class SignedContent:
    """The signed document without its signature, as it was canonicalized, and the signer's certificate (DER)."""

    root: etree._Element
    signer: bytes


def signed_content(xml: bytes, *, root: str, pins: frozenset[str]) -> SignedContent:
    """What one of the pinned signers (SHA-256 of the certificate) signed as the whole of a document with this root.

    Raises :class:`NotBelieved`. The signer's validity is the caller's to compare with the document's own date.
    """
    try:
        document = _parsed(xml)
        if document.tag != root or len(list(document.iter(root))) != 1:
            raise NotBelieved(reason=f"the document is not one {etree.QName(root).localname}")
        certificate = _pinned_signer(_only_signature(document), pins)
        covered = [
            result.signed_xml
            for result in _verified(xml, certificate)
            if result.signed_xml is not None and result.signed_xml.tag == root
        ]
    except _REFUSALS as error:
        raise NotBelieved(reason=f"{type(error).__name__}: {error}"[:300]) from error
    if len(covered) != 1:
        raise NotBelieved(reason="the signature does not cover the whole document")
    return SignedContent(covered[0], certificate)


def _parsed(xml: bytes) -> etree._Element:
    if len(xml) > LARGEST:
        raise NotBelieved(reason=f"it is larger than {LARGEST} bytes")
    text = xml.decode("utf-8-sig")
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].lower() not in {"utf-8", "utf8"}:
        raise NotBelieved(reason="it is not written in UTF-8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotBelieved(reason="it has a document type or entities")
    return etree.fromstring(xml, parser=_parser())


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True, huge_tree=False
    )


def _only_signature(document: etree._Element) -> etree._Element:
    found = list(document.iter(f"{_DS}Signature"))
    if len(found) != 1 or found[0].getparent() is not document:
        raise NotBelieved(reason="it does not hold exactly one signature, at its end")
    if len(list(found[0].iter(f"{_DS}Reference"))) > _MOST_REFERENCES:
        raise NotBelieved(reason="its signature has too many references")
    return found[0]


def _pinned_signer(signature: etree._Element, pins: frozenset[str]) -> bytes:
    carried = [
        b64decode(each.text or "") for each in signature.iterfind(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    ]
    seen = {hashlib.sha256(der).hexdigest(): der for der in carried}
    for pin, der in seen.items():
        if pin in pins:
            parse_certificate(der)
            return der
    raise NotBelieved(reason=f"its signer is none of those pinned ({', '.join(seen) or 'no certificate'})")


def _verified(xml: bytes, certificate: bytes) -> list[VerifyResult]:
    signer = load_der_x509_certificate(certificate)
    config = XAdESSignatureConfiguration(
        location="./",
        expect_references=True,
        signature_methods=frozenset(_METHODS.values()),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
        # signxml would ask the machine's clock; the document's own date is compared with the validity elsewhere.
        verification_time=signer.not_valid_before_utc,
    )
    return list(XAdESVerifier().verify(xml, x509_cert=signer, expect_config=config, parser=_parser()))


@dataclass(frozen=True)
class XmlSigner:
    """Who signs: the certificate, the algorithm, and what makes the value over the bytes that are to be signed."""

    certificate: SigningCertificate
    algorithm: SignatureAlgorithm
    sign: Callable[[bytes], bytes]


def signed(root: etree._Element, signer: XmlSigner, *, at: datetime, mime_type: str) -> bytes:
    """The document with an enveloped XAdES-B signature at its end (EN 319 132-1, 6; XMLDSIG, 6.6.4)."""
    maker = _Maker(
        signature_algorithm=_METHODS[signer.algorithm],
        digest_algorithm=DigestAlgorithm[signer.algorithm.digest.name],
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        data_object_format=XAdESDataObjectFormat(Description="trusted list", MimeType=mime_type),
    )
    # signxml would ask the machine's clock for the signing time, which is the first of the signed properties.
    maker.signed_signature_properties_annotators[0] = partial(_add_signing_time, at=at)
    key = cast("RSAPrivateKey", _Elsewhere(signer))
    document = maker.sign(root, key=key, cert=[signer.certificate.x509], always_add_key_value=False)
    return bytes(etree.tostring(document, xml_declaration=True, encoding="UTF-8"))


class _Maker(XAdESSigner):
    """signxml's writer, whose references to its own parts say how those were canonicalized.

    It uses the algorithm of the whole signature without naming it, which readers take for the inclusive one
    (XMLDSIG, 4.4.3.2); trusted lists ask for the exclusive one (TS 119 612, 5.7.1).
    """

    def _add_reference_to_signed_info(
        self, sig_root: etree._Element, node_to_reference: etree._Element, **attributes: str
    ) -> None:
        super()._add_reference_to_signed_info(sig_root, node_to_reference, **attributes)  # type: ignore[no-untyped-call]
        reference = sig_root.findall(f"{_DS}SignedInfo/{_DS}Reference")[-1]
        transforms = etree.Element(f"{_DS}Transforms")
        etree.SubElement(transforms, f"{_DS}Transform", Algorithm=self.c14n_alg.value)
        reference.insert(0, transforms)


class _Elsewhere:
    """A key that is not here: signxml asks it as if it were one of `cryptography`."""

    def __init__(self, signer: XmlSigner) -> None:
        self._sign = signer.sign
        key = signer.certificate.x509.public_key()
        self.key_size = key.key_size if isinstance(key, ec.EllipticCurvePublicKey) else 0

    def sign(self, message: bytes, **_how: object) -> bytes:
        return self._sign(message)


def _add_signing_time(properties: etree._Element, *, at: datetime, **_: object) -> None:
    time = etree.SubElement(properties, f"{_XADES}SigningTime")
    time.text = f"{at:%Y-%m-%dT%H:%M:%SZ}"
