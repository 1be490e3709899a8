"""Which values are fine on one's own machine and dangerous once others reach the service."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_WELL_KNOWN = frozenset({"minioadmin", "changeme", "password", "secret", "admin", "test", "kyso"})
_SHORTEST_SECRET = 16


def is_loopback(url: str) -> bool:
    """Whether only this machine can reach the address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def endpoint_is_safe(url: str) -> bool:
    """Encrypted, or inside one's own network: a private address or a name without a domain."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or "." not in host.rstrip("."):
        return True
    address = _address(host)
    return address is not None and address.is_private


def secret_is_weak(secret: str) -> bool:
    """Short, or one that every scanner tries."""
    return len(secret) < _SHORTEST_SECRET or secret.lower() in _WELL_KNOWN


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
