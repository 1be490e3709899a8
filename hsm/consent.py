"""Two people's word before a key is destroyed: one operator requests, another confirms, and both are written down.

Operators prove who they are by a pass phrase of their own, of which a salted scrypt hash is kept. The journal is only
appended to and flushed before anything happens. Whoever may write to the signer's folder can get around all this; it
keeps an honest operator from a single mistake, and says afterwards who agreed to what.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hsm.durable import append_json, replace_json
from hsm.errors import ConsentRefused, RequestInvalid
from hsm.framing import Message, parsed
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from pathlib import Path

    from hsm.pin import Pin

_LASTS = timedelta(hours=24)
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_SHORTEST = 12  # characters of a pass phrase


@dataclass(frozen=True, slots=True)
class Operator:
    """Who speaks: a name, and the pass phrase that proves it."""

    name: str
    phrase: Pin


class Consents:
    """Operators, requests and their journal in one folder of mode 0700."""

    def __init__(self, state: Path) -> None:
        self._operators = state / "operators.json"
        self._journal = state / "consents.jsonl"
        state.mkdir(mode=0o700, parents=True, exist_ok=True)

    def enrol(self, operator: Operator, *, at: datetime) -> None:
        """Remember an operator; nobody can be enrolled twice. Raises :class:`ConsentRefused`."""
        known = self._known()
        if not _NAME.fullmatch(operator.name):
            raise ConsentRefused(reason="a name is up to 32 of a-z, 0-9, dot, hyphen and underscore")
        if operator.name in known.content:
            raise ConsentRefused(reason=f"{operator.name} is enrolled already")
        if len(operator.phrase.secret) < _SHORTEST:
            raise ConsentRefused(reason=f"a pass phrase has at least {_SHORTEST} characters")
        salt = secrets.token_hex(16)
        entry = {"salt": salt, "hash": _digest(operator.phrase, salt)}
        self._note("enrolled", operator=operator.name, at=at)
        replace_json(self._operators, {**known.content, operator.name: entry})

    def request(self, operator: Operator, *, key: Pkcs11Uri, reason: str, at: datetime) -> str:
        """Ask for a key's destruction; answers the code that the other operator confirms. Raises as above."""
        self._demand_proof(operator, at=at)
        code = secrets.token_hex(4)
        self._note("requested", operator=operator.name, at=at, code=code, key=str(key), reason=reason)
        return code

    def confirm(self, operator: Operator, *, code: str, at: datetime) -> Pkcs11Uri:
        """The other operator's word, once; answers the key that may be destroyed now. Raises as above."""
        self._demand_proof(operator, at=at)
        steps = [step for step in self._steps() if step.optional_text("code") == code]
        asked = next((step for step in steps if step.text("what") == "requested"), None)
        if asked is None:
            raise ConsentRefused(reason="there is no such request")
        if any(step.text("what") == "confirmed" for step in steps):
            raise ConsentRefused(reason="this request is confirmed already")
        if asked.text("operator") == operator.name:
            raise ConsentRefused(reason="who requested it cannot confirm it")
        if not timedelta(0) <= at - datetime.fromisoformat(asked.text("at")) <= _LASTS:
            raise ConsentRefused(reason="the request is older than 24 hours")
        self._note("confirmed", operator=operator.name, at=at, code=code, key=asked.text("key"))
        return Pkcs11Uri.parse(asked.text("key"))

    def destroyed(self, *, code: str, at: datetime) -> None:
        """Write down that it was done."""
        self._note("destroyed", operator="", at=at, code=code)

    def _demand_proof(self, operator: Operator, *, at: datetime) -> None:
        entry = self._known().optional_message(operator.name)
        if entry is None or not hmac.compare_digest(_digest(operator.phrase, entry.text("salt")), entry.text("hash")):
            self._note("refused", operator=operator.name, at=at)
            raise ConsentRefused(reason="no such operator, or another pass phrase")

    def _known(self) -> Message:
        try:
            return parsed(self._operators.read_bytes())
        except FileNotFoundError:
            return Message({})
        except RequestInvalid as error:
            raise ConsentRefused(reason=f"{self._operators} is damaged") from error

    def _steps(self) -> list[Message]:
        try:
            return [parsed(line) for line in self._journal.read_bytes().splitlines()]
        except FileNotFoundError:
            return []
        except RequestInvalid as error:
            raise ConsentRefused(reason=f"{self._journal} is damaged") from error

    def _note(self, what: str, *, operator: str, at: datetime, **more: str) -> None:
        append_json(self._journal, {"what": what, "operator": operator, "at": at.isoformat(), **more})


def _digest(phrase: Pin, salt: str) -> str:
    return hashlib.scrypt(phrase.secret.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()
