"""The trusted list as a target: damaged as it is, and damaged before its pinned signer signs it.

The first comes from anybody and must end at the signature; behind that only the second gets to.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from lxml import etree

from certs._signed_xml import signed
from certs.anchors import TrustAnchors
from certs.errors import TrustedListRefused
from certs.trusted_list import with_lists
from certs.trusted_list_reader import read_trusted_list
from tests.list_material import ISSUED_AT, ListMaker, signer_of
from tests.unit.certs_pki import Profile, authority, make

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_NOBODY = TrustAnchors(signing=(), timestamping=())


class Lists:
    """One signer's lists, and a reader who has pinned that signer."""

    def __init__(self) -> None:
        self._maker = ListMaker(make(Profile("List signer")))
        self._signer = signer_of(self._maker.member)

    def seeds(self) -> Iterable[tuple[str, bytes]]:
        """A list of few anchors, and one with a history."""
        root, other, clock = authority("Root"), authority("Other"), authority("Clock")
        first = self._maker.of(TrustAnchors(signing=(root.der, other.der), timestamping=(clock.der,)))
        before = read_trusted_list(first, name="seed", pins=self._maker.pins)
        later = ISSUED_AT + timedelta(days=30)
        fewer = TrustAnchors(signing=(root.der,), timestamping=())
        yield "first", first
        yield "second", self._maker.of(fewer, before=before, sequence=2, issued_at=later)

    def believe(self, xml: bytes) -> None:
        """Read it as it is, and again with a right signature over what it has become."""
        self._read(xml)
        again = self._signed_again(xml)
        if again is not None:
            self._read(again)

    def _read(self, xml: bytes) -> None:
        with suppress(TrustedListRefused):
            with_lists(_NOBODY, [read_trusted_list(xml, name="fuzzed", pins=self._maker.pins)])

    def _signed_again(self, xml: bytes) -> bytes | None:
        try:
            root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
            for signature in root.iterfind(_SIGNATURE):
                root.remove(signature)
            return signed(root, self._signer, at=ISSUED_AT, mime_type="application/vnd.etsi.tsl+xml")
        except Exception:  # noqa: BLE001 - what cannot even be signed is no input
            return None
