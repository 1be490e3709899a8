"""Raise a signed document's level: validation data (B-LT), then a document timestamp over all of it (B-LTA).

ETSI EN 319 142-1, 5.4 and 6.3. The old bytes stay as they are; each step is one more increment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.revocation import EMPTY
from signing.errors import DocumentDamaged
from signing.pdf.values import Stream
from signing.revision import Change, Revising

if TYPE_CHECKING:
    from certs.revocation import RevocationInfo
    from signing.pdf.document import Document, Node
    from signing.pdf.values import Value


@Revising
def embed_validation_data(_pdf: bytes, *, revocation: RevocationInfo) -> Change:
    """Add certificates, OCSP responses and CRLs to the document security store (no VRI: EN 319 142-1, 5.4.2.3).

    What the store already has is kept and not repeated; where it has everything, the file is answered as it is, since
    a revision that adds nothing would be one more change to explain.
    """
    return lambda document: supply_validation_data(document, revocation)


def supply_validation_data(document: Document, revocation: RevocationInfo) -> None:
    """The same within an increment that has more to say."""
    if revocation == EMPTY:
        return
    store = document.root.dictionary("/DSS")
    if store is None:
        ref = document.add({})
        document.root.put("/DSS", ref)
        store = document.node(ref)
    for key, supplied in (
        ("/Certs", revocation.certificates),
        ("/OCSPs", revocation.ocsps),
        ("/CRLs", revocation.crls),
    ):
        _supply(store, key, supplied)


def _supply(store: Node, key: str, supplied: tuple[bytes, ...]) -> None:
    document, listed = store.document, store.array(key)
    known = {_content(item) for item in listed.items()} if listed is not None else set()
    added: list[Value] = [document.add(Stream({}, der)) for der in supplied if der not in known]
    if listed is None and added:
        store.put(key, added)
    elif listed is not None and added:
        listed.raw_items.extend(added)
        listed.touch()


def _content(item: Node | None) -> bytes:
    if item is None or not isinstance(item.value, Stream):
        raise DocumentDamaged(reason="the document security store holds something else than streams")
    return item.document.reader.content(item.value)
