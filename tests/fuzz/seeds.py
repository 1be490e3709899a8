"""What damage begins with: the files of the vectors, and what lies inside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.der import integer, sequence
from certs.tsp import write_request
from tests.fuzz.der_damage import contents_in
from tests.vectors import paper
from tests.vectors.catalogue import VECTORS
from tests.vectors.chamber import SIGNATORY, SIGNED_AT
from tests.vectors.stamps import info, stamped, token
from tests.vectors.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.vectors.chamber import Chamber

    Seed = tuple[str, bytes]

_LARGEST = 120_000  # bytes of a seed; larger ones teach nothing more
_PEOPLE = ("root", "interm", "signatory", "seal", "edwards", "rsa1024", "p192", "tsa", "ocsp")


@dataclass(frozen=True, slots=True)
class Seeds:
    """By kind; each input has the name of the vector that it first appeared in."""

    pdfs: Sequence[Seed]
    containers: Sequence[Seed]
    tokens: Sequence[Seed]
    certificates: Sequence[Seed]
    ocsps: Sequence[Seed]
    crls: Sequence[Seed]
    increments: Sequence[Seed]
    drafts: Sequence[Seed]


def seeds(chamber: Chamber) -> Seeds:
    """All of them; it takes some seconds, since every vector is made."""
    made = [(vector.name, vector.make(chamber)) for vector in VECTORS]
    pdfs = [(name, case.pdf) for name, case in made if len(case.pdf) <= _LARGEST]
    known = [(name, case.known) for name, case in made]
    people = [(who, chamber.certificate(who).dump()) for who in _PEOPLE]
    return Seeds(
        pdfs=pdfs,
        containers=_once([*_containers(chamber), *((name, cms) for name, pdf in pdfs for cms in contents_in(pdf))]),
        tokens=_once(_tokens(chamber)),
        certificates=_once([*people, *((name, der) for name, each in known for der in each.certificates)]),
        ocsps=_once((name, der) for name, each in known for der in each.ocsps),
        crls=_once((name, der) for name, each in known for der in each.crls),
        increments=_once(_increments(chamber)),
        drafts=[("draft", paper.draft()), *pdfs[::20]],
    )


def _once(found: Iterable[Seed]) -> list[Seed]:
    by_octets: dict[bytes, str] = {}
    for name, octets in found:
        by_octets.setdefault(octets, name)
    return [(name, octets) for octets, name in by_octets.items()]


def _containers(chamber: Chamber) -> Iterable[Seed]:
    """One right CMS object for each kind of key, and one with a time-stamp."""
    bench = Workbench(chamber)
    for who in ("signatory", "seal", "edwards", "rsa1024"):
        yield who, bench.sign(who=who).der()
    envelope = bench.sign()
    yield "stamped", stamped(envelope, token(chamber, info(envelope.signer.signature)).der())


def _tokens(chamber: Chamber) -> Iterable[Seed]:
    """Tokens, answers of an authority and questions to one: all three readers get all three."""
    for who in ("tsa", "signatory", "edwards"):
        made = token(chamber, info(b"stamped"), who=who).der()
        yield f"token of {who}", made
        yield f"answer of {who}", sequence(sequence(integer(0)), made)
    yield "question", write_request(bytes(32), nonce=4711)


def _increments(chamber: Chamber) -> Iterable[Seed]:
    """What a program on an official's computer adds to a draft."""
    base = paper.draft()
    for at in (None, SIGNED_AT):
        yield f"signed at {at}", chamber.sign(base, SIGNATORY, at=at)[len(base) :]
