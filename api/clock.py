"""The system's clock; the core asks for the time only through ``issuance.ports.Clock``."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The machine's time, which an operator keeps right with NTP."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)
