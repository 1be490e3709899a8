"""What a sandboxed child can be asked to do: each task a function on the bytes of a file, with its arguments' types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from certs.algorithms import SignatureAlgorithm
from certs.anchors import TrustAnchors
from certs.certificate import SigningCertificate
from certs.errors import CertsError
from certs.revocation import RevocationInfo
from signing.augment import embed_validation_data
from signing.compose import compose, compose_copy
from signing.display_rules import corner_box
from signing.errors import SigningError
from signing.field_place import FieldPlace, append_field
from signing.fill import fill_cells
from signing.images import demand_transparent
from signing.layout import Box, Layout
from signing.lint import inspect
from signing.new_field import add_signature_field
from signing.placement import signature_box
from signing.prepare import prepare, prepare_document_timestamp
from signing.printout import print_out
from signing.profiles import SignatureProfile
from signing.returned_cms import container_parts, demand_container, with_timestamp
from signing.returned_pdf import accept_signed_pdf
from signing.scan import inspect_scan
from verification.chains import chains
from verification.facts import SignedRevision
from verification.page_memory import PageMemory
from verification.pictures import compare_pages
from verification.policy import ValidationPolicy
from verification.validate import find_out
from verification.views import draw_revisions
from verification.wire import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.prepared import ReservedRegion
    from verification.frames import Frame

REFUSALS = (SigningError, CertsError)
"""Errors that are answers: they travel back with their fields and are raised again outside."""


@dataclass(frozen=True, slots=True)
class Task:
    """A function whose first argument is the file, and the types of its keyword arguments."""

    function: Callable[..., object]
    arguments: dict[str, object]


def _unchanged(demand: Callable[..., None]) -> Callable[..., bytes]:
    """The demand as a function: no bytes where nothing stands against it."""

    def unchanged(octets: bytes, **arguments: object) -> bytes:
        demand(octets, **arguments)
        return b""

    return unchanged


def _region_of_signed_pdf(
    pdf: bytes, *, base: bytes, field_name: str, certificate: SigningCertificate, algorithm: SignatureAlgorithm
) -> ReservedRegion:
    """Where the signature lies in a file that may be accepted; the caller has the file."""
    accepted = accept_signed_pdf(pdf, base=base, field_name=field_name, certificate=certificate, algorithm=algorithm)
    return accepted.placeholder.reserved


TASKS = {
    "inspect": Task(inspect, {}),
    "compose": Task(compose.appended, {"layout": Layout, "lookup_code": str, "lookup_url": str}),
    "compose_copy": Task(compose_copy.appended, {"lookup_code": str, "lookup_url": str}),
    "print_out": Task(print_out, {"sheet": bytes}),
    "inspect_scan": Task(inspect_scan, {}),
    "append_field": Task(append_field.appended, {"field_name": str, "where": FieldPlace | None}),
    "fill_cells": Task(fill_cells.appended, {"number": str, "issued_on": date}),
    "prepare": Task(prepare, {"profile": SignatureProfile, "certificate": SigningCertificate}),
    "embed_validation_data": Task(embed_validation_data.appended, {"revocation": RevocationInfo}),
    "prepare_document_timestamp": Task(prepare_document_timestamp, {"field_name": str, "revocation": RevocationInfo}),
    "add_signature_field": Task(add_signature_field.appended, {"field_name": str, "box": Box | None}),
    "signature_box": Task(signature_box, {"title": str, "signer": str}),
    "corner_box": Task(corner_box, {}),
    "demand_transparent": Task(_unchanged(demand_transparent), {}),
    "demand_container": Task(
        _unchanged(demand_container),
        {"document_digest": bytes, "certificate": SigningCertificate, "algorithm": SignatureAlgorithm},
    ),
    "accept_signed_pdf": Task(
        _region_of_signed_pdf,
        {"base": bytes, "field_name": str, "certificate": SigningCertificate, "algorithm": SignatureAlgorithm},
    ),
    "container_parts": Task(container_parts, {}),
    "with_timestamp": Task(with_timestamp, {"token": bytes}),
    "chains": Task(chains, {}),
    "find_out": Task(
        find_out,
        {"anchors": TrustAnchors, "known": RevocationInfo, "at": datetime, "policy": ValidationPolicy, "file": str},
    ),
    "draw_revisions": Task(draw_revisions, {"revisions": tuple[SignedRevision, ...]}),
    # One memory for the life of the child.
    "compare_pages": Task(
        partial(compare_pages, memory=PageMemory()), {"revisions": tuple[SignedRevision, ...], "letters": bool}
    ),
}


def perform(request: Frame) -> tuple[dict[str, object], list[bytes]]:
    """Do what the frame asks; the answer's header and blobs. The file is the first blob."""
    task = TASKS[str(request.header["task"])]
    given = request.header["arguments"]
    if not isinstance(given, dict):
        raise TypeError(type(given).__name__)
    arguments = {name: unpack(given[name], kind, request.blobs) for name, kind in task.arguments.items()}
    blobs: list[bytes] = []
    try:
        return {"answer": pack(task.function(request.blobs[0], **arguments), blobs)}, blobs
    except REFUSALS as refusal:
        return {"refusal": type(refusal).__name__, "message": str(refusal), "fields": pack(vars(refusal), blobs)}, blobs
