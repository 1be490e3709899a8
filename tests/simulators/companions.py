"""What is kept beside a document, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storage.errors import AlreadyThere, RowRefused
from tests.simulators.state import OpenState

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.delivery import DownloadLink


class MemoryCompanions(OpenState):
    """Implements :class:`issuance.companions.Companions` in one open transaction."""

    def add_download_link(self, link: DownloadLink) -> None:
        if link.document_id not in self._state.documents:
            raise RowRefused(rule="download_links_document_id_fkey")
        if link.token_sha256 in self._state.links:
            raise AlreadyThere(rule="download_links_pkey")
        self._state.links[link.token_sha256] = link

    def download_link(self, token_sha256: str) -> DownloadLink | None:
        return self._state.links.get(token_sha256)

    def locked_download_link(self, token_sha256: str) -> DownloadLink | None:
        return self._state.links.get(token_sha256)

    def use_download_link(self, token_sha256: str, *, at: datetime) -> None:
        found = self._state.links[token_sha256]
        if found.used_at is None:
            self._state.links[token_sha256] = replace(found, used_at=at)
