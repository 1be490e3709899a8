"""How the demonstration judges itself, and how patient it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from api.client import Refused, Unreachable
from api.demo.outcome import Outcome, Verification
from api.demo.persistence import persistently
from api.demo.scenario import tell_outcome
from api.demo.telling import Teller, seconds
from verification.report import Indication, Level

REPORT: dict[str, object] = {
    "indication": "TOTAL_PASSED",
    "reason": {"vi": "Mọi chữ ký số đều hợp lệ.", "en": "All signatures are valid."},
    "signatures": [
        {"kind": "signature", "level": "B_LTA"},
        {"kind": "seal", "level": "B_LT"},
        {"kind": "document_timestamp", "level": "UNKNOWN"},
    ],
    "register": {"known": True, "state": "issued", "same_bytes": True},
}

PASSED = Outcome(
    document_id=UUID(int=7),
    lookup_code="7K3MQX9P2BDFHT5W4",
    number="05/TB-UBND",
    pdf=Path("/somewhere/issued/2026-05-TB-UBND.pdf"),
    sha256="ab" * 32,
    verification=Verification.of(REPORT),
    seconds=4.2,
)


def test_a_report_is_read_in_short() -> None:
    verification = Verification.of(REPORT)
    assert verification.level is Level.B_LT
    assert (verification.signatures, verification.timestamps) == (2, 1)
    assert verification.issued


def test_the_verdict_alone_is_no_success() -> None:
    assert PASSED.succeeded
    for register in ({"state": "sealed", "same_bytes": True}, {"state": "issued", "same_bytes": False}):
        verification = Verification.of(REPORT | {"register": {"known": True, **register}})
        assert not replace(PASSED, verification=verification).succeeded


def test_an_indeterminate_verdict_is_no_success() -> None:
    verification = replace(PASSED.verification, indication=Indication.INDETERMINATE)
    assert not replace(PASSED, verification=verification).succeeded


def test_the_json_line_has_exactly_the_promised_names() -> None:
    line = PASSED.as_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "document_id": "00000000-0000-0000-0000-000000000007",
        "lookup_code": "7K3MQX9P2BDFHT5W4",
        "number": "05/TB-UBND",
        "pdf": "/somewhere/issued/2026-05-TB-UBND.pdf",
        "sha256": "ab" * 32,
        "indication": "TOTAL_PASSED",
        "level": "B_LT",
        "signatures": 2,
        "seconds": 4.2,
    }


def test_a_restarting_service_is_waited_for() -> None:
    troubles = [Unreachable("refused"), Refused(status=503, problem={"code": "signer-unavailable"})]

    def call() -> str:
        if troubles:
            raise troubles.pop()
        return "done"

    assert persistently(call, patience=timedelta(seconds=20), pause=timedelta(0)) == "done"


def test_a_plain_refusal_is_final() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise Refused(status=409, problem={"code": "wrong-state"})

    with pytest.raises(Refused):
        persistently(call, patience=timedelta(seconds=20))
    assert len(calls) == 1


def test_patience_ends() -> None:
    def call() -> None:
        msg = "nobody there"
        raise Unreachable(msg)

    with pytest.raises(Unreachable, match="nobody there"):
        persistently(call, patience=timedelta(seconds=0))


def test_steps_are_told_in_aligned_lines() -> None:
    output = StringIO()
    teller = Teller(Console(file=output, width=80))
    with teller.step("Gửi dự thảo") as line:
        line.remark = "mã tra cứu"
    with teller.step("Người có thẩm quyền ký số") as line:
        line.remark = "khóa trong token"
    first, second = output.getvalue().splitlines()
    assert first.index("mã tra cứu") == second.index("khóa trong token")
    assert len(first) == len(second)


def test_a_step_that_fails_is_told_with_a_cross() -> None:
    output = StringIO()
    teller = Teller(Console(file=output, width=100))
    with pytest.raises(Unreachable), teller.step("Trình ký"):
        raise Unreachable
    assert "✗ Trình ký" in output.getvalue()


def test_the_verdict_is_told_in_vietnamese() -> None:
    output = StringIO()
    tell_outcome(PASSED, Teller(Console(file=output, width=100)))
    told = output.getvalue()
    assert "TOTAL_PASSED · mức B-LT · Mọi chữ ký số đều hợp lệ." in told
    assert "7K3M-QX9P-2BDF-HT5W-4" in told
    assert seconds(4.2) == "4,20 s"
