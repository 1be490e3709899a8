"""Damaged files by the hundred in every run, by the hundred thousand at night; seeds are fixed and told on failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz import Fuzzer
from tests.scale import scaled
from tests.vectors.chamber import Chamber

if TYPE_CHECKING:
    from tests.fuzz import Escape

SEED = 5
INPUTS = scaled(400, nightly=20_000)


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Fuzzer:
    return Fuzzer(Chamber(tmp_path_factory.mktemp("keys")), seed=SEED)


def test_inputs_are_the_same_each_time(fuzzer: Fuzzer) -> None:
    assert [fuzzer.input(number) for number in range(20)] == [fuzzer.input(number) for number in range(20)]


@pytest.mark.nightly
def test_damaged_files_meet_declared_errors_only(fuzzer: Fuzzer) -> None:
    escapes: list[Escape] = [escape for number in range(INPUTS) if (escape := fuzzer.escape(number)) is not None]
    assert [(escape.number, escape.seed_file, escape.what) for escape in escapes] == []


@pytest.mark.parametrize("number", [b"1.2.3", b"--1", b"1e5", b"+.", b"0.0.0"])
def test_a_number_that_is_none_is_damage_and_no_crash(fuzzer: Fuzzer, number: bytes) -> None:
    """Found by fuzzing: pyHanko's decimal numbers raise an arithmetic error of their own."""
    _, pdf = fuzzer.seeds[0]
    assert fuzzer.escape_of(pdf.replace(b"/Rect [", b"/Rect [" + number + b" ", 1)) is None
