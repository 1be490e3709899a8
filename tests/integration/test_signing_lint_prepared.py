"""The look at drafts warns of every prepared shadow attack, and of nothing in what office programs write."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING

import pypdf
import pytest
import typst
from pypdfium2 import PdfDocument

from signing.lint import inspect
from tests.vectors import shadow
from tests.vectors.paper import CATALOG, DATE, NUMBER, OTHER_FONT, objects, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.vectors.vector import Vector

MARGIN = 0.02  # the share of clean files that may be warned of
TEXTS = {
    "notice": '#set page(paper: "a4")\n= Thông báo\nVề việc nghỉ lễ Quốc khánh. Kính gửi các đơn vị. ' * 3,
    "long": '#set page(paper: "a4")\n' + "Đoạn văn bản dài để sang trang sau. " * 900,
    "table": "#table(columns: 3, fill: (x, y) => if y == 0 { gray }, [STT], [Họ tên], [Ghi chú], [1], [Mẫu], [Không])",
    "colours": '#set text(fill: rgb("#204080"))\n#rect(fill: navy)[#text(fill: white)[Chữ trắng trên nền xanh]]\nĐen',
    "links": 'Xem #link("https://agency.example/")[trang web] và #footnote[Chú thích cuối trang.]',
    "drawing": "#circle(radius: 2cm, fill: yellow)\n#line(length: 100%)\nChữ dưới hình, $ a^2 + b^2 = c^2 $",
    "columns": "#set page(columns: 2)\n" + "Hai cột chữ nhỏ. " * 200,
    "landscape": "#set page(flipped: true)\n= Biểu mẫu ngang\n" + "#h(1cm) Dòng \\ " * 12,
}  # fmt: skip


def prepared(bodies: Mapping[int, bytes], *, with_cells: bool = False) -> bytes:
    """The document of an attack before it was signed, without what the honest document would be warned of anyway."""
    plain = {number: body for number, body in objects().items() if number != OTHER_FONT}
    plain[CATALOG] = plain[CATALOG].split(b"/OCProperties", maxsplit=1)[0] + b">>"
    if not with_cells:
        plain |= {number: plain[number].replace(b"/FT /Tx", b"/FT /Sig") for number in (NUMBER, DATE)}
    return whole({**plain, **bodies})


def codes(pdf: bytes) -> set[str]:
    return {finding.code for finding in inspect(pdf)} - {"already-signed"}


def bodies_of(vector: Vector) -> Mapping[int, bytes]:
    found: Mapping[int, bytes] = vector.make.keywords["bodies"]  # type: ignore[attr-defined]
    return found


def test_the_document_without_preparation_is_not_warned_of() -> None:
    assert codes(prepared({})) == set()


@pytest.mark.parametrize("vector", shadow.VECTORS, ids=lambda vector: vector.name)
def test_a_prepared_attack_is_warned_of(vector: Vector) -> None:
    bodies = dict(bodies_of(vector))
    if vector.name.startswith("shadow/hide-layer"):
        bodies[CATALOG] = objects()[CATALOG]
    assert codes(prepared(bodies, with_cells=not bodies))


def as_written(pdf: bytes, _folder: Path) -> bytes:
    return pdf


def by_pypdf(pdf: bytes, _folder: Path) -> bytes:
    out = BytesIO()
    pypdf.PdfWriter(clone_from=BytesIO(pdf)).write(out)
    return out.getvalue()


def by_pdfium(pdf: bytes, _folder: Path) -> bytes:
    out = BytesIO()
    PdfDocument(pdf).save(out)
    return out.getvalue()


def by_program(*command: str) -> Callable[[bytes, Path], bytes]:
    def write(pdf: bytes, folder: Path) -> bytes:
        (folder / "in.pdf").write_bytes(pdf)
        names = {"IN": str(folder / "in.pdf"), "OUT": str(folder / "out.pdf")}
        subprocess.run([names.get(word, word) for word in command], check=True, capture_output=True)
        return (folder / "out.pdf").read_bytes()

    return write


WRITERS: dict[str, Callable[[bytes, Path], bytes]] = {
    "as-written": as_written,
    "pypdf": by_pypdf,
    "pdfium": by_pdfium,
    "qpdf": by_program("qpdf", "IN", "OUT"),
    "qpdf-linearized": by_program("qpdf", "--linearize", "IN", "OUT"),
    "qpdf-object-streams": by_program("qpdf", "--object-streams=generate", "IN", "OUT"),
    "qpdf-readable": by_program("qpdf", "--qdf", "IN", "OUT"),
    "cairo": by_program("pdftocairo", "-pdf", "IN", "OUT"),
}


def test_clean_files_of_many_writers_are_hardly_ever_warned_of(tmp_path: Path) -> None:
    assert shutil.which("qpdf")
    made = {name: typst.compile(text.encode()) for name, text in TEXTS.items()}
    warned = {
        f"{name} by {writer}": found
        for (name, pdf), (writer, write) in product(made.items(), WRITERS.items())
        if (found := codes(write(pdf, tmp_path)))
    }
    assert len(warned) <= MARGIN * len(TEXTS) * len(WRITERS), warned
