"""``adbe.pkcs7.sha1``: what is said of digest and value is true whatever the policy makes of SHA-1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.vectors.chamber import Chamber
from tests.vectors.sha1_content import VECTORS
from verification.judgement import judge
from verification.policy import DEFAULT_POLICY
from verification.report import Indication, Level, SignatureReport, SubIndication
from verification.validate import find_out, validate

BY_NAME = {vector.name.partition("/")[2]: vector for vector in VECTORS}


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


def the_signature(chamber: Chamber, name: str) -> SignatureReport:
    vector = BY_NAME[name]
    case = vector.make(chamber)
    report = validate(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    return report.signatures[0]


@pytest.mark.parametrize(
    ("name", "intact", "valid"),
    [
        ("bare-stamped-2012", True, True),
        ("bare-not-stamped", True, True),
        ("sha256-stamped-2016", True, True),
        ("tampered-not-stamped", False, True),
        ("rewrapped-bare", False, True),
        ("rewrapped-signed", False, True),
        ("content-exchanged-bare", True, False),
        ("value-flipped-bare", True, False),
        ("value-flipped-signed", True, False),
        ("digest-of-the-file", False, True),
    ],
)
def test_digest_and_value_are_told_apart(chamber: Chamber, name: str, *, intact: bool, valid: bool) -> None:
    signature = the_signature(chamber, name)
    assert (signature.intact, signature.valid) == (intact, valid)


def test_it_is_plain_pkcs7_and_its_digest_is_called_sha1(chamber: Chamber) -> None:
    signature = the_signature(chamber, "sha256-stamped-2012")
    assert signature.sub_filter == "adbe.pkcs7.sha1"
    assert signature.level is Level.PKCS7
    assert signature.algorithms is not None
    assert (signature.algorithms.digest, signature.algorithms.signature) == ("sha1", "rsassa_pkcs1v15")


def test_an_old_report_falls_under_a_policy_that_never_knew_sha1(chamber: Chamber) -> None:
    vector = BY_NAME["sha256-stamped-2012"]  # SHA-1 stands for the file alone, where no signer names it
    case = vector.make(chamber)
    facts = find_out(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    assert judge(facts, DEFAULT_POLICY).indication is Indication.TOTAL_PASSED
    without = replace(
        DEFAULT_POLICY, algorithms=tuple(rule for rule in DEFAULT_POLICY.algorithms if rule.name != "sha1")
    )
    report = judge(facts, without)
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )
