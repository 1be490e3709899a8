"""Making tokens, keys and certificate objects, inside the child that holds the session."""

from __future__ import annotations

import ctypes
import secrets
from typing import TYPE_CHECKING

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, CertificateType, KeyType, MechanismFlag, ObjectClass, TokenFlag

from certs import der
from certs.paths import is_issued_by, load_readable
from hsm.errors import (
    CertificateMismatch,
    DeviceFailed,
    KeyAbsent,
    KeyExists,
    MechanismUnsupported,
    TokenExists,
    UriInvalid,
)
from hsm.inventory import KeyDescription, KeyKind, KeyPlace
from hsm.login import identity_of, load_module, tokens_of, translated
from hsm.uri import ObjectType, Pkcs11Uri, TokenIdentity

if TYPE_CHECKING:
    from hsm.pin import Pin
    from hsm.token import Token

_RSA_BITS = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072, KeyKind.RSA_4096: 4096}
# CKA_EC_PARAMS: a named curve (SEC 2; for Ed25519 the name that PKCS#11 modules of version 2.40 know).
_CURVES = {
    KeyKind.P_256: (KeyType.EC, der.oid("1.2.840.10045.3.1.7")),
    KeyKind.P_384: (KeyType.EC, der.oid("1.3.132.0.34")),
    KeyKind.P_521: (KeyType.EC, der.oid("1.3.132.0.35")),
    KeyKind.ED25519: (KeyType.EC_EDWARDS, der.tlv(0x13, b"edwards25519")),
}
# What a signing key must be, whatever the module's own defaults are.
_PRIVATE = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.SIGN: True,
    Attribute.DECRYPT: False,
    Attribute.UNWRAP: False,
    Attribute.DERIVE: False,
}
_LABEL_OCTETS = 32  # CK_TOKEN_INFO


def initialise_token(uri: Pkcs11Uri, *, label: str, so_pin: Pin, pin: Pin) -> TokenIdentity:
    """Turn a free slot into a token with a user PIN.

    python-pkcs11 has no C_InitToken, so that the module's own function is called; both speak to the same loaded
    library. Raises :class:`TokenExists` for a label that is taken, :class:`UriInvalid` for one that is too long,
    :class:`DeviceFailed`.
    """
    with translated(label):
        module = load_module(uri)
        if any(identity_of(token).label == label for token in tokens_of(module)):
            raise TokenExists(token=label)
        slot = _free_slot(label, module.get_slots(token_present=True))
        function = ctypes.CDLL(str(uri.module_path)).C_InitToken
        function.argtypes = [ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
        function.restype = ctypes.c_ulong
        officer = so_pin.secret.encode()
        code = function(slot.slot_id, officer, len(officer), _padded(label))
        if code != 0:
            raise DeviceFailed(token=label, reason=f"C_InitToken answered 0x{code:X}")
        (token,) = [token for token in tokens_of(module) if identity_of(token).label == label]
        with token.open(rw=True, so_pin=so_pin.secret) as session:
            session.init_pin(pin.secret)
        return identity_of(token)


def generate_key(token: Token, *, kind: KeyKind, label: str, place: KeyPlace) -> KeyDescription:
    """A key pair made on the token, which never leaves it.

    ``place`` says whether the label must be free or is to be shared with the key that this one will follow. Raises
    :class:`KeyExists`, :class:`KeyAbsent`, :class:`MechanismUnsupported`, :class:`DeviceFailed`.
    """
    with translated(token.identity.label):
        taken = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label}
        holders = len(list(token.session.get_objects(taken)))
        if holders and place is KeyPlace.NEW:
            raise KeyExists(token=token.identity.label, key=label)
        if not holders and place is KeyPlace.SUCCESSOR:
            raise KeyAbsent(token=token.identity.label, key=label, reason="there is none to follow")
        identifier = secrets.token_bytes(16)
        try:
            private = _pair(token.session, kind=kind, label=label, identifier=identifier)
        except pkcs11.MechanismInvalid as error:
            reason = "it makes no keys of this kind"
            raise MechanismUnsupported(token=token.identity.label, algorithm=kind.value, reason=reason) from error
        _demand_locked_in(private, token.identity.label)
    return token.description(Pkcs11Uri(object=label, id=identifier, type=ObjectType.PRIVATE))


def import_certificate(
    token: Token, key: Pkcs11Uri, *, certificate: bytes, chain: tuple[bytes, ...] = ()
) -> KeyDescription:
    """Store a DER certificate beside its key, and its issuers on the token, each once.

    Raises :class:`CertificateMismatch` for another key's certificate, or issuers that did not issue it.
    """
    description = token.description(key)
    parsed = _fitting(certificate, description, token.identity.label)
    issuers = _in_order(parsed, chain, description, token.identity.label)
    with translated(token.identity.label):
        private = token.private_key(key)
        _store(token.session, parsed, label=private.label, identifier=private.id)
        for issuer in issuers:
            names = issuer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            label = str(names[0].value) if names else issuer.subject.rfc4514_string()
            _store(token.session, issuer, label=label, identifier=issuer.fingerprint(hashes.SHA256())[:20])
    return token.description(key)


def destroy_key(token: Token, key: Pkcs11Uri) -> None:
    """Remove the private key, its public half and its certificates from the token; nothing brings them back."""
    with translated(token.identity.label):
        private = token.private_key(key)
        identifier = private.id
        private.destroy()
        for kind in (ObjectClass.PUBLIC_KEY, ObjectClass.CERTIFICATE) if identifier else ():
            for thing in list(token.session.get_objects({Attribute.CLASS: kind, Attribute.ID: identifier})):
                thing.destroy()


def _free_slot(label: str, slots: list[pkcs11.Slot]) -> pkcs11.Slot:
    for slot in slots:
        if not slot.get_token().flags & TokenFlag.TOKEN_INITIALIZED:
            return slot
    raise DeviceFailed(token=label, reason="no slot holds an uninitialised token")


def _padded(label: str) -> bytes:
    octets = label.encode()
    if len(octets) > _LABEL_OCTETS:
        raise UriInvalid(reason=f"a token's label holds {_LABEL_OCTETS} bytes of UTF-8")
    return octets.ljust(_LABEL_OCTETS)


def _pair(session: pkcs11.Session, *, kind: KeyKind, label: str, identifier: bytes) -> pkcs11.PrivateKey:
    if kind in _RSA_BITS:
        _, private = session.generate_keypair(
            KeyType.RSA,
            _RSA_BITS[kind],
            id=identifier,
            label=label,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template=_PRIVATE,
        )
        return private
    key_type, curve = _CURVES[kind]
    domain = session.create_domain_parameters(key_type, {Attribute.EC_PARAMS: curve}, local=True)
    _, private = domain.generate_keypair(
        id=identifier,
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        private_template=_PRIVATE,
    )
    return private


def _demand_locked_in(private: pkcs11.PrivateKey, token: str) -> None:
    """Believe what the token reports, not what it was asked: a key that could be read out is destroyed again."""
    if private[Attribute.SENSITIVE] and not private[Attribute.EXTRACTABLE]:
        return
    private.destroy()
    raise DeviceFailed(token=token, reason="it made a key that could be extracted; the key was destroyed")


def _fitting(certificate: bytes, key: KeyDescription, token: str) -> x509.Certificate:
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        own = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError as error:
        raise CertificateMismatch(token=token, key=str(key.uri), reason="it is no X.509 certificate") from error
    if own != key.public_key:
        raise CertificateMismatch(token=token, key=str(key.uri), reason="its public key is another one")
    return parsed


def _in_order(
    certificate: x509.Certificate, chain: tuple[bytes, ...], key: KeyDescription, token: str
) -> tuple[x509.Certificate, ...]:
    """The issuers, nearest first, however the file had them; every one must belong."""
    left = list(dict.fromkeys(load_readable(chain)))
    path = [certificate]
    while (issuer := next((c for c in left if c != path[-1] and is_issued_by(path[-1], c)), None)) is not None:
        left.remove(issuer)
        path.append(issuer)
    if left and left != [certificate]:
        reason = f"{left[0].subject.rfc4514_string()} is no issuer of it"
        raise CertificateMismatch(token=token, key=str(key.uri), reason=reason)
    return tuple(path[1:])


def _store(session: pkcs11.Session, certificate: x509.Certificate, *, label: str, identifier: bytes) -> None:
    octets = certificate.public_bytes(Encoding.DER)
    same = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: identifier, Attribute.VALUE: octets}
    if any(True for _ in session.get_objects(same)):
        return
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
            Attribute.TOKEN: True,
            Attribute.LABEL: label,
            Attribute.ID: identifier,
            Attribute.SUBJECT: certificate.subject.public_bytes(),
            Attribute.ISSUER: certificate.issuer.public_bytes(),
            Attribute.SERIAL_NUMBER: der.integer(certificate.serial_number),
            Attribute.VALUE: octets,
        }
    )
