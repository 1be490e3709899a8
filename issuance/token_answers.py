"""The forms in which programs on officials' computers answer, each checked and turned into a request with its value.

One that signs bare bytes gives a value; others give a whole CMS object or a whole signed PDF. What the latter two made
themselves was never ours to shape, so it has to pass the full validator before it is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from certs.timestamp_trust import objection
from certs.timestamps import TimeStampToken
from issuance.outside import MOST_SKEW
from issuance.preparation import field_of
from signing.cms import signed_attributes
from signing.errors import ReturnedUnfit
from signing.prepare import TOKEN_ROOM
from signing.prepared import Increment, Placeholder
from signing.values import right_value

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import SignatureRequest
    from signing.linted import Linted
    from signing.prepared import PreparedSignature


@dataclass(frozen=True, slots=True)
class RawValue:
    """The signature value over the DTBS."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class CmsObject:
    """A DER ``ContentInfo`` over the document's digest, with signed attributes of its maker's choice."""

    der: bytes


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """The whole file, signed in its field."""

    pdf: bytes


TokenAnswer = RawValue | CmsObject | SignedPdf


def answered(
    answer: TokenAnswer,
    request: SignatureRequest,
    linted: Linted,
    *,
    document: Document,
    base: bytes,
    outside: Outside,
) -> SignatureRequest:
    """The request with the value in it.

    Raises :class:`signing.errors.WrongSignatureValue`, :class:`signing.errors.ReturnedUnfit`,
    :class:`signing.errors.RevisionBroken`, and :class:`issuance.errors.NotPassed`.
    """
    match answer:
        case RawValue():
            return replace(request, value=right_value(linted.prepared, answer.octets).octets)
        case CmsObject():
            return _with_container(request, linted.prepared, answer.der, base=base, outside=outside)
        case SignedPdf():
            return _with_file(request, linted.prepared, answer.pdf, document=document, base=base, outside=outside)
        case _:
            assert_never(answer)


def _with_file(
    request: SignatureRequest,
    prepared: PreparedSignature,
    pdf: bytes,
    *,
    document: Document,
    base: bytes,
    outside: Outside,
) -> SignatureRequest:
    """The returned revision takes the place of the one that we prepared; its signature is then a container like any."""
    filled = request.increment[: request.filled]
    returned = outside.workshop.accept_signed_pdf(
        pdf,
        base=base + filled,
        field_name=field_of(document, request.purpose),
        certificate=prepared.certificate,
        algorithm=request.algorithm,
    )
    increment = Increment(len(base), filled + returned.placeholder.increment.octets)
    signed = replace(
        prepared,
        placeholder=Placeholder(increment, returned.placeholder.reserved),
        document_digest=returned.document_digest,
        signed_attributes=signed_attributes(
            document_digest=returned.document_digest,
            certificate=prepared.certificate.der,
            algorithm=request.algorithm,
            claims=request.claims,
        ),
    )
    request = replace(
        request,
        increment=increment.octets,
        reserved_start=signed.placeholder.reserved.start,
        reserved_end=signed.placeholder.reserved.end,
        document_digest=signed.document_digest,
        signed_attributes=signed.signed_attributes,
    )
    return _with_container(request, signed, returned.container, base=base, outside=outside)


def _with_container(
    request: SignatureRequest, prepared: PreparedSignature, container: bytes, *, base: bytes, outside: Outside
) -> SignatureRequest:
    signed = outside.workshop.complete_with_container(prepared, container=container).onto(base)
    parts = outside.workshop.container_parts(container)
    tokens = () if parts.timestamp is None else (TimeStampToken(parts.timestamp),)
    if tokens:
        _demand_timestamp(tokens[0], request, outside=outside)
    elif len(container) + TOKEN_ROOM > prepared.placeholder.reserved.capacity:
        raise ReturnedUnfit(reason="it leaves no room for a timestamp")
    now = outside.clock.now()
    known = outside.revocation.gather(certificates=(prepared.certificate,), tokens=tokens, at=now)
    outside.demand_passed(signed, known=known, at=now)
    return replace(request, value=parts.value, timestamp=parts.timestamp, container=container)


def _demand_timestamp(token: TimeStampToken, request: SignatureRequest, *, outside: Outside) -> None:
    """A timestamp that came with the signature is held to what ours are held to."""
    found = objection(token, anchors=outside.anchors.timestamping)
    if found is not None:
        raise ReturnedUnfit(reason=f"its timestamp proves no time: {found}")
    if not request.created_at - MOST_SKEW <= token.gen_time <= outside.clock.now() + MOST_SKEW:
        raise ReturnedUnfit(reason="its timestamp is not of the time of this request")
