"""The DER writer against asn1crypto, which writes the same things from its own understanding of X.690."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from hypothesis import given
from hypothesis import strategies as st

from certs import der

SPAN = datetime(2049, 12, 31, tzinfo=UTC) - datetime(1950, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), SPAN).map(lambda passed: datetime(1950, 1, 1, tzinfo=UTC) + passed)


@given(st.integers())
def test_integers_are_as_short_as_they_can_be(number: int) -> None:
    assert der.integer(number) == core.Integer(number).dump()


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, -1, -127, -128, -129, 2**64, -(2**64), 2**159])
def test_integers_at_the_edges_of_an_octet(number: int) -> None:
    assert der.integer(number) == core.Integer(number).dump()
    assert der.enumerated(number)[1:] == der.integer(number)[1:]


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536, 70000])
def test_lengths_take_the_shortest_form(length: int) -> None:
    content = bytes(length)
    assert der.octet_string(content) == core.OctetString(content).dump()
    assert der.bit_string(content) == core.OctetBitString(content).dump()


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**70), max_size=12))
def test_object_identifiers(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


def test_the_example_arc_needs_two_octets_for_its_start() -> None:
    assert der.oid("2.999.1") == bytes.fromhex("0603883701")


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1.2.-3", "1.2.x", "-1.2"])
def test_what_is_no_object_identifier_is_refused(dotted: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        der.oid(dotted)


@given(MOMENTS)
def test_times(at: datetime) -> None:
    assert der.generalized_time(at) == core.GeneralizedTime(at).dump()
    whole = at.replace(microsecond=0)
    assert der.utc_time(whole) == core.UTCTime(whole).dump()


def test_times_of_other_zones_are_written_in_utc() -> None:
    hanoi = timezone(timedelta(hours=7))
    assert der.generalized_time(datetime(2026, 1, 1, 6, 30, tzinfo=hanoi)) == b"\x18\x0f20251231233000Z"


@pytest.mark.parametrize("at", [datetime(1949, 12, 31, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)])
def test_utc_time_does_not_reach_beyond_its_century(at: datetime) -> None:
    with pytest.raises(ValueError, match="UTCTime"):
        der.utc_time(at)


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        der.generalized_time(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@given(st.text())
def test_strings(text: str) -> None:
    assert der.utf8_string(text) == core.UTF8String(text).dump()


def test_ascii_strings() -> None:
    assert der.ia5_string("http://a") == core.IA5String("http://a").dump()
    with pytest.raises(UnicodeEncodeError):
        der.ia5_string("đ")


@given(st.lists(st.integers(), max_size=20))
def test_sets_are_sorted(numbers: list[int]) -> None:
    expected = core.SetOf([core.Integer(number) for number in numbers], spec=core.Integer).dump(force=True)
    assert der.set_of(*map(der.integer, numbers)) == expected


def test_a_name_is_what_asn1crypto_makes_of_it() -> None:
    expected = asn1_x509.Name.build({"common_name": "CA MẪU"}).dump()
    attribute = der.sequence(der.oid("2.5.4.3"), der.utf8_string("CA MẪU"))
    assert der.sequence(der.set_of(attribute)) == expected


def test_constants_and_tags() -> None:
    assert der.null() == core.Null().dump()
    assert der.boolean_true() == core.Boolean(value=True).dump()
    assert der.context(0, der.null()) == b"\xa0\x02\x05\x00"
    assert der.context_primitive(1, b"ab") == b"\x81\x02ab"
    assert der.sequence() == b"\x30\x00"
