"""The door to names in certificates: asn1crypto prepares both for every comparison, and there are thousands.

RFC 5280, 7.1, asks for a preparation of Unicode strings that takes asn1crypto a good part of a millisecond a name. The
same few names stand in every file. Here what it answered about the same encodings is kept; a name that it refuses is
refused each time, since errors are not kept.
"""

from __future__ import annotations

from functools import lru_cache

from asn1crypto import x509

_KEPT = 4096
_LONGEST = 2048  # bytes; longer names are prepared each time, so that nobody fills our memory with them

compare_anew = x509.Name.__eq__
prepare_anew = x509.Name.hashable.fget


def same_name(one: x509.Name, other: object) -> bool:
    """Whether both name the same, as RFC 5280 compares; False for what is no name."""
    if not isinstance(other, x509.Name):
        return False
    ours, theirs = _untagged(one), _untagged(other)
    if len(ours) + len(theirs) > _LONGEST:
        return bool(compare_anew(one, other))
    return _same(ours, theirs)


def prepared_name(name: x509.Name) -> str:
    """The name in the form in which names are compared."""
    der = _untagged(name)
    return str(prepare_anew(name)) if len(der) > _LONGEST else _prepared(der)


def _untagged(name: x509.Name) -> bytes:
    """The DER of the name alone: where it stands in a GeneralName, it is tagged (RFC 5280, 4.2.1.6)."""
    der: bytes = name.chosen.dump()
    return der


@lru_cache(maxsize=_KEPT)
def _same(one: bytes, other: bytes) -> bool:
    return bool(compare_anew(x509.Name.load(one), x509.Name.load(other)))


@lru_cache(maxsize=_KEPT)
def _prepared(der: bytes) -> str:
    return str(prepare_anew(x509.Name.load(der)))


def use_it() -> None:
    """Have asn1crypto compare its names here; it offers no other way in (pinned, and tested against its own)."""
    x509.Name.__eq__ = same_name
    x509.Name.hashable = property(prepared_name)
