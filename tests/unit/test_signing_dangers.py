"""Both walks through a file's objects find the same: our own reader's, and pypdf's for what is written otherwise."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, TypeAlias

import pypdf
import pytest
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from api.demo.notice import typeset_notice
from signing import dangers as module
from signing.compose import compose
from signing.dangers import dangers
from signing.pdf.lean import LeanFile
from signing.pdf.syntax import Irregular
from tests.input_kinds import hybrid, rewritten, typeset
from tests.material import blank_pdf, layout
from tests.register_material import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

Change: TypeAlias = "Callable[[pypdf.PdfWriter], object]"


def named(**entries: str) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{key}"): NameObject(f"/{name}") for key, name in entries.items()})


def annotated(subtype: str) -> Change:
    def change(writer: pypdf.PdfWriter) -> None:
        note = named(Subtype=subtype)
        note[NameObject("/Rect")] = ArrayObject([NumberObject(1)] * 4)
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])

    return change


def rooted(key: str, value: DictionaryObject) -> Change:
    return lambda writer: writer.root_object.update({NameObject(key): writer._add_object(value)})


def stray(entries: DictionaryObject) -> Change:
    def change(writer: pypdf.PdfWriter) -> None:
        stream = DecodedStreamObject()
        stream.set_data(b"0 0 1 1 re f")
        stream.update(entries)
        writer._add_object(stream)

    return change


def script(writer: pypdf.PdfWriter) -> None:
    action = named(S="JavaScript")
    action[NameObject("/JS")] = writer._add_object(TextStringObject("1"))
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "nothing": (lambda _: None, set()),
    "script": (script, {"javascript"}),
    "launch": (rooted("/OpenAction", named(S="Launch")), {"action"}),
    "movie": (annotated("Movie"), {"media"}),
    "note": (annotated("FreeText"), {"annotations"}),
    "link": (annotated("Link"), set()),
    "layers": (rooted("/OCProperties", DictionaryObject()), {"layers"}),
    "files": (rooted("/Names", DictionaryObject({NameObject("/EmbeddedFiles"): named(A="B")})), {"attachments"}),
    "forms": (rooted("/AcroForm", DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")})), {"xfa"}),
    "box": (rooted("/Box", named(FT="Btn")), {"form-fields"}),
    "stray page": (lambda writer: writer._add_object(named(Type="Page")), {"unreached"}),
    "stray content": (stray(DictionaryObject()), {"unreached"}),
    "stray hints": (stray(DictionaryObject({NameObject("/S"): NumberObject(36)})), set()),
    "stray note": (lambda writer: writer._add_object(named(A="B")), set()),
}


def _changed(change: Change) -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(blank_pdf()))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize("name", CHANGES)
def test_both_walks_find_what_is_there(name: str) -> None:
    change, codes = CHANGES[name]
    pdf = _changed(change)
    assert set(module._by_lean_reader(LeanFile(pdf))) == codes == set(module._by_pypdf(pdf))


@pytest.mark.parametrize("kind", ["typeset", "rewritten", "object streams", "hybrid"])
def test_both_walks_find_the_same_in_files_of_every_kind(kind: str) -> None:
    usual = typeset("1.7")
    pdf = {
        "typeset": usual,
        "rewritten": rewritten(usual),
        "object streams": rewritten(usual, object_streams="generate"),
        "hybrid": hybrid(),
    }[kind]
    assert set(module._by_lean_reader(LeanFile(pdf))) == set(module._by_pypdf(pdf))


def test_what_is_written_in_another_way_is_walked_by_pypdf() -> None:
    pdf = _changed(script).replace(b"xref\n", b"xref  \n", 1)
    with pytest.raises(Irregular):
        LeanFile(pdf)
    assert dangers(pdf) == {"javascript"}


def test_the_notice_and_what_is_made_of_it_are_walked_by_our_own_reader() -> None:
    notice = typeset_notice(created_at=NOW).pdf
    assert set(module._by_lean_reader(LeanFile(notice))) == set(module._by_pypdf(notice)) == set()
    composed = compose(blank_pdf(), layout=layout(), lookup_code="A", lookup_url="http://a/d/A")
    assert set(module._by_lean_reader(LeanFile(composed))) == set(module._by_pypdf(composed)) == {"form-fields"}
