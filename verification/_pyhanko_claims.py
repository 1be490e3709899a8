"""The door to what a signature claims of itself: commitment type and roles in its signed attributes.

Nothing stands behind these but the signer's word, so that they decide nothing and what cannot be read is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asn1crypto import core
from pyhanko.sign.ades.cades_asn1 import CommitmentTypeIndication, SignerAttributesV2

from signing.claims import LONGEST_ROLE, MOST_ROLES, CommitmentType
from verification.foreign_text import well_formed
from verification.report import SignerClaims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhanko.sign.validation import EmbeddedPdfSignature

_COMMITMENT_TYPE = "1.2.840.113549.1.9.16.2.16"
_SIGNER_ATTRIBUTES_V2 = "0.4.0.19122.1.1"
_TITLE, _ROLE = "2.5.4.12", "2.5.4.72"
_NAMES = {one.value: one.name.lower() for one in CommitmentType}
_DAMAGED = (ValueError, TypeError, KeyError, AttributeError)


def claims_of(signature: EmbeddedPdfSignature) -> SignerClaims | None:
    """What is claimed, or None where nothing is."""
    try:
        commitment = next(_values(signature, _COMMITMENT_TYPE), None)
        roles = tuple(role for value in _values(signature, _SIGNER_ATTRIBUTES_V2) for role in _roles(value))
        named = _commitment(commitment) if commitment is not None else None
    except _DAMAGED:
        return None
    return SignerClaims(commitment=named, roles=roles[:MOST_ROLES]) if named or roles else None


def _values(signature: EmbeddedPdfSignature, kind: str) -> Iterator[bytes]:
    for attribute in signature.signer_info["signed_attrs"]:
        if attribute["type"].dotted == kind:
            for value in core.SetOf.load(attribute["values"].dump(), spec=core.Any):
                yield value.dump()


def _commitment(value: bytes) -> str:
    dotted = CommitmentTypeIndication.load(value)["commitment_type_id"].dotted
    return _NAMES.get(str(dotted), str(dotted))


def _roles(value: bytes) -> Iterator[str]:
    """The texts among the claimed attributes: titles, and roles that are written as text as many programs do."""
    claimed = SignerAttributesV2.load(value)["claimed_attributes"]
    for attribute in claimed if len(claimed) else ():
        if attribute["type"].dotted not in {_TITLE, _ROLE}:
            continue
        for each in core.SetOf.load(attribute["values"].dump(), spec=core.Any):
            text = core.load(each.dump())
            if isinstance(text, core.AbstractString):
                yield well_formed(str(text.native))[:LONGEST_ROLE]
