"""Activation codes: five wrong ones lock a credential, however many server processes and threads the tries come to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from argon2 import PasswordHasher

from api.callers.activation import LOCK, WRONG_CODES, ActivationGuard
from api.callers.secret_hashes import SecretHashes
from api.errors import ActivationLocked, ActivationRefused, ApiError
from issuance.errors import NotCompetent, UnknownName
from storage.database import connect, conninfo
from storage.secret_tries import SecretTries
from tests.register_material import People, settle_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.unit_of_work import PostgresUnitOfWork


class Process:
    """What a server process has of its own: hashes, locks, connections."""

    def __init__(self, url: str, uow: PostgresUnitOfWork, people: People) -> None:
        self.engine = connect(url, pool_size=4)
        self._uow, self._people = uow, people
        self._guard = ActivationGuard(hashes=_hashes())
        self._tries = SecretTries(self.engine, most=WRONG_CODES, lock=LOCK)

    def ask(self, code: str | None, *, people: People | None = None, seal: str | None = None) -> None:
        actor = (people or self._people).clerk if seal else (people or self._people).signatory
        credential = seal or self._people.signature.name
        self._guard.demand(uow=self._uow, tries=self._tries, actor=actor, credential=credential, activation=code)

    def answer(self, code: str) -> type[Exception] | None:
        try:
            self.ask(code)
        except ApiError as error:
            return type(error)
        return None


def _hashes() -> SecretHashes:
    return SecretHashes(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def people(postgres_register: PostgresUnitOfWork) -> People:
    people = settle_people(postgres_register)
    with postgres_register() as rows:
        rows.add_credential(people.signature, activation_hash=_hashes().hash("1234"))
        rows.add_credential(people.seal, activation_hash="")
    return people


@pytest.fixture
def processes(register_url: str, postgres_register: PostgresUnitOfWork, people: People) -> Iterator[list[Process]]:
    found = [Process(register_url, postgres_register, people) for _ in range(3)]
    yield found
    for process in found:
        process.engine.dispose()


def test_five_wrong_codes_lock_a_credential_for_a_quarter_of_an_hour_in_every_process(
    processes: list[Process], register_url: str
) -> None:
    one, other, _ = processes
    other.ask("1234")  # which from now on recognises it
    for number in range(WRONG_CODES):
        with pytest.raises(ActivationRefused):
            (one, other)[number % 2].ask("0000")
    for process in processes:
        with pytest.raises(ActivationLocked) as locked:
            process.ask("1234")
        assert LOCK.total_seconds() - 60 < locked.value.retry_after <= LOCK.total_seconds()
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE secret_tries SET locked_until = locked_until - interval '15 minutes'")
    for process in processes:
        process.ask("1234")


def test_a_right_code_forgives_the_wrong_ones(processes: list[Process]) -> None:
    one = processes[0]
    for code in ["1234"] + (["0"] * (WRONG_CODES - 1) + ["1234"]) * 2:
        assert one.answer(code) is (None if code == "1234" else ActivationRefused)


def test_many_at_once_get_no_more_tries(processes: list[Process]) -> None:
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda number: processes[number % 3].answer("0"), range(24)))
    assert answers.count(ActivationRefused) == WRONG_CODES
    assert answers.count(ActivationLocked) == 24 - WRONG_CODES


def test_many_right_codes_at_once_all_pass(processes: list[Process]) -> None:
    with ThreadPoolExecutor(24) as pool:
        assert set(pool.map(lambda number: processes[number % 3].answer("1234"), range(48))) == {None}


def test_a_missing_code_is_refused_without_being_counted(processes: list[Process]) -> None:
    for _ in range(WRONG_CODES + 1):
        with pytest.raises(ActivationRefused):
            processes[0].ask(None)


def test_nobody_tries_a_colleagues_or_another_agencys_credential(
    processes: list[Process], postgres_register: PostgresUnitOfWork, people: People
) -> None:
    with pytest.raises(NotCompetent):
        processes[0].ask("1234", seal=people.signature.name)  # the clerk
    with pytest.raises(UnknownName):
        processes[0].ask("1234", people=settle_people(postgres_register))


def test_a_seal_without_a_code_needs_none(processes: list[Process], people: People) -> None:
    processes[0].ask(None, seal=people.seal.name)
