"""The program that turns one office document into a PDF: ties its own hands, then lends them to LibreOffice.

Started by :mod:`verification.office` in a folder of its own, which holds the document and nothing else. LibreOffice is
used as a library (LibreOfficeKit), so that no program has to be started any more: before it is loaded this process
loses network, programs, other processes, and every file but code, fonts and that folder.
"""

from __future__ import annotations

import ctypes
import os
import sys
import zipfile
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from verification.confinement import Allowance, confine_in

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT, OUTPUT = "input", "output.pdf"
LIBRARIES = ("libmergedlo.so", "libsofficeapp.so")
"""Where LibreOfficeKit is: in one large library, as distributions build it, or in one of its own."""

_PROFILE = "profile"
_TEXT = 0  # LOK_DOCTYPE_TEXT
_DESTROY, _LOAD = 0, 1  # places in the table of an office
_SAVE_AS, _DOCUMENT_TYPE = 1, 2  # places in the table of a document
# PDF/A-2b (ISO 19005-2), with nothing in it that can be filled or plays.
_FILTER = (
    b'{"SelectPdfVersion":{"type":"long","value":"2"},"ExportFormFields":{"type":"boolean","value":"false"},'
    b'"ReduceImageResolution":{"type":"boolean","value":"false"}}'
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODT = b"application/vnd.oasis.opendocument.text"
_SETTINGS = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)
"""Macros off, links to other files never followed."""


class Ending(IntEnum):
    """The exit status, which is all that this process says beside the PDF."""

    DONE = 0
    NOT_A_TEXT = 10
    UNREADABLE = 11
    NOT_SAVED = 12
    NOT_CONFINED = 13
    NO_LIBRARY = 14


def main(arguments: list[str]) -> Ending:
    """Convert; the arguments are the parent's process id, the folder, LibreOffice's, and the limits as numbers."""
    parent, folder, program = int(arguments[0]), Path(arguments[1]), Path(arguments[2])
    memory, seconds, file_bytes = (int(figure) for figure in arguments[3:])
    os.chdir(folder)
    allowance = Allowance(memory=memory, cpu=seconds, file_bytes=file_bytes)
    if confine_in(folder, parent=parent, allowance=allowance, reading=(program.parent,)):
        return Ending.NOT_CONFINED
    suffix = _suffix(Path(INPUT))
    if suffix is None:
        return Ending.NOT_A_TEXT
    document = folder / f"{INPUT}{suffix}"
    Path(INPUT).rename(document)
    _write_profile(folder)
    return _convert(program, document, folder / OUTPUT, profile=folder / _PROFILE)


def _suffix(file: Path) -> str | None:
    """What the file is by its content, as a suffix; None for anything but DOCX, ODT and DOC."""
    with file.open("rb") as opened:
        if opened.read(len(_COMPOUND)) == _COMPOUND:
            return ".doc"
    try:
        with zipfile.ZipFile(file) as package:
            names = set(package.namelist())
            if "word/document.xml" in names:
                return ".docx"
            if "mimetype" in names:
                with package.open("mimetype") as kind:
                    return ".odt" if kind.read(len(_ODT) + 1) == _ODT else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        pass
    return None


def _write_profile(folder: Path) -> None:
    user = folder / _PROFILE / "user"
    user.mkdir(parents=True)
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value>'
        "</prop></item>"
        for path, name, value in _SETTINGS
    )
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )


def _convert(program: Path, document: Path, pdf: Path, *, profile: Path) -> Ending:
    library = next((program / name for name in LIBRARIES if (program / name).exists()), None)
    if library is None:
        return Ending.NO_LIBRARY
    begin = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL).libreofficekit_hook_2
    begin.restype, begin.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
    office = begin(os.fsencode(program), profile.as_uri().encode())
    if not office:
        return Ending.NO_LIBRARY
    load = _method(office, _LOAD, ctypes.c_void_p, ctypes.c_char_p)
    opened = load(document.as_uri().encode())
    if not opened:
        return Ending.UNREADABLE
    if _method(opened, _DOCUMENT_TYPE, ctypes.c_int)() != _TEXT:
        return Ending.NOT_A_TEXT
    save = _method(opened, _SAVE_AS, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
    return Ending.DONE if save(pdf.as_uri().encode(), b"pdf", _FILTER) else Ending.NOT_SAVED


def _method(thing: int, place: int, answer: type, *parameters: type) -> Callable[..., int]:
    """A method of a LibreOfficeKit object: its first word leads to a table of a size and functions."""
    table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    function = ctypes.CFUNCTYPE(answer, ctypes.c_void_p, *parameters)(table[1 + place] or 0)
    return lambda *arguments: function(thing, *arguments)


if __name__ == "__main__":
    # At once: LibreOffice's own threads need no farewell, and nothing of this process is kept.
    os._exit(main(sys.argv[1:]))
