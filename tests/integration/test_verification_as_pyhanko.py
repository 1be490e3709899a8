"""What is found out once for all signatures is what pyHanko finds out for each: ways to objects, and changes.

Every vector with more than one revision is asked about, and each of its revisions, signed or not, is taken for one that
was signed.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    FormUpdatingRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from bench.large import long_draft
from tests.vectors.catalogue import VECTORS
from tests.vectors.chamber import SIGNATORY, SIGNED_AT, Chamber
from verification._pyhanko_changes import REVIEW, ChangedFieldsOnly
from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_reader import Reader
from verification._pyhanko_review import Locks
from verification._pyhanko_usages import OddTreeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification._pyhanko_usages import Key, Path

# The second repair of the rule for the form: viewers are told to draw anew, or fonts get another meaning.
REFUSED_BY_OURS_ALONE = ("need-appearances", "drawn-anew", "default-font")
# What an invisible field added later shows, which is nothing: an extension for us, a filling for pyHanko.
SHOWS_NOTHING = "Archive4"
WITH_SUCH_A_FIELD = ("rewriting/nothing-drawn", "rewriting/archived")

STOCK = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule([SigFieldCreationRule(), SigFieldModificationRule(), ChangedFieldsOnly()]),
)
ALL_LOCKED = Locks(FieldMDPSpec(FieldMDPAction.ALL), MDPPerm.FILL_FORMS)
UNLOCKED = Locks(None, None)
MANY = 10_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    chamber = Chamber(tmp_path_factory.mktemp("keys"))
    made = {vector.name: vector.make(chamber).pdf for vector in VECTORS}
    signed = chamber.sign(long_draft(40), SIGNATORY, at=SIGNED_AT)
    return {name: pdf for name, pdf in made.items() if pdf.count(b"startxref") > 1} | {"long": signed}


def readers(pdf: bytes) -> Iterator[tuple[PdfFileReader, Reader]]:
    for strict in (True, False):
        try:
            yield PdfFileReader(BytesIO(pdf), strict=strict), Reader(BytesIO(pdf), strict=strict)
        except READ_ERRORS:
            continue


def test_every_way_to_every_object_is_found(files: dict[str, bytes]) -> None:
    """And none but these, and what pyHanko overlooks: through a /Parent that is none, and within the catalogue."""
    compared = 0
    for name, pdf in files.items():
        for stock, ours in readers(pdf):
            for revision in range(stock.total_revisions if ours.usages.are_certain else 0):
                expected = by_pyhanko_alone(stock, revision)
                if expected is None:
                    with pytest.raises(OddTreeError):
                        ours.usages.paths(revision, frozenset())
                    continue
                found = ours.usages.paths(revision, frozenset(expected))
                assert {key: paths for key, paths in expected.items() if not paths <= found[key]} == {}, (
                    name,
                    revision,
                )
                for key, paths in found.items():
                    more = paths - expected.get(key, set())
                    assert all("/Parent" in path or key == ours.usages._root(revision) for path in more), (name, key)
                compared += sum(map(len, expected.values()))
    assert compared > MANY


def by_pyhanko_alone(reader: PdfFileReader, revision: int) -> dict[Key, set[Path]] | None:
    view = reader.get_historical_resolver(revision)
    try:
        view._load_reverse_xref_cache()
    except READ_ERRORS:
        return None
    found = view._indirect_object_access_cache or {}
    return {(ref.idnum, ref.generation): {path.path for path in paths} for ref, paths in found.items()}


@pytest.mark.parametrize("locks", [UNLOCKED, ALL_LOCKED], ids=["unlocked", "locked"])
def test_changes_are_those_that_pyhanko_finds(files: dict[str, bytes], locks: Locks) -> None:
    found: list[object] = []
    for name, pdf in files.items():
        for stock, ours in readers(pdf):
            for revision in range(stock.total_revisions - 1):
                expected, answer = by_pyhanko(stock, revision, locks), by_us(ours, revision, locks)
                refused = answer == "refused" and any(word in name for word in REFUSED_BY_OURS_ALONE)
                extended = name.startswith(WITH_SUCH_A_FIELD) and answer == without_what_shows_nothing(expected)
                assert answer == expected or refused or extended, (name, revision)
                found.append(answer)
    assert found.count("refused") > 50
    assert len(set(found)) > 1


def by_pyhanko(reader: PdfFileReader, revision: int, locks: Locks) -> object:
    try:
        result = STOCK.review_file(reader, revision, field_mdp_spec=locks.fields, doc_mdp=locks.document)
    except READ_ERRORS as error:
        return "unreadable" if isinstance(error, PdfError) else "refused"
    return said(result) if isinstance(result, DiffResult) else "refused"


def by_us(reader: Reader, revision: int, locks: Locks) -> object:
    try:
        return said(REVIEW.of(reader.get_historical_resolver(revision), locks))
    except READ_ERRORS as error:
        return "unreadable" if isinstance(error, PdfError) else "refused"


def said(result: DiffResult) -> object:
    return result.modification_level.name, frozenset(map(str, result.changed_form_fields))


def without_what_shows_nothing(answer: object) -> object:
    """What pyHanko would say, were the appearance of the field not there; a lock would then have nothing to refuse."""
    match answer:
        case "refused":
            return "LTA_UPDATES", frozenset()
        case ("FORM_FILLING", frozenset() as fields) if SHOWS_NOTHING in fields:
            others = fields - {SHOWS_NOTHING}
            return ("FORM_FILLING" if others else "LTA_UPDATES"), others
    return answer
