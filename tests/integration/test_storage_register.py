"""The contract of ``issuance.ports.UnitOfWork``, for PostgreSQL and for the simulator that unit tests use."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from issuance.documents import DocumentState, Obstacle, Purpose, Revision
from issuance.errors import DateInvalid, UnknownName
from issuance.numbers import DocumentNumber, NumberSeries
from issuance.ports import AuditEvent, TimelineStep, UnitOfWork
from signing.claims import Claims, CommitmentType
from storage.errors import AlreadyThere, RowRefused, StorageError
from tests.register_material import (
    NOW,
    intent_of,
    new_document,
    request_for,
    settle_people,
    signing,
    stored_document,
)
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from storage.unit_of_work import PostgresUnitOfWork

TODAY = date(2026, 11, 23)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


class _GivenUp(Exception):
    pass


def _give_up_sometimes(turn: int) -> None:
    if turn % 7 == 0:
        raise _GivenUp


class TestTransactions:
    def test_a_block_that_raises_leaves_nothing(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = new_document(people)

        def give_up() -> None:
            with uow() as register:
                register.add_document(document)
                register.add_revision(document.id, document.current)
                register.next_number(people.series, issued_on=TODAY)
                raise _GivenUp

        with pytest.raises(_GivenUp):
            give_up()
        with uow() as register:
            assert register.document(document.id) is None
            assert register.revisions(document.id) == []
            assert register.next_number(people.series, issued_on=TODAY).ordinal == 1

    def test_nothing_is_seen_before_the_block_ends(self, postgres_register: PostgresUnitOfWork) -> None:
        people = settle_people(postgres_register)
        document = new_document(people)
        with postgres_register() as writer, postgres_register() as reader:
            writer.add_document(document)
            writer.add_revision(document.id, document.current)
            assert reader.document(document.id) is None

    def test_who_locks_second_waits_and_sees_what_the_first_wrote(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        locked, seen = threading.Event(), []

        def second() -> None:
            locked.wait(5)
            with uow() as register:
                found = register.locked_document(document.id)
                seen.append(found.state if found else None)

        waiting = threading.Thread(target=second)
        waiting.start()
        with uow() as register:
            register.locked_document(document.id)
            locked.set()
            waiting.join(0.3)
            assert seen == []
            register.save_document(document.step_to(DocumentState.SUBMITTED))
        waiting.join(5)
        assert seen == [DocumentState.SUBMITTED]


class TestDocuments:
    def test_a_document_comes_back_as_it_was_stored(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = new_document(people)
        with uow() as register:
            register.add_document(document)
            register.add_revision(document.id, document.current)
        with uow() as register:
            assert register.document(document.id) == document
            assert register.locked_document(document.id) == document
            assert register.document_by_lookup_code(document.lookup_code) == document
            assert register.document_by_sha256(document.current.sha256) == document

    def test_what_is_not_there_is_none(self, uow: UnitOfWork) -> None:
        with uow() as register:
            assert register.document(uuid4()) is None
            assert register.locked_document(uuid4()) is None
            assert register.document_by_lookup_code("0" * 17) is None
            assert register.document_by_sha256("0" * 64) is None
            assert register.signature_request(uuid4(), Purpose.SEAL) is None
            assert register.agency("?") is None
            assert register.account("?") is None
            assert register.account_secret_hash("?") is None
            assert register.credential("?") is None
            assert register.activation_hash("?") is None
            assert register.series(agency="?", name="?", year=2026) is None
            assert register.revisions(uuid4()) == []
            assert register.timeline(uuid4()) == []

    def test_everything_that_changes_is_saved(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        second = Revision(sha256="b" * 64, length=2_000, predecessor=document.current.sha256)
        later = replace(
            document,
            state=DocumentState.NUMBERED,
            current=second,
            intent=intent_of(people, Purpose.SEAL),
            number=DocumentNumber(ordinal=5, symbol="TB-UBND"),
            issued_on=TODAY,
            obstacle=Obstacle(code="timestamp-unavailable", text="no authority answered", at=NOW),
        )
        with uow() as register:
            register.save_document(later)
            register.add_revision(document.id, second)
        with uow() as register:
            assert register.document(document.id) == later
            assert register.document_by_sha256(document.current.sha256) == later
            assert register.document_by_sha256(second.sha256) == later
            register.save_document(replace(later, obstacle=None))
        with uow() as register:
            assert register.document(document.id) == replace(later, obstacle=None)

    def test_saving_what_was_never_added_is_refused(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with pytest.raises(UnknownName), uow() as register:
            register.save_document(new_document(people))

    def test_lists_are_newest_first_filtered_and_paged(self, uow: UnitOfWork) -> None:
        people, others = settle_people(uow), settle_people(uow)
        made = [stored_document(uow, people, age=age, dossier_code=f"D-{age % 2}") for age in (5, 4, 3, 2, 1)]
        stored_document(uow, others)
        with uow() as register:
            register.save_document(made[0].step_to(DocumentState.SUBMITTED))
        with uow() as register:
            everything = {"agency": people.agency.id, "state": None, "dossier_code": None, "after": None, "limit": 100}

            def identifiers(**changed: object) -> list[object]:
                return [one.id for one in register.documents(**(everything | changed))]  # type: ignore[arg-type]

            newest_first = [one.id for one in reversed(made)]
            assert identifiers() == newest_first
            assert identifiers(limit=2) == newest_first[:2]
            assert identifiers(limit=2, after=newest_first[1]) == newest_first[2:4]
            assert identifiers(state=DocumentState.SUBMITTED) == [made[0].id]
            assert identifiers(dossier_code="D-0") == [made[3].id, made[1].id]
            assert identifiers(agency="?") == []

    def test_unfinished_documents_are_those_that_the_service_leaves_itself(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        number = {"number": DocumentNumber(1, "TB-UBND"), "issued_on": TODAY}
        states = {state: stored_document(uow, people, age=10 - place) for place, state in enumerate(DocumentState)}
        with uow() as register:
            for place, (state, document) in enumerate(states.items()):
                number = {"number": DocumentNumber(place + 1, "TB-UBND"), "issued_on": TODAY}
                register.save_document(replace(document, state=state, intent=intent_of(people), **number))  # type: ignore[arg-type]
        with uow() as register:
            mine = {one.id for one in states.values()}
            unfinished = [one for one in register.unfinished_documents() if one in mine]
        assert unfinished == [
            states[state].id
            for state in (
                DocumentState.SIGNING,
                DocumentState.AWAITING_TIMESTAMP,
                DocumentState.NUMBERED,
                DocumentState.SEALED,
            )
        ]


class TestRules:
    """Rows that must not exist cannot be made, whatever the code above does."""

    def test_a_lookup_code_is_given_once(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        first, second = stored_document(uow, people), new_document(people)
        with pytest.raises(AlreadyThere), uow() as register:
            register.add_document(replace(second, lookup_code=first.lookup_code))

    def test_a_number_is_given_once_in_an_agency_and_year(self, uow: UnitOfWork) -> None:
        people, others = settle_people(uow), settle_people(uow)
        numbered = {
            "state": DocumentState.NUMBERED,
            "number": DocumentNumber(7, "TB-UBND"),
            "issued_on": TODAY,
        }
        for owner in (people, others):
            document = stored_document(uow, owner)
            with uow() as register:
                register.save_document(replace(document, intent=intent_of(owner), **numbered))  # type: ignore[arg-type]
        double = stored_document(uow, people)
        with pytest.raises(AlreadyThere), uow() as register:
            register.save_document(replace(double, intent=intent_of(people), **numbered))  # type: ignore[arg-type]

    def test_a_number_and_its_date_come_together(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        with pytest.raises(RowRefused), uow() as register:
            register.save_document(replace(document, number=DocumentNumber(1, "TB-UBND")))
        with pytest.raises(RowRefused), uow() as register:
            register.save_document(replace(document, issued_on=TODAY))
        with pytest.raises(RowRefused), uow() as register:
            register.save_document(replace(document, state=DocumentState.ISSUED))

    def test_a_key_is_used_only_after_an_intent(self, uow: UnitOfWork) -> None:
        document = stored_document(uow, settle_people(uow))
        with pytest.raises(RowRefused), uow() as register:
            register.save_document(replace(document, state=DocumentState.SIGNING))

    def test_the_current_revision_is_one_of_the_chain(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with pytest.raises(RowRefused), uow() as register:
            register.add_document(new_document(people))

    def test_a_chain_of_revisions_has_one_end_and_a_new_file_begins_another(self, uow: UnitOfWork) -> None:
        document = stored_document(uow, settle_people(uow))
        second = Revision(sha256="b" * 64, length=2, predecessor=document.current.sha256)
        with uow() as register:
            register.add_revision(document.id, second)
        fork = Revision(sha256="c" * 64, length=3, predecessor=document.current.sha256)
        loose = Revision(sha256="d" * 64, length=3, predecessor="e" * 64)
        new_file = Revision(sha256="f" * 64, length=3)
        for wrong in (fork, loose, second):
            with pytest.raises(StorageError), uow() as register:
                register.add_revision(document.id, wrong)
        with uow() as register:
            register.add_revision(document.id, new_file)
            assert register.revisions(document.id) == [document.current, second, new_file]

    def test_two_series_of_an_agency_never_share_a_symbol(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with pytest.raises(AlreadyThere), uow() as register:
            register.add_series(replace(people.series, name="another"))


class TestHistory:
    def test_the_timeline_keeps_its_order(self, uow: UnitOfWork) -> None:
        document = stored_document(uow, settle_people(uow))
        steps = [TimelineStep(state, NOW, f"actor-{place}") for place, state in enumerate(DocumentState)]
        for step in steps:
            with uow() as register:
                register.add_timeline_step(document.id, step)
        with uow() as register:
            assert register.timeline(document.id) == steps

    def test_a_signature_request_is_replaced(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        request = request_for(document, people)
        for now in (request, replace(request, value=b"value"), replace(request, value=b"value", timestamp=b"token")):
            with uow() as register:
                register.save_signature_request(now)
            with uow() as register:
                assert register.signature_request(document.id, Purpose.SIGNATURE) == now
                assert register.signature_request(document.id, Purpose.SEAL) is None

    def test_another_preparation_takes_the_place_of_one_that_has_its_value(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        first = replace(request_for(document, people), value=b"value")
        other = replace(first, increment=b"other", document_digest=b"2" * 32, value=b"its own")
        for now in (first, other, replace(first, timestamp=b"token")):
            with uow() as register:
                register.save_signature_request(now)
            with uow() as register:
                assert register.signature_request(document.id, Purpose.SIGNATURE) == now

    def test_signatures_with_their_timestamps_are_told_with_whose_they_are(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        signature = replace(request_for(document, people), value=b"value", timestamp=b"token")
        seal = replace(signature, purpose=Purpose.SEAL, credential=people.seal.name, timestamp=b"other token")
        with uow() as register:
            register.save_signature_request(replace(seal, timestamp=None))
            register.save_signature_request(signature)
            assert register.stamped_signatures(document.id) == [(people.signature, b"token")]
            register.save_signature_request(seal)
            assert register.stamped_signatures(document.id) == [
                (people.signature, b"token"),
                (people.seal, b"other token"),
            ]

    def test_a_request_that_was_handed_out_is_redeemed_once(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        name = uuid4()
        handed_out = replace(request_for(document, people), id=name, expires_at=NOW, filled=7)
        handed_out = replace(handed_out, claims=Claims(CommitmentType.APPROVAL, ("TL. KT.", "PHÓ CHÁNH")))
        redeemed = replace(handed_out, value=b"value", redeemed_by=uuid4(), container=b"container")
        with uow() as register:
            register.save_signature_request(handed_out)
            assert register.signature_request_by_id(name) == handed_out
            assert register.signature_request_by_id(uuid4()) is None
        with uow() as register:
            assert register.redeem_signature_request(redeemed)
        with uow() as register:
            assert not register.redeem_signature_request(replace(redeemed, value=b"another"))
            assert not register.redeem_signature_request(replace(redeemed, id=uuid4()))
        with uow() as register:
            assert register.signature_request_by_id(name) == redeemed

    def test_of_two_who_redeem_at_once_one_does(self, postgres_register: PostgresUnitOfWork) -> None:
        uow = postgres_register
        people = settle_people(uow)
        document = stored_document(uow, people)
        handed_out = replace(request_for(document, people), id=uuid4(), expires_at=NOW)
        with uow() as register:
            register.save_signature_request(handed_out)

        def redeem(turn: int) -> bool:
            with uow() as register:
                answer = replace(handed_out, value=bytes([turn]), redeemed_by=uuid4())
                return register.redeem_signature_request(answer)

        with ThreadPoolExecutor(8) as callers:
            assert sum(callers.map(redeem, range(8))) == 1


class TestNames:
    def test_a_credential_without_a_key_of_ours_is_the_holders_and_may_be_withdrawn(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        own = replace(people.signature, name=f"{people.signatory.id}:own", key=None)
        with uow() as register:
            register.add_credential(own, activation_hash="")
        for at in (NOW, NOW + timedelta(days=1)):
            with uow() as register:
                register.withdraw_credential(own.name, at=at)
        with uow() as register:
            assert register.credential(own.name) == replace(own, withdrawn_at=NOW)

    def test_names_come_back_as_they_were_stored(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with uow() as register:
            assert register.agency(people.agency.id) == people.agency
            for account in (people.submitter, people.signatory, people.clerk):
                assert register.account(account.id) == account
                assert register.account_secret_hash(account.id) == f"$argon2id${account.id}"
            for credential in (people.signature, people.seal):
                assert register.credential(credential.name) == credential
                assert register.activation_hash(credential.name) == f"$argon2id${credential.name}"

    def test_all_are_listed_in_order(self, uow: UnitOfWork) -> None:
        first, second = settle_people(uow), settle_people(uow)
        later = replace(first.series, name="quyết định", symbol="QĐ-UBND")
        with uow() as register:
            register.add_series(replace(later, year=2027))
            register.add_series(later)
        with uow() as register:
            agencies, accounts = register.agencies(), register.accounts()
            series = [(one.year, one.name) for one in register.all_series(first.agency.id)]
        assert [first.agency in agencies, second.agency in agencies] == [True, True]
        assert [one.id for one in agencies] == sorted(one.id for one in agencies)
        assert {first.clerk, first.signatory, second.submitter} <= set(accounts)
        assert [one.id for one in accounts] == sorted(one.id for one in accounts)
        assert series == [(2027, "quyết định"), (2026, "quyết định"), (2026, first.series.name)]

    def test_an_account_is_closed_once_and_gets_another_secret(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with uow() as register:
            register.replace_secret(people.clerk.id, secret_hash="$argon2id$new")
        for at in (NOW, NOW + timedelta(days=1)):
            with uow() as register:
                register.close_account(people.clerk.id, at=at)
        with uow() as register:
            assert register.account(people.clerk.id) == replace(people.clerk, closed_at=NOW)
            assert register.account_secret_hash(people.clerk.id) == "$argon2id$new"
            assert register.account(people.submitter.id) == people.submitter

    def test_a_name_that_exists_is_replaced(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        agency = replace(people.agency, name="Ủy ban nhân dân xã Mới", seal_diameter=34.5)
        clerk = replace(people.clerk, full_name="Trần Thị Mới", roles=frozenset())
        seal = replace(people.seal, key="pkcs11:token=Khac")
        with uow() as register:
            register.add_agency(agency)
            register.add_account(clerk, secret_hash="$argon2id$other")
            register.add_credential(seal, activation_hash="$argon2id$new")
        with uow() as register:
            assert register.agency(agency.id) == agency
            assert register.account(clerk.id) == clerk
            assert register.account_secret_hash(clerk.id) == "$argon2id$other"
            assert register.credential(seal.name) == seal
            assert register.activation_hash(seal.name) == "$argon2id$new"

    def test_a_series_that_exists_stays_as_it_is(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with uow() as register:
            register.next_number(people.series, issued_on=TODAY)
        with uow() as register:
            register.add_series(replace(people.series, symbol="other"))
        with uow() as register:
            found = register.series(agency=people.agency.id, name=people.series.name, year=2026)
            assert found == people.series
            assert register.next_number(people.series, issued_on=TODAY) == DocumentNumber(2, "TB-UBND")


class TestNumbers:
    def test_numbers_start_at_01_and_follow_each_other(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with uow() as register:
            taken = [str(register.next_number(people.series, issued_on=TODAY)) for _ in range(3)]
        assert taken == ["01/TB-UBND", "02/TB-UBND", "03/TB-UBND"]

    def test_dates_never_run_backwards(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with uow() as register:
            register.next_number(people.series, issued_on=TODAY)
        with pytest.raises(DateInvalid), uow() as register:
            register.next_number(people.series, issued_on=TODAY - timedelta(days=1))
        with uow() as register:
            assert register.next_number(people.series, issued_on=TODAY).ordinal == 2

    def test_a_series_is_for_one_year(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with pytest.raises(DateInvalid), uow() as register:
            register.next_number(people.series, issued_on=date(2027, 1, 1))

    def test_an_unknown_series_is_refused(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        with pytest.raises(UnknownName), uow() as register:
            register.next_number(replace(people.series, year=2025), issued_on=date(2025, 1, 1))

    def test_every_year_begins_at_01(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        next_year = NumberSeries(agency=people.agency.id, name=people.series.name, year=2027, symbol="TB-UBND")
        with uow() as register:
            register.next_number(people.series, issued_on=TODAY)
            register.add_series(next_year)
            assert register.next_number(next_year, issued_on=date(2027, 1, 4)).ordinal == 1

    def test_sixteen_threads_take_numbers_without_gap_or_duplicate_and_dates_only_rise(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        history: list[tuple[int, date]] = []

        def take(turn: int) -> None:
            # Some aim at a later day, and some give up after they took a number.
            wished = TODAY + timedelta(days=turn // 100)
            try:
                with uow() as register:
                    number = register.next_number(people.series, issued_on=wished)
                    _give_up_sometimes(turn)
                    history.append((number.ordinal, wished))
            except (_GivenUp, DateInvalid):
                return

        with ThreadPoolExecutor(16) as threads:
            list(threads.map(take, range(320)))
        in_order = sorted(history)
        assert [ordinal for ordinal, _ in in_order] == list(range(1, len(history) + 1))
        assert [day for _, day in in_order] == sorted(day for _, day in in_order)
        assert len(history) > 100

    def test_those_who_begin_a_year_at_once_begin_one_series(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        years = range(2027, 2127)
        together = threading.Barrier(8)

        def take(_: int) -> list[int]:
            ordinals = []
            for year in years:
                together.wait(timeout=30)
                with uow() as register:
                    series = register.continued_series(agency=people.agency.id, name=people.series.name, year=year)
                    assert series is not None
                    ordinals.append(register.next_number(series, issued_on=date(year, 1, 1)).ordinal)
            return ordinals

        with ThreadPoolExecutor(8) as threads:
            taken = list(threads.map(take, range(8)))
        assert [sorted(of_year) for of_year in zip(*taken, strict=True)] == [list(range(1, 9))] * len(years)


class TestJobs:
    def test_asking_twice_in_and_across_transactions_is_no_error(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = stored_document(uow, people)
        for _ in range(2):
            with uow() as register:
                register.save_document(signing(document, people))
                register.enqueue_advance(document.id)
                register.enqueue_advance(document.id)
                register.append_audit(AuditEvent(NOW, "a", "b", document.id, {"c": "d"}))
        with uow() as register:
            assert register.document(document.id) == signing(document, people)
