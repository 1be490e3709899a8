from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hsm.consent import Consents, Operator
from hsm.errors import ConsentRefused
from hsm.pin import Pin
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
KEY = Pkcs11Uri(token="Ký số", serial="1", object="dấu", id=b"\x01")
AN, BINH = Operator("an", Pin("cụm từ của An 12")), Operator("binh", Pin("cụm từ của Bình"))


@pytest.fixture
def consents(tmp_path: Path) -> Consents:
    made = Consents(tmp_path / "state")
    for operator in (AN, BINH):
        made.enrol(operator, at=AT)
    return made


def test_one_requests_and_another_confirms(consents: Consents) -> None:
    code = consents.request(AN, key=KEY, reason="hết dùng", at=AT)
    assert consents.confirm(BINH, code=code, at=AT + timedelta(hours=23)) == KEY


def test_who_requested_cannot_confirm(consents: Consents) -> None:
    code = consents.request(AN, key=KEY, reason="x", at=AT)
    with pytest.raises(ConsentRefused, match="who requested"):
        consents.confirm(AN, code=code, at=AT)


def test_a_word_is_given_once_and_within_a_day(consents: Consents) -> None:
    first, second = (consents.request(AN, key=KEY, reason="x", at=AT) for _ in range(2))
    consents.confirm(BINH, code=first, at=AT)
    with pytest.raises(ConsentRefused, match="already"):
        consents.confirm(BINH, code=first, at=AT)
    with pytest.raises(ConsentRefused, match="24 hours"):
        consents.confirm(BINH, code=second, at=AT + timedelta(hours=25))
    with pytest.raises(ConsentRefused, match="no such request"):
        consents.confirm(BINH, code="ffffffff", at=AT)


def test_another_phrase_proves_nothing_and_is_written_down_without_it(consents: Consents, tmp_path: Path) -> None:
    wrong = replace(AN, phrase=Pin("không phải của An"))
    for attempt in (wrong, Operator("nobody", AN.phrase)):
        with pytest.raises(ConsentRefused, match="no such operator"):
            consents.request(attempt, key=KEY, reason="x", at=AT)
    written = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "state").iterdir())
    assert '"refused"' in written
    assert not any(pin.secret in written for pin in (AN.phrase, BINH.phrase, wrong.phrase))


def test_nobody_is_enrolled_twice_or_with_a_short_phrase(consents: Consents) -> None:
    for operator in (replace(AN, phrase=BINH.phrase), Operator("em", Pin("ngắn")), Operator("Em!", BINH.phrase)):
        with pytest.raises(ConsentRefused):
            consents.enrol(operator, at=AT)


def test_the_journal_tells_who_did_what(consents: Consents, tmp_path: Path) -> None:
    code = consents.request(AN, key=KEY, reason="hết dùng", at=AT)
    consents.confirm(BINH, code=code, at=AT)
    consents.destroyed(code=code, at=AT)
    journal = tmp_path / "state" / "consents.jsonl"
    steps = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert [(step["what"], step["operator"]) for step in steps] == [
        ("enrolled", "an"),
        ("enrolled", "binh"),
        ("requested", "an"),
        ("confirmed", "binh"),
        ("destroyed", ""),
    ]
    assert journal.stat().st_mode & 0o777 == 0o600
