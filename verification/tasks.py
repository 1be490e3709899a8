"""What a sandboxed child can be asked to do: each task a function on the bytes of a file, with its arguments' types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from certs.anchors import TrustAnchors
from certs.certificate import SigningCertificate
from certs.errors import CertsError
from certs.revocation import RevocationInfo
from signing.augment import embed_validation_data
from signing.compose import compose
from signing.errors import SigningError
from signing.fill import fill_cells
from signing.layout import Layout
from signing.lint import inspect
from signing.prepare import prepare, prepare_document_timestamp
from signing.profiles import SignatureProfile
from verification.pictures import SignedRevision, compare_pages
from verification.policy import ValidationPolicy
from verification.validate import validate
from verification.views import draw_revisions
from verification.wire import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification.frames import Frame

REFUSALS = (SigningError, CertsError)
"""Errors that are answers: they travel back with their fields and are raised again outside."""


@dataclass(frozen=True, slots=True)
class Task:
    """A function whose first argument is the file, and the types of its keyword arguments."""

    function: Callable[..., object]
    arguments: dict[str, object]


TASKS = {
    "inspect": Task(inspect, {}),
    "compose": Task(compose, {"layout": Layout, "lookup_code": str, "lookup_url": str}),
    "fill_cells": Task(fill_cells, {"number": str, "issued_on": date}),
    "prepare": Task(prepare, {"profile": SignatureProfile, "certificate": SigningCertificate}),
    "embed_validation_data": Task(embed_validation_data, {"revocation": RevocationInfo}),
    "prepare_document_timestamp": Task(prepare_document_timestamp, {"field_name": str}),
    "validate": Task(
        validate,
        {"anchors": TrustAnchors, "known": RevocationInfo, "at": datetime, "policy": ValidationPolicy, "file": str},
    ),
    "draw_revisions": Task(draw_revisions, {"revisions": tuple[SignedRevision, ...]}),
    "compare_pages": Task(compare_pages, {"revisions": tuple[SignedRevision, ...]}),
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
