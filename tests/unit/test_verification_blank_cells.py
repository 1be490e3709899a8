"""Cells told to be blank without the second reader: only where the strict reader sees an empty picture or none."""

from __future__ import annotations

from datetime import date

import pytest

from signing.compose import compose
from signing.fill import fill_cells
from signing.layout import DATE_FIELD, NUMBER_FIELD
from tests.material import blank_pdf, layout
from tests.vectors.paper import NUMBER, appended, draft, edited, size_of, stream
from verification.blank_cells import are_blank

NAMES = {NUMBER_FIELD, DATE_FIELD}
CODE = "0000-0000-0000-0000-0"


@pytest.fixture(scope="module")
def composed() -> bytes:
    return compose(blank_pdf(), layout=layout(), lookup_code=CODE, lookup_url=f"http://localhost/d/{CODE}")


def test_cells_that_wait_for_number_and_date_are_blank(composed: bytes) -> None:
    assert are_blank(composed, NAMES)


def test_a_file_without_these_cells_has_none_that_shows_anything() -> None:
    assert are_blank(draft(), {"another"})


def test_filled_cells_are_not_blank(composed: bytes) -> None:
    assert not are_blank(fill_cells(composed, number="05", issued_on=date(2026, 11, 26)), NAMES)


@pytest.mark.parametrize("content", [b"BT ET", b"0 0 1 1 re f", b"/Fm Do"])
def test_any_operator_at_all_is_left_to_the_second_reader(content: bytes) -> None:
    pdf = draft()
    number = size_of(pdf)
    field = edited(pdf, NUMBER, b"/FT /Tx", b"/FT /Tx /AP << /N %d 0 R >>" % number)
    entries = b"/Type /XObject /Subtype /Form /BBox [0 0 80 20]"
    assert are_blank(appended(pdf, {NUMBER: field, number: stream(b" ", entries)}), NAMES)
    assert not are_blank(appended(pdf, {NUMBER: field, number: stream(content, entries)}), NAMES)


@pytest.mark.parametrize("cut", [2, 30, 400])
def test_a_damaged_file_is_left_to_the_second_reader(composed: bytes, cut: int) -> None:
    assert not are_blank(composed[:-cut], NAMES)


def test_a_form_of_another_shape_is_left_to_the_second_reader(composed: bytes) -> None:
    assert not are_blank(composed.replace(b"/Fields", b"/Fjelds"), NAMES)
