"""How the register stands, for the operators' monitoring: what is under way, what is stuck, what is to be renewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from issuance.documents import DocumentState
from storage.companion_tables import proofs
from storage.database import transaction
from storage.schema import UNFINISHED, documents
from storage.timestamp_places import OPEN_QUESTIONS

if TYPE_CHECKING:
    from sqlalchemy import Engine

_STATES = sorted(UNFINISHED, key=lambda state: list(DocumentState).index(state))
_UNDER_WAY = (
    select(documents.c.state, func.count(), func.count(documents.c.obstacle_code))
    .where(documents.c.state.in_([state.value for state in _STATES]))
    .group_by(documents.c.state)
)
_TO_RENEW = select(func.count()).where(proofs.c.renew_at <= func.now())


@dataclass(frozen=True, slots=True)
class Waiting:
    """Documents in one of the states that the service leaves by itself, and how many of them have an obstacle."""

    state: DocumentState
    documents: int
    with_obstacle: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits in each of these states, none left out, and how many issued files wait for a renewed proof.

    ``timestamp_questions`` is how many questions to timestamp authorities are open, of all processes.
    """

    under_way: tuple[Waiting, ...]
    proofs_to_renew: int
    timestamp_questions: int


def standing(engine: Engine) -> Standing:
    """Counted now, from indexes that hold the unfinished alone."""
    with transaction(engine) as connection:
        found = {state: (count, stuck) for state, count, stuck in connection.execute(_UNDER_WAY)}
        to_renew = connection.scalar(_TO_RENEW) or 0
        questions = connection.scalar(OPEN_QUESTIONS) or 0
    return Standing(
        under_way=tuple(Waiting(state, *found.get(state.value, (0, 0))) for state in _STATES),
        proofs_to_renew=to_renew,
        timestamp_questions=questions,
    )
