"""What crosses the border of the sandbox: values by their types, frames by their lengths, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from certs.algorithms import SignatureAlgorithm
from certs.anchors import TrustAnchors
from signing.layout import Box
from signing.profiles import Appearance, Certification, SignatureProfile
from verification.frames import Frame, FrameError, read_frame
from verification.policy import DEFAULT_POLICY, ValidationPolicy
from verification.report import (
    Caution,
    Indication,
    ReadMode,
    SubIndication,
    Text,
    ValidationReport,
    Verdict,
)
from verification.wire import WireError, pack, unpack

PROFILE = SignatureProfile(
    field_name="SigSeal",
    algorithm=SignatureAlgorithm.ECDSA_SHA384,
    certification=Certification.FILL_FORMS,
    appearance=Appearance(png=b"\x89PNG"),
    reason="Ký ban hành",
    claimed_signing_time=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
)
REPORT = ValidationReport(
    file="a.pdf",
    sha256="00",
    length=1,
    pages=2,
    read=ReadMode.LAX,
    validated_at=datetime(2026, 1, 2, tzinfo=UTC),
    policy="kyso@1",
    verdict=Verdict(Indication.INDETERMINATE, SubIndication.TRY_LATER, Text("a", "b")),
    warnings=(Caution("x", Text("c", "d")),),
)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (PROFILE, SignatureProfile),
        (SignatureProfile(field_name="x"), SignatureProfile),
        (REPORT, ValidationReport),
        (DEFAULT_POLICY, ValidationPolicy),
        (TrustAnchors((b"a", b"b"), ()), TrustAnchors),
        (Box(page=1, left=1, top=2.5, width=3, height=4), Box),
        (date(2026, 3, 4), date),
        ((b"x", b""), tuple[bytes, ...]),
        (None, str | None),
    ],
)
def test_a_value_arrives_as_it_was(value: object, kind: object) -> None:
    blobs: list[bytes] = []
    packed = Frame({"value": pack(value, blobs)}, tuple(blobs))
    arrived = read_frame(_Wire(b"".join(packed.pieces())), most_bytes=1000)
    assert unpack(arrived.header["value"], kind, arrived.blobs) == value


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"vi": "a"}, Text),
        ({"vi": "a", "en": 1}, Text),
        ("TOTAL_PASSED_", Indication),
        (5, bytes),
        (True, int),
        ("yes", bool),
        ([1], tuple[str, ...]),
        ("2026-99-01", date),
        ({"page": 0, "left": 0, "top": 0, "width": 1, "height": 1}, Box),
        ("x", object),
        ("/etc/passwd", open),
    ],
)
def test_anything_else_is_refused(form: object, kind: object) -> None:
    with pytest.raises(WireError):
        unpack(form, kind, (b"only",))


def test_what_has_no_form_cannot_be_sent() -> None:
    with pytest.raises(TypeError):
        pack(object(), [])


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x02{]",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x10{"blobs":[-1]}  ',
        b'\x00\x00\x00\x10{"blobs":[9999]}',
        b'\x00\x00\x00\x10{"blobs":[true]}',
        b'\x00\x00\x00\x10{"blobs":["1"]} ',
    ],
)
def test_what_is_no_frame_is_refused(sent: bytes) -> None:
    with pytest.raises(FrameError):
        read_frame(_Wire(sent), most_bytes=1000)


def test_a_frame_that_ends_early_is_the_end() -> None:
    with pytest.raises(EOFError):
        read_frame(_Wire(b"\x00\x00"), most_bytes=1000)


class _Wire:
    def __init__(self, sent: bytes) -> None:
        self._sent = BytesIO(sent)

    def take(self, length: int) -> bytes:
        piece = self._sent.read(length)
        if len(piece) < length:
            raise EOFError
        return piece
