"""What an operator trusts, and what helps to get there: anchors, and the certificates of authorities below them.

Real files often carry the signer's certificate only. The intermediate certificates of the known authorities are
therefore kept; they are trusted no more than any other certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from certs.anchors import TrustAnchors, certificates_in, read_trust_directory
from certs.revocation import EMPTY, RevocationInfo

if TYPE_CHECKING:
    from pathlib import Path

_INTERMEDIATES = "intermediates"


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Anchors, and what is known besides: certificates of intermediate authorities (DER)."""

    anchors: TrustAnchors
    known: RevocationInfo = field(default=EMPTY)


NO_TRUST = TrustStore(TrustAnchors((), ()))


def read_trust_store(path: Path) -> TrustStore:
    """The trust directory with ``intermediates/`` below it, if there is one; raises as :func:`read_trust_directory`."""
    anchors, folder = read_trust_directory(path), path / _INTERMEDIATES
    known = certificates_in(folder) if folder.is_dir() else ()
    return TrustStore(anchors, RevocationInfo(certificates=known))
