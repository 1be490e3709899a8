"""The public half of a key on a token, by which every value is checked before it is released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11 import Attribute, KeyType, ObjectClass, PKCS11Error

from certs import der
from certs.identifiers import ED25519
from certs.paths import is_issued_by

if TYPE_CHECKING:
    from pkcs11 import Object, PrivateKey, Session

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_EC_PUBLIC_KEY = "1.2.840.10045.2.1"


def newest_certificate(session: Session, key: PrivateKey) -> x509.Certificate | None:
    """The certificate on the token with the key's id that became valid last; None where there is none."""
    if not key.id:
        return None
    found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key.id})
    certificates = [c for c in (_certificate(thing) for thing in found) if c is not None]
    return max(certificates, key=lambda c: c.not_valid_before_utc, default=None)


def issuers_on_token(session: Session, certificate: x509.Certificate) -> tuple[bytes, ...]:
    """The certificates on the token that lead from this one towards its anchor, nearest first (DER)."""
    chain: list[x509.Certificate] = []
    while (issuer := _issuer(session, (certificate, *chain)[-1])) is not None and issuer not in chain:
        chain.append(issuer)
    return tuple(each.public_bytes(Encoding.DER) for each in chain)


def public_key_of(session: Session, key: PrivateKey) -> PublicKey | None:
    """The key's public half: from the public key object with its id, else from an RSA private key's own attributes."""
    if key.id:
        for thing in session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key.id}):
            return _public_key(thing, key.key_type)
    if key.key_type is KeyType.RSA:
        return _public_key(key, KeyType.RSA)
    certificate = newest_certificate(session, key)
    return None if certificate is None else _usable(certificate.public_key())


def subject_public_key_info(key: PublicKey) -> bytes:
    """DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _issuer(session: Session, certificate: x509.Certificate) -> x509.Certificate | None:
    if certificate.issuer == certificate.subject:
        return None
    subject = certificate.issuer.public_bytes()
    for thing in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.SUBJECT: subject}):
        issuer = _certificate(thing)
        if issuer is not None and is_issued_by(certificate, issuer):
            return issuer
    return None


def _certificate(thing: Object) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(thing[Attribute.VALUE])
    except (ValueError, PKCS11Error):
        return None


def _public_key(thing: Object, key_type: KeyType) -> PublicKey | None:
    try:
        match key_type:
            case KeyType.RSA:
                modulus = int.from_bytes(thing[Attribute.MODULUS], "big")
                exponent = int.from_bytes(thing[Attribute.PUBLIC_EXPONENT], "big")
                return rsa.RSAPublicNumbers(exponent, modulus).public_key()
            case KeyType.EC:
                identifier = der.sequence(der.oid(_EC_PUBLIC_KEY), thing[Attribute.EC_PARAMS])
                return _loaded(identifier, thing[Attribute.EC_POINT])
            case KeyType.EC_EDWARDS:
                return _loaded(der.sequence(der.oid(ED25519)), thing[Attribute.EC_POINT])
            case _:
                return None
    except (ValueError, UnsupportedAlgorithm):
        return None


def _loaded(identifier: bytes, point: bytes) -> PublicKey | None:
    """CKA_EC_POINT should be an OCTET STRING around the point; some modules give the bare point."""
    for octets in (_unwrapped(point), point):
        try:
            return _usable(load_der_public_key(der.sequence(identifier, der.bit_string(octets))))
        except (ValueError, UnsupportedAlgorithm):
            continue
    return None


def _unwrapped(point: bytes) -> bytes:
    long_form = 0x81  # points of P-521 are longer than 127 octets
    content = point[3:] if point[1:2] == bytes((long_form,)) else point[2:]
    return content if der.octet_string(content) == point else point


def _usable(key: object) -> PublicKey | None:
    kinds = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
    return key if isinstance(key, kinds) else None
