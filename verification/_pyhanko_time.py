"""The door to proofs of existence: what the document's time-stamps prove to be how old.

EN 319 102-1, 5.6.2.3. Document timestamps are taken newest first: each one that holds proves that everything before it
existed, which is what an older token whose certificate has expired since needs in order to hold itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhanko.sign.validation.generic_cms import message_imprint_checker
from pyhanko_certvalidator.ltv.poe import POEManager, POEType

from verification._pyhanko import coverage_of
from verification._pyhanko_certificates import certificates_of
from verification._pyhanko_cms import signature_timestamps, signer_of
from verification._pyhanko_engine import Existence, Finding
from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_store import attribute_of
from verification.report import Coverage, SignatureKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from asn1crypto import cms
    from pyhanko.sign.validation import EmbeddedPdfSignature

    from verification._pyhanko import FilledField, OpenDocument
    from verification._pyhanko_engine import Engine
    from verification._pyhanko_store import Stores


@dataclass(frozen=True)
class JudgedToken:
    """A time-stamp token with its judgement. ``field`` is None for a token inside a signature's CMS object."""

    time: datetime
    authority: str | None
    field: FilledField | None
    finding: Finding


@dataclass(frozen=True)
class Proofs:
    """What existed when, and the document timestamps that were judged on the way, oldest first."""

    at: datetime
    poe: POEManager
    document_timestamps: tuple[JudgedToken, ...]

    def since(self, signed_data: cms.SignedData) -> datetime:
        """Since when this signature or token is proven to exist: at latest, the moment of looking."""
        proven: datetime = self.poe[_value(signed_data)]
        return proven

    def covering(self, field: FilledField) -> tuple[JudgedToken, ...]:
        """The document timestamps over this signature, oldest first, whether they hold or not."""
        return tuple(
            token
            for token in self.document_timestamps
            if token.field is not None and token.field.revision > field.revision
        )

    def judged(self, field: FilledField) -> JudgedToken | None:
        """The judgement on the document timestamp in this field."""
        return next((token for token in self.document_timestamps if token.field is field), None)


def proofs_of_existence(document: OpenDocument, stores: Stores, engine: Engine, *, at: datetime) -> Proofs:
    """Judge every document timestamp, newest first, and note what each proves."""
    poe = POEManager(current_dt_override=at)
    judged = []
    for field in reversed(document.fields):
        if field.kind is not SignatureKind.DOCUMENT_TIMESTAMP or field.signature is None:
            continue
        token = judge_token(
            engine, field.signature.signed_data, imprint=field.signature.compute_digest, poe=poe, field=field
        )
        if token is None:
            continue
        judged.append(token)
        if token.finding.passed and coverage_of(document, field.signature) is not Coverage.PARTIAL:
            for thing in _existed_before(document, stores, field.revision):
                poe.register(thing, POEType.VALIDATION, token.time)
    return Proofs(at=at, poe=poe, document_timestamps=tuple(reversed(judged)))


@dataclass(frozen=True)
class SignatureTimestamps:
    """The judged tokens inside a signature, and how many more are too damaged to be judged."""

    judged: tuple[JudgedToken, ...]
    damaged: int


def judge_signature_timestamps(
    signature: EmbeddedPdfSignature, engine: Engine, *, poe: POEManager
) -> SignatureTimestamps:
    """The tokens in the signature's unsigned attributes, each over the signature value (EN 319 122-1, 5.3)."""
    imprint = message_imprint_checker(signature.signer_info)
    tokens = [
        judge_token(engine, token, imprint=imprint, poe=poe, field=None) for token in signature_timestamps(signature)
    ]
    judged = tuple(token for token in tokens if token is not None)
    return SignatureTimestamps(judged=judged, damaged=len(tokens) - len(judged))


def judge_token(
    engine: Engine,
    signed_data: cms.SignedData,
    *,
    imprint: Callable[[str], bytes],
    poe: POEManager,
    field: FilledField | None,
) -> JudgedToken | None:
    """Judge one token; None where it is too damaged to tell its time."""
    try:
        time: datetime = signed_data["encap_content_info"]["content"].parsed["gen_time"].native
        authority = signer_of(certificates_of(signed_data).signer_cert).common_name
        existence = Existence(since=poe[_value(signed_data)], fresh_at=time, is_proven=True)
        finding = engine.judge_token(signed_data, imprint=imprint, proofs=poe, existence=existence)
    except READ_ERRORS:
        return None
    return JudgedToken(
        time=time,
        authority=authority,
        field=field,
        finding=finding,
    )


def _existed_before(document: OpenDocument, stores: Stores, revision: int) -> Iterator[bytes]:
    """All that a document timestamp in this revision covers and that a validation may lean on."""
    store = stores.at(revision)
    for field in document.fields:
        if field.signature is None or field.revision >= revision:
            continue
        yield from _parts(field.signature.signed_data)
        for token in signature_timestamps(field.signature):
            yield from _parts(token)
        store = store.with_(attribute_of(field.signature))
    yield from (certificate.dump() for certificate in store.certificates)
    yield from (single.ocsp_response_data.dump() for single in store.ocsps)
    yield from (container.crl_data.dump() for container in store.crls)


def _parts(signed_data: cms.SignedData) -> Iterator[bytes]:
    """The signature value and the certificates of a CMS object."""
    yield _value(signed_data)
    for choice in signed_data["certificates"]:
        yield choice.chosen.dump()


def _value(signed_data: cms.SignedData) -> bytes:
    value: bytes = signed_data["signer_infos"][0]["signature"].native
    return value
