"""The last look before a key is used: what will be signed is really this document, and nothing else.

Files are prepared in a sandbox that a hostile PDF might take over. Here, outside of it, the digest is computed again
over the base and its increment, and the signed attributes are written again, so that a device never signs what a child
made up. :class:`Linted` can only be had from :func:`lint`, and signing accepts nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.cms import signed_attributes
from signing.errors import LintFailed, RevisionBroken
from signing.source import Source

if TYPE_CHECKING:
    from signing.prepared import Placeholder, PreparedSignature, PreparedTimestamp

_KEY = object()


@dataclass(frozen=True, slots=True)
class Linted:
    """A prepared signature that was looked through; made by :func:`lint` only."""

    prepared: PreparedSignature
    _key: object

    def __post_init__(self) -> None:
        if self._key is not _KEY:
            msg = "Linted is made by lint()"
            raise RuntimeError(msg)


def lint(prepared: PreparedSignature, *, base: bytes | Source) -> Linted:
    """Check a prepared signature against the revision it builds on.

    Raises :class:`signing.errors.RevisionBroken` or :class:`signing.errors.LintFailed`.
    """
    digest = _digest(prepared.placeholder, base=Source.over(base), digest=prepared.algorithm.digest.value)
    expected = signed_attributes(
        document_digest=digest,
        certificate=prepared.certificate.der,
        algorithm=prepared.algorithm,
        claims=prepared.claims,
    )
    if digest != prepared.document_digest or expected != prepared.signed_attributes:
        raise LintFailed(reason="the data to be signed is not that of the prepared file")
    return Linted(prepared=prepared, _key=_KEY)


def lint_timestamp(prepared: PreparedTimestamp, *, base: bytes | Source) -> PreparedTimestamp:
    """The same look at a prepared document timestamp (its digest is SHA-256)."""
    if _digest(prepared.placeholder, base=Source.over(base), digest="sha256") != prepared.document_digest:
        raise LintFailed(reason="the digest to be timestamped is not that of the prepared file")
    return prepared


def _digest(placeholder: Placeholder, *, base: Source, digest: str) -> bytes:
    """The digest over everything but the reserved region, which must be an empty gap behind the base revision."""
    if placeholder.increment.base_length != base.length:
        raise RevisionBroken
    if not placeholder.has_empty_gap:
        raise LintFailed(reason="the room for the signature is not where it should be")
    return base.digest(digest, *placeholder.pieces())
