"""The octets of an increment: objects, their cross-reference section, the trailer (ISO 32000-2, 7.5.4 to 7.5.8)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from signing.pdf.values import Name, Ref, deflated, serialised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from signing.pdf.values import Dictionary, Value

_OF_THE_STREAM = frozenset({"/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms", "/XRefStm"})
_OFFSET_WIDTH, _GENERATION_WIDTH = 5, 2
_ID_LENGTH = 16


def section(
    objects: Mapping[Ref, Value], *, behind: int, on_new_line: object, trailer: Dictionary, in_stream: object
) -> tuple[bytes, dict[Ref, int]]:
    """What is appended to a file of ``behind`` octets, and where in the file each object lies then.

    ``trailer`` is that of the file with ``/Prev`` and ``/Size`` as they will be. The section is a stream where the
    file has such, since readers must not meet a table in front of one (7.5.8.4 apart).
    """
    pieces: list[bytes] = [b"\n"] if on_new_line else []
    at = behind + len(pieces)
    offsets: dict[Ref, int] = {}
    for ref, value in objects.items():
        octets = b"%d %d obj\n%s\nendobj\n" % (*ref, serialised(value))
        offsets[ref] = at
        pieces.append(octets)
        at += len(octets)
    entries = {key: trailer[key] for key in sorted(trailer) if key not in _OF_THE_STREAM}
    entries["/ID"] = _identifier(entries.get("/ID"), pieces)
    pieces.append(_stream(offsets, at, entries) if in_stream else _table(offsets, entries))
    pieces.append(b"\nstartxref\n%d\n%%%%EOF\n" % at)
    return b"".join(pieces), offsets


def _table(offsets: Mapping[Ref, int], trailer: Dictionary) -> bytes:
    pieces = [b"xref\n"]
    for run in _runs(offsets):
        pieces.append(b"%d %d\n" % (run[0].number, len(run)))
        pieces += [b"%010d %05d n \n" % (offsets[ref], ref.generation) for ref in run]
    return b"".join((*pieces, b"trailer\n", serialised(trailer)))


def _stream(offsets: Mapping[Ref, int], at: int, trailer: Dictionary) -> bytes:
    """The section as a stream, which is an object itself."""
    own = Ref(_whole(trailer["/Size"]))
    places = {**offsets, own: at}
    runs = list(_runs(places))
    rows = b"".join(
        b"\x01" + places[ref].to_bytes(_OFFSET_WIDTH) + ref.generation.to_bytes(_GENERATION_WIDTH)
        for run in runs
        for ref in run
    )
    entries: Dictionary = {
        **trailer,
        "/Type": Name("/XRef"),
        "/Size": own.number + 1,
        "/W": [1, _OFFSET_WIDTH, _GENERATION_WIDTH],
        "/Index": [number for run in runs for number in (run[0].number, len(run))],
    }
    return b"%d 0 obj\n%s\nendobj" % (own.number, serialised(deflated(entries, rows)))


def _runs(offsets: Mapping[Ref, int]) -> Iterator[list[Ref]]:
    """References by number, those that follow one another together."""
    run: list[Ref] = []
    for ref in sorted(offsets):
        if run and ref.number != run[-1].number + 1:
            yield run
            run = []
        run.append(ref)
    yield run


def _whole(value: Value) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _identifier(former: Value, pieces: list[bytes]) -> list[Value]:
    """The file's identifier: its first half stays, its second is new in each revision (14.4).

    It is drawn from the content, so that whoever prepares the same twice gets the same.
    """
    halves = former if isinstance(former, list) else []
    content = hashlib.sha256(serialised(halves))
    for piece in pieces:
        content.update(piece)
    new = content.digest()[:_ID_LENGTH]
    first = halves[0] if halves and isinstance(halves[0], bytes) else new
    return [first, new]
