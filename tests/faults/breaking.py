"""Breaks effects on the world outside: each as "lost" and as "done, but reported lost", as often as is asked.

An effect is named by the flow in which it happens and by what it does; a commit by what was written in its transaction.
Effects are found as they happen, so that a new one joins the table by itself.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from random import Random

    from issuance.ports import Repositories, UnitOfWork

Part = TypeVar("Part")

_WRITES = ("add_", "save_", "append_", "enqueue_", "void_", "next_", "seal_", "use_", "remove_")


class Broken(BaseException):
    """The process died here, and nothing in it catches that."""


class Manner(Enum):
    """How an effect breaks."""

    LOST = "lost"
    DONE_BUT_REPORTED_LOST = "done but reported lost"


@dataclass
class FaultTable:
    """Decides by chance which effect breaks next.

    What is met before :meth:`begin` belongs to an undisturbed life: each of these is to break ``times`` times in each
    manner. What only a repetition does breaks, too, but nobody waits for it.
    """

    times: int
    random: Random
    points: frozenset[str] = frozenset()
    flow: str | None = None
    broken: Counter[tuple[str, Manner]] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)

    def effect(self, name: str, act: Callable[[], object], *, undo: Callable[[], object] = lambda: None) -> object:
        """Carry an effect out, or break it; ``undo`` is what its being lost leaves behind."""
        if self.flow is None:
            return act()
        point = f"{self.flow}: {name}"
        self.met[point] += 1
        open_manners = [manner for manner in Manner if self.broken[point, manner] < self.times]
        if not self.points or not open_manners or self.random.random() < 0.4:
            return act()
        manner = self.random.choice(open_manners)
        self.broken[point, manner] += 1
        if manner is Manner.LOST:
            undo()
        else:
            act()
        raise Broken(point)

    def begin(self) -> None:
        """From now on effects break."""
        self.points = frozenset(self.met)

    @property
    def complete(self) -> bool:
        """Whether every effect of an undisturbed life was broken often enough in both manners."""
        return not self.missing

    @property
    def missing(self) -> set[tuple[str, Manner]]:
        """What was not broken often enough yet."""
        return {(point, way) for point in self.points for way in Manner if self.broken[point, way] < self.times}

    @contextmanager
    def during(self, flow: str) -> Iterator[None]:
        """Effects break inside this block only."""
        self.flow = flow
        try:
            yield
        finally:
            self.flow = None


class _Breaking:
    """Any object whose calls are effects."""

    def __init__(self, inner: object, table: FaultTable, name: str, kept: frozenset[str]) -> None:
        self._inner, self._table, self._name, self._kept = inner, table, name, kept

    def __getattr__(self, method: str) -> object:
        bound = getattr(self._inner, method)
        if method in self._kept:
            return bound
        return lambda *arguments, **named: self._table.effect(
            f"{self._name}.{method}", lambda: bound(*arguments, **named)
        )


def breaking(inner: Part, table: FaultTable, name: str, *, kept: frozenset[str] = frozenset()) -> Part:
    """The same part, every call of it in the table but for those that only read (``kept``)."""
    return cast("Part", _Breaking(inner, table, name, kept))


class _Listening:
    """Repositories that remember which of their methods wrote."""

    def __init__(self, inner: Repositories, written: set[str]) -> None:
        self._inner, self._written = inner, written

    def __getattr__(self, method: str) -> object:
        if method.startswith(_WRITES):
            self._written.add(method)
        return getattr(self._inner, method)


def breaking_at_commit(uow: UnitOfWork, table: FaultTable) -> UnitOfWork:
    """The same transactions, every commit that has something to write in the table."""

    @contextmanager
    def transaction() -> Iterator[Repositories]:
        opened = uow()
        register = opened.__enter__()
        written: set[str] = set()
        try:
            yield cast("Repositories", _Listening(register, written))
        except BaseException as error:
            opened.__exit__(type(error), error, error.__traceback__)
            raise
        if not written:
            opened.__exit__(None, None, None)
            return
        _commit(opened, written, table)

    return transaction


def _commit(opened: AbstractContextManager[Repositories], written: set[str], table: FaultTable) -> None:
    table.effect(
        f"commit of {', '.join(sorted(written))}",
        lambda: opened.__exit__(None, None, None),
        undo=lambda: opened.__exit__(Broken, Broken("rolled back"), None),
    )
