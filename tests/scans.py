"""Scans as a scanner makes them, and as it should not."""

from __future__ import annotations

from io import BytesIO

import pypdf
from PIL import Image, ImageDraw
from pypdf.generic import NameObject

A4_INCHES = (8.27, 11.69)


def page_picture(*, dpi: float, mode: str = "RGB", page: int = 1) -> Image.Image:
    """A page with something to see."""
    size = (round(A4_INCHES[0] * dpi), round(A4_INCHES[1] * dpi))
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for line in range(12, 60):
        top = size[1] * line // 70
        pen.rectangle((size[0] // 7, top, size[0] * 6 // 7 - 97 * (line % 3), top + size[1] // 140), fill=(30, 30, 60))
    pen.ellipse((size[0] // 2, size[1] * 3 // 4, size[0] * 3 // 4, size[1] * 9 // 10), outline="red", width=9)
    pen.text((size[0] // 7, size[1] // 20), f"Trang {page}", fill="black")
    return picture.convert(mode)


def scan(*, dpi: float = 200, mode: str = "RGB", pages: int = 1, version: str = "1.7") -> bytes:
    """A PDF whose pages are pictures of A4 papers, at this resolution and in this colour mode of Pillow."""
    pictures = [page_picture(dpi=dpi, mode=mode, page=number) for number in range(1, pages + 1)]
    output = BytesIO()
    pictures[0].save(output, "PDF", resolution=dpi, save_all=True, append_images=pictures[1:])
    return saved(pypdf.PdfWriter(clone_from=BytesIO(output.getvalue())), version=version)


def wrapped_scan(*, dpi: float = 200) -> bytes:
    """The same with each picture in a form, as some scanners' programs have it."""
    writer = pypdf.PdfWriter(clone_from=BytesIO(scan(dpi=dpi)))
    inner = writer.pages[0]
    outer = writer.add_blank_page(width=inner.mediabox.width, height=inner.mediabox.height)
    outer.merge_transformed_page(inner, pypdf.Transformation())
    form = pypdf.generic.StreamObject()
    form.set_data(inner.get_contents().get_data())  # type: ignore[union-attr]
    form.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): inner.mediabox,
            NameObject("/Resources"): inner["/Resources"],
        }
    )
    holder = writer.add_blank_page(width=inner.mediabox.width, height=inner.mediabox.height)
    content = pypdf.generic.StreamObject()
    content.set_data(b"/Fm0 Do")
    holder[NameObject("/Contents")] = writer._add_object(content)
    holder[NameObject("/Resources")] = pypdf.generic.DictionaryObject(
        {NameObject("/XObject"): pypdf.generic.DictionaryObject({NameObject("/Fm0"): writer._add_object(form)})}
    )
    only = pypdf.PdfWriter()
    only.add_page(holder)
    return saved(only)


def saved(writer: pypdf.PdfWriter, *, version: str = "1.7") -> bytes:
    """The bytes, in this version of PDF."""
    writer.pdf_header = f"%PDF-{version}"
    output = BytesIO()
    writer.write(output)
    return output.getvalue()
