"""The letters of a page as the second reader has them, without asking where they stand.

pypdf lays text out, which takes ten times as long as finding it, and the comparison of two readers counts letters only.
So its objects and its fonts are used, and the contents are gone through here as far as they are plain; anything out of
the ordinary is left to pypdf itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pypdf._cmap import get_encoding
from pypdf.generic import DictionaryObject, NameObject

from verification.second_reader import SECOND_READER_ERRORS

if TYPE_CHECKING:
    from pypdf import PageObject

# A literal string may hold brackets in pairs (ISO 32000-2, 7.3.4.2); possessive, so that nothing is tried twice.
_FLAT = rb"[^()\\]*+(?:\\.[^()\\]*+)*+"
_IN_PAIRS = rb"%b(?:\(%b\)%b)*+" % (_FLAT, _FLAT, _FLAT)
_LITERAL = rb"\(%b(?:\(%b\)%b)*+\)" % (_FLAT, _IN_PAIRS, _FLAT)
# Content streams (7.8.2): strings, what surrounds them, and the operators that show text or choose a font.
_TOKEN = re.compile(
    rb"(?P<string>%b|<[0-9A-Fa-f\s]*+>)" % _LITERAL
    + rb"""
  | (?P<bracket> << | >> | [(<] )
  | (?P<name> / [^\s()<>\[\]{}/%\x00]* )
  | (?P<operator> (?<![^\s\])>\x00]) (?: Tj | TJ | Tf | Do | BI | q | Q | ' | " ) (?![^\s(<\[/%\x00]) )
  | (?P<comment> % [^\r\n]* )
    """,
    re.DOTALL | re.VERBOSE,
)
_SHOWS = re.compile(rb"T[jJ*]|['\"]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\r\n])|(.))", re.DOTALL)
_LINE_END = re.compile(rb"\r\n?")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class OutOfTheOrdinary(Exception):
    """What is for pypdf to read."""


def letters_of(page: PageObject) -> str:
    """All text that the page shows, in the order of its contents; raises what pypdf raises."""
    try:
        return "".join(_shown_on(page))
    except (OutOfTheOrdinary, *SECOND_READER_ERRORS):
        return page.extract_text()


class _Font:
    """What a font makes of strings; each is decoded once."""

    def __init__(self, font: DictionaryObject) -> None:
        self._encoding, self._letters = get_encoding(font)
        self._known: dict[bytes, str] = {}

    def text(self, token: bytes) -> str:
        """The letters of a string as it stands in the contents."""
        if token not in self._known:
            octets = _octets(token)
            if isinstance(self._encoding, str):
                try:
                    text = octets.decode(self._encoding, "surrogatepass")
                except UnicodeDecodeError:
                    text = octets.decode(self._encoding, "replace")
            else:
                text = "".join(self._encoding.get(octet, chr(octet)) for octet in octets)
            self._known[token] = "".join(self._letters.get(letter, letter) for letter in text)
        return self._known[token]


def shown(contents: bytes, resources: DictionaryObject) -> list[str]:
    """What these decoded contents show with these resources, in their order.

    Raises :class:`OutOfTheOrdinary` and ``SECOND_READER_ERRORS``.
    """
    reading = _Reading(resources)
    for token in _TOKEN.finditer(contents):
        kind = token.lastgroup
        if kind == "string":
            if reading.depth == 0:
                reading.strings.append(token[0])
        elif kind == "name":
            reading.name = token[0]
        elif kind == "operator":
            reading.obey(token[0])
        elif kind != "comment":
            reading.enter_or_leave(token[0])
    return reading.shown


def _shown_on(page: PageObject) -> list[str]:
    resources = page.get_inherited("/Resources", default=None)
    resources = resources.get_object() if resources is not None else None
    contents = page.get_contents()
    if contents is None or not isinstance(resources, DictionaryObject):
        raise OutOfTheOrdinary
    return shown(contents.get_data(), resources)


class _Reading:
    """Where the reading of one page stands: what was shown, the operands so far, the font, the dictionaries around."""

    def __init__(self, resources: DictionaryObject) -> None:
        self.shown: list[str] = []
        self.strings: list[bytes] = []
        self.name = b""
        self.depth = 0
        self._resources = resources
        self._fonts = _Fonts(resources)
        self._font: _Font | None = None
        self._saved: list[_Font | None] = []

    def obey(self, operator: bytes) -> None:
        """One operator with the operands before it."""
        match operator:
            case b"Tf":
                self._font = self._fonts.named(self.name)
            case b"q":
                self._saved.append(self._font)
            case b"Q":
                self._font = self._saved.pop() if self._saved else self._font
            case b"Do":
                _demand_picture(self._resources, self.name)
            case b"BI":
                raise OutOfTheOrdinary
            case _:
                if self._font is None:
                    raise OutOfTheOrdinary
                self.shown += map(self._font.text, self.strings if operator == b"TJ" else self.strings[-1:])
        self.strings.clear()

    def enter_or_leave(self, bracket: bytes) -> None:
        """A dictionary begins or ends; what is in one is not shown."""
        if bracket not in {b"<<", b">>"}:
            raise OutOfTheOrdinary
        self.depth += 1 if bracket == b"<<" else -1


class _Fonts:
    """The fonts of a page, each looked at when it is first used."""

    def __init__(self, resources: DictionaryObject) -> None:
        self._resources = resources.get("/Font", DictionaryObject()).get_object()
        self._known: dict[bytes, _Font] = {}

    def named(self, name: bytes) -> _Font:
        if name not in self._known:
            self._known[name] = self._looked_up(_plain_name(name))
        return self._known[name]

    def _looked_up(self, name: str) -> _Font:
        font = self._resources[name] if isinstance(self._resources, DictionaryObject) else None
        if not isinstance(font, DictionaryObject) or font.get("/Subtype") == "/Type3":
            raise OutOfTheOrdinary
        return _Font(font)


def _demand_picture(resources: DictionaryObject, name: bytes) -> None:
    """A form with text of its own is out of the ordinary."""
    objects = resources.get("/XObject", DictionaryObject()).get_object()
    drawn = objects[_plain_name(name)] if isinstance(objects, DictionaryObject) else None
    if not isinstance(drawn, DictionaryObject):
        raise OutOfTheOrdinary
    if drawn.get("/Subtype") != NameObject("/Image") and _SHOWS.search(drawn.get_data()):  # type: ignore[attr-defined] # what is drawn is a stream, or AttributeError says that it is out of the ordinary
        raise OutOfTheOrdinary


def _plain_name(name: bytes) -> str:
    if b"#" in name or not name.isascii():
        raise OutOfTheOrdinary
    return name.decode("ascii")


def _octets(token: bytes) -> bytes:
    """The value of a string (ISO 32000-2, 7.3.4)."""
    inside = token[1:-1]
    if token.startswith(b"<"):
        digits = b"".join(inside.split()).decode("ascii")
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    return _ESCAPE.sub(_unescaped, _LINE_END.sub(b"\n", inside) if b"\r" in inside else inside)


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, line_end, other = found.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    return b"" if line_end is not None else _NAMED.get(other, other)
