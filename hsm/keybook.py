"""What the signer remembers of each key over restarts: how often it signed and failed, when last, and if it is retired.

One file in the signer's folder. A retirement is flushed before it is answered; counts are written at most every two
seconds and at the end, so that a signer that is killed forgets two seconds of them.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509

from hsm.durable import replace_json
from hsm.errors import RequestInvalid, SignerRefusedStart, UriInvalid
from hsm.framing import Message, parsed
from hsm.inventory import KeyDescription, KeyHealth
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from pathlib import Path

_WRITE_EVERY = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """``failures`` are calls that ended without a value although the key was found."""

    signatures: int = 0
    failures: int = 0
    last_used: datetime | None = None
    retired: datetime | None = None
    reason: str | None = None


class KeyBook:
    """Records of all keys, by their URI of token label, serial and id; for many threads."""

    def __init__(self, state: Path) -> None:
        """Raises :class:`SignerRefusedStart` for a file that cannot be read: a retired key must not sign again."""
        self._path = state / "keys.json"
        self._lock = threading.Lock()
        self._records = self._read()
        self._written = 0.0

    def signed(self, key: Pkcs11Uri) -> None:
        """Count a released value."""
        with self._lock:
            old = self._records.get(key, KeyRecord())
            self._records[key] = replace(old, signatures=old.signatures + 1, last_used=datetime.now(UTC))
            self._write_now_and_then()

    def failed(self, key: Pkcs11Uri) -> None:
        """Count a call without a value."""
        with self._lock:
            old = self._records.get(key, KeyRecord())
            self._records[key] = replace(old, failures=old.failures + 1)
            self._write_now_and_then()

    def retire(self, key: Pkcs11Uri, *, reason: str) -> None:
        """From now on the key does not sign; a second time changes nothing."""
        with self._lock:
            old = self._records.get(key, KeyRecord())
            if old.retired is None:
                self._records[key] = replace(old, retired=datetime.now(UTC), reason=reason)
            self._write()

    def record(self, key: Pkcs11Uri) -> KeyRecord:
        """What is known of a key."""
        with self._lock:
            return self._records.get(key, KeyRecord())

    def retired(self) -> tuple[Pkcs11Uri, ...]:
        """The keys that must not sign any more."""
        with self._lock:
            return tuple(key for key, record in self._records.items() if record.retired is not None)

    def close(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            self._write()

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written >= _WRITE_EVERY:
            self._write()

    def _write(self) -> None:
        replace_json(self._path, {str(key): _members(record) for key, record in self._records.items()})
        self._written = time.monotonic()

    def _read(self) -> dict[Pkcs11Uri, KeyRecord]:
        try:
            content = parsed(self._path.read_bytes())
            found = {uri: content.optional_message(uri) for uri in content.content}
            return {Pkcs11Uri.parse(uri): _record(message) for uri, message in found.items() if message is not None}
        except FileNotFoundError:
            return {}
        except (RequestInvalid, UriInvalid) as error:
            reason = f"{self._path} is damaged; restore it, for it says which keys are retired"
            raise SignerRefusedStart(socket=str(self._path.parent), reason=reason) from error


def key_health(key: KeyDescription, record: KeyRecord) -> KeyHealth:
    """What health says of a key."""
    certificate = None if key.certificate is None else x509.load_der_x509_certificate(key.certificate)
    return KeyHealth(
        uri=key.uri,
        signatures=record.signatures,
        failures=record.failures,
        last_used=record.last_used,
        retired=record.retired,
        expires=None if certificate is None else certificate.not_valid_after_utc,
    )


def _members(record: KeyRecord) -> dict[str, object]:
    return {
        "signatures": record.signatures,
        "failures": record.failures,
        "last_used": _text(record.last_used),
        "retired": _text(record.retired),
        "reason": record.reason,
    }


def _record(message: Message) -> KeyRecord:
    return KeyRecord(
        signatures=message.number("signatures"),
        failures=message.number("failures"),
        last_used=message.optional_time("last_used"),
        retired=message.optional_time("retired"),
        reason=message.optional_text("reason"),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
