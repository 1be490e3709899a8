"""Break every effect of the cycle once as "lost" and once as "done, but reported lost", then go on and look at it all.

The effects are counted, so that a new one joins the table by itself: the n-th effect of an attempt fails, whatever it
is; then a worker that knows nothing of the attempt takes the document up again.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar, cast

import pytest

from certs.revocation import EMPTY
from issuance.advance import advance
from issuance.documents import MAIN_PATH, DocumentState
from tests.integration.certs_servers import demonstration
from tests.small_agency import SmallAgency
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import Repositories
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop


Part = TypeVar("Part")


class Broken(Exception):
    """The process died here."""


class Manner(Enum):
    """How an effect breaks."""

    LOST = "lost"
    DONE_BUT_REPORTED_LOST = "done but reported lost"


@dataclass
class Fuse:
    """Breaks the n-th effect."""

    left: int
    manner: Manner
    broke: str | None = None

    def effect(self, name: str, act: Callable[[], object]) -> object:
        """Carry an effect out, or break it."""
        self.left -= 1
        if self.left != 0:
            return act()
        self.broke = name
        if self.manner is Manner.DONE_BUT_REPORTED_LOST:
            act()
        raise Broken(name)


class Breaking:
    """Any object whose calls are effects."""

    def __init__(self, inner: object, fuse: Fuse, name: str) -> None:
        self._inner, self._fuse, self._name = inner, fuse, name

    def __getattr__(self, method: str) -> Callable[..., object]:
        bound = getattr(self._inner, method)

        def call(*arguments: object, **named: object) -> object:
            return self._fuse.effect(f"{self._name}.{method}", lambda: bound(*arguments, **named))

        return call


def on_fuse(inner: Part, fuse: Fuse, name: str) -> Part:
    """The same part, every call of it on the fuse."""
    return cast("Part", Breaking(inner, fuse, name))


def breaking(outside: Outside, fuse: Fuse) -> Outside:
    """The same surroundings, every effect on the fuse; a transaction breaks at its commit."""

    @contextmanager
    def transaction() -> Iterator[Repositories]:
        opened = outside.uow()
        register = opened.__enter__()
        try:
            yield register
        except BaseException as error:
            opened.__exit__(type(error), error, None)
            raise
        if fuse.left == 1 and fuse.manner is Manner.LOST:
            opened.__exit__(Broken, Broken("commit"), None)
        fuse.effect("commit", lambda: opened.__exit__(None, None, None))

    return replace(
        outside,
        uow=transaction,
        blobs=on_fuse(outside.blobs, fuse, "blobs"),
        device=on_fuse(outside.device, fuse, "device"),
        timestamper=on_fuse(outside.timestamper, fuse, "timestamper"),
        revocation=on_fuse(outside.revocation, fuse, "revocation"),
        workshop=on_fuse(outside.workshop, fuse, "workshop"),
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.mark.parametrize("manner", list(Manner), ids=lambda manner: manner.name)
def test_whatever_breaks_the_document_is_issued_in_the_end(
    authority: Demonstration, workshop: Workshop, manner: Manner
) -> None:
    agency = SmallAgency(authority, workshop)
    outside = agency.outside()
    documents, broken = [], []
    for step in (agency.ask_for_signature, agency.ask_for_issue):
        count = 0
        while True:
            count += 1
            document = agency.submitted()
            documents.append(document)
            if step == agency.ask_for_issue:
                agency.ask_for_signature(document)
                advance(document.id, outside=outside)
            step(document)
            fuse = Fuse(left=count, manner=manner)
            survived = attempt(document, breaking(outside, fuse))
            broken.append(fuse.broke)
            recover(agency, document, outside)
            if survived:
                break
    assert {"device.sign", "timestamper.stamp", "blobs.put", "commit", "workshop.prepare"} <= set(broken)
    assert len(broken) >= 30
    look_at_everything(agency, documents, authority)


def attempt(document: Document, outside: Outside) -> bool:
    """Whether the attempt came through without breaking."""
    try:
        advance(document.id, outside=outside)
    except Broken:
        return False
    return True


def recover(agency: SmallAgency, document: Document, outside: Outside) -> None:
    """What a new worker and the waiting people do: go on, by the same calls."""
    advance(document.id, outside=outside)
    if agency.read(document).state is DocumentState.SIGNED:
        agency.ask_for_issue(document)
        advance(document.id, outside=outside)


def look_at_everything(agency: SmallAgency, documents: list[Document], authority: Demonstration) -> None:
    """Numbers contiguous, revisions prefixes, every document valid by itself, every step once."""
    finished = [agency.read(document) for document in documents]
    assert {document.state for document in finished} == {DocumentState.ISSUED}
    assert sorted(document.number.ordinal for document in finished if document.number) == [*range(1, len(finished) + 1)]
    for document in finished:
        with agency.register() as register:
            chain = register.revisions(document.id)
            steps = [step.state for step in register.timeline(document.id)]
        assert steps == list(MAIN_PATH)
        contents = [agency.blobs.get(revision.sha256) for revision in chain]
        assert all(new.startswith(old) for old, new in pairwise(contents))
        report = validate(contents[-1], anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
        assert report.indication is Indication.TOTAL_PASSED
        assert document.current.sha256 in agency.blobs.retained
