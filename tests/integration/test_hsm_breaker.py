from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hsm.breaker import Outcome, PersonPresent, PinBreaker, PinCounter
from hsm.errors import PinRefused
from hsm.pin import Pin
from hsm.uri import TokenIdentity

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = TokenIdentity(label="Ký số", serial="1", manufacturer="A", model="m")
RIGHT, WRONG = Pin("271828"), Pin("314159")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def attempt(
    state: Path, pin: Pin, outcome: Outcome | None, counter: PinCounter = PinCounter.CLEAN, token: TokenIdentity = TOKEN
) -> None:
    """One login as a fresh process would make it; None stands for a process that was killed in the middle."""
    breaker = PinBreaker(state)
    breaker.begin(token, pin, counter)
    if outcome is not None:
        breaker.end(token, outcome)


def refused(state: Path, pin: Pin, counter: PinCounter = PinCounter.CLEAN) -> bool:
    with pytest.raises(PinRefused) as caught:
        PinBreaker(state).begin(TOKEN, pin, counter)
    return pin.secret not in str(caught.value)


def test_a_refused_pin_is_never_tried_again(state: Path) -> None:
    attempt(state, WRONG, Outcome.REFUSED)
    assert all(refused(state, WRONG, counter) for counter in PinCounter for _ in range(3))


def test_a_corrected_pin_is_tried_once_although_the_token_remembers_the_wrong_one(state: Path) -> None:
    attempt(state, WRONG, Outcome.REFUSED)
    attempt(state, RIGHT, Outcome.ACCEPTED, PinCounter.COUNT_LOW)
    attempt(state, RIGHT, Outcome.ACCEPTED)


def test_a_second_wrong_pin_closes_the_way_again(state: Path) -> None:
    attempt(state, WRONG, Outcome.REFUSED)
    attempt(state, Pin("161803"), Outcome.REFUSED, PinCounter.COUNT_LOW)
    assert refused(state, Pin("161803"), PinCounter.COUNT_LOW)


def test_a_first_login_that_was_cut_off_is_not_repeated(state: Path) -> None:
    attempt(state, RIGHT, None)
    assert refused(state, RIGHT)


def test_a_login_that_was_cut_off_is_repeated_with_a_pin_that_was_right_before(state: Path) -> None:
    attempt(state, RIGHT, Outcome.ACCEPTED)
    attempt(state, RIGHT, None)
    attempt(state, RIGHT, Outcome.ACCEPTED)


def test_a_cut_off_login_is_not_repeated_when_the_token_counts_a_wrong_pin(state: Path) -> None:
    attempt(state, RIGHT, Outcome.ACCEPTED)
    attempt(state, RIGHT, None)
    assert refused(state, RIGHT, PinCounter.COUNT_LOW)


def test_a_pin_that_was_right_before_and_is_refused_now_is_not_tried_again(state: Path) -> None:
    attempt(state, RIGHT, Outcome.ACCEPTED)
    attempt(state, RIGHT, Outcome.REFUSED)
    assert refused(state, RIGHT)


def test_a_device_error_at_login_says_nothing_about_the_pin(state: Path) -> None:
    attempt(state, RIGHT, Outcome.UNDECIDED)
    attempt(state, RIGHT, Outcome.ACCEPTED)


@pytest.mark.parametrize("counter", [PinCounter.COUNT_LOW, PinCounter.FINAL_TRY, PinCounter.LOCKED])
def test_nothing_is_tried_on_a_token_that_counts_a_wrong_pin_of_somebody_else(state: Path, counter: PinCounter) -> None:
    assert refused(state, RIGHT, counter)


def test_a_permit_is_good_for_one_attempt_but_never_for_the_last_one(state: Path) -> None:
    attempt(state, WRONG, Outcome.REFUSED)
    PinBreaker(state).permit(TOKEN)
    assert refused(state, WRONG, PinCounter.FINAL_TRY)
    attempt(state, WRONG, Outcome.REFUSED, PinCounter.COUNT_LOW)
    assert refused(state, WRONG, PinCounter.COUNT_LOW)


def test_tokens_of_different_makers_with_the_same_serial_are_kept_apart(state: Path) -> None:
    attempt(state, WRONG, Outcome.REFUSED)
    other = TokenIdentity(label="Ký số", serial="1", manufacturer="B", model="m")
    attempt(state, WRONG, Outcome.ACCEPTED, token=other)


def test_the_memory_is_private_and_holds_no_pin(state: Path) -> None:
    attempt(state, WRONG, Outcome.REFUSED)
    (file,) = state.iterdir()
    assert state.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert WRONG.secret not in file.read_text(encoding="utf-8")


def test_a_memory_that_cannot_be_read_counts_as_a_refusal(state: Path) -> None:
    attempt(state, RIGHT, Outcome.ACCEPTED)
    (file,) = state.iterdir()
    for damage in ("", "[]", '{"salt": 1}', '{"pin": "x"}', "null", '{"salt": "zz"}'):
        file.write_text(damage, encoding="utf-8")
        assert refused(state, RIGHT)


def test_a_person_may_try_unless_one_failure_more_would_lock_the_token() -> None:
    PersonPresent().begin(TOKEN, RIGHT, PinCounter.COUNT_LOW)
    for counter in (PinCounter.FINAL_TRY, PinCounter.LOCKED):
        with pytest.raises(PinRefused):
            PersonPresent().begin(TOKEN, RIGHT, counter)
