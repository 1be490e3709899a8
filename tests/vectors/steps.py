"""What is done to an honest file, in one line each: steps from bytes to bytes that can be put one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, Base, Chamber
from tests.vectors.paper import Section, appended, current, edited, size_of
from tests.vectors.vector import FORMAT, Case, Expected, Vector

if TYPE_CHECKING:
    from collections.abc import Mapping

Step = Callable[[bytes], bytes]


def attack(
    name: str, about: str, step: Step, *, clause: str, base: Base = Base.APPROVED, expected: Expected = FORMAT
) -> Vector:
    """A vector made from an honest file by a step."""

    def make(chamber: Chamber) -> Case:
        return Case(step(chamber.honest(base)), chamber.known)

    return Vector(
        name=name, about=f"{about} [{base.value}]", clause=clause, expected=expected, at=CHECKED_AT, make=make
    )


def then(*steps: Step) -> Step:
    """One step after the other."""
    return lambda pdf: reduce(lambda before, step: step(before), steps, pdf)


def put(bodies: Mapping[int, bytes], *, section: Section = Section.TABLE, trailer: bytes = b"") -> Step:
    """An update that gives objects these bodies."""
    return lambda pdf: appended(pdf, bodies, section=section, trailer=trailer)


def free(*numbers: int) -> Step:
    """An update that frees objects and nothing else."""
    return lambda pdf: appended(pdf, {}, freed=numbers)


def edit(number: int, old: bytes, new: bytes, *, section: Section = Section.TABLE) -> Step:
    """An update that replaces one piece of an object."""
    return lambda pdf: appended(pdf, {number: edited(pdf, number, old, new)}, section=section)


def extend(number: int, entries: bytes, *, section: Section = Section.TABLE) -> Step:
    """An update that adds entries to a dictionary."""

    def step(pdf: bytes) -> bytes:
        return appended(pdf, {number: current(pdf, number).removesuffix(b">>") + entries + b">>"}, section=section)

    return step


def insert(body: bytes, *, into: int, behind: bytes, also: Mapping[int, bytes] | None = None) -> Step:
    """An update with a new object, referred to from an array of another: ``behind`` ends where the reference goes.

    ``%d`` in ``also``'s bodies stands for the number of the new object.
    """

    def step(pdf: bytes) -> bytes:
        number = size_of(pdf)
        holder = edited(pdf, into, behind, behind + b" %d 0 R " % number)
        more = {n: text.replace(b"%d", b"%d" % number) for n, text in (also or {}).items()}
        return appended(pdf, {into: holder, number: body, **more})

    return step


def annotate(body: bytes) -> Step:
    """An update with a new annotation on the first page."""
    return insert(b"<< /Type /Annot /F 4 " + body + b" >>", into=paper.PAGE, behind=b"/Annots [")


def in_place(old: bytes, new: bytes) -> Step:
    """The last occurrence of some bytes overwritten without moving anything else; ``new`` is padded with spaces."""

    def step(pdf: bytes) -> bytes:
        start = pdf.rindex(old)
        return pdf[:start] + new.ljust(len(old)) + pdf[start + len(old) :]

    return step


def before(junk: bytes) -> Step:
    """Bytes before the file."""
    return lambda pdf: junk + pdf


def behind(junk: bytes) -> Step:
    """Bytes behind the file."""
    return lambda pdf: pdf + junk
