"""Form fields that show something else than they store: which ones, what a policy makes of it, and hostile trees."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import pytest

from tests.vectors import paper
from tests.vectors.chamber import Chamber
from tests.vectors.form_fields import VECTORS
from tests.vectors.paper import FORM
from verification.form_fields import fields_in_disagreement
from verification.judgement import judge
from verification.policy import DEFAULT_POLICY, Check, Weight
from verification.report import Indication, SubIndication
from verification.stored_facts import read_facts, written_facts
from verification.validate import find_out

BY_NAME = {vector.name.partition("/")[2]: vector for vector in VECTORS}


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


def test_the_facts_name_the_field_and_the_policy_weighs_it(chamber: Chamber) -> None:
    vector = BY_NAME["text-nested-differs"]
    case = vector.make(chamber)
    facts = find_out(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    assert facts.document is not None
    assert facts.document.fields_in_disagreement == ("person.name",)
    assert judge(facts, DEFAULT_POLICY).indication is Indication.TOTAL_PASSED

    strict = replace(DEFAULT_POLICY, weights={**DEFAULT_POLICY.weights, Check.FIELDS_SHOWN: Weight.FAIL})
    report = judge(facts, strict)
    assert (report.indication, report.sub_indication) == (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
    assert "trường biểu mẫu" in report.reason.vi

    silent = replace(DEFAULT_POLICY, weights={**DEFAULT_POLICY.weights, Check.FIELDS_SHOWN: Weight.IGNORE})
    assert judge(facts, silent).warnings == ()


def test_facts_from_before_fields_were_looked_at_are_still_read(chamber: Chamber) -> None:
    vector = BY_NAME["text"]
    case = vector.make(chamber)
    facts = find_out(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    old = written_facts(facts).replace(', "fields_in_disagreement": []', "")
    assert "fields_in_disagreement" not in old
    again = read_facts(old)
    assert again.document is not None
    assert again.document.fields_in_disagreement is None
    assert judge(again, DEFAULT_POLICY) == judge(facts, DEFAULT_POLICY)


@pytest.mark.parametrize(
    "fields",
    [
        b"[20 0 R]",
        b"[20 0 R 20 0 R 20 0 R]",
        b"20 0 R",
        b"[null 1 (x) /Name << >> [ ] 99 0 R]",
        b"(fields)",
    ],
)
def test_trees_without_end_and_without_sense_end(fields: bytes) -> None:
    bodies = paper.objects()
    bodies[FORM] = b"<< /Fields %s >>" % fields
    bodies[20] = b"<< /T (a) /FT /Tx /V (x) /Kids [20 0 R 21 0 R] >>"
    bodies[21] = b"<< /T (b) /Parent 20 0 R /Kids [20 0 R 20 0 R 20 0 R 21 0 R] /Ff (x) /Opt 1 /AA 2 /MK 3 >>"
    started = perf_counter()
    fields_in_disagreement(paper.whole(bodies), but=())
    assert perf_counter() - started < 5


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"%PDF-1.7\n1 0 obj\n<< /AcroForm 1 0 R >>\nendobj\n%%EOF"])
def test_what_cannot_be_read_is_no_finding(pdf: bytes) -> None:
    assert fields_in_disagreement(pdf, but=()) == ()


def test_ten_thousand_fields_are_looked_at_within_limits() -> None:
    bodies = paper.objects()
    numbers = range(30, 10_030)
    bodies[FORM] = b"<< /Fields [%s] >>" % b" ".join(b"%d 0 R" % number for number in numbers)
    bodies[21] = paper.stream(b"BT /F 12 Tf (y) Tj ET", b"/Resources << /Font << /F 5 0 R >> >>")
    for number in numbers:
        bodies[number] = b"<< /Subtype /Widget /FT /Tx /T (f%d) /V (x) /AP << /N 21 0 R >> >>" % number
    started = perf_counter()
    assert len(fields_in_disagreement(paper.whole(bodies), but=())) == 2000
    assert perf_counter() - started < 8
