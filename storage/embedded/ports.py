"""A group of loopback ports for the S3 server: five in a row, and the same five 10,000 higher for its own use."""

from __future__ import annotations

import random
import socket
from pathlib import Path

from storage.embedded.errors import PortsTaken

_IN_A_ROW = 5
_DISTANCE = 10_000
# Below the ports that Linux hands to outgoing connections (ip_local_port_range begins at 32768), both groups.
_FIRST, _LAST = 10_100, 22_700
_ATTEMPTS = 50


def free_port_group(*, preferred: int | None) -> int:
    """The first port of a free group: the preferred one if it is still free. Raises ``PortsTaken``."""
    if preferred is not None and _is_free(preferred):
        return preferred
    candidate = _FIRST
    for _ in range(_ATTEMPTS):
        candidate = random.randrange(_FIRST, _LAST - _IN_A_ROW)  # noqa: S311 - not a secret
        if _is_free(candidate):
            return candidate
    raise PortsTaken(port=candidate)


def require_free_port_group(port: int) -> int:
    """This very group. Raises ``PortsTaken``."""
    if not _is_free(port):
        raise PortsTaken(port=port)
    return port


def _is_free(first: int) -> bool:
    inner = _row(first + _DISTANCE)
    return all(_can_bind(port) for port in (*_row(first), *inner)) and all(_swept(port) for port in inner)


def _swept(port: int) -> bool:
    """Remove the sockets that a killed server left for this port.

    SeaweedFS also listens on ``/tmp/seaweedfs-PART-grpc-PORT.sock``; where it cannot replace an old one that belongs to
    another user it waits without an end. Nobody listens there when the port itself is free.
    """
    try:
        for left in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):  # noqa: S108 - the server's fixed choice
            left.unlink(missing_ok=True)
    except PermissionError:
        return False
    return True


def _row(first: int) -> range:
    return range(first, first + _IN_A_ROW)


def _can_bind(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server does: connections in TIME_WAIT do not hinder, listeners do.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
