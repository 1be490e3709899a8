"""Who acts in the demonstration, and their secrets: an agency, three accounts, two credentials. Nobody is real.

The secrets are random, made once for each home folder and kept in ``secrets/accounts.json`` (0600); the register
holds only their Argon2 hashes.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.demo.notice import NoticeText
from issuance.ports import Account, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AGENCY = "000.00.00.H00"
SERIES = "TB"

SUBMITTER = "motcua"
SIGNATORY = "chanhvanphong.mau"
CLERK = "vanthu.mau"

SIGNATORY_CREDENTIAL = "chuky.chanhvanphong.mau"
SEAL_CREDENTIAL = "condau.ubnd.mau"


@dataclass(frozen=True, slots=True)
class DemonstrationSecrets:
    """The accounts' secrets by account, and the code by which the signatory consents to each use of the key.

    The seal has no code: the clerk, logged in as such, is the only one who can use it.
    """

    accounts: Mapping[str, str] = field(repr=False)
    activation: str = field(repr=False)


def demonstration_accounts(text: NoticeText, *, signature_image: bytes) -> tuple[Account, ...]:
    """The submitting system, the official who signs the notice, and the registry clerk."""
    return (
        Account(
            id=SUBMITTER,
            agency=AGENCY,
            full_name="Phần mềm Một cửa (mẫu)",
            position=None,
            roles=frozenset({Role.SUBMITTER}),
        ),
        Account(
            id=SIGNATORY,
            agency=AGENCY,
            full_name=text.signer,
            position=text.position,
            roles=frozenset({Role.SIGNATORY}),
            signature_image=signature_image,
        ),
        Account(
            id=CLERK,
            agency=AGENCY,
            full_name="Lê Thị Mẫu",
            position="Văn thư",
            roles=frozenset({Role.CLERK}),
        ),
    )


def secrets_file(home: Path) -> Path:
    """Where the accounts' secrets of a demonstration lie."""
    return home / "secrets" / "accounts.json"


def demonstration_secrets(home: Path) -> DemonstrationSecrets:
    """The secrets of this home folder, made on the first call."""
    file = secrets_file(home)
    if not file.exists():
        _write_once(file, _drawn())
    kept = json.loads(file.read_text(encoding="utf-8"))
    return DemonstrationSecrets(accounts=kept["accounts"], activation=kept["activations"][SIGNATORY_CREDENTIAL])


def _drawn() -> str:
    accounts = {account: secrets.token_urlsafe(18) for account in (SUBMITTER, SIGNATORY, CLERK)}
    activations = {SIGNATORY_CREDENTIAL: f"{secrets.randbelow(10**8):08d}"}
    return json.dumps({"accounts": accounts, "activations": activations}, indent=2) + "\n"


def _write_once(file: Path, content: str) -> None:
    """Readable by its owner only from its first moment, and complete or not there at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(content)
    draft.replace(file)
