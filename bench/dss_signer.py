"""A Java process in which EU DSS signs (``kyso.interop.Signing`` in ``deploy/interop``), a task a line."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.cpu import spent_by
from signing.layout import SIGNATORY_FIELD
from tests.interop import dss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.ground import Ground


@dataclass(frozen=True, slots=True)
class Task:
    """A draft, and how DSS is to sign it; ``level`` in its words, such as ``PAdES-BASELINE-B``."""

    draft: Path
    level: str
    visible: bool
    certify: bool

    @property
    def signed(self) -> Path:
        """Where the result is put."""
        return self.draft.with_suffix(".signed.pdf")


@dataclass(frozen=True, slots=True)
class DssSigner:
    """The process, logged in to the benchmark's token."""

    process: subprocess.Popen[str]

    def sign(self, task: Task, *, times: int = 1) -> None:
        """So many times anew, and the last result written; raises :class:`~tests.interop.dss.DssUnavailable`."""
        asked = {"draft": str(task.draft), "signed": str(task.signed), "level": task.level}
        self._ask({**asked, "visible": task.visible, "certify": task.certify, "times": times})

    def cpu_seconds(self, task: Task, *, times: int) -> float:
        """CPU of the whole process for one signature, the mean of so many."""
        before = spent_by(self.process.pid)
        self.sign(task, times=times)
        return (spent_by(self.process.pid) - before) / times

    def open(self, ground: Ground) -> None:
        """Log in, and hand over what all signatures are made with."""
        image, answers = ground.folder / "dss-stamp.png", ground.folder / "dss-answers"
        image.write_bytes(ground.signature_image)
        answers.mkdir(exist_ok=True)
        self._ask(
            {
                "module": str(ground.token.access.uri.module_path),
                "slot": ground.device.token.session.token.slot.slot_id,
                "pin": ground.token.access.pin.secret,
                "field": SIGNATORY_FIELD,
                "image": str(image),
                "tsa": f"{ground.responders.url}/tsa",
                "trust": str(ground.folder / "pki" / "trust"),
                "answers": str(answers),
            }
        )

    def _ask(self, members: dict[str, str | int]) -> None:
        if self.process.stdin is None or self.process.stdout is None:
            raise BrokenPipeError
        self.process.stdin.write(json.dumps(members) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        problem = json.loads(answer)["problem"] if answer else "the Java process ended"
        if problem is not None:
            raise dss.DssUnavailable(problem)


@contextmanager
def dss_signer(ground: Ground) -> Iterator[DssSigner]:
    """One process for as long as it is needed; raises :class:`~tests.interop.dss.DssUnavailable`."""
    with subprocess.Popen(dss.SIGN_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            signer = DssSigner(process)
            signer.open(ground)
            yield signer
        finally:
            process.terminate()
