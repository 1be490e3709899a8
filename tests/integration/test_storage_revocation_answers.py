from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs.kept_answers import AnswerSource, KeptAnswer
from storage.errors import RowRefused
from storage.revocation_answers import RevocationAnswers

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
SOURCE = AnswerSource(issuer_key=b"k" * 20, serial_number=2**159 + 1, url="http://ocsp.example.vn/")


@pytest.fixture
def answers(engine: Engine) -> RevocationAnswers:
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM revocation_answers")
    return RevocationAnswers(engine)


def test_an_answer_is_found_until_it_ends(answers: RevocationAnswers) -> None:
    answer = KeptAnswer(b"\x30\x00", NOW + HOUR)
    answers.keep(SOURCE, answer)
    assert answers.find(SOURCE, at=NOW) == answer
    assert answers.find(SOURCE, at=NOW + HOUR) is None


@pytest.mark.parametrize(
    "other",
    [
        AnswerSource(b"x" * 20, SOURCE.serial_number, SOURCE.url),
        AnswerSource(SOURCE.issuer_key, 1, SOURCE.url),
        AnswerSource(SOURCE.issuer_key, None, SOURCE.url),
        AnswerSource(SOURCE.issuer_key, SOURCE.serial_number, "http://ocsp.example.vn/other"),
    ],
)
def test_issuer_certificate_and_address_tell_answers_apart(answers: RevocationAnswers, other: AnswerSource) -> None:
    answers.keep(SOURCE, KeptAnswer(b"one", NOW + HOUR))
    assert answers.find(other, at=NOW) is None
    answers.keep(other, KeptAnswer(b"other", NOW + HOUR))
    found = answers.find(SOURCE, at=NOW)
    assert found is not None
    assert found.der == b"one"


def test_of_two_answers_the_one_that_ends_later_stays(answers: RevocationAnswers) -> None:
    for name, until in ((b"first", HOUR), (b"later", 2 * HOUR), (b"sooner", HOUR)):
        answers.keep(SOURCE, KeptAnswer(name, NOW + until))
    assert answers.find(SOURCE, at=NOW) == KeptAnswer(b"later", NOW + 2 * HOUR)


def test_what_ended_long_ago_is_forgotten(answers: RevocationAnswers, engine: Engine) -> None:
    answers.keep(SOURCE, KeptAnswer(b"old", NOW - timedelta(days=8)))
    answers.keep(AnswerSource(SOURCE.issuer_key, None, "http://x/"), KeptAnswer(b"new", NOW))
    answers.forget_expired()
    with engine.begin() as connection:
        left = connection.exec_driver_sql("SELECT answer FROM revocation_answers").scalars().all()
    assert left == [b"new"]


def test_a_key_that_is_none_is_refused(answers: RevocationAnswers) -> None:
    with pytest.raises(RowRefused):
        answers.keep(AnswerSource(b"short", 1, "http://x/"), KeptAnswer(b"", NOW))
