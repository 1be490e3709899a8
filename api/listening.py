"""The address that the HTTP server listens on, as it is bound and as it is reached from this machine."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from api.supervision.errors import AddressTaken

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not bound


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: an IP address or host name, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """From ``host:port``, ``[host]:port`` for IPv6."""
        host, _, port = text.rpartition(":")
        return cls(host=host.strip("[]"), port=int(port))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def from_here(self) -> Address:
        """Where a client on this machine reaches it."""
        return Address(host=_ANY.get(self.host, self.host), port=self.port)

    def demand_free(self) -> None:
        """Raises ``AddressTaken`` where the server could not listen."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise AddressTaken(address=str(self), reason=error.strerror or str(error)) from error


def free_loopback_address() -> Address:
    """A port on loopback that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return Address(host="127.0.0.1", port=int(probe.getsockname()[1]))
