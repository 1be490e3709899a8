"""What the register keeps beside a document: a part of :class:`issuance.ports.Repositories`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.delivery import DownloadLink


class Companions(Protocol):
    """Links by which documents are fetched, in the open transaction."""

    def add_download_link(self, link: DownloadLink) -> None:
        """Append."""
        ...

    def download_link(self, token_sha256: str) -> DownloadLink | None:
        """The link whose token has this digest, or None."""
        ...

    def locked_download_link(self, token_sha256: str) -> DownloadLink | None:
        """The same with its row locked until the transaction ends."""
        ...

    def use_download_link(self, token_sha256: str, *, at: datetime) -> None:
        """Mark as used, once."""
        ...
