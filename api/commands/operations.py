"""What an operator does once: upgrade the database, describe the interface, look at the tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from api.app import bare_app
from api.openapi import description_of
from api.settings import Settings, read_settings
from api.wiring import blobs_of
from hsm.client import SignerClient
from storage.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import TokenInventory


def upgrade_database() -> None:
    """Bring the database to this version's schema, and make the bucket where it is missing."""
    settings = read_settings(Settings)
    upgrade(settings.database_url.get_secret_value())
    blobs_of(settings).ensure_bucket()
    Console(stderr=True).print("✓ Cơ sở dữ liệu và kho tệp đã sẵn sàng (database and bucket are ready)")


def openapi() -> str:
    """The description of the HTTP interface as JSON."""
    public_url = "http://127.0.0.1:8000"
    return json.dumps(
        description_of(bare_app(public_url=public_url), public_url=public_url), ensure_ascii=False, indent=1
    )


def list_tokens() -> tuple[TokenInventory, ...]:
    """What the signer sees."""
    return SignerClient(read_settings(Settings).signer_socket).credentials()


def tokens_as_json(tokens: tuple[TokenInventory, ...]) -> Iterator[str]:
    """One JSON object for each token."""
    for token in tokens:
        keys = [
            {"uri": str(key.uri), "algorithms": [algorithm.name for algorithm in key.algorithms]} for key in token.keys
        ]
        yield json.dumps({"token": token.name, "problem": token.problem, "keys": keys}, ensure_ascii=False)


def print_tokens(tokens: tuple[TokenInventory, ...]) -> None:
    """A table for people."""
    table = Table("Thiết bị (token)", "Khóa (key)", "Chứng thư (certificate)", "Trạng thái (state)")
    for token in tokens:
        state = token.problem or "ok"
        if not token.keys:
            table.add_row(token.name, "-", "-", state)
        for key in token.keys:
            table.add_row(token.name, str(key.uri), "✓" if key.certificate else "-", state)
    Console().print(table)
