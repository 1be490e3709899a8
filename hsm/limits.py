"""How long things may take in the signer, and how much of them there may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """Times for opening a session, one call on it, waiting for one's turn and one frame of a client; and numbers.

    ``keypad`` is how long a person has to type the PIN at the token itself. ``refusal`` is how long a refused PIN is
    not even looked at again; ``rest`` how long a member of a pool that failed is left alone before somebody looks
    whether it is back; ``regrowth`` how long a token that could not give one more session is not asked for more.
    ``children`` is how many calls a token gets at once, each in a process of its own.
    """

    opening: timedelta = timedelta(seconds=15)
    keypad: timedelta = timedelta(seconds=60)
    call: timedelta = timedelta(seconds=4)
    turn: timedelta = timedelta(seconds=30)
    frame: timedelta = timedelta(seconds=10)
    refusal: timedelta = timedelta(seconds=5)
    rest: timedelta = timedelta(seconds=2)
    regrowth: timedelta = timedelta(seconds=30)
    children: int = 2
