"""Values as JSON and byte strings, by their declared types: what crosses the border of the sandbox, and nothing else.

The receiver says which type it expects and builds that, so a child cannot make the service build anything it likes.
Known are the plain types, enums (by name), times, optional values, tuples, mappings with enum or text keys, and
dataclasses of these.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, TypeVar, Union, get_args, get_origin, get_type_hints

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from certs.revocation_lack import Lack
from verification.reasons import Cause
from verification.report import (
    Algorithms,
    ChangeClass,
    Changes,
    Coverage,
    Indication,
    Level,
    ReadMode,
    SignatureKind,
    Signer,
    SignerClaims,
    SubIndication,
    Timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Plain = TypeVar("_Plain", int, str)
_NAMES: dict[str, object] = {
    "date": date,
    "datetime": datetime,
    "timedelta": timedelta,
    "SignatureAlgorithm": SignatureAlgorithm,
    "SigningCertificate": SigningCertificate,
    **{
        kind.__name__: kind
        for kind in (
            Algorithms,
            Cause,
            ChangeClass,
            Changes,
            Coverage,
            Indication,
            Lack,
            Level,
            ReadMode,
            SignatureKind,
            Signer,
            SignerClaims,
            SubIndication,
            Timestamp,
        )
    },
}
"""Names that modules import for type checkers only but that annotations of values on the wire use."""


class WireError(ValueError):
    """What arrived is not a value of the expected type."""


def pack(value: object, blobs: list[bytes]) -> object:
    """The JSON form of a value; byte strings go to ``blobs`` and leave their index."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: pack(getattr(value, field.name), blobs) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [pack(item, blobs) for item in value]
    if isinstance(value, dict):
        return {key.name if isinstance(key, Enum) else str(key): pack(item, blobs) for key, item in value.items()}
    return _pack_atom(value, blobs)


def unpack(form: object, expected: object, blobs: tuple[bytes, ...]) -> object:
    """The value of the expected type; raises :class:`WireError`."""
    try:
        return _unpack(form, expected, blobs)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        msg = f"not a {getattr(expected, '__name__', expected)}: {error}"
        raise WireError(msg) from error


def type_hints(annotated: object) -> dict[str, object]:
    """The annotations of a class or function, resolved."""
    return get_type_hints(annotated, localns=dict(_NAMES))


def _pack_atom(value: object, blobs: list[bytes]) -> object:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            blobs.append(value)
            return len(blobs) - 1
        case Enum():
            return value.name
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    msg = f"no wire form for {type(value).__name__}"
    raise TypeError(msg)


def _unpack(form: object, expected: object, blobs: tuple[bytes, ...]) -> object:
    origin = get_origin(expected)
    if origin in {UnionType, Union}:
        return _unpack_union(form, get_args(expected), blobs)
    if origin is tuple:
        return _unpack_tuple(form, get_args(expected), blobs)
    if origin is dict:
        key_type, item_type = get_args(expected)
        return {
            (key_type[key] if isinstance(key_type, type) and issubclass(key_type, Enum) else str(key)): _unpack(
                item, item_type, blobs
            )
            for key, item in _mapping(form).items()
        }
    if not isinstance(expected, type):
        raise WireError(str(expected))
    return _unpack_class(form, expected, blobs)


def _unpack_union(form: object, choices: tuple[object, ...], blobs: tuple[bytes, ...]) -> object:
    if form is None and NoneType in choices:
        return None
    (choice,) = (choice for choice in choices if choice is not NoneType)
    return _unpack(form, choice, blobs)


def _unpack_tuple(form: object, items: tuple[object, ...], blobs: tuple[bytes, ...]) -> tuple[object, ...]:
    if not isinstance(form, list):
        raise WireError(type(form).__name__)
    if items[-1] is Ellipsis:
        return tuple(_unpack(item, items[0], blobs) for item in form)
    return tuple(_unpack(item, kind, blobs) for item, kind in zip(form, items, strict=True))


def _unpack_class(form: object, expected: type, blobs: tuple[bytes, ...]) -> object:
    if is_dataclass(expected):
        given, optional = _mapping(form), _optional_fields(expected)
        return expected(
            **{
                name: _unpack(given[name], kind, blobs)
                for name, kind in _field_types(expected).items()
                if name in given or name not in optional
            }
        )
    if issubclass(expected, Enum):
        return expected[_exactly(form, str)]
    if expected in _ATOMS:
        return _ATOMS[expected](form)
    if expected is bytes:
        return blobs[max(0, _exactly(form, int))]
    if type(form) is not expected or expected not in {str, int, bool}:
        raise WireError(expected.__name__)
    return form


@lru_cache(maxsize=256)
def _field_types(kind: type) -> dict[str, object]:
    hints = type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


@lru_cache(maxsize=256)
def _optional_fields(kind: type) -> frozenset[str]:
    """What may be missing: facts that were kept before a field was added have its default."""
    return frozenset(field.name for field in fields(kind) if field.default is not MISSING)


def _mapping(form: object) -> Mapping[str, object]:
    if not isinstance(form, dict):
        raise WireError(type(form).__name__)
    return form


def _exactly(form: object, kind: type[_Plain]) -> _Plain:
    if type(form) is not kind:
        raise WireError(type(form).__name__)
    return form


def _number(form: object) -> float:
    if isinstance(form, bool) or not isinstance(form, int | float):
        raise WireError(type(form).__name__)
    return float(form)


_ATOMS: dict[type, Callable[[object], object]] = {
    datetime: lambda form: datetime.fromisoformat(_exactly(form, str)),
    date: lambda form: date.fromisoformat(_exactly(form, str)),
    timedelta: lambda form: timedelta(seconds=_number(form)),
    float: _number,
}
