"""What an operator does once: upgrade the database, describe the interface."""

from __future__ import annotations

import json

from rich.console import Console

from api.app import bare_app
from api.openapi import description_of
from api.settings import Settings, read_settings
from api.wiring import blobs_of
from storage.migrate import upgrade


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
