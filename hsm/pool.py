"""Several tokens that hold the same key: calls go to whichever is free, and past those that fail.

A key's URI that fits several configured tokens names a pool: `pkcs11:token=Seal;id=%01` fits every token of the label
`Seal`, `pkcs11:id=%01` every token. Members are the tokens on which it names one key, and it must be the same key on
all of them: a name that means different keys is refused, because nobody could say which one signs. A member that fails
rests, is looked at in the background, and joins again; a call that it failed is made on another member, since nothing
that did not verify has left it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hsm.errors import (
    DeviceAnsweredWrongly,
    DeviceFailed,
    HsmError,
    KeyAbsent,
    KeyRetired,
    MechanismUnsupported,
    PinRefused,
    PinUnavailable,
    TokenAbsent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certs.algorithms import SignatureAlgorithm
    from hsm.limits import Limits
    from hsm.session import TokenSession
    from hsm.uri import Pkcs11Uri

_log = logging.getLogger(__name__)
_FIRST_LOOK = timedelta(seconds=5)  # for members to be seen before the pool goes on without them
_FAILING = (DeviceFailed, DeviceAnsweredWrongly, TokenAbsent, KeyAbsent, PinRefused, PinUnavailable)


@dataclass(slots=True, eq=False)
class _Member:
    """``public_key`` is None while the token is not known to be usable."""

    session: TokenSession
    public_key: bytes | None = None
    problem: HsmError | None = None
    rests_until: float = 0.0
    looked_at: bool = False
    busy: int = 0
    last_turn: int = 0


class Pool:
    """One key on several tokens; for many threads."""

    def __init__(self, key: Pkcs11Uri, sessions: Sequence[TokenSession], *, limits: Limits) -> None:
        self._key = key
        self._members = tuple(_Member(session) for session in sessions)
        self._limits = limits
        self._changed = threading.Condition()
        self._public_key: bytes | None = None
        self._turns = 0

    def sign(self, *, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """A verified value from one of the members; raises what the last of them raised that could be asked."""
        tried: list[_Member] = []
        refusal: HsmError | None = None
        while (member := self._next(tried)) is not None:
            tried.append(member)
            try:
                return member.session.sign_once(key=self._key, dtbs=dtbs, algorithm=algorithm)
            except (MechanismUnsupported, KeyRetired) as error:
                refusal = error
            except _FAILING as error:
                refusal = error
                self._rest(member, error)
            finally:
                self._release(member)
        raise refusal or self._problem()

    def _next(self, tried: list[_Member]) -> _Member | None:
        """A free member that was not tried yet, and longest without a call; None where there is none to wait for."""
        with self._changed:
            self._look_where_due()
            if self._public_key is None:
                self._agree()
            deadline = time.monotonic() + self._limits.turn.total_seconds()
            while True:
                usable = [m for m in self._members if m.public_key is not None and m not in tried]
                free = [m for m in usable if m.busy < self._limits.children]
                if free:
                    return self._claimed(min(free, key=lambda m: (m.busy, m.last_turn)))
                hoped_for = usable or any(m.looked_at for m in self._members if m not in tried)
                if not hoped_for or not self._changed.wait(deadline - time.monotonic()):
                    return None

    def _agree(self) -> None:
        """Wait until every member was seen once, or for a while; then settle which key this is."""
        self._changed.wait_for(lambda: not any(m.looked_at for m in self._members), _FIRST_LOOK.total_seconds())
        found = {m.public_key for m in self._members if m.public_key is not None}
        if len(found) > 1:
            error = self._absent(reason="tokens hold different keys of this name; name one token by serial")
            for member in self._members:
                member.public_key, member.problem = None, error
            raise error
        self._public_key = next(iter(found), None)

    def _look_where_due(self) -> None:
        for member in self._members:
            if member.public_key is None and not member.looked_at and time.monotonic() >= member.rests_until:
                member.looked_at = True
                threading.Thread(target=self._look, args=(member,), daemon=True).start()

    def _look(self, member: _Member) -> None:
        """Whether a token can be used and holds the key; on a thread of its own, because a bad one takes its time."""
        seen: bytes | None = None
        problem: HsmError | None = None
        try:
            seen = self._seen(member.session)
        except HsmError as error:
            problem = error
        with self._changed:
            if seen is not None and self._public_key not in (None, seen):
                seen, problem = None, self._absent(reason="this token holds another key than the others of the pool")
            if problem is not None and (member.problem is None or member.problem.code != problem.code):
                _log.warning("token %s is out of the pool: %s", member.session.uri.name, problem)
            if problem is None and member.problem is not None:
                _log.info("token %s is back in the pool", member.session.uri.name)
            member.looked_at, member.public_key, member.problem = False, seen, problem
            member.rests_until = time.monotonic() + self._limits.rest.total_seconds()
            self._changed.notify_all()

    def _seen(self, session: TokenSession) -> bytes:
        held = session.inventory()
        named = held.identity is not None and self._key.names_token(held.identity)
        found = [key for key in held.keys if self._key.names_key(key.uri)]
        if not named or len(found) != 1:
            raise self._absent(reason=f"{len(found) if named else 0} keys match")
        return found[0].public_key

    def _claimed(self, member: _Member) -> _Member:
        self._turns += 1
        member.last_turn = self._turns
        member.busy += 1
        return member

    def _release(self, member: _Member) -> None:
        with self._changed:
            member.busy -= 1
            self._changed.notify()

    def _rest(self, member: _Member, error: HsmError) -> None:
        with self._changed:
            _log.warning("token %s is out of the pool: %s", member.session.uri.name, error)
            member.public_key, member.problem = None, error
            member.rests_until = time.monotonic() + self._limits.rest.total_seconds()

    def _problem(self) -> HsmError:
        """What to tell where no member can be asked: the trouble that may pass before the one that will not."""
        problems = [m.problem for m in self._members if m.problem is not None]
        best = next((p for p in problems if p.transient), problems[0] if problems else None)
        return (
            DeviceFailed(token=self._key.name, reason="no token of the pool is free") if best is None else best.again()
        )

    def _absent(self, *, reason: str) -> KeyAbsent:
        return KeyAbsent(token=self._key.name, key=str(self._key), reason=reason)
