"""Which chains a file leans on, so that revocation data can be looked for outside; nothing is believed here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from certs.revocation_search import Chains
from verification._pyhanko import Unreadable, open_document
from verification._pyhanko_cms import chain_of, signature_timestamps
from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_store import Stores
from verification.report import ReadMode, SignatureKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.certificate import SigningCertificate
    from verification._pyhanko import FilledField, OpenDocument


def chains(pdf: bytes) -> Chains:
    """The signers' and the time-stamp authorities' certificates with all others in the file; empty for bad bytes."""
    for mode in (ReadMode.STRICT, ReadMode.LAX):
        with suppress(Unreadable, *READ_ERRORS):
            return _chains(open_document(pdf, mode=mode))
    return Chains()


def _chains(document: OpenDocument) -> Chains:
    stored = tuple(certificate.dump() for certificate in Stores(document.reader).last.certificates)
    signing: list[SigningCertificate] = []
    timestamping: list[SigningCertificate] = []
    for field in document.fields:
        with suppress(*READ_ERRORS):
            own = timestamping if field.kind is SignatureKind.DOCUMENT_TIMESTAMP else signing
            own.extend(_chain(field))
            timestamping.extend(_chains_of_tokens(field))
    return Chains(
        signing=tuple(replace(chain, chain=(*chain.chain, *stored)) for chain in signing),
        timestamping=tuple(replace(chain, chain=(*chain.chain, *stored)) for chain in timestamping),
    )


def _chain(field: FilledField) -> Iterator[SigningCertificate]:
    if field.signature is not None and (chain := chain_of(field.signature.signed_data)) is not None:
        yield chain


def _chains_of_tokens(field: FilledField) -> Iterator[SigningCertificate]:
    for token in signature_timestamps(field.signature) if field.signature is not None else ():
        if (chain := chain_of(token)) is not None:
            yield chain
