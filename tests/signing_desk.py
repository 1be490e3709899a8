"""What `kyso sign` needs around it: a signer over SoftHSM, the demonstration's authorities, and PDF files."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from api.cli.main import app
from api.commands.outermost import guarded
from api.demo.bootstrap import lay_foundations
from hsm.client import SignerClient
from tests.material import blank_pdf
from tests.softhsm import listens, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Run:
    """What a command ended with and said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class SigningDesk:
    """A place to sign at; ``key`` is the PKCS#11 URI of the official's key, ``trust`` the folder of anchors."""

    home: Path
    environment: dict[str, str]
    key: str
    trust: Path

    def sign(self, *arguments: str | Path, **environment: str) -> Run:
        """Run `kyso sign` to its end, here; a variable that is given empty is taken away."""
        return self.run(*self._words(*arguments), **environment)

    def run(self, *words: str, **environment: str) -> Run:
        """Run any command to its end, here."""
        chosen = {name: text for name, text in {**self.environment, **environment}.items() if text}
        out, err = StringIO(), StringIO()
        with patch.dict(os.environ, chosen, clear=True), redirect_stdout(out), redirect_stderr(err):
            code = guarded(lambda: app(list(words), standalone_mode=False))
        return Run(code=code, stdout=out.getvalue(), stderr=err.getvalue())

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start it in a process of its own, for somebody who will kill it."""
        command = [sys.executable, "-m", "api.cli.main", *self._words(*arguments)]
        return subprocess.Popen(command, cwd=PROJECT, env=self.environment, stdout=subprocess.PIPE, text=True)

    def signatures(self) -> int:
        """How many values the signer has released so far."""
        return sum(token.signatures for token in self.signer().health().tokens)

    def signer(self) -> SignerClient:
        """The way to the signer."""
        return SignerClient(Path(self.environment["KYSO_SIGNER_SOCKET"]))

    def _words(self, *arguments: str | Path) -> list[str]:
        return ["sign", "--key", self.key, *map(str, arguments)]

    def files(self, folder: str, *, count: int) -> Path:
        """A folder of so many PDF files, no two of them alike."""
        place = self.home / folder
        place.mkdir()
        for number in range(count):
            text = blank_pdf(pages=1 + number % 3) + f"% văn bản {number}\n".encode()
            (place / f"vb-{number:04}.pdf").write_bytes(text)
        return place


@contextmanager
def signing_desk(home: Path) -> Iterator[SigningDesk]:
    """Signer and responders as processes of their own, until the block ends."""
    foundations = lay_foundations(home, at=datetime.now(UTC))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KYSO_")},
        **foundations.settings(),
        "KYSO_SIGNER_SOCKET": str(home / "run" / "s"),
        "KYSO_HOME": str(home),
    }
    desk = SigningDesk(
        home=home, environment=environment, key=str(foundations.signatory.key), trust=foundations.pki.trust
    )
    responders = ["certs.demonstration", str(foundations.pki.directory), "--port", str(foundations.port)]
    parts = [
        subprocess.Popen([sys.executable, "-m", *part], cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
        for part in (responders, ["api.cli.main", "signer"])
    ]
    try:
        wait_until(lambda: listens(desk.signer()), seconds=60)
        yield desk
    finally:
        for part in parts:
            part.terminate()
        for part in parts:
            part.wait(20)
