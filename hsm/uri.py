"""PKCS#11 URIs (RFC 7512), the one way in which tokens and keys are named: by label, serial and id, never by slot.

Stricter than the RFC where strictness protects: an attribute that is unknown, comes twice or names a slot is refused,
and so is ``pin-value``, because a URI is written into configurations, logs and registers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from pathlib import Path
from typing import Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from hsm.errors import UriInvalid

_SCHEME = "pkcs11:"
_LONGEST = 4096
_PATH_NAMES = ("token", "serial", "manufacturer", "model", "object", "id", "type")
_QUERY_NAMES = ("module-path", "pin-source")
_REFUSED = {
    "slot-id": "slot numbers change; name the token by label or serial",
    "slot-description": "slots change; name the token by label or serial",
    "slot-manufacturer": "slots change; name the token by label or serial",
    "pin-value": "a PIN does not belong into a URI; use pin-source",
}
# RFC 7512, 2.3: pk11-path-res-avail and pk11-query-res-avail, without the separators that a reader trips over.
_SAFE_IN_PATH = ":@!$'()*+,"
_SAFE_IN_QUERY = ":@!$'()*+,/?"
_ALLOWED_RAW = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%[]:@!$'()*+,=/?|&",
)


class ObjectType(Enum):
    """Classes of objects on a token (RFC 7512, 2.3, ``type``)."""

    PRIVATE = "private"
    PUBLIC = "public"
    CERTIFICATE = "cert"
    SECRET_KEY = "secret-key"  # noqa: S105 - the RFC's word for a class of objects
    DATA = "data"


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """What a token says about itself (CK_TOKEN_INFO), padding stripped."""

    label: str
    serial: str
    manufacturer: str
    model: str


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """A token or an object on it; an attribute that is None stands for any."""

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    object: str | None = None
    id: bytes | None = None
    type: ObjectType | None = None
    module_path: Path | None = None
    pin_source: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one URI; raises :class:`UriInvalid`."""
        if len(text) > _LONGEST:
            raise UriInvalid(reason=f"it is longer than {_LONGEST} characters")
        if not text.startswith(_SCHEME):
            raise UriInvalid(reason=f"it does not begin with {_SCHEME}")
        path, _, query = text.removeprefix(_SCHEME).partition("?")
        values = _attributes(path, separator=";", known=_PATH_NAMES)
        values |= _attributes(query, separator="&", known=_QUERY_NAMES)
        identifier = values.pop("id", None)
        texts = {name: _text(name, octets) for name, octets in values.items()}
        module = texts.pop("module-path", None)
        return cls(
            id=identifier,
            type=_object_type(texts.pop("type", None)),
            module_path=None if module is None else _absolute(module),
            pin_source=texts.pop("pin-source", None),
            **texts,
        )

    @classmethod
    def parse_all(cls, text: str) -> tuple[Self, ...]:
        """URIs separated by white space, as a setting holds them."""
        return tuple(cls.parse(word) for word in text.split())

    def __str__(self) -> str:
        path = ";".join(f"{name}={_quoted(getattr(self, name), _SAFE_IN_PATH)}" for name in self._given(_PATH_NAMES))
        query = "&".join(
            f"{name}={_quoted(getattr(self, name.replace('-', '_')), _SAFE_IN_QUERY)}"
            for name in self._given(_QUERY_NAMES)
        )
        return _SCHEME + path + (f"?{query}" if query else "")

    @property
    def name(self) -> str:
        """The token in messages: its label, or else its serial number."""
        return self.token or self.serial or str(self)

    def names_token(self, identity: TokenIdentity) -> bool:
        """Whether this token is meant."""
        return all(
            wanted in (None, found)
            for wanted, found in (
                (self.token, identity.label),
                (self.serial, identity.serial),
                (self.manufacturer, identity.manufacturer),
                (self.model, identity.model),
            )
        )

    def names_key(self, key: Pkcs11Uri) -> bool:
        """Whether this key of an inventory is meant: every attribute that is given agrees."""
        names = ("token", "serial", "object", "id")
        return all(getattr(self, name) in (None, getattr(key, name)) for name in names)

    def may_lie_on(self, token: Pkcs11Uri) -> bool:
        """Whether an object named so may lie on a token named so: no attribute of the token differs, one agrees.

        A name without any attribute of a token may lie on every token.
        """
        names = ("token", "serial", "manufacturer", "model")
        wanted = [(getattr(self, name), getattr(token, name)) for name in names if getattr(self, name)]
        compared = [mine == theirs for mine, theirs in wanted if theirs]
        return all(compared) and bool(compared) == bool(wanted)

    def on(self, identity: TokenIdentity) -> Pkcs11Uri:
        """The same object, its token named by label and serial, without module and PIN source: safe to hand out."""
        return replace(
            self,
            token=identity.label,
            serial=identity.serial or None,
            manufacturer=None,
            model=None,
            module_path=None,
            pin_source=None,
        )

    def _given(self, names: tuple[str, ...]) -> list[str]:
        present = {field.name for field in fields(self) if getattr(self, field.name) is not None}
        return [name for name in names if name.replace("-", "_") in present]


def _attributes(text: str, *, separator: str, known: tuple[str, ...]) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, equals, raw = part.partition("=")
        if name in _REFUSED:
            raise UriInvalid(reason=f"{name}: {_REFUSED[name]}")
        if not equals or name not in known:
            raise UriInvalid(reason=f"unknown attribute {name!r}")
        if name in values:
            raise UriInvalid(reason=f"{name} comes twice")
        values[name] = _decoded(name, raw)
    return values


def _decoded(name: str, raw: str) -> bytes:
    if not set(raw.encode()) <= _ALLOWED_RAW:
        raise UriInvalid(reason=f"{name} holds characters that must be percent-encoded")
    octets = unquote_to_bytes(raw)
    if raw.count("%") * 2 != len(raw.encode()) - len(octets):
        raise UriInvalid(reason=f"{name} holds a broken percent-encoding")
    if not octets:
        raise UriInvalid(reason=f"{name} is empty")
    return octets


def _text(name: str, octets: bytes) -> str:
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise UriInvalid(reason=f"{name} is not UTF-8") from error
    if not text.isprintable():
        raise UriInvalid(reason=f"{name} holds control characters")
    return text


def _object_type(text: str | None) -> ObjectType | None:
    if text is None:
        return None
    try:
        return ObjectType(text)
    except ValueError as error:
        raise UriInvalid(reason=f"no object type {text!r}") from error


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise UriInvalid(reason="module-path is not an absolute path")
    return path


def _quoted(value: object, safe: str) -> str:
    if isinstance(value, bytes):  # an id is binary: RFC 7512, 2.3 wants all of it percent-encoded
        return "".join(f"%{octet:02X}" for octet in value)
    text = value.value if isinstance(value, ObjectType) else str(value)
    return quote_from_bytes(text.encode(), safe=safe)
