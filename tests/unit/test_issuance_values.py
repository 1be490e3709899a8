"""Numbers, lookup codes, identifiers and the table of steps."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.calendar import vietnam_date
from issuance.documents import STEPS, Document, DocumentState, Draft, Revision
from issuance.errors import WrongState
from issuance.identifiers import document_id
from issuance.lookup_code import draw_lookup_code, parse_lookup_code, printed_lookup_code
from issuance.numbers import DocumentNumber
from tests.material import NOW, layout


def document(state: DocumentState = DocumentState.DRAFT) -> Document:
    return Document(
        id=UUID(int=1),
        lookup_code="x",
        draft=Draft(agency="H00", document_type="TB", subject="Thử", signatory="a", series="TB"),
        layout=layout(),
        state=state,
        current=Revision.of(b"one"),
        created_by="a",
        created_at=NOW,
    )


@pytest.mark.parametrize(("ordinal", "printed"), [(1, "01/TB-UBND"), (9, "09/TB-UBND"), (125, "125/TB-UBND")])
def test_numbers_below_ten_get_a_zero(ordinal: int, printed: str) -> None:
    number = DocumentNumber(ordinal=ordinal, symbol="TB-UBND")
    assert str(number) == printed
    assert DocumentNumber.parse(printed) == number


@pytest.mark.parametrize("text", ["", "5", "/TB", "0/TB-UBND", "5 /TB", "5/T B", "a/TB", "-1/TB"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DocumentNumber.parse(text)


def test_a_lookup_code_survives_how_people_write_it() -> None:
    for _ in range(200):
        code = draw_lookup_code(os.urandom)
        assert len(code) == 17
        assert parse_lookup_code(printed_lookup_code(code).lower().replace("0", "o").replace("1", "l")) == code


@given(st.integers(0, 16), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_misread_character_is_noticed(position: int, character: str) -> None:
    code = draw_lookup_code(os.urandom)
    misread = code[:position] + character + code[position + 1 :]
    assert parse_lookup_code(misread) == (code if misread == code else None)


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_none(text: str) -> None:
    parsed = parse_lookup_code(text)
    assert parsed is None or parse_lookup_code(parsed) == parsed


def test_identifiers_sort_by_time_and_are_version_7() -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n) for n in range(50)]
    identifiers = [document_id(at=moment, random_bytes=os.urandom) for moment in moments]
    assert identifiers == sorted(identifiers)
    assert {(i.version, i.variant) for i in identifiers} == {(7, "specified in RFC 4122")}


@given(st.lists(st.sampled_from(list(DocumentState)), max_size=30))
def test_nothing_leaves_the_table_of_steps(wanted: list[DocumentState]) -> None:
    current = document()
    for state in wanted:
        if state in STEPS[current.state]:
            current = current.step_to(state)
        else:
            with pytest.raises(WrongState):
                current.step_to(state)


def test_every_state_is_reached_from_a_draft() -> None:
    reached, waiting = set(), [DocumentState.DRAFT]
    while waiting:
        state = waiting.pop()
        reached.add(state)
        waiting += STEPS[state] - reached
    assert reached == set(DocumentState)


def test_a_revision_follows_the_current_one_or_is_refused() -> None:
    first = document()
    second = first.revised(Revision.of(b"one two", after=first.current))
    assert second.current.predecessor == first.current.sha256
    with pytest.raises(RuntimeError):
        second.revised(Revision.of(b"three", after=first.current))


def test_days_are_counted_in_vietnam() -> None:
    assert vietnam_date(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)).year == 2027
