"""The worker: takes jobs from PostgreSQL and lets the composition root's ``advance`` carry them out in threads.

Recovery is the normal path. A worker that starts asks for every unfinished document; while it runs, jobs of workers
whose heartbeat stopped are given to others. Every job may run twice.

An error whose class says ``transient`` leads to another attempt, after ever longer waits, for as long as it takes.
That is a new job, not a retry of procrastinate's: its retry breaks where another job for the document waits already.
Any other error ends the job; the next request for the document, or the next start, tries again.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from storage.database import connect, conninfo, has_news, transaction
from storage.errors import AlreadyThere, StorageUnavailable
from storage.idempotency import IdempotencyKeys
from storage.job_queue import QUEUE, TASK, enqueue_unless_waiting, recover_from_dead
from storage.revocation_answers import RevocationAnswers
from storage.sessions import Sessions
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import AsyncConnection

_OUTAGES = (StorageUnavailable, ConnectorException, psycopg.OperationalError)
_HOURLY = 3600.0  # seconds
_ENQUEUE_TRIES = 60  # one a second
_OVER = object()

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast a worker notices things. New jobs are announced at once; ``poll`` is for those nobody announced."""

    poll: timedelta = timedelta(seconds=0.5)
    heartbeat: timedelta = timedelta(seconds=1)
    dead_after: timedelta = timedelta(seconds=6)
    look_for_dead: timedelta = timedelta(seconds=2)
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=1)

    def wait_before(self, attempt: int) -> timedelta:
        """Twice as long each time up to the longest, give or take a fifth, so that jobs do not march in step."""
        doubled = self.first_wait * 2.0 ** min(attempt - 1, 20)
        return min(doubled, self.longest_wait) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class Chore:
    """What a worker does every so often beside its jobs, in a thread; several workers may do it at the same time.

    A long one is done in steps, between which the worker may stop.
    """

    name: str
    every: timedelta
    call: Callable[[], Iterator[None] | None]


def _pool(**arguments: Any) -> AsyncConnectionPool:  # noqa: ANN401 - as the pool takes them
    """The pool that procrastinate asks for, which saves it the round trips around each of its statements."""
    return AsyncConnectionPool(**arguments | {"check": _demand_alive, "configure": _begin_nothing})


async def _begin_nothing(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


async def _demand_alive(connection: AsyncConnection[Any]) -> None:
    if has_news(connection):
        await AsyncConnectionPool.check_connection(connection)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later, as the error's class says."""
    return getattr(error, "transient", False) is True


def run_worker(
    database_url: str,
    *,
    advance: Callable[[UUID], None],
    chores: tuple[Chore, ...] = (),
    concurrency: int = 4,
    tempo: Tempo | None = None,
) -> None:
    """Work until SIGTERM or SIGINT, then finish what has begun; call it from the main thread.

    ``advance`` takes the due steps of one document; at most ``concurrency`` of it run at a time, each in a thread, and
    never two for the same document. An outage of the database is waited out. A chore that fails is told and done again
    when its time comes.
    """
    worker = _Worker(database_url, advance=advance, chores=chores, concurrency=concurrency, tempo=tempo or Tempo())
    asyncio.run(worker.serve())


class _Worker:
    def __init__(
        self,
        url: str,
        *,
        advance: Callable[[UUID], None],
        chores: tuple[Chore, ...],
        concurrency: int,
        tempo: Tempo,
    ) -> None:
        self._url = url
        self._advance = advance
        self._chores = chores
        self._concurrency = concurrency
        self._tempo = tempo
        self._engine = connect(url, application="kyso-worker", pool_size=concurrency + 2)

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        # A thread for each job and each chore, and one for looking after dead workers.
        threads = self._concurrency + len(self._chores) + 1
        loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="job"))
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        while not stop.is_set():
            try:
                await self._work_until(stop)
            except _OUTAGES as error:
                log.warning("the worker lost the database and tries again: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=1)
        self._engine.dispose()

    async def _work_until(self, stop: asyncio.Event) -> None:
        """Work until asked to stop, or until something fails; what runs is finished either way."""
        app = self._app()
        async with app.open_async():
            await asyncio.to_thread(self._ask_for_unfinished)
            tasks = [
                asyncio.create_task(self._take_jobs(app)),
                asyncio.create_task(self._look_after()),
                *(asyncio.create_task(self._keep_doing(chore)) for chore in self._chores),
                asyncio.create_task(stop.wait()),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _app(self) -> App:
        connector = PsycopgConnector(
            pool_factory=_pool,
            conninfo=conninfo(self._url),
            kwargs={"application_name": "kyso-worker"},
            min_size=1,
            max_size=4,
            timeout=5.0,
        )
        app = App(connector=connector)
        app.task(name=TASK, queue=QUEUE)(self._run)
        return app

    async def _take_jobs(self, app: App) -> None:
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=self._concurrency,
            fetch_job_polling_interval=self._tempo.poll.total_seconds(),
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self._tempo.heartbeat.total_seconds(),
            stalled_worker_timeout=self._tempo.dead_after.total_seconds(),
        )

    async def _look_after(self) -> None:
        next_clean_up = 0.0
        while True:
            await asyncio.to_thread(self._recover)
            if time.monotonic() >= next_clean_up:
                await asyncio.to_thread(self._clean_up)
                next_clean_up = time.monotonic() + _HOURLY
            await asyncio.sleep(self._tempo.look_for_dead.total_seconds())

    async def _keep_doing(self, chore: Chore) -> None:
        while True:
            try:
                steps = await asyncio.to_thread(chore.call)
                while steps is not None and await asyncio.to_thread(next, steps, _OVER) is not _OVER:
                    pass
            except Exception as error:  # the outermost boundary of a chore
                if is_transient(error):
                    log.warning("%s waits for its next time: %s", chore.name, error)
                else:
                    log.exception("%s failed", chore.name)
            await asyncio.sleep(chore.every.total_seconds())

    def _run(self, document_id: str, attempt: int) -> None:
        """The body of a job, in a thread."""
        try:
            self._advance(UUID(document_id))
        except Exception as error:  # the outermost boundary of a job
            if not is_transient(error):
                raise
            wait = self._tempo.wait_before(attempt + 1)
            log.warning("document %s waits %.0f s for its next attempt: %s", document_id, wait.total_seconds(), error)
            self._ask_again(UUID(document_id), attempt=attempt + 1, wait=wait)

    def _ask_again(self, document_id: UUID, *, attempt: int, wait: timedelta) -> None:
        """Ask for another attempt; while the database is away this job is the only one that knows."""
        for remaining in reversed(range(_ENQUEUE_TRIES)):
            try:
                with transaction(self._engine) as connection:
                    enqueue_unless_waiting(connection, document_id, attempt=attempt, wait=wait)
            except StorageUnavailable:
                if remaining == 0:
                    raise
                time.sleep(1)
            else:
                return

    def _ask_for_unfinished(self) -> None:
        with PostgresUnitOfWork(self._engine)() as register:
            unfinished = register.unfinished_documents()
        for document_id in unfinished:
            with transaction(self._engine) as connection:
                enqueue_unless_waiting(connection, document_id)

    def _recover(self) -> None:
        # A job that came to wait just now is seen at the next look.
        with suppress(AlreadyThere), transaction(self._engine) as connection:
            recovered = recover_from_dead(connection, silent_for=self._tempo.dead_after)
            if recovered:
                log.warning("%d jobs of dead workers were given back", recovered)

    def _clean_up(self) -> None:
        IdempotencyKeys(self._engine).forget_expired()
        Sessions(self._engine).forget_expired()
        RevocationAnswers(self._engine).forget_expired()
