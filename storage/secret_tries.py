"""How often a secret was given wrongly, counted for all processes together: more servers give nobody more tries.

One try of a secret is looked at at a time, whichever process it came to: the row is locked while the secret is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, null, select
from sqlalchemy.dialects.postgresql import insert

from storage.database import transaction
from storage.schema import secret_tries as tries

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_NO_TIME = timedelta(0)
_STANDING = select(tries.c.wrong, tries.c.locked_until - func.now()).where(tries.c.name == bindparam("secret"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a secret stands: wrong tries since the last right one, and for how long it is locked."""

    wrong: int = 0
    locked_for: timedelta = _NO_TIME

    @property
    def is_locked(self) -> bool:
        """Whether no try is looked at now."""
        return self.locked_for > _NO_TIME


@dataclass(frozen=True, slots=True)
class SecretTries:
    """After ``most`` wrong tries in a row a secret is locked for the time ``lock``; then counting begins anew."""

    engine: Engine
    most: int
    lock: timedelta

    def standing(self, name: str) -> Standing:
        """How it stands at this moment."""
        with transaction(self.engine) as connection:
            row = connection.execute(_STANDING, {"secret": name}).one_or_none()
        return Standing() if row is None else Standing(row[0], row[1] or _NO_TIME)

    def attempt(self, name: str, *, check: Callable[[], bool]) -> bool | Standing:
        """Whether ``check`` found the secret right, counted either way; or how it is locked, unchecked."""
        mine = tries.c.name == name
        with transaction(self.engine) as connection:
            connection.execute(insert(tries).values(name=name).on_conflict_do_nothing())
            query = select(tries.c.wrong, tries.c.locked_until - func.now()).where(mine).with_for_update()
            wrong, locked_for = connection.execute(query).one()
            standing = Standing(wrong, locked_for or _NO_TIME)
            if standing.is_locked:
                return standing
            is_right = check()
            is_over = not is_right and wrong + 1 >= self.most
            connection.execute(
                tries.update()
                .where(mine)
                .values(
                    wrong=0 if is_right or is_over else wrong + 1,
                    # when the check ended, not when the transaction began
                    locked_until=func.clock_timestamp() + self.lock if is_over else null(),
                )
            )
        return is_right
