"""What streams contain, where they are encoded in the one way that office software uses (ISO 32000-2, 7.4.4)."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

from signing.pdf.syntax import Irregular

if TYPE_CHECKING:
    from signing.pdf.values import Stream, Value

_MOST = 64_000_000
"""Octets that a stream may grow to; a larger one is no object stream, cross-reference stream, metadata or DER."""

_PNG = range(10, 16)


def content(stream: Stream) -> bytes:
    """The data decoded; raises :class:`Irregular` for any filter but Flate, with or without the PNG predictor Up."""
    kind, parameters = _only(stream.entries.get("/Filter")), _only(stream.entries.get("/DecodeParms"))
    if kind is None and parameters is None:
        return stream.data
    if kind != "/FlateDecode" or not isinstance(parameters or {}, dict) or "/F" in stream.entries:
        msg = "a stream is encoded in another way"
        raise Irregular(msg)
    data = _inflated(stream.data)
    if not isinstance(parameters, dict) or parameters.get("/Predictor", 1) == 1:
        return data
    predictor, columns = parameters.get("/Predictor"), parameters.get("/Columns", 1)
    if predictor not in _PNG or not isinstance(columns, int) or {*parameters} - {"/Predictor", "/Columns"}:
        msg = "a stream is predicted in another way"
        raise Irregular(msg)
    return _unpredicted(data, columns)


def _only(value: Value) -> Value:
    """The value, or the only one of an array (7.3.8.2)."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _inflated(data: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        inflated = inflating.decompress(data, _MOST)
    except zlib.error as error:
        raise Irregular(str(error)) from error
    if not inflating.eof or inflating.unused_data.strip():
        msg = "a stream does not end where it should, or is too large"
        raise Irregular(msg)
    return inflated


def _unpredicted(data: bytes, columns: int) -> bytes:
    """Each row is the difference to the row above (PNG filter type 2), as in all cross-reference streams seen."""
    if columns < 1 or len(data) % (columns + 1) or set(data[:: columns + 1]) - {2}:
        msg = "rows are predicted in another way"
        raise Irregular(msg)
    sums = [
        bytes(total & 0xFF for total in accumulate(data[column :: columns + 1])) for column in range(1, columns + 1)
    ]
    return b"".join(map(bytes, zip(*sums, strict=True)))
