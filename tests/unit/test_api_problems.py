"""Every error has its place in the one table, and a problem document tells what it must and no more."""

from __future__ import annotations

import json
import string

import pytest
from fastapi import Request

# Every module that defines errors must be imported, so that its classes are found.
import api.app
import api.background.worker
import api.supervision.supervisor  # noqa: F401
from api.errors import BodyTooLarge, RangeUnsatisfiable, TooManyRequests, Unauthenticated
from api.language import Language, preferred_language
from api.problems.error_classes import BASES, error_classes, hint_of
from api.problems.responses import problem_of, problem_response
from api.problems.table import ROWS, Problem
from issuance.errors import DraftRefused, MetadataInvalid
from signing.lint import Finding, Severity


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/v1/x", "headers": raw, "kyso.request_id": "r-1"})


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_every_error_class_has_a_row(error: type[Exception]) -> None:
    assert issubclass(error, BASES)
    assert error.code in ROWS


def test_every_error_that_is_raised_says_what_to_do_next() -> None:
    leaves = [error for error in error_classes() if error not in BASES and error.__name__ != "Overtaken"]
    assert [error for error in leaves if not error.hint] == []


@pytest.mark.parametrize("code", sorted(ROWS))
def test_every_row_is_whole(code: str) -> None:
    row = ROWS[code]
    assert 400 <= row.status < 600
    assert set(code) <= set(string.ascii_lowercase + string.digits + "-")
    assert row.advice.endswith(".")
    assert not row.vi.endswith(".")
    assert not row.en.endswith(".")


def test_a_document_has_the_members_of_rfc_9457_and_ours() -> None:
    document = problem_of(BodyTooLarge(limit=9)).document(language=Language.EN, request_id="r-1")
    assert document == {
        "type": "urn:kyso:problem:body-too-large",
        "title": "The request is too large",
        "status": 413,
        "code": "body-too-large",
        "detail": "the request body is larger than 9 bytes",
        "hint": BodyTooLarge.hint,
        "instance": "r-1",
        "vi": "Yêu cầu quá lớn. Xem mô tả các lời gọi tại /openapi.json.",
    }


def test_a_foreign_error_tells_nothing_of_itself() -> None:
    response = problem_response(request(), problem_of(KeyError("password=hunter2")))
    assert response.status_code == 500
    assert b"hunter2" not in bytes(response.body)


def test_fields_and_findings_are_members_of_their_own() -> None:
    invalid = problem_of(MetadataInvalid(problems={"subject": "must not be empty"}))
    assert invalid.extensions == {"problems": {"subject": "must not be empty"}}
    finding = Finding("xfa", Severity.REFUSE, "Tệp chứa XFA.", "The file carries XFA.")
    refused = problem_of(DraftRefused(findings=(finding,)))
    assert refused.extensions == {
        "findings": [{"code": "xfa", "severity": "refuse", "vi": "Tệp chứa XFA.", "en": "The file carries XFA."}]
    }


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (Unauthenticated(), "www-authenticate", 'Bearer realm="kyso"'),
        (TooManyRequests(retry_after=7), "retry-after", "7"),
        (RangeUnsatisfiable(length=10), "content-range", "bytes */10"),
    ],
)
def test_headers_follow_the_error(error: Exception, header: str, value: str) -> None:
    assert problem_response(request(), problem_of(error)).headers[header] == value


def test_an_outage_says_when_to_come_back() -> None:
    response = problem_response(request(), Problem(code="signer-unavailable", hint=hint_of("signer-unavailable")))
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "kyso signer" in json.loads(bytes(response.body))["hint"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.VI),
        ("", Language.VI),
        ("*", Language.VI),
        ("en", Language.EN),
        ("en-US,en;q=0.9,vi;q=0.8", Language.EN),
        ("vi-VN,vi;q=0.9,en;q=0.8", Language.VI),
        ("fr,de;q=0.5", Language.VI),
        ("en;q=0", Language.VI),
        ("en;q=x,vi;q=0.1", Language.VI),
        ("en,vi", Language.VI),
        ("," * 10_000, Language.VI),
    ],
)
def test_vietnamese_comes_first(header: str | None, language: Language) -> None:
    assert preferred_language(header) is language
