"""What an operator trusts, and what helps to get there: anchors, trusted lists, and certificates of authorities below.

Real files often carry the signer's certificate only. The intermediate certificates of the known authorities are
therefore kept; they are trusted no more than any other certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from certs.anchors import TrustAnchors, certificates_in, read_trust_directory
from certs.list_sources import lists_in, read_sources
from certs.pinned_anchors import LIST, SUFFIXES
from certs.revocation import EMPTY, RevocationInfo
from certs.trusted_list import with_lists

if TYPE_CHECKING:
    from pathlib import Path

    from certs.list_sources import ListSource
    from certs.trusted_list import TrustedList

_INTERMEDIATES = "intermediates"


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The operator's own anchors, and what is known besides: certificates of intermediate authorities (DER).

    ``sources`` are the trusted lists that are believed, ``lists`` by their names those editions that are at hand.
    """

    own: TrustAnchors
    known: RevocationInfo = field(default=EMPTY)
    sources: tuple[ListSource, ...] = ()
    lists: dict[str, TrustedList] = field(default_factory=dict)

    @property
    def anchors(self) -> TrustAnchors:
        """All anchors, those of lists in their periods."""
        return with_lists(self.own, self.lists.values())


NO_TRUST = TrustStore(TrustAnchors((), ()))


def read_trust_store(path: Path) -> TrustStore:
    """The trust directory with ``lists.toml``, ``lists/`` and ``intermediates/`` in it, as far as they are there.

    Raises as :func:`read_trust_directory`, and ``TrustedListRefused`` for a list that is not what its pins say.
    """
    sources, folder = read_sources(path), path / _INTERMEDIATES
    known = certificates_in(folder) if folder.is_dir() else ()
    return TrustStore(
        own=TrustAnchors((), ()) if sources and not has_own_anchors(path) else read_trust_directory(path),
        known=RevocationInfo(certificates=known),
        sources=sources,
        lists={source.name: found for source, found in lists_in(path, sources)},
    )


def has_own_anchors(path: Path) -> bool:
    """Where lists are believed, there need be no anchors beside them."""
    return (path / LIST).exists() or any(file.suffix.lower() in SUFFIXES for file in path.iterdir())
