"""What is said over the sockets, version 1: between clients and the signer, and between the signer and its children.

A request is ``{"v": 1, "op": …}`` with its members; the reply ``{"v": 1, "answer": {…}}`` or
``{"v": 1, "error": {"code": …, "fields": {…}}}``. Clients may ask for ``sign``, ``keys``, ``health``, ``retire``; the
other operations exist between a parent and the child it started, on a socket that has no name.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from certs.algorithms import SignatureAlgorithm
from hsm.errors import HsmError, RequestInvalid, error_of
from hsm.framing import Message, base64_text
from hsm.inventory import KeyDescription, KeyHealth, SignerHealth, TokenHealth, TokenInventory
from hsm.uri import Pkcs11Uri, TokenIdentity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

VERSION = 1

Members = dict[str, object]


class Operation(Enum):
    """What may be asked."""

    SIGN = "sign"
    KEYS = "keys"
    HEALTH = "health"
    OPEN = "open"
    TOKENS = "tokens"
    INITIALISE = "initialise"
    GENERATE = "generate"
    IMPORT = "import"
    RETIRE = "retire"
    DESTROY = "destroy"


class Access(Enum):
    """What a session is for: signing only reads the token, provisioning writes to it."""

    SIGN = "sign"
    PROVISION = "provision"


def request(operation: Operation, **members: object) -> Members:
    """A request to send."""
    return {"v": VERSION, "op": operation.value, **members}


def sign_request(
    *, key: Pkcs11Uri, dtbs: bytes, algorithm: SignatureAlgorithm, retired: Iterable[Pkcs11Uri] = ()
) -> Members:
    """The request for one signature value; a key that is ``retired`` refuses."""
    names = [str(uri) for uri in retired]
    return request(Operation.SIGN, key=str(key), dtbs=base64_text(dtbs), algorithm=algorithm.name, retired=names)


def operation_of(message: Message) -> Operation:
    """What a request asks; raises :class:`RequestInvalid` for another version or an unknown operation."""
    if message.number("v") != VERSION:
        raise RequestInvalid(reason=f"this is version {VERSION} of the protocol")
    try:
        return Operation(message.text("op"))
    except ValueError as error:
        raise RequestInvalid(reason="no such operation") from error


def algorithm_of(message: Message) -> SignatureAlgorithm:
    """The algorithm by its name, such as ``RSA_PSS_SHA256``."""
    name = message.text("algorithm")
    if name not in SignatureAlgorithm.__members__:
        raise RequestInvalid(reason="no such algorithm")
    return SignatureAlgorithm[name]


def answer(members: Mapping[str, object]) -> Members:
    """The reply that gives what was asked."""
    return {"v": VERSION, "answer": dict(members)}


def refusal(error: HsmError) -> Members:
    """The reply that says why not."""
    return {"v": VERSION, "error": {"code": error.code, "fields": error.fields}}


def answer_of(reply: Message) -> Message:
    """What was asked; raises the error that the other side reported, as the same class."""
    error = reply.optional_message("error")
    if error is not None:
        fields = error.optional_message("fields") or Message({})
        known = error_of(error.text("code"), {name: fields.text(name) for name in fields.content})
        raise known or RequestInvalid(reason=f"unknown error {error.text('code')!r}")
    found = reply.optional_message("answer")
    if found is None:
        raise RequestInvalid(reason="neither answer nor error")
    return found


def identity_members(identity: TokenIdentity) -> Members:
    """A token's words about itself."""
    return {name: getattr(identity, name) for name in ("label", "serial", "manufacturer", "model")}


def identity_of(message: Message) -> TokenIdentity:
    """The inverse of :func:`identity_members`."""
    return TokenIdentity(
        label=message.text("label"),
        serial=message.text("serial"),
        manufacturer=message.text("manufacturer"),
        model=message.text("model"),
    )


def key_members(key: KeyDescription) -> Members:
    """A key's description."""
    return {
        "uri": str(key.uri),
        "public_key": base64_text(key.public_key),
        "algorithms": [algorithm.name for algorithm in key.algorithms],
        "certificate": None if key.certificate is None else base64_text(key.certificate),
        "chain": [base64_text(certificate) for certificate in key.chain],
    }


def key_of(message: Message) -> KeyDescription:
    """The inverse of :func:`key_members`; algorithms that this version does not know are left out."""
    names = message.texts("algorithms")
    return KeyDescription(
        uri=Pkcs11Uri.parse(message.text("uri")),
        public_key=message.octets("public_key"),
        algorithms=tuple(SignatureAlgorithm[name] for name in names if name in SignatureAlgorithm.__members__),
        certificate=message.optional_octets("certificate"),
        chain=message.all_octets("chain"),
    )


def inventory_members(inventory: TokenInventory) -> Members:
    """A token and its keys."""
    return {
        "name": inventory.name,
        "identity": None if inventory.identity is None else identity_members(inventory.identity),
        "keys": [key_members(key) for key in inventory.keys],
        "problem": inventory.problem,
    }


def inventory_of(message: Message) -> TokenInventory:
    """The inverse of :func:`inventory_members`."""
    identity = message.optional_message("identity")
    return TokenInventory(
        name=message.text("name"),
        identity=None if identity is None else identity_of(identity),
        keys=tuple(key_of(key) for key in message.messages("keys")),
        problem=message.optional_text("problem"),
    )


def health_members(health: SignerHealth) -> Members:
    """How the signer is."""
    names = ("name", "problem", "signatures", "children", "failures", "logins", "milliseconds", "durations")
    return {
        "pid": health.pid,
        "tokens": [{name: getattr(t, name) for name in names} for t in health.tokens],
        "keys": [_key_health_members(key) for key in health.keys],
    }


def health_of(message: Message) -> SignerHealth:
    """The inverse of :func:`health_members`."""
    tokens = (
        TokenHealth(
            name=token.text("name"),
            problem=token.optional_text("problem"),
            signatures=token.number("signatures"),
            children=token.number("children"),
            failures=token.number("failures"),
            logins=token.number("logins"),
            milliseconds=token.number("milliseconds"),
            durations=token.numbers("durations"),
        )
        for token in message.messages("tokens")
    )
    keys = (_key_health_of(key) for key in message.messages("keys"))
    return SignerHealth(pid=message.number("pid"), tokens=tuple(tokens), keys=tuple(keys))


def _key_health_members(key: KeyHealth) -> Members:
    return {
        "uri": str(key.uri),
        "signatures": key.signatures,
        "failures": key.failures,
        "last_used": _time_text(key.last_used),
        "retired": _time_text(key.retired),
        "expires": _time_text(key.expires),
    }


def _key_health_of(message: Message) -> KeyHealth:
    return KeyHealth(
        uri=Pkcs11Uri.parse(message.text("uri")),
        signatures=message.number("signatures"),
        failures=message.number("failures"),
        last_used=message.optional_time("last_used"),
        retired=message.optional_time("retired"),
        expires=message.optional_time("expires"),
    )


def _time_text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
