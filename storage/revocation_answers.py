"""Answers about revocation, kept for all processes until they end (:class:`certs.kept_answers.AnswerKeeper`).

Nothing here is believed: whoever takes an answer out checks its signature and dates again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from certs.kept_answers import KeptAnswer
from storage.database import single_statements
from storage.trust_tables import revocation_answers as answers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from certs.kept_answers import AnswerSource

_REMEMBERED_AFTER_END = timedelta(days=7)


class RevocationAnswers:
    """One row for each issuer, certificate and address."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, source: AnswerSource, *, at: datetime) -> KeptAnswer | None:
        """What is kept and not over at this moment."""
        key = _key(source)
        query = select(answers.c.answer, answers.c.good_until).where(
            *(answers.c[name] == value for name, value in key.items()), answers.c.good_until > at
        )
        with single_statements(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return KeptAnswer(der=row.answer, good_until=row.good_until) if row is not None else None

    def keep(self, source: AnswerSource, answer: KeptAnswer) -> None:
        """Insert or replace; of two processes that ask at once, the answer that ends later stays."""
        key, held = _key(source), {"answer": answer.der, "good_until": answer.good_until}
        statement = insert(answers).values(key | held)
        with single_statements(self._engine) as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=list(key), set_=held, where=answers.c.good_until <= answer.good_until
                )
            )

    def forget_expired(self) -> None:
        """Delete answers that ended a week ago."""
        with single_statements(self._engine) as connection:
            connection.execute(answers.delete().where(answers.c.good_until < func.now() - _REMEMBERED_AFTER_END))


def _key(source: AnswerSource) -> dict[str, object]:
    serial = "" if source.serial_number is None else f"{source.serial_number:x}"
    return {"issuer_key": source.issuer_key, "serial_number": serial, "url": source.url}
