"""Every test vector gets the verdict that its text declares, quickly, and the same one inside the sandbox."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from certs.revocation_lack import Lack
from tests.vectors.catalogue import ATTACKS, TEXTS, VECTORS, texts
from tests.vectors.chamber import Chamber
from tests.vectors.disagreements import DISAGREEMENTS, GROUPS
from verification.by_picture import revisions_to_compare
from verification.judgement import judge
from verification.page_memory import PageMemory
from verification.pictures import compare_pages
from verification.policy import DEFAULT_POLICY
from verification.reasons import without_revocation
from verification.report import Indication, ReadMode, SubIndication
from verification.sandbox import Sandbox
from verification.structure import from_header
from verification.validate import find_out
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.vectors.vector import Case, Vector
    from verification.facts import FileFacts
    from verification.report import ValidationReport

LONGEST = 10.0  # seconds for one file, on a machine that does other things as well
RIGHT_TOKENS = {
    "tokens/time-after-revocation",
    "tokens/time-in-the-future",
    "tokens/time-before-the-certificate",
    "tokens/right-over-broken-value",
    "tokens/right-over-other-document",
}  # their times are proven, and do not help

MEMORY = PageMemory()
SEEN_BY_SOME = {"certified/citizen-unseen-at-unlocked"}  # PDFium draws an appearance whose box is empty


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(Sandbox()) as workshop:
        yield workshop


def judged(chamber: Chamber, vector: Vector, case: Case) -> ValidationReport:
    return judge(facts_of(chamber, vector, case), DEFAULT_POLICY)


def facts_of(chamber: Chamber, vector: Vector, case: Case) -> FileFacts:
    return find_out(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_vector_gets_the_verdict_of_its_text(vector: Vector, chamber: Chamber) -> None:
    case = vector.make(chamber)
    started = perf_counter()
    report = judged(chamber, vector, case)
    took = perf_counter() - started

    expected, cautions = vector.expected, {caution.code for caution in report.warnings}
    assert (report.indication, report.sub_indication) == (expected.indication, expected.sub_indication)
    assert cautions >= expected.cautions
    assert cautions == expected.cautions or not report.verdict.passed
    assert took < LONGEST


@pytest.mark.parametrize(
    "vector",
    [
        vector
        for vector in VECTORS
        if vector.family == "tokens"
        and vector.expected.indication is not Indication.TOTAL_PASSED
        and vector.name not in RIGHT_TOKENS
    ],
    ids=lambda vector: vector.name,
)
def test_a_bad_token_proves_no_time(vector: Vector, chamber: Chamber) -> None:
    (signature,) = judged(chamber, vector, vector.make(chamber)).signatures
    assert signature.best_signature_time is None
    assert not any(token.verdict.passed for token in signature.timestamps)


@pytest.mark.parametrize(
    ("source", "lack"),
    [
        ("nothing", Lack.MISSING),
        ("stale-crl", Lack.STALE),
        ("stale-ocsp", Lack.STALE),
        ("future-crl", Lack.FUTURE),
        ("forged-crl", Lack.FORGED),
        ("forged-ocsp", Lack.FORGED),
        ("foreign-ocsp", Lack.MISSING),
    ],
)
def test_open_revocation_has_a_reason_of_its_own(source: str, lack: Lack, chamber: Chamber) -> None:
    found = [vector for vector in VECTORS if vector.family == "revocation" and vector.name.endswith(f"-{source}")]
    waiting = [vector for vector in found if vector.expected.sub_indication is SubIndication.TRY_LATER]
    assert waiting
    for vector in waiting:
        assert judged(chamber, vector, vector.make(chamber)).reason == without_revocation(lack).reason, vector.name


@pytest.mark.parametrize("vector", VECTORS[::40], ids=lambda vector: vector.name)
def test_the_sandbox_gives_the_same_report(vector: Vector, chamber: Chamber, workshop: Workshop) -> None:
    case = vector.make(chamber)
    inside = workshop.validate(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    facts = facts_of(chamber, vector, case)
    if facts.signatures:
        facts = replace(facts, comparison=compare_pages(case.pdf, revisions=revisions_to_compare(facts)))
    assert inside == judge(facts, DEFAULT_POLICY)
    alone = workshop.verdict_on(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    assert (alone.verdict, alone.signatures) == (inside.verdict, inside.signatures)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_pictures_say_the_same_as_the_text(vector: Vector, chamber: Chamber) -> None:
    """No alarm where nothing is wrong, and nothing that was refused is passed for the sake of its looks."""
    case = vector.make(chamber)
    facts = facts_of(chamber, vector, case)
    pdf = from_header(case.pdf) if facts.read is ReadMode.LAX else case.pdf
    comparison = compare_pages(pdf, revisions=revisions_to_compare(facts))
    # What is remembered of all those files, so like each other, changes nothing.
    assert compare_pages(pdf, revisions=revisions_to_compare(facts), memory=MEMORY) == comparison
    looked_at = judge(replace(facts, comparison=comparison), DEFAULT_POLICY)
    # Without letters, and without any picture where nothing follows a signature, the verdicts are the same.
    revisions = revisions_to_compare(facts)
    seen = compare_pages(pdf, revisions=revisions, letters=False, memory=MEMORY) if revisions else None
    alone = judge(replace(facts, comparison=seen), DEFAULT_POLICY)
    assert (alone.verdict, alone.signatures) == (looked_at.verdict, looked_at.signatures)

    expected = Indication.TOTAL_FAILED if vector.name in SEEN_BY_SOME else vector.expected.indication
    assert looked_at.indication is expected
    if expected is Indication.TOTAL_PASSED and not vector.expected.cautions:
        assert {caution.code for caution in looked_at.warnings} == vector.expected.cautions
        assert {signature.changes_after.page_difference for signature in looked_at.signatures} <= {None, False}
        assert None not in comparison.differs


def test_the_texts_in_the_repository_are_those_of_the_declarations() -> None:
    """`make vectors` brings them up to date."""
    written = {path.name: path.read_text(encoding="utf-8") for path in TEXTS.glob("*.toml")}
    assert written == texts()
    for content in written.values():
        assert tomllib.loads(content)["vector"]


def test_disagreements_are_told_once_and_of_vectors() -> None:
    """Whether they are true, ``make interop`` finds out."""
    told = [name for group in GROUPS for disagreement in group for name in disagreement.vectors]
    assert sorted(told) == sorted(DISAGREEMENTS)
    assert DISAGREEMENTS.keys() <= {vector.name for vector in VECTORS}


def test_names_are_unique() -> None:
    assert [name for name, times in Counter(vector.name for vector in VECTORS).items() if times > 1] == []


def test_there_are_as_many_vectors_as_promised() -> None:
    """The figures of the threat model, rows 1 to 6, 13, 13a, 14 and 16."""
    families = Counter(vector.family for vector in VECTORS)
    harmed = [v for v in VECTORS if v.family in ATTACKS and v.expected.indication is not Indication.TOTAL_PASSED]
    assert len(harmed) >= 120
    for family, least in {
        "forgery": 24,
        "saving": 30,
        "wrapping": 10,
        "shadow": 8,
        "certified": 16,
        "confusion": 20,
        "cms": 80,
        "tokens": 15,
        "revocation": 24,
        "algorithms": 20,
    }.items():
        assert families[family] >= least, family
