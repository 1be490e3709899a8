"""Office documents, written part by part, so that what a hostile one holds stands in the test."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def package(parts: Mapping[str, str]) -> bytes:
    """A ZIP with these parts in this order."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return written.getvalue()


def docx(*paragraphs: str, picture_at: str | None = None) -> bytes:
    """A DOCX with these paragraphs, and a picture that lies elsewhere."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    linked = f'<Relationship Id="far" Type="{_OFFICE}/image" Target="{picture_at}" TargetMode="External"/>'
    return package(
        {
            "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
            '"/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.'
            'document.main+xml"/></Types>',
            "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="d" '
            f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{linked if picture_at else ''}</Relationships>",
            "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}" xmlns:a="{_DRAWING}/main" '
            f'xmlns:p="{_DRAWING}/picture" xmlns:d="{_DRAWING}/wordprocessingDrawing"><w:body>{body}'
            f"{_PICTURE if picture_at else ''}{_A4}</w:body></w:document>",
        }
    )


_A4 = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
_PICTURE = (
    '<w:p><w:r><w:drawing><d:inline><d:extent cx="900000" cy="900000"/><d:docPr id="1" name="far"/><a:graphic>'
    f'<a:graphicData uri="{_DRAWING}/picture"><p:pic><p:nvPicPr><p:cNvPr id="1" name="far"/><p:cNvPicPr/></p:nvPicPr>'
    '<p:blipFill><a:blip r:link="far"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x="0" '
    'y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></p:spPr></p:pic></a:graphicData>'
    "</a:graphic></d:inline></w:drawing></w:r></w:p>"
)


def odt(text: str, *, on_load: str | None = None, section_from: str | None = None) -> bytes:
    """An ODT with a paragraph, a macro that runs when it is opened, and a section that lies elsewhere."""
    listener = (
        '<office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" '
        'xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document" '
        'xlink:type="simple"/></office:event-listeners>'
    )
    section = (
        f'<text:section text:name="far"><text:section-source xlink:href="{section_from}" xlink:type="simple"/>'
        "<text:p>chưa nạp</text:p></text:section>"
    )
    spaces = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "text", "script"))
    library = (
        f'{_HEAD}<library:{{}} xmlns:library="http://openoffice.org/2000/library" xmlns:xlink='
        '"http://www.w3.org/1999/xlink">{}</library:{}>'
    )
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'{_HEAD}<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:ooo="http://openoffice.org/2004/office" office:version="1.2">'
        f"<office:scripts>{listener if on_load else ''}</office:scripts><office:body><office:text><text:p>{text}"
        f"</text:p>{section if section_from else ''}</office:text></office:body></office:document-content>",
    }
    if on_load:
        parts |= {
            "Basic/script-lc.xml": library.format(
                "libraries", '<library:library library:name="Standard" library:link="false"/>', "libraries"
            ),
            "Basic/Standard/script-lb.xml": library.format(
                'library library:name="Standard" library:readonly="false" library:passwordprotected="false"',
                '<library:element library:name="Module1"/>',
                "library",
            ),
            "Basic/Standard/Module1.xml": f'{_HEAD}<script:module xmlns:script="http://openoffice.org/2000/script" '
            f'script:name="Module1" script:language="StarBasic">Sub Main\n{on_load}\nEnd Sub</script:module>',
        }
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in parts
        if name != "mimetype"
    )
    parts["META-INF/manifest.xml"] = (
        f'{_HEAD}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="application/vnd.oasis.opendocument.text"/>{entries}</manifest:manifest>'
    )
    return package(parts)
