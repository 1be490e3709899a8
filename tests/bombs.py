"""Files that cost little to send and much to read: what every bound of the sandbox is measured with.

Each is made of the document in :mod:`tests.vectors.paper`, so that readers get as far as they can before it bursts.
None holds a signature that is worth anything; what counts is what reading them costs, and that an answer comes.
"""

from __future__ import annotations

import zlib
from functools import partial
from typing import TYPE_CHECKING

from certs.der import context, integer, octet_string, oid, sequence, tlv
from tests.vectors import paper
from tests.vectors.paper import CATALOG, CONTENT, FORM, PAGE, PAGES, SIGNATORY, objects, stream, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MIB = 1 << 20
_ADLER = 65521  # the checksum of zeros needs no more than their number (RFC 1950, 8.2)
_FREE = 40  # the first object number that the document does not use
_SIGNED_DATA, _DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
_ARCHIVAL = "1.2.840.113583.1.1.8"


def _with(bodies: Mapping[int, bytes]) -> bytes:
    return whole({**objects(), **bodies})


def _changed(number: int, old: bytes, new: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    """The document with one object edited."""
    body = objects()[number]
    if old not in body:
        raise ValueError(old)
    return _with({number: body.replace(old, new, 1), **(more or {})})


# Streams that grow when they are read: as cross-references, as object streams, and as the page's content.


def _zeros(size: int, *, rounds: int = 1) -> bytes:
    """Zeros, deflated block by block so that it takes no time; from the second round on, once more."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(_MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (size % _ADLER << 16 | 1).to_bytes(4, "big")
    packed = b"\x78\xda" + block * (size // _MIB) + packer.flush() + checksum
    for _ in range(rounds - 1):
        packed = zlib.compress(packed, 9)
    return packed


def _lzw(codes: int) -> bytes:
    """LZW at its best: each code stands for one byte more than the last, then the table is cleared."""
    bits, count, out, width, following = 0, 0, bytearray(), 9, 258

    def put(code: int) -> None:
        nonlocal bits, count
        bits, count = bits << width | code, count + width
        while count >= 8:
            count -= 8
            out.append(bits >> count & 255)
            bits &= (1 << count) - 1

    put(256)
    put(0)
    for _ in range(codes):
        put(following if following < 4095 else 256)
        if following >= 4095:
            width, following = 9, 258
            put(0)
            continue
        following += 1
        width = 9 if following < 511 else 10 if following < 1023 else 11 if following < 2047 else 12
    put(257)
    return bytes(out) + bytes([bits << (8 - count) & 255])


_SWELLING: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "deflate": lambda: (b"/Filter /FlateDecode", _zeros(1024 * _MIB)),
    "deflate-twice": lambda: (b"/Filter [/FlateDecode /FlateDecode]", _zeros(1024 * _MIB, rounds=2)),
    "deflate-thrice": lambda: (b"/Filter [/FlateDecode /FlateDecode /FlateDecode]", _zeros(1024 * _MIB, rounds=3)),
    "ascii85": lambda: (b"/Filter /ASCII85Decode", b"z" * (24 * _MIB) + b"~>"),
    "ascii85-of-deflate": lambda: (b"/Filter [/FlateDecode /ASCII85Decode]", zlib.compress(b"z" * (64 * _MIB), 9)),
    "hexadecimal-of-deflate": lambda: (b"/Filter [/FlateDecode /ASCIIHexDecode]", zlib.compress(b"0" * (64 * _MIB), 9)),
    "lzw": lambda: (b"/Filter /LZWDecode", _lzw(1_000_000)),
    "run-length-of-deflate": lambda: (
        b"/Filter [/FlateDecode /RunLengthDecode]",
        zlib.compress(b"\x81\x00" * (4 * _MIB) + b"\x80", 9),
    ),
    "predictor": lambda: (
        b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 3 >>",
        _zeros(256 * _MIB),
    ),
    "predictor-of-huge-rows": lambda: (
        b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>",
        zlib.compress(bytes(1000)),
    ),
    "ten-thousand-filters": lambda: (b"/Filter [" + b"/FlateDecode " * 10_000 + b"]", zlib.compress(bytes(1000))),
}


def _as_references(make: Callable[[], tuple[bytes, bytes]]) -> bytes:
    entries, content = make()
    return _references(b"/Size 9 /W [1 2 1]", content, filters=entries)


def _references(entries: bytes, content: bytes, *, filters: bytes = b"", head: bytes = b"") -> bytes:
    """A file whose cross-reference stream is all there is of it besides ``head``."""
    start = b"%PDF-1.7\n" + head
    dictionary = b"<< /Type /XRef /Root 1 0 R %s %s /Length %d >>" % (entries, filters, len(content))
    body = b"8 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (dictionary, content)
    return start + body + b"startxref\n%d\n%%%%EOF\n" % len(start)


def _as_objects(make: Callable[[], tuple[bytes, bytes]]) -> bytes:
    """The page lies in an object stream that swells."""
    entries, content = make()
    return _in_object_stream(b"/N 1 /First 4 " + entries, content)


def _in_object_stream(entries: bytes, content: bytes, *, holder: int = _FREE) -> bytes:
    body = stream(content, b"/Type /ObjStm " + entries)
    pdf = b"%PDF-1.7\n"
    places: dict[int, int] = {}
    for number, thing in {**objects(), holder: body}.items():
        if number != PAGE:
            places[number] = len(pdf)
            pdf += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    rows = bytearray()
    for number in range(holder + 2):
        if number == PAGE:
            rows += b"\x02" + holder.to_bytes(4, "big") + b"\x00\x00"
        elif number in places:
            rows += b"\x01" + places[number].to_bytes(4, "big") + b"\x00\x00"
        else:
            rows += bytes(7)
    table = stream(bytes(rows), b"/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R" % (holder + 2))
    return pdf + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (holder + 1, table, len(pdf))


def _as_content(make: Callable[[], tuple[bytes, bytes]]) -> bytes:
    entries, content = make()
    return _with({CONTENT: stream(content, entries)})


# Structures without end.


def _chain(first: int, count: int, body: bytes, last: bytes) -> dict[int, bytes]:
    """Objects that each name the next one in place of ``%d``."""
    links = {number: body % (number + 1) for number in range(first, first + count)}
    return {**links, first + count: last}


def _doubling(first: int, levels: int, body: bytes, last: bytes) -> dict[int, bytes]:
    """Objects that each name the next one twice, so that a walk without memory takes 2^levels steps."""
    links = {number: body % (number + 1, number + 1) for number in range(first, first + levels)}
    return {**links, first + levels: last}


def _nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + closing * depth


def _revisions(count: int, *, behind: bytes | None = None) -> bytes:
    pdf = bytearray(behind or paper.draft())
    previous = paper.last_xref(bytes(pdf))
    for _ in range(count):
        start = len(pdf)
        pdf += b"xref\n0 0\ntrailer\n<</Size 40/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (previous, start)
        previous = start
    return bytes(pdf)


def _looped_table(previous: bytes) -> bytes:
    pdf = paper.draft()
    return pdf.replace(b"/Info 16 0 R >>", b"/Info 16 0 R /Prev %s >>" % previous)


def _grid(count: int) -> bytes:
    """As many objects as this, each of a few bytes."""
    return _with(dict.fromkeys(range(_FREE, _FREE + count), b"null"))


_STRUCTURES: dict[str, Callable[[], bytes]] = {
    "pages-name-themselves": lambda: _changed(PAGES, b"[3 0 R 11 0 R]", b"[2 0 R 2 0 R]"),
    "pages-in-a-chain": lambda: _changed(
        PAGES, b"[3 0 R 11 0 R]", b"[40 0 R]",
        _chain(_FREE, 50_000, b"<< /Type /Pages /Count 2 /Kids [%d 0 R] >>", b"<< /Type /Page >>")),
    "pages-doubling": lambda: _changed(
        PAGES, b"[3 0 R 11 0 R]", b"[40 0 R]",
        _doubling(_FREE, 48, b"<< /Type /Pages /Count 2 /Kids [%d 0 R %d 0 R] >>", b"<< /Type /Page >>")),
    "pages-by-the-million": lambda: _changed(PAGES, b"[3 0 R 11 0 R]", b"[" + b"3 0 R " * 1_000_000 + b"]"),
    "page-count-of-two-thousand-million": lambda: _changed(PAGES, b"/Count 2", b"/Count 2147483647"),
    "page-count-below-zero": lambda: _changed(PAGES, b"/Count 2", b"/Count -2147483648"),
    "parents-in-a-loop": lambda: _changed(PAGES, b"/Count 2", b"/Count 2 /Parent 3 0 R"),
    "arrays-nested": lambda: _changed(CATALOG, b"/Type", b"/X " + _nested(b"[", b"]", 500_000) + b" /Type"),
    "dictionaries-nested": lambda: _changed(CATALOG, b"/Type", b"/X " + _nested(b"<</X ", b">>", 300_000) + b" /Type"),
    "arrays-never-closed": lambda: _changed(CATALOG, b"/Type", b"/X " + b"[" * 5_000_000),
    "dictionaries-never-closed": lambda: _changed(CATALOG, b"/Type", b"/X " + b"<</X" * 2_000_000),
    "string-nested": lambda: _changed(CATALOG, b"/Type", b"/X " + _nested(b"(", b")", 3_000_000) + b" /Type"),
    "string-never-closed": lambda: _changed(CATALOG, b"/Type", b"/X (" + b"\\" * 5_000_000),
    "numbers-by-the-million": lambda: _changed(CATALOG, b"/Type", b"/X [" + b"7 " * 12_000_000 + b"] /Type"),
    "names-by-the-million": lambda: _changed(
        CATALOG, b"/Type", b"/X << " + b"".join(b"/N%d 1 " % n for n in range(1_000_000)) + b">> /Type"),
    "name-of-ten-megabytes": lambda: _changed(CATALOG, b"/Type", b"/" + b"#41" * 3_500_000 + b" 1 /Type"),
    "number-of-a-million-digits": lambda: _changed(PAGES, b"/Count 2", b"/Count " + b"9" * 1_000_000),
    "number-of-many-signs": lambda: _changed(PAGES, b"/Count 2", b"/Count " + b"-" * 2_000_000 + b"2"),
    "hexadecimal-string-of-twenty-megabytes": lambda: _changed(
        CATALOG, b"/Type", b"/X <" + b"41 " * 7_000_000 + b"> /Type"),
    "comments-by-the-million": lambda: _changed(CATALOG, b"/Type", b"%\n" * 5_000_000 + b"/Type"),
    "white-space": lambda: _changed(CATALOG, b"/Type", b" " * 30_000_000 + b"/Type"),
    "references-in-a-chain": lambda: _changed(
        CATALOG, b"6 0 R", b"40 0 R", _chain(_FREE, 100_000, b"%d 0 R", b"<< /Fields [] >>")),
    "references-in-a-loop": lambda: _changed(CATALOG, b"6 0 R", b"40 0 R", {40: b"41 0 R", 41: b"40 0 R"}),
    "length-in-a-loop": lambda: _with(
        {CONTENT: b"<< /Length 4 0 R >>\nstream\nq Q\nendstream", 30: b"30 0 R"}),
    "objects-by-the-hundred-thousand": lambda: _grid(300_000),
    "table-of-two-thousand-million-rows": lambda: paper.draft().replace(b"xref\n0 18\n", b"xref\n0 2147483647\n"),
    "table-names-itself": lambda: _looped_table(b"%d" % paper.last_xref(paper.draft())),
    "table-before-the-file": lambda: _looped_table(b"-1"),
    "revisions-by-the-thousand": lambda: _revisions(20_000),
    "tables-in-a-loop": lambda: _revisions(2).replace(
        b"/Prev %d>>" % paper.last_xref(paper.draft()), b"/Prev %d>>" % paper.last_xref(_revisions(1)), 1),
    "xref-stream-of-huge-columns": lambda: _references(b"/Size 9 /W [2147483647 2147483647 1]", bytes(1000)),
    "xref-stream-of-empty-columns": lambda: _references(b"/Size 2147483647 /W [0 0 0]", b""),
    "xref-stream-of-huge-index": lambda: _references(b"/Size 9 /W [1 2 1] /Index [0 2147483647]", bytes(4 * _MIB)),
    "xref-stream-of-many-indexes": lambda: _references(
        b"/Size 9 /W [1 2 1] /Index [" + b"0 1 " * 1_000_000 + b"]", bytes(4_000_000)),
    "xref-stream-of-many-rows": lambda: _references(
        b"/Size 16777216 /W [1 0 0]", _zeros(16 * _MIB), filters=b"/Filter /FlateDecode"),
    "xref-stream-names-itself": lambda: _references(b"/Size 9 /W [1 2 1] /Prev 9", bytes(36)),
    "object-stream-in-itself": lambda: _in_object_stream(b"/N 1 /First 4 /Extends 40 0 R", b"40 0 << >>"),
    "object-stream-of-a-million": lambda: _in_object_stream(
        b"/N 1000000 /First 4", b"3 0 " * 1_000_000 + b"<< /Type /Page >>"),
    "object-stream-of-huge-count": lambda: _in_object_stream(b"/N 2147483647 /First 2147483647", b"3 0 << >>"),
    "fields-name-themselves": lambda: _with({SIGNATORY: b"<< /T (a) /FT /Sig /Kids [7 0 R 7 0 R] >>"}),
    "fields-in-a-chain": lambda: _changed(
        FORM, b"[7 0 R", b"[40 0 R", _chain(_FREE, 50_000, b"<< /T (a) /FT /Sig /Kids [%d 0 R] >>", b"<< /T (b) >>")),
    "fields-doubling": lambda: _changed(
        FORM, b"[7 0 R", b"[40 0 R",
        _doubling(_FREE, 40, b"<< /T (a) /FT /Sig /Kids [%d 0 R %d 0 R] >>", b"<< /T (b) /FT /Sig /V 1 0 R >>")),
    "fields-by-the-hundred-thousand": lambda: _changed(FORM, b"[7 0 R", b"[" + b"7 0 R " * 400_000 + b"7 0 R"),
    "field-name-of-ten-megabytes": lambda: _changed(SIGNATORY, b"(SigSignatory)", b"(" + b"a" * (10 * _MIB) + b")"),
    "annotations-by-the-million": lambda: _changed(PAGE, b"/Annots [", b"/Annots [" + b"15 0 R " * 1_000_000),
    "nothing-but-object-heads": lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * 2_000_000,
    "nothing-but-startxref": lambda: b"%PDF-1.7\n" + b"startxref\n0\n%%EOF\n" * 1_000_000,
    "nothing-but-signatures": lambda: paper.draft() + b"/ByteRange [" * 3_000_000,
    "nothing-but-numbers": lambda: b"%PDF-1.7\n" + b"1 " * 10_000_000,
}  # fmt: skip


# CMS objects.


def _signed(cms: bytes) -> bytes:
    """The document with these octets as its signature; the range is right."""
    marks = b"%010d %010d %010d"
    contents = b"<" + cms.hex().encode() + b">"
    head = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 "
    blank = head + marks % (0, 0, 0) + b"] /Contents "
    pdf = _changed(SIGNATORY, b"/FT /Sig", b"/FT /Sig /V 40 0 R", {40: blank + contents + b" >>"})
    start = pdf.index(blank) + len(blank)
    end = start + len(contents)
    return pdf.replace(marks % (0, 0, 0), marks % (start, end, len(pdf) - end), 1)


def _cms(*, certificates: bytes = b"", signers: bytes = b"", content: bytes = b"", tail: bytes = b"") -> bytes:
    """A SignedData around these parts (RFC 5652, 5.1)."""
    sha256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
    signed = sequence(
        integer(1),
        tlv(0x31, sha256),
        content or sequence(oid(_DATA)),
        context(0, certificates),
        tlv(0x31, signers),
        tail,
    )
    return sequence(oid(_SIGNED_DATA), context(0, signed))


def _wrapped(tag: int, depth: int) -> bytes:
    """DER of this depth."""
    lengths, total = [], 0
    for _ in range(depth):
        head = tlv(tag, b"")[:1] + _length(total)
        lengths.append(head)
        total += len(head)
    return b"".join(reversed(lengths))


def _length(octets: int) -> bytes:
    if octets < 128:
        return bytes([octets])
    digits = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return bytes([128 | len(digits)]) + digits


def _signer(attributes: bytes) -> bytes:
    sha256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
    issuer = sequence(sequence(), integer(1))
    rsa = sequence(oid("1.2.840.113549.1.1.1"))
    return sequence(integer(1), issuer, sha256, context(0, attributes), rsa, octet_string(bytes(256)))


_CMS: dict[str, Callable[[], bytes]] = {
    "contents-of-twenty-megabytes": lambda: bytes(20 * _MIB),
    "octet-string-of-ten-megabytes": lambda: _cms(
        content=sequence(oid(_DATA), context(0, octet_string(bytes(10 * _MIB))))),
    "sequences-nested": lambda: _wrapped(0x30, 300_000),
    "sequences-of-no-length": lambda: b"\x30\x80" * 1_000_000,
    "octet-strings-of-no-length": lambda: b"\x24\x80" * 1_000_000,
    "nested-in-the-content": lambda: _cms(content=sequence(oid(_DATA), context(0, _wrapped(0x24, 100_000)))),
    "certificates-by-the-ten-thousand": lambda: _cms(certificates=sequence(sequence(integer(1))) * 100_000),
    "certificates-nested": lambda: _cms(certificates=_wrapped(0x30, 100_000)),
    "signers-by-the-ten-thousand": lambda: _cms(signers=_signer(b"") * 20_000),
    "attributes-by-the-hundred-thousand": lambda: _cms(
        signers=_signer(sequence(oid("1.2.840.113549.1.9.3"), tlv(0x31, oid(_DATA))) * 100_000)),
    "attribute-values-nested": lambda: _cms(
        signers=_signer(sequence(oid(_ARCHIVAL), tlv(0x31, _wrapped(0x30, 100_000))))),
    "identifier-of-a-megabyte": lambda: _cms(content=sequence(tlv(0x06, b"\xff" * _MIB + b"\x7f"))),
    "number-of-a-megabyte": lambda: _cms(
        signers=sequence(tlv(0x02, b"\x7f" * (4 * _MIB)), sequence(sequence(), tlv(0x02, b"\x7f" * (4 * _MIB))))),
    "length-beyond-the-end": lambda: b"\x30\x88\x7f" + b"\xff" * 7,
    "tag-of-a-megabyte": lambda: b"\x3f" + b"\xff" * _MIB + b"\x7f\x00",
}  # fmt: skip


# What is drawn.


def _drawn(content: bytes, *, resources: bytes = b"", more: Mapping[int, bytes] | None = None) -> bytes:
    bodies = {CONTENT: stream(content), **(more or {})}
    return _changed(PAGE, b"/XObject << /Sum 14 0 R >>", resources or b"/XObject << /Sum 14 0 R >>", bodies)


def _image(width: int, height: int, entries: bytes, content: bytes) -> dict[int, bytes]:
    head = b"/Type /XObject /Subtype /Image /Width %d /Height %d %s" % (width, height, entries)
    return {_FREE: stream(content, head)}


_SHOWN = b"/XObject << /Sum 14 0 R /X 40 0 R >>"
_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >>"
_GREY = b"/ColorSpace /DeviceGray /BitsPerComponent 8"
_SMALL = b"/MediaBox [0 0 595 842]"

_DRAWN: dict[str, Callable[[], bytes]] = {
    "page-of-two-million-points": lambda: _changed(PAGE, _SMALL, b"/MediaBox [0 0 2000000 2000000]"),
    "page-without-extent": lambda: _changed(PAGE, _SMALL, b"/MediaBox [0 0 1e38 1e38]"),
    "user-unit-of-a-million": lambda: _changed(PAGE, _SMALL, _SMALL + b" /UserUnit 1000000"),
    "image-of-ten-thousand-million-points": lambda: _drawn(
        b"595 0 0 842 0 0 cm /X Do", resources=_SHOWN,
        more=_image(100_000, 100_000, b"/Filter /FlateDecode " + _GREY, _zeros(256 * _MIB))),
    "image-that-inflates": lambda: _drawn(
        b"595 0 0 842 0 0 cm /X Do", resources=_SHOWN,
        more=_image(30_000, 30_000, b"/Filter [/FlateDecode /FlateDecode] " + _GREY, _zeros(900 * _MIB, rounds=2))),
    "image-of-fax-lines": lambda: _drawn(
        b"595 0 0 842 0 0 cm /X Do", resources=_SHOWN,
        more=_image(60_000, 60_000, b"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 60000 /Rows 60000 >> "
            b"/ColorSpace /DeviceGray /BitsPerComponent 1", b"\xff" * _MIB)),
    "form-in-itself": lambda: _drawn(b"/X Do", resources=_SHOWN, more={40: stream(b"/X Do /X Do", _FORM % 40)}),
    "forms-tenfold": lambda: _drawn(
        b"/X Do", resources=_SHOWN,
        more={number: stream(b"/X Do " * 10, _FORM % (number + 1)) for number in range(_FREE, _FREE + 12)}),
    "lines-by-the-million": lambda: _drawn(b"0 0 m 595 842 l S " * 1_000_000),
    "states-saved-by-the-million": lambda: _drawn(b"q " * 5_000_000),
    "curves-in-one-path": lambda: _drawn(b"0 0 m " + b"1 1 595 842 3 3 c " * 500_000 + b"f"),
    "dashes-without-end": lambda: _drawn(b"[0.000001] 0 d 0 0 m 595 842 l S"),
    "text-by-the-megabyte": lambda: _drawn(b"BT /F 12 Tf (" + b"a" * 5_000_000 + b") Tj ET"),
    "pattern-in-itself": lambda: _drawn(
        b"/Pattern cs /P scn 0 0 595 842 re f", resources=b"/Pattern << /P 40 0 R >>",
        more={40: stream(b"/Pattern cs /P scn 0 0 1 1 re f", b"/Type /Pattern /PatternType 1 /PaintType 1 "
            b"/TilingType 1 /BBox [0 0 1 1] /XStep 0.001 /YStep 0.001 /Resources << /Pattern << /P 40 0 R >> >>")}),
    "soft-mask-in-itself": lambda: _drawn(
        b"/G gs 0 0 595 842 re f", resources=b"/ExtGState << /G 40 0 R >>",
        more={40: b"<< /SMask << /S /Luminosity /G 41 0 R >> >>", 41: stream(b"/G gs 0 0 9 9 re f",
            b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Group << /S /Transparency >> "
            b"/Resources << /ExtGState << /G 40 0 R >> >>")}),
    "function-of-many-samples": lambda: _drawn(
        b"/S sh", resources=b"/Shading << /S << /ShadingType 1 /ColorSpace /DeviceGray /Function 40 0 R >> >>",
        more={40: stream(bytes(1000), b"/FunctionType 0 /Domain [0 1 0 1] /Range [0 1] /Size [65535 65535] "
            b"/BitsPerSample 32")}),
}  # fmt: skip


def _bombs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    for place, write in (("references", _as_references), ("objects", _as_objects), ("content", _as_content)):
        for name, swell in _SWELLING.items():
            yield f"{place}/{name}", partial(write, swell)
    for name, make in _STRUCTURES.items():
        yield f"structure/{name}", make
    for name, make in _CMS.items():
        yield f"cms/{name}", partial(lambda make: _signed(make()), make)
    for name, make in _DRAWN.items():
        yield f"drawn/{name}", make


BOMBS: dict[str, Callable[[], bytes]] = dict(_bombs())
"""All of them by ``kind/name``; they are made when they are wanted, which takes up to a second."""
