"""The same signatures by EU DSS in a warm Java process, on the same PKCS#11 key (SunPKCS11), with the same picture.

All the CPU of the virtual machine counts, with its compilers and collectors; of ``C_Sign`` the call in this process.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.checking import demand_passed, revocation_of_signer
from bench.dss_signer import Task, dss_signer
from bench.figures import Row
from bench.large import scanned_draft
from bench.rounds import Clock, Readings, Work, milliseconds, ratio, take_turns
from signing.fields import empty_signature_field
from signing.layout import SIGNATORY_FIELD
from signing.protection import FieldLock, Locked, Permission, lock_dictionary
from signing.revision import Change, Revising
from tests.interop import dss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.ground import Ground
    from signing.pdf.document import Document

_PEER = "EU DSS 6.4"
_VISIBLE, _INVISIBLE = "sign_visible_cpu_per_csign", "sign_invisible_cpu_per_csign"
_PER_BB, _PER_CSIGN = "sign_lta_cpu_per_bb", "sign_lta_cpu_per_csign"
_LARGE = "sign_98mb_wall_per_sha256"
_LEVEL_B, _LEVEL_LTA = "PAdES-BASELINE-B", "PAdES-BASELINE-LTA"
_WARM_UP = 600  # after which the virtual machine has compiled what it runs
_REPEATS = 20  # in one reading, since the kernel counts other processes' time in hundredths of a second
_ROUNDS, _LARGE_ROUNDS = 9, 5


def measure(ground: Ground) -> Iterator[Row]:
    """B-B, visible and invisible, by one ``C_Sign``; each row says why where Java or Maven is missing."""
    yield from _measured(_bb, ground, _VISIBLE, _INVISIBLE)


def measure_lta(ground: Ground) -> Iterator[Row]:
    """B-LTA by B-B and by ``C_Sign``, all visible, with answers about revocation kept, without the responders' CPU."""
    yield from _measured(_lta, ground, _PER_BB, _PER_CSIGN)


def measure_large(ground: Ground) -> Iterator[Row]:
    """98 MB from file to file, visible: wall time by SHA-256 of the bytes in memory."""
    yield from _measured(_large, ground, _LARGE)


def _measured(rows: Callable[[Ground], list[Row]], ground: Ground, *figures: str) -> list[Row]:
    try:
        dss.build()
        return rows(ground)
    except dss.DssUnavailable as missing:
        return [Row(figure, None, _PEER, str(missing)) for figure in figures]


def _bb(ground: Ground) -> list[Row]:
    draft = ground.folder / "dss.pdf"
    draft.write_bytes(ground.draft)
    visible = Task(draft, level=_LEVEL_B, visible=True, certify=True)
    readings = _readings(ground, {_VISIBLE: visible, _INVISIBLE: replace(visible, visible=False)})
    return [_row(figure, readings, of=figure, to="C_Sign", aside="warm") for figure in (_VISIBLE, _INVISIBLE)]


def _lta(ground: Ground) -> list[Row]:
    """No certifying signature, since DSS takes ``/Perms`` away again with its document timestamp."""
    draft = ground.folder / "dss-archive.pdf"
    draft.write_bytes(_unlocked(ground.draft))
    bb = Task(draft, level=_LEVEL_B, visible=True, certify=False)
    readings = _readings(ground, {"B-B": bb, "B-LTA": replace(bb, level=_LEVEL_LTA)})
    pairs = ((_PER_BB, "B-B"), (_PER_CSIGN, "C_Sign"))
    return [_row(figure, readings, of="B-LTA", to=to, aside="warm, without locks") for figure, to in pairs]


def _large(ground: Ground) -> list[Row]:
    draft = ground.folder / "dss-large.pdf"
    draft.write_bytes(octets := scanned_draft())
    task = Task(draft, level=_LEVEL_B, visible=True, certify=True)
    with dss_signer(ground) as signer:
        signer.sign(task)
        _demand_passed(ground, task)
        works = {
            "SHA-256": Work(lambda: hashlib.sha256(octets).digest()),
            "DSS": Work(lambda: signer.sign(task)),
        }
        readings = take_turns(works, clock=Clock.WALL, rounds=_LARGE_ROUNDS)
    return [_row(_LARGE, readings, of="DSS", to="SHA-256", aside="documents in memory, as is its default")]


def _readings(ground: Ground, tasks: dict[str, Task]) -> Readings:
    """Seconds of CPU in each round: of every task, warm, and of ``C_Sign`` beside them."""
    raw = Work(ground.device.raw(), repeats=40)
    readings: Readings = {name: [] for name in ("C_Sign", *tasks)}
    with dss_signer(ground) as signer:
        for task in tasks.values():
            signer.sign(task, times=_WARM_UP)
            _demand_passed(ground, task)
        for _ in range(_ROUNDS):
            readings["C_Sign"].append(raw.seconds(Clock.CPU))
            for name, task in tasks.items():
                readings[name].append(signer.cpu_seconds(task, times=_REPEATS))
    return readings


def _demand_passed(ground: Ground, task: Task) -> None:
    pdf = task.signed.read_bytes()
    if task.level == _LEVEL_LTA:
        demand_passed(pdf, ground=ground)
    else:
        demand_passed(pdf, ground=ground, known=revocation_of_signer(ground))


@Revising
def _unlocked(_pdf: bytes) -> Change:
    """DSS gives the field of its document timestamp a name of its own, which our drafts' lock does not leave open."""

    def unlock(document: Document) -> None:
        nothing = FieldLock(Locked.THESE, (), Permission.FILL_FORMS)
        empty_signature_field(document, SIGNATORY_FIELD).put("/Lock", document.add(lock_dictionary(nothing)))

    return unlock


def _row(figure: str, readings: Readings, *, of: str, to: str, aside: str) -> Row:
    note = f"{milliseconds(readings, of)} by {milliseconds(readings, to)}; {aside}"
    return Row(figure, ratio(readings, of, to), _PEER, note)
