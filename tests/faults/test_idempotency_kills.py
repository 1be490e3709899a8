"""Many parallel repetitions of many keys, while the server is killed again and again: each key has one effect."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from api.client import Client, Refused, Unreachable
from storage.database import conninfo
from tests.scale import scaled
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import Bucket

pytestmark = pytest.mark.nightly

KEYS = scaled(12, nightly=100)
REPEATS = scaled(25, nightly=200)
CALLERS = 16
KILLS = scaled(4, nightly=40)
_LATER = {"idempotency-in-flight", "busy", "sandbox-busy", "sandbox-failed", "database-unavailable"}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


class Killer(threading.Thread):
    """Kills the server at so many moments between the first answer and the last, and starts it again.

    While it is away, the leases of what was in flight end. They end at other moments, too, so that a request which is
    still being carried out meets its successor.
    """

    def __init__(self, service: Service, database_url: str) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._database_url = database_url
        self._moments = sorted(random.sample(range(1, KEYS * REPEATS - CALLERS), KILLS))
        self.answered = 0
        self.kills = 0

    def run(self) -> None:
        for moment in self._moments:
            while self.answered < moment:
                time.sleep(0.01)
            self._end_leases()
            process = self._service.processes.pop("server")
            process.kill()
            process.wait()
            self.kills += 1
            self._end_leases()
            self._service.start("server")
            self._service.await_ready(within=600)  # many tests may run beside this one

    def _end_leases(self) -> None:
        with psycopg.connect(conninfo(self._database_url)) as connection:
            connection.execute(
                "UPDATE idempotency_keys SET started_at = started_at - interval '3 minutes' WHERE status IS NULL"
            )


def test_every_key_has_exactly_one_effect_and_one_answer(service: Service, module_database_url: str) -> None:
    keys = [str(uuid.uuid4()) for _ in range(KEYS)]
    answers: defaultdict[str, set[bytes]] = defaultdict(set)
    client = Renewed(service)
    # New keys come up all the time, so that kills meet first requests as well as repetitions.
    calls = sorted(keys * REPEATS, key=lambda key: keys.index(key) + random.uniform(0, 3))
    killer = Killer(service, module_database_url)
    killer.start()
    with ThreadPoolExecutor(CALLERS) as pool:
        for key, answer in zip(calls, pool.map(lambda key: until_answered(service, client, key), calls), strict=True):
            answers[key].add(answer)
            killer.answered += 1
    killer.join(120)
    assert killer.kills == KILLS
    assert {len(one) for one in answers.values()} == {1}
    with psycopg.connect(conninfo(module_database_url)) as connection:
        made = connection.execute("SELECT count(*), count(DISTINCT id) FROM documents").fetchone()
        first_steps = connection.execute("SELECT count(*) FROM timeline").fetchone()
        audited = connection.execute("SELECT count(*) FROM audit WHERE action = 'document.created'").fetchone()
    assert made == (KEYS, KEYS)
    assert first_steps == audited == (KEYS,)


def test_another_body_with_the_same_key_is_refused_after_it_all(service: Service) -> None:
    key, client = str(uuid.uuid4()), service.submitter()
    client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key)
    with pytest.raises(Refused) as refused:
        client.create_document(service.notice.pdf, service.metadata(subject="Khác"), idempotency_key=key)
    assert (refused.value.status, refused.value.code) == (422, "idempotency-mismatch")


class Renewed:
    """The submitter, with a new token for each few minutes: the full size takes longer than one is good for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._until = 0.0
        self._client: Client | None = None

    def get(self) -> Client:
        with self._lock:
            if self._client is None or time.monotonic() > self._until:
                self._client = self._service.submitter()
                self._until = time.monotonic() + 300
            return self._client


def until_answered(service: Service, client: Renewed, key: str) -> bytes:
    """What the service says in the end, as one value to compare."""
    deadline = time.monotonic() + 900
    while True:
        try:
            created = client.get().create_document(service.notice.pdf, service.metadata(), idempotency_key=key)
        except (Refused, Unreachable) as error:
            if time.monotonic() > deadline or (isinstance(error, Refused) and error.code not in _LATER):
                raise
            time.sleep(random.uniform(0.02, 0.2))
        else:
            return created.model_dump_json().encode()
