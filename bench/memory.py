"""How much memory a work needs: it is done in a fresh process, whose peak the kernel has kept."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    _Results = multiprocessing.Queue[int]

_WITHIN = 300


def peak_megabytes(work: Callable[..., None], *arguments: object) -> float:
    """Megabytes resident at most while ``work(*arguments)`` ran, the interpreter and its modules included."""
    spawning = multiprocessing.get_context("spawn")
    results = spawning.Queue()
    child = spawning.Process(target=_report, args=(results, work, arguments))
    child.start()
    kilobytes: int = results.get(timeout=_WITHIN)
    child.join()
    return kilobytes * 1024 / 1_000_000


def peak_megabytes_of(pid: int) -> float:
    """Megabytes resident at most of a process that still lives."""
    return _peak(str(pid)) * 1024 / 1_000_000


def _report(results: _Results, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    work(*arguments)
    results.put(_peak("self"))


def _peak(process: str) -> int:
    """Kilobytes since this program began: ``ru_maxrss`` also counts what the process was before ``exec``."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
