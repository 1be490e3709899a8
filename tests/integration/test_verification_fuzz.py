"""Damaged files by the hundred in every run, by the hundred thousand at night; seeds are fixed and told on failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from certs.der import context, null, oid, sequence, tlv
from tests.fuzz.der_damage import elements_of
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.targets import targets
from tests.scale import scaled
from tests.vectors.chamber import Chamber
from verification.cms_form import is_as_standard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fuzz.fuzzer import Escape
    from tests.fuzz.targets import Target

SEED = 5
INPUTS = {
    "pdf": scaled(200, nightly=20_000),
    "signature": scaled(50, nightly=10_000),
    "cms": scaled(200, nightly=40_000),
    "token": scaled(200, nightly=40_000),
    "certificate": scaled(200, nightly=40_000),
    "ocsp": scaled(200, nightly=40_000),
    "crl": scaled(200, nightly=40_000),
    "evidence": scaled(20, nightly=4_000),
    "returned": scaled(50, nightly=5_000),
    "draft": scaled(50, nightly=5_000),
    "foreign": scaled(50, nightly=10_000),
    "trusted-list": scaled(50, nightly=5_000),
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Target]:
    return targets(Chamber(tmp_path_factory.mktemp("keys")))


def test_every_target_is_fuzzed(known: Mapping[str, Target]) -> None:
    assert list(known) == list(INPUTS)


@pytest.mark.parametrize("name", INPUTS)
def test_seeds_themselves_meet_declared_errors_only(name: str, known: Mapping[str, Target]) -> None:
    fuzzer = Fuzzer(known[name], seed=SEED)
    assert [what for _, octets in fuzzer.target.seeds[::10] if (what := fuzzer.escape_of(octets)) is not None] == []


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_are_the_same_each_time_and_seldom_alike(name: str, known: Mapping[str, Target]) -> None:
    fuzzer = Fuzzer(known[name], seed=SEED)
    inputs = [fuzzer.input(number) for number in range(40)]
    assert inputs == [fuzzer.input(number) for number in range(40)]
    assert len(set(inputs)) > 30


@pytest.mark.nightly
@pytest.mark.parametrize("name", INPUTS)
def test_damaged_input_meets_declared_errors_only(name: str, known: Mapping[str, Target]) -> None:
    fuzzer = Fuzzer(known[name], seed=SEED)
    escapes: list[Escape] = [each for n in range(INPUTS[name]) if (each := fuzzer.escape(n)) is not None]
    assert [(escape.number, escape.seed_file, escape.what) for escape in escapes] == []


@pytest.mark.parametrize("number", [b"1.2.3", b"--1", b"1e5", b"+.", b"0.0.0"])
def test_a_number_that_is_none_is_damage_and_no_crash(known: Mapping[str, Target], number: bytes) -> None:
    """Found by fuzzing: pyHanko's decimal numbers raise an arithmetic error of their own."""
    fuzzer = Fuzzer(known["pdf"], seed=SEED)
    _, pdf = fuzzer.target.seeds[0]
    assert fuzzer.escape_of(pdf.replace(b"/Rect [", b"/Rect [" + number + b" ", 1)) is None


def test_a_cms_object_of_two_halves_is_not_as_standard() -> None:
    """Found by fuzzing: the reader of forms answered with an error that was not its own."""
    half = tlv(0x30, null())
    assert not is_as_standard(sequence(oid("1.2.840.113549.1.7.2"), context(0, half + half)))
    assert not is_as_standard(sequence(oid("1.2.840.113549.1.7.2"), context(0, b"")))


def test_elements_are_found_inside_of_strings_too() -> None:
    der = sequence(tlv(0x04, sequence(null())), tlv(0x03, b"\x00" + sequence(null(), null())))
    assert [der[each.start] for each in elements_of(der)] == [0x30, 0x04, 0x03, 0x30, 0x05, 0x05, 0x30, 0x05]
