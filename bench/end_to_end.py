"""Documents per second through the running service: submit, sign, number, seal, timestamp, archive, store, look up.

Every process of ``kyso up --demo`` runs on this machine, and so do the callers. A document counts once its lookup says
that it is issued. It is B-T by then, as is asked, and archived later (ADR 19); beside that stands how many are archived
before they are issued, as is done where nothing is set. PostgreSQL and the object store flush as in production.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.client import Client
from api.configuration.settings import OneMachineSettings
from api.demo.notice import typeset_notice
from api.demo.people import CLERK, SEAL_CREDENTIAL, SIGNATORY, SIGNATORY_CREDENTIAL, SUBMITTER
from api.demo.scenario import metadata_of
from api.listening import free_loopback_address
from api.supervision.supervisor import Supervisor
from api.supervision.up import Contents, OneMachine
from bench.figures import Row
from bench.ground import now
from bench.rounds import Clock, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.forms.documents import MetadataForm
    from bench.ground import Ground

_CALLERS = 4
_WARM_UP = 150  # documents; after as many the pace goes on as it is
_SECONDS = 30.0
_FEWEST = 20  # documents that a percentile is taken of
_WAIT = 60  # seconds that one call may take
_TICKS = os.sysconf("SC_CLK_TCK")
_OK = 200
_LATER = 12  # hours


@dataclass(frozen=True, slots=True)
class _Desk:
    """The three callers of the demonstration, and what they issue."""

    url: str
    submitter: Client
    signatory: Client
    clerk: Client
    activation: str
    pdf: bytes
    metadata: MetadataForm
    turn: Iterator[int]

    def issue_one(self) -> float:
        """Seconds from the draft to a lookup that says issued."""
        begun = time.perf_counter()
        created = self.submitter.create_document(self.pdf, self.metadata)
        self.submitter.submit(created.id)
        self.signatory.sign(created.id, credential=SIGNATORY_CREDENTIAL, activation=self.activation, wait=_WAIT)
        self.clerk.issue(created.id, credential=SEAL_CREDENTIAL, wait=_WAIT)
        self._look_up(created.lookup_code)
        return time.perf_counter() - begun

    def _look_up(self, code: str) -> None:
        """From one of many loopback addresses, since each may ask so often only."""
        address = urlsplit(self.url)
        source = f"127.0.{1 + next(self.turn) % 250}.1"
        connection = HTTPConnection(address.hostname or "", address.port, source_address=(source, 0), timeout=_WAIT)
        try:
            connection.request("GET", f"/v1/lookup/{code}")
            answer = connection.getresponse()
            if answer.status != _OK or b'"issued":true' not in answer.read():
                msg = f"a document that was issued is found: {answer.status}"
                raise RuntimeError(msg)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class _Pace:
    """Documents per second, and the seconds of CPU that each took of each part."""

    rate: float
    used: dict[str, float]

    @property
    def share_of_responders(self) -> float:
        return self.used.get("responders", 0.0) / sum(self.used.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in sorted(self.used.items()))
        return f"CPU ms for each document: {parts}; {_load()}"


class _Machine(OneMachine):
    """A demonstration whose documents are archived so long after they were issued."""

    def __init__(self, home: Path, *, archive_after_hours: int) -> None:
        settings = OneMachineSettings.model_construct().model_copy(update={"listen": str(free_loopback_address())})
        super().__init__(home, contents=Contents.DEMONSTRATION, settings=settings)
        self._archive_after_hours = archive_after_hours

    def service_environment(self) -> dict[str, str]:
        """As of any demonstration, with that setting."""
        return {**super().service_environment(), "KYSO_ARCHIVE_AFTER_HOURS": str(self._archive_after_hours)}


def measure(ground: Ground) -> Iterator[Row]:
    """First as many as go through, then a quarter of that, evenly spaced; then those that are archived at once.

    One C_Sign beside them says how fast this machine is: a rate counts on one like it only.
    """
    with _desk(archive_after_hours=_LATER) as desk:
        pace = _pace(desk)
        waited, load = _spaced(desk, every=4 / pace.rate), _load()
    yield Row("issue_end_to_end_per_second", pace.rate, note=f"{_CALLERS} callers, B-T, archived later; {pace}")
    share = pace.share_of_responders
    yield Row("issue_end_to_end_per_second", share, peer="responders' share of the CPU", note="of all processes")
    c_sign = Work(ground.device.raw(), repeats=100).seconds(Clock.CPU)
    yield Row(
        "issue_end_to_end_per_second",
        sum(pace.used.values()) / c_sign,
        peer="CPU of a document by one C_Sign",
        note=f"of {c_sign * 1000:.2f} ms",
    )
    with _desk(archive_after_hours=0) as desk:
        pace = _pace(desk)
    yield Row("issue_end_to_end_per_second", pace.rate, peer="archived before they are issued", note=f"B-LTA; {pace}")
    p95 = statistics.quantiles(waited, n=20)[-1]
    yield Row("issue_p95_quarter_load_s", p95, note=f"median {statistics.median(waited):.2f} s; {load}")


def _pace(desk: _Desk) -> _Pace:
    _warm_up(desk)
    before = _cpu_seconds()
    done, rate = _rate(desk)
    return _Pace(rate, {name: (used - before.get(name, 0.0)) / done for name, used in _cpu_seconds().items()})


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


@contextmanager
def _desk(*, archive_after_hours: int) -> Iterator[_Desk]:
    with tempfile.TemporaryDirectory(prefix="kyso-bench-") as name:
        home = Path(name)
        home.chmod(0o711)
        machine = _Machine(home, archive_after_hours=archive_after_hours)
        supervisor = Supervisor(home, machine.children())
        supervisor.start()
        try:
            yield _seated(machine)
        finally:
            supervisor.stop()


def _seated(machine: OneMachine) -> _Desk:
    client, accounts = Client(machine.url), machine.secrets.accounts
    notice = typeset_notice(created_at=now())
    submitter, signatory, clerk = (
        client.with_token(client_id=account, secret=accounts[account]) for account in (SUBMITTER, SIGNATORY, CLERK)
    )
    return _Desk(
        url=machine.url,
        submitter=submitter,
        signatory=signatory,
        clerk=clerk,
        activation=machine.secrets.activation,
        pdf=notice.pdf,
        metadata=metadata_of(notice),
        turn=itertools.count(),
    )


def _warm_up(desk: _Desk) -> None:
    """As many at once as later, until every child has read files and every connection has prepared its statements."""
    with ThreadPoolExecutor(_CALLERS) as callers:
        for one in [callers.submit(desk.issue_one) for _ in range(_WARM_UP)]:
            one.result()


def _rate(desk: _Desk) -> tuple[int, float]:
    """How many documents, and how many per second, of callers who begin the next as soon as one is done."""
    begun = time.perf_counter()

    def issue_until_the_end(_caller: int) -> int:
        done = 0
        while time.perf_counter() - begun < _SECONDS:
            desk.issue_one()
            done += 1
        return done

    with ThreadPoolExecutor(_CALLERS) as callers:
        done = sum(callers.map(issue_until_the_end, range(_CALLERS)))
    return done, done / (time.perf_counter() - begun)


def _spaced(desk: _Desk, *, every: float) -> list[float]:
    """Seconds that each took, begun at even distances whether or not the one before was done."""
    pause = threading.Event()
    with ThreadPoolExecutor(_CALLERS * 4) as callers:
        asked = []
        for _ in range(max(_FEWEST, int(_SECONDS / every))):
            asked.append(callers.submit(desk.issue_one))
            pause.wait(every)
        return [one.result() for one in asked]


def _cpu_seconds() -> dict[str, float]:
    """Of this process and everything below it, by part (proc(5), stat: ppid, and utime to cstime).

    What a child used that has ended counts for its parent.
    """
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        seconds[int(entry.name)] = sum(map(int, fields[11:15])) / _TICKS
    found: dict[str, float] = {}
    for process, used in seconds.items():
        part = _part_of(process, parents)
        if part is not None:
            found[part] = found.get(part, 0.0) + used
    return found


def _part_of(process: int, parents: dict[int, int]) -> str | None:
    """The part of the service to which a process belongs; None where it is none of ours."""
    ours, names = os.getpid(), []
    while process not in {ours, 0, 1}:
        names.append(_name_of(process))
        process = parents.get(process, 0)
    if process != ours:
        return None
    # A child goes by the process that started it, and a sandbox by whose it is.
    known = [name for name in names if name]
    if known[:1] == ["sandbox"]:
        return f"{known[-1]}'s sandbox"
    return known[-1] if known else "callers"


def _name_of(process: int) -> str | None:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return None
    names = {
        "certs.demonstration": "responders",
        "verification.sandbox_child": "sandbox",
        "signer": "signer",
        "worker": "worker",
        "serve": "server",
    }
    if "postgres" in words[0]:
        return "database"
    if words[0].endswith("weed"):
        return "object store"
    return next((names[word] for word in words[1:] if word in names), None)
