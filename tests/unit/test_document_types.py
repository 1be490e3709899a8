"""The list of types that is shipped, and what a changed list may say."""

from __future__ import annotations

import re

import pytest

from api.types.toml_form import read_types, standard_symbol, standard_text
from issuance.capacity import Capacity
from issuance.errors import MetadataInvalid
from issuance.numbers import NumberingRule, demand_symbol_pattern

ABBREVIATIONS = (
    *("NQ", "QĐ", "CT", "QC", "QyĐ", "TC", "TB", "HD", "CTr", "KH", "PA", "ĐA", "DA", "BC", "BB", "TTr", "HĐ", "CĐ"),
    *("BGN", "BTT", "GUQ", "GM", "GGT", "GNP", "PG", "PC", "PB"),
)
"""Decree 30/2020, Annex III, in its own order."""


def test_the_list_has_the_29_kinds_of_the_decree_with_their_abbreviations() -> None:
    forms = read_types(standard_text())
    assert [one.symbol for one in forms[:27]] == [f"{abbreviation}-{{agency}}" for abbreviation in ABBREVIATIONS]
    assert [one.name for one in forms[27:29]] == ["Công văn", "Thư công"]


def test_the_three_copies_share_one_series_and_the_slips_have_their_own() -> None:
    forms = {one.name: one for one in read_types(standard_text())}
    assert {forms[name].series for name in ("Bản sao y", "Bản trích sao", "Bản sao lục")} == {"sao"}
    assert Capacity.TM not in forms["Phiếu xin lỗi và hẹn lại ngày trả kết quả"].capacities


def test_no_two_types_of_different_series_share_a_symbol() -> None:
    owners: dict[str, str] = {}
    for form in read_types(standard_text()):
        assert owners.setdefault(form.symbol, form.series) == form.series
        demand_symbol_pattern(form.decision(agency="H00", abbreviation="UBND").rule.symbol)


def test_symbols_follow_the_decree() -> None:
    assert standard_symbol("Thông báo", agency="UBND") == "TB-UBND"
    assert standard_symbol("Quyết định", agency="UBND") == "QĐ-UBND"
    assert standard_symbol("Công văn", agency="UBND", unit="VX") == "UBND-VX"
    assert standard_symbol("Công văn", agency="UBND") == "UBND"
    with pytest.raises(ValueError, match="symbol"):
        standard_symbol("Giấy phép xây dựng", agency="UBND")


@pytest.mark.parametrize("symbol", ["{unit}-UBND", "UBND{unit}", "UBND-{agency}", "A-{", "UBND VX"])
def test_a_symbol_that_no_number_can_carry_is_refused(symbol: str) -> None:
    with pytest.raises(ValueError, match=r"hyphen|number"):
        demand_symbol_pattern(symbol)


def test_only_a_named_unit_stands_in_a_symbol() -> None:
    rule = NumberingRule(agency="H00", document_type="Công văn", series="CV", symbol="UBND-{unit}")
    assert (rule.symbol_for("VX"), rule.symbol_for(None)) == ("UBND-VX", "UBND")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("type = 3", "file.type"),
        ("[[type]", "file"),
        ('[[type]]\nname="A"\nseries="A"\nsymbol="A"\ncolour="red"', "type 1 (A).colour"),
        ('[[type]]\nname="A"\nseries="A"\nsymbol="A"\nretention=0', "type 1 (A).retention"),
        ('[[type]]\nname="A"\nseries="A"\nsymbol="A"\ncapacities=["XX"]', "type 1 (A).capacities.0"),
        ('[[type]]\nname="A"\nseries="A"\nsymbol="A"\n[[type]]\nname="A"\nseries="A"\nsymbol="A"', "type 2 (A)"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MetadataInvalid, match=re.escape(place)):
        read_types(text)
