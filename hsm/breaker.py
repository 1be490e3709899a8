"""The breaker that keeps a wrong PIN from being tried twice, over restarts and crashes of the signer.

A token locks itself after a few wrong PINs, and then the agency cannot sign. So every login is written down before it
is tried, one small file for each token serial:

* a PIN that was refused, or whose login never came to an end, is not tried again;
* another PIN (an operator corrected the file) may be tried, once;
* a PIN that logged in before may be tried again after a crash;
* what the token itself reports (CK_TOKEN_INFO flags) comes first: nothing is tried where one failure would lock it,
  nor where somebody has entered a wrong PIN that this file does not explain.

An operator overrules by :meth:`PinBreaker.permit` (one attempt). The file holds a salted scrypt hash, never the PIN; a
short PIN could still be searched from it, so it is as private (0600) as the PIN file itself.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol, assert_never

from hsm.durable import replace_json
from hsm.errors import PinRefused, RequestInvalid
from hsm.framing import parsed

if TYPE_CHECKING:
    from pathlib import Path

    from hsm.pin import Pin
    from hsm.uri import TokenIdentity


class PinCounter(Enum):
    """What the token says about wrong PINs entered since the last good one (PKCS#11, CK_TOKEN_INFO)."""

    CLEAN = auto()
    COUNT_LOW = auto()
    FINAL_TRY = auto()
    LOCKED = auto()


_LOCKING = {
    PinCounter.LOCKED: "it is locked; its security officer must set a new PIN",
    PinCounter.FINAL_TRY: "one more wrong PIN would lock it; log in once with its vendor's tool",
}


class Outcome(Enum):
    """How a login attempt ended; undecided is one that failed for another reason than the PIN."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNDECIDED = auto()


class Breaker(Protocol):
    """Allows or refuses a login attempt."""

    def begin(self, token: TokenIdentity, pin: Pin, counter: PinCounter) -> None:
        """Allow one attempt, or raise :class:`PinRefused` without one."""
        ...

    def end(self, token: TokenIdentity, outcome: Outcome) -> None:
        """Hear how the attempt ended."""
        ...


class PersonPresent:
    """For provisioning, where a person has just typed the PIN: only a token on its last try is left alone."""

    def begin(self, token: TokenIdentity, _pin: Pin, counter: PinCounter) -> None:
        """Refuse what would lock the token, or is locked already."""
        if (reason := _LOCKING.get(counter)) is not None:
            raise PinRefused(token=token.label, reason=reason)

    def end(self, token: TokenIdentity, outcome: Outcome) -> None:
        """The person sees it."""


@dataclass(frozen=True, slots=True)
class _Record:
    """``tried`` is the PIN whose login did not succeed (yet), ``accepted`` the last one that did; both hashed."""

    salt: str
    tried: str | None = None
    accepted: str | None = None
    permitted: bool = False


class PinBreaker:
    """Login attempts of all tokens, remembered in one folder of mode 0700."""

    def __init__(self, state: Path) -> None:
        self._state = state
        state.mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin(self, token: TokenIdentity, pin: Pin, counter: PinCounter) -> None:
        """Allow one attempt and write it down, or raise :class:`PinRefused` without one."""
        record = self._read(token)
        digest = _digest(pin, record.salt)
        if (reason := _objection(record, digest, counter)) is not None:
            raise PinRefused(token=token.label, reason=reason)
        self._write(token, replace(record, tried=digest, permitted=False))

    def end(self, token: TokenIdentity, outcome: Outcome) -> None:
        """Write down how the attempt ended."""
        record = self._read(token)
        match outcome:
            case Outcome.ACCEPTED:
                record = replace(record, tried=None, accepted=record.tried)
            case Outcome.REFUSED:  # even if the PIN was right before
                record = replace(record, accepted=None)
            case Outcome.UNDECIDED:
                record = replace(record, tried=None)
            case _:
                assert_never(outcome)
        self._write(token, record)

    def permit(self, token: TokenIdentity) -> None:
        """An operator's word that one attempt may be made with the PIN as configured now."""
        self._write(token, replace(self._read(token), tried=None, permitted=True))

    def _path(self, token: TokenIdentity) -> Path:
        name = f"{token.manufacturer}-{token.serial or token.label}"  # poor serials such as "1" repeat between makers
        return self._state / f"pin-{re.sub(r'[^A-Za-z0-9]+', '-', name)}.json"

    def _read(self, token: TokenIdentity) -> _Record:
        try:
            note = parsed(self._path(token).read_bytes())
            return _Record(
                salt=bytes.fromhex(note.text("salt")).hex(),
                tried=note.optional_text("tried"),
                accepted=note.optional_text("accepted"),
                permitted=note.content.get("permitted") is True,
            )
        except FileNotFoundError:
            return _Record(salt=secrets.token_hex(16))
        except (RequestInvalid, ValueError) as error:
            reason = f"{self._path(token)} is unreadable; remove it if the configured PIN is right"
            raise PinRefused(token=token.label, reason=reason) from error

    def _write(self, token: TokenIdentity, record: _Record) -> None:
        """In one step and flushed: a note that is lost would allow a second attempt."""
        names = ("salt", "tried", "accepted", "permitted")
        replace_json(self._path(token), {name: getattr(record, name) for name in names})


def _objection(record: _Record, digest: str, counter: PinCounter) -> str | None:
    """Why no attempt may be made; None where it may."""
    if counter in _LOCKING:
        return _LOCKING[counter]
    if record.permitted:
        return None
    if record.tried == digest and record.accepted != digest:
        return "the configured PIN was refused, or its only attempt was cut off; it is not tried again"
    if counter is PinCounter.COUNT_LOW and record.tried in (None, digest):
        return "somebody entered a wrong PIN; log in once with its vendor's tool, or permit one attempt"
    return None


def _digest(pin: Pin, salt: str) -> str:
    return hashlib.scrypt(pin.secret.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()
