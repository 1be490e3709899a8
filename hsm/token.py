"""One token in one process: sign with its keys, and let nothing out that does not verify.

Not for threads: python-pkcs11 initialises modules without locking, so one call at a time is made in a process, and
:mod:`hsm.child` is that process. After any :class:`~hsm.errors.DeviceFailed` the process is to be thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, ObjectClass

from certs.algorithms import SignatureAlgorithm
from certs.signature_values import verifies
from hsm.errors import DeviceAnsweredWrongly, KeyAbsent, KeyRetired, MechanismUnsupported
from hsm.inventory import KeyDescription, TokenInventory
from hsm.login import open_session, translated
from hsm.mechanisms import Route, fits, routes, signature_octets
from hsm.public_keys import PublicKey, issuers_on_token, newest_certificate, public_key_of, subject_public_key_info
from hsm.uri import ObjectType, Pkcs11Uri, TokenIdentity

if TYPE_CHECKING:
    from collections.abc import Collection

    from hsm.breaker import Breaker
    from hsm.pin import Pin
    from hsm.protocol import Access

# The device says no to a mechanism, or to its use with this key or length: another route may do.
_UNSUITABLE = (
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
    pkcs11.FunctionNotSupported,
    pkcs11.KeyTypeInconsistent,
    pkcs11.KeySizeRange,
    pkcs11.DataLenRange,
)
_UNCHECKABLE = "its public half cannot be found, so that no value could be checked"


@dataclass(frozen=True, slots=True)
class _OpenKey:
    uri: Pkcs11Uri
    private: pkcs11.SignMixin
    public: PublicKey
    ways: dict[SignatureAlgorithm, tuple[Route, ...]]


@dataclass(frozen=True, slots=True)
class TokenValue:
    """A value that has been verified, and the one key that made it, named by token label, serial and id."""

    octets: bytes
    key: Pkcs11Uri


class Token:
    """A session on one token, logged in."""

    def __init__(self, *, session: pkcs11.Session, identity: TokenIdentity) -> None:
        self.session = session
        self.identity = identity
        self._mechanisms = frozenset(session.token.slot.get_mechanisms())
        self._keys: dict[Pkcs11Uri, _OpenKey] = {}

    @classmethod
    def open(cls, uri: Pkcs11Uri, *, pin: Pin, breaker: Breaker, access: Access) -> Token:
        """Find the token and log in; raises as :func:`hsm.login.open_session`."""
        session, identity = open_session(uri, pin=pin, breaker=breaker, access=access)
        with translated(identity.label):
            return cls(session=session, identity=identity)

    def sign(
        self, key: Pkcs11Uri, *, dtbs: bytes, algorithm: SignatureAlgorithm, retired: Collection[Pkcs11Uri] = ()
    ) -> TokenValue:
        """The verified value over the data (for ECDSA a DER ``Ecdsa-Sig-Value``), and which key made it.

        Raises :class:`KeyAbsent`, :class:`KeyRetired`, :class:`MechanismUnsupported`, :class:`DeviceAnsweredWrongly`,
        :class:`~hsm.errors.DeviceFailed`.
        """
        with translated(self.identity.label):
            opened = self._opened(key)
            if opened.uri in retired:
                raise KeyRetired(token=self.identity.label, key=str(key))
            value = self._value(opened, dtbs=dtbs, algorithm=algorithm)
        if not verifies(key=opened.public, algorithm=algorithm, dtbs=dtbs, value=value):
            raise DeviceAnsweredWrongly(token=self.identity.label, key=str(key))
        return TokenValue(octets=value, key=opened.uri)

    def inventory(self) -> TokenInventory:
        """The private keys whose values can be checked, with their certificates."""
        with translated(self.identity.label):
            found = list(self.session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
            described = [self._described(thing) for thing in found if isinstance(thing, pkcs11.PrivateKey)]
        keys = tuple(description for description in described if description is not None)
        return TokenInventory(name=self.identity.label, identity=self.identity, keys=keys, problem=None)

    def description(self, key: Pkcs11Uri) -> KeyDescription:
        """One key of the inventory; raises :class:`KeyAbsent`."""
        with translated(self.identity.label):
            description = self._described(self.private_key(key))
        if description is None:
            raise self._key_absent(key, reason=_UNCHECKABLE)
        return description

    def private_key(self, key: Pkcs11Uri) -> pkcs11.PrivateKey:
        """The one private key that the URI names; raises :class:`KeyAbsent`."""
        if not key.names_token(self.identity):
            raise self._key_absent(key, reason=f"this token has the serial number {self.identity.serial}")
        if key.type not in (None, ObjectType.PRIVATE):
            raise self._key_absent(key, reason="it does not name a private key")
        wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        wanted |= {} if key.object is None else {Attribute.LABEL: key.object}
        wanted |= {} if key.id is None else {Attribute.ID: key.id}
        found = [thing for thing in self.session.get_objects(wanted) if isinstance(thing, pkcs11.PrivateKey)]
        if len(found) != 1:
            raise self._key_absent(key, reason=f"{len(found)} match; name one by id" if found else "none matches")
        return found[0]

    def _opened(self, key: Pkcs11Uri) -> _OpenKey:
        """Handles are kept: they last as long as the session, and a search costs as much as a fast signature."""
        if (opened := self._keys.get(key)) is not None:
            return opened
        private = self.private_key(key)
        certificate = newest_certificate(self.session, private)
        # Relying parties will check against the certificate, so it comes before the public key object.
        public = public_key_of(self.session, private) if certificate is None else certificate.public_key()
        if not isinstance(public, PublicKey):
            raise self._key_absent(key, reason=_UNCHECKABLE)
        if not isinstance(private, pkcs11.SignMixin):
            raise self._key_absent(key, reason="it may not sign")
        return self._keys.setdefault(key, _OpenKey(uri=self._name(private), private=private, public=public, ways={}))

    def _value(self, opened: _OpenKey, *, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        ways = opened.ways.get(algorithm)
        if ways is None:
            ways = routes(algorithm, self._mechanisms) if fits(algorithm, opened.private.key_type) else ()
        for way in ways:
            try:
                raw = opened.private.sign(way.represent(dtbs), mechanism=way.mechanism, mechanism_param=way.parameters)
            except _UNSUITABLE:
                continue
            opened.ways[algorithm] = (way,)
            return signature_octets(algorithm, raw)
        reason = "no mechanism of the token does it with this key"
        raise MechanismUnsupported(token=self.identity.label, algorithm=algorithm.name, reason=reason)

    def _described(self, private: pkcs11.PrivateKey) -> KeyDescription | None:
        public = public_key_of(self.session, private)
        if public is None:
            return None
        certificate = newest_certificate(self.session, private)
        possible = (a for a in SignatureAlgorithm if fits(a, private.key_type) and routes(a, self._mechanisms))
        return KeyDescription(
            uri=self._name(private),
            public_key=subject_public_key_info(public),
            algorithms=tuple(possible),
            certificate=None if certificate is None else certificate.public_bytes(Encoding.DER),
            chain=() if certificate is None else issuers_on_token(self.session, certificate),
        )

    def _name(self, private: pkcs11.PrivateKey) -> Pkcs11Uri:
        uri = Pkcs11Uri(object=private.label or None, id=private.id or None, type=ObjectType.PRIVATE)
        return uri.on(self.identity)

    def _key_absent(self, key: Pkcs11Uri, *, reason: str) -> KeyAbsent:
        return KeyAbsent(token=self.identity.label, key=str(key), reason=reason)
