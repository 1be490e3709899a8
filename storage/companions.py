"""What is kept beside a document, as rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from issuance.delivery import DownloadLink
from storage.companion_tables import download_links
from storage.open_transaction import OpenTransaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select


class CompanionRows(OpenTransaction):
    """Implements :class:`issuance.companions.Companions`."""

    def add_download_link(self, link: DownloadLink) -> None:
        """Append."""
        self._connection.execute(download_links.insert(), asdict(link))

    def download_link(self, token_sha256: str) -> DownloadLink | None:
        """The link whose token has this digest, or None."""
        return self._link(select(download_links).where(download_links.c.token_sha256 == token_sha256))

    def locked_download_link(self, token_sha256: str) -> DownloadLink | None:
        """The same with its row locked until the transaction ends."""
        return self._link(select(download_links).where(download_links.c.token_sha256 == token_sha256).with_for_update())

    def use_download_link(self, token_sha256: str, *, at: datetime) -> None:
        """Mark as used, once."""
        unused = download_links.update().where(
            download_links.c.token_sha256 == token_sha256, download_links.c.used_at.is_(None)
        )
        self._connection.execute(unused.values(used_at=at))

    def _link(self, query: Select[tuple[object, ...]]) -> DownloadLink | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return DownloadLink(**row) if row is not None else None
