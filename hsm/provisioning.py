"""Making tokens, keys, signing requests and certificates on tokens, for set-up programs and operators.

Each function runs in a child process of its own (:mod:`hsm.child`), so that the caller, however long it lives, never
loads a PKCS#11 module. The PIN is given by a person or by the set-up that made it: one attempt, and none where that
could lock the token.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.certificate import parse_certificate
from certs.errors import CertificateUnreadable
from certs.weak_keys import weakness_of_encoded
from hsm import framing, protocol
from hsm.csr import certification_request
from hsm.errors import DeviceFailed, KeyAbsent, KeyWeak
from hsm.inventory import KeyDescription, KeyKind, KeyPlace, TokenInventory
from hsm.isolation import ChildLost, ChildProcess
from hsm.protocol import Access, Operation
from hsm.uri import Pkcs11Uri, TokenIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cryptography import x509

    from certs.algorithms import SignatureAlgorithm
    from hsm.framing import Message
    from hsm.pin import Pin

# Set-up without administrator rights unpacks SoftHSM elsewhere and says where (deploy/setup.sh).
SOFTHSM_MODULE = Path(os.environ.get("KYSO_SOFTHSM_MODULE", "/usr/lib/softhsm/libsofthsm2.so"))
_LIMIT = timedelta(minutes=2)  # RSA-4096 on a slow card


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """A token (its URI names the module), its PIN, and what its module wants in the environment."""

    uri: Pkcs11Uri
    pin: Pin
    environment: Mapping[str, str] = field(default_factory=dict)


def softhsm_environment(directory: Path) -> dict[str, str]:
    """What a process needs in its environment to use the SoftHSM tokens of this directory."""
    return {"SOFTHSM2_CONF": str(directory / "softhsm2.conf")}


def configure_softhsm(directory: Path) -> dict[str, str]:
    """Make a SoftHSM directory (0700) or find it where it now is; answers :func:`softhsm_environment`.

    The configuration names the tokens' folder absolutely, so that it is written anew each time.
    """
    tokens = directory / "tokens"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens.mkdir(mode=0o700, exist_ok=True)
    (directory / "softhsm2.conf").write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    return softhsm_environment(directory)


def initialise_softhsm_token(
    *, directory: Path, label: str, so_pin: Pin, pin: Pin, module: Path = SOFTHSM_MODULE
) -> TokenAccess:
    """A new token in a SoftHSM directory, which is made (0700) with its configuration if it is not there.

    The answer names the token by label and serial. Raises :class:`~hsm.errors.TokenExists`.
    """
    environment = configure_softhsm(directory)
    uri = Pkcs11Uri(token=label, module_path=module)
    request = protocol.request(Operation.INITIALISE, uri=str(uri), so_pin=so_pin.secret, pin=pin.secret)
    with _child(uri, environment) as conversation:
        identity = protocol.identity_of(conversation.ask(request))
    return TokenAccess(uri=replace(uri, serial=identity.serial), pin=pin, environment=environment)


def tokens(module: Path, environment: Mapping[str, str]) -> tuple[TokenIdentity, ...]:
    """The initialised tokens that a module shows; needs no PIN."""
    uri = Pkcs11Uri(module_path=module)
    with _child(uri, environment) as conversation:
        answer = conversation.ask(protocol.request(Operation.TOKENS, uri=str(uri)))
        return tuple(protocol.identity_of(token) for token in answer.messages("tokens"))


def generate_key(access: TokenAccess, *, kind: KeyKind, label: str, place: KeyPlace = KeyPlace.NEW) -> KeyDescription:
    """A key pair made on the token: sensitive, not extractable, for signing only.

    Raises :class:`~hsm.errors.KeyExists` for a label that is taken, unless the key is to be the successor there;
    :class:`~hsm.errors.KeyWeak` for what the device made and should not have, after destroying it.
    """
    with _session(access) as conversation:
        request = protocol.request(Operation.GENERATE, kind=kind.value, label=label, place=place.value)
        key = protocol.key_of(conversation.ask(request))
        try:
            conversation.demand_strong(key)  # devices are known that make weak ones
        except KeyWeak:
            conversation.ask(protocol.request(Operation.DESTROY, key=str(key.uri)))
            raise
        return key


def generate_rsa_key(access: TokenAccess, *, label: str, bits: int = 3072) -> KeyDescription:
    """An RSA key of 2048, 3072 or 4096 bits; see :func:`generate_key`."""
    return generate_key(access, kind=KeyKind(f"RSA-{bits}"), label=label)


def certificate_signing_request(access: TokenAccess, *, label: str, subject: x509.Name) -> bytes:
    """DER PKCS #10 for the key of this label, signed by the token; raises :class:`~hsm.errors.KeyAbsent`.

    Where several keys share the label, it is for the one that has no certificate yet.
    """
    with _session(access) as conversation:
        named = conversation.keys(label)
        waiting = [key for key in named if key.certificate is None]
        key = conversation.only(waiting if len(named) > 1 else named, label)

        def sign(dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
            request = protocol.sign_request(key=key.uri, dtbs=dtbs, algorithm=algorithm)
            return conversation.ask(request).octets("value")

        return certification_request(key=key, subject=subject, sign=sign)


def import_certificate(
    access: TokenAccess, *, label: str, certificate: bytes, chain: tuple[bytes, ...] = ()
) -> KeyDescription:
    """Store the DER certificate with its key of this label, and its issuers; the same again changes nothing.

    Raises :class:`~hsm.errors.CertificateMismatch` for a certificate of another key or issuers of another
    certificate, :class:`~hsm.errors.KeyWeak`.
    """
    with _session(access) as conversation:
        named = conversation.keys(label)
        fitting = [key for key in named if key.public_key == _public_key(certificate)]
        key = conversation.only(fitting or named[:1], label)
        conversation.demand_strong(key)
        members = {"certificate": framing.base64_text(certificate), "chain": [framing.base64_text(c) for c in chain]}
        return protocol.key_of(conversation.ask(protocol.request(Operation.IMPORT, key=str(key.uri), **members)))


def destroy_key(access: TokenAccess, key: Pkcs11Uri) -> None:
    """Remove a key and its certificates from the token for ever; ask :mod:`hsm.consent` first."""
    with _session(access) as conversation:
        conversation.ask(protocol.request(Operation.DESTROY, key=str(key)))


def inventory(access: TokenAccess) -> TokenInventory:
    """The token's keys and certificates."""
    with _session(access) as conversation:
        return protocol.inventory_of(conversation.ask(protocol.request(Operation.KEYS)))


@dataclass(frozen=True, slots=True)
class _Conversation:
    """Questions to one child; a child that is lost is a device that failed, and nothing is repeated."""

    child: ChildProcess
    token: str

    def ask(self, request: protocol.Members) -> Message:
        """The child's answer, or its error."""
        try:
            return self.child.ask(request, limit=_LIMIT)
        except ChildLost as error:
            raise DeviceFailed(token=self.token, reason=str(error)) from error

    def keys(self, label: str) -> list[KeyDescription]:
        """The keys of this label."""
        held = protocol.inventory_of(self.ask(protocol.request(Operation.KEYS)))
        return [key for key in held.keys if key.uri.object == label]

    def only(self, found: list[KeyDescription], label: str) -> KeyDescription:
        """The one key that was found; raises :class:`KeyAbsent`."""
        if len(found) != 1:
            raise KeyAbsent(token=self.token, key=label, reason=f"{len(found)} keys have this label")
        return found[0]

    def demand_strong(self, key: KeyDescription) -> None:
        """Raise :class:`KeyWeak` for a key that protects nothing; here, since no child has to know how that is seen."""
        weakness = weakness_of_encoded(key.public_key)
        if weakness is not None:
            raise KeyWeak(token=self.token, key=str(key.uri), reason=weakness)


def _public_key(certificate: bytes) -> bytes | None:
    """DER SubjectPublicKeyInfo; None for octets that are no certificate, which the child will say."""
    try:
        key = parse_certificate(certificate).public_key()
    except CertificateUnreadable:
        return None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def _child(uri: Pkcs11Uri, environment: Mapping[str, str]) -> Iterator[_Conversation]:
    child = ChildProcess.start({**os.environ, **environment})
    try:
        yield _Conversation(child=child, token=uri.name)
    finally:
        child.kill()


@contextmanager
def _session(access: TokenAccess) -> Iterator[_Conversation]:
    request = protocol.request(
        Operation.OPEN, uri=str(access.uri), pin=access.pin.secret, access=Access.PROVISION.value
    )
    with _child(access.uri, access.environment) as conversation:
        conversation.ask(request)
        yield conversation
