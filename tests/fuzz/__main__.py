"""Damaged files by the million, and only declared errors.

``python -m tests.fuzz [TARGET[=N]…] [--inputs N] [--round R] [--seed S]`` goes through as many of each target as one
likes; the targets are those of :mod:`tests.fuzz.targets`, all where none is named. Each round has other inputs. What is
found is written to ``var/fuzz``.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.targets import targets
from tests.vectors.chamber import Chamber

if TYPE_CHECKING:
    from tests.fuzz.fuzzer import Escape

_HANGS = 1800.0  # seconds by the clock


def main() -> int:
    """Fuzz, tell how far it is once a minute, and write down what was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Damaged files, and only declared errors."
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET[=N]")
    parser.add_argument("--inputs", type=int, default=100_000, help="how many for each target that does not say")
    parser.add_argument("--round", type=int, default=0, help="how many times as many to leave out before")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--into", type=Path, default=Path("var/fuzz"), help="where escapes are written")
    asked = parser.parse_args()
    escapes = 0
    with TemporaryDirectory() as keys:
        known = targets(Chamber(Path(keys)))
        for name, inputs in _chosen(asked.targets or list(known), asked.inputs):
            if name not in known:
                parser.error(f"no such target: {name} (there are {', '.join(known)})")
            first = asked.round * inputs
            found = _fuzz(Fuzzer(known[name], seed=asked.seed), range(first, first + inputs), asked.into)
            _tell(f"{name}: {inputs} inputs of seed {asked.seed} from {first} on, {found} escapes")
            escapes += found
    return 1 if escapes else 0


def _chosen(names: list[str], inputs: int) -> list[tuple[str, int]]:
    parts = [name.partition("=") for name in names]
    return [(name, int(count) if count else inputs) for name, _, count in parts]


def _fuzz(fuzzer: Fuzzer, numbers: range, into: Path) -> int:
    escapes, told = 0, time.monotonic()
    for number in numbers:
        # What hangs in a library's own code is beyond an exception: the traceback tells where, and the run is over.
        faulthandler.dump_traceback_later(_HANGS, exit=True)
        if (escape := fuzzer.escape(number)) is not None:
            escapes += 1
            _write(escape, fuzzer.target.name, fuzzer.target.ending, into)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            _tell(f"{fuzzer.target.name}: {number + 1 - numbers.start} inputs, {escapes} escapes")
    faulthandler.cancel_dump_traceback_later()
    return escapes


def _write(escape: Escape, target: str, ending: str, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    (into / f"{target}-{escape.number}.{ending}").write_bytes(escape.octets)
    (into / f"{target}-{escape.number}.txt").write_text(f"{escape.seed_file}\n{escape.what}", encoding="utf-8")
    _tell(f"{target} {escape.number} ({escape.seed_file}): {escape.what.strip().rpartition(chr(10))[2]}")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
