"""Which trusted lists are believed and by whose signature, as ``lists.toml`` in a trust directory says.

As with anchors, whoever can put a file into the folder must not thereby be believed: a list counts only if a signer
signed it who is pinned here by the SHA-256 of their certificate.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from certs.errors import AnchorsUnreadable
from certs.trusted_list_reader import read_trusted_list

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certs.trusted_list import TrustedList

LISTS = "lists.toml"
_FOLDER = "lists"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PIN = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ListSource:
    """A trusted list that the operator believes: what we call it, whose signature, and where it is published, if so."""

    name: str
    pins: frozenset[str]
    url: str | None

    def read(self, xml: bytes) -> TrustedList:
        """The list in these bytes; raises :class:`TrustedListRefused`."""
        return read_trusted_list(xml, name=self.name, pins=self.pins)


class ListKeeper(Protocol):
    """Where the last good edition of each list lies; safe to use from several threads."""

    def find(self, name: str) -> bytes | None:
        """The edition that is kept."""
        ...

    def keep(self, name: str, xml: bytes, *, instead_of: bytes | None) -> None:
        """Put this edition in the place of that one, unless somebody else has put another there meanwhile."""
        ...


class ListsInFolder:
    """Editions as files of a trust directory, ``lists/NAME.xml``, for programs that work without a database."""

    def __init__(self, trust: Path) -> None:
        self._folder = trust / _FOLDER

    def find(self, name: str) -> bytes | None:
        """The edition that lies in the folder."""
        try:
            return (self._folder / f"{name}.xml").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AnchorsUnreadable(file=f"{_FOLDER}/{name}.xml", reason=str(error.strerror)) from error

    def keep(self, name: str, xml: bytes, *, instead_of: bytes | None) -> None:
        """Replace the file as a whole, so that nobody reads half of it."""
        if self.find(name) != instead_of:
            return
        try:
            self._folder.mkdir(exist_ok=True)
            beside = self._folder / f".{name}.xml.new"
            with beside.open("wb") as file:
                file.write(xml)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._folder / f"{name}.xml")
        except OSError as error:
            raise AnchorsUnreadable(file=f"{_FOLDER}/{name}.xml", reason=str(error.strerror)) from error


def read_sources(trust: Path) -> tuple[ListSource, ...]:
    """The lists of a trust directory; none where there is no ``lists.toml``. Raises :class:`AnchorsUnreadable`."""
    file = trust / LISTS
    if not file.exists():
        return ()
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("list")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AnchorsUnreadable(file=LISTS, reason=str(error)) from error
    if not isinstance(entries, list):
        raise AnchorsUnreadable(file=LISTS, reason="there is no [[list]]")
    sources = tuple(_source(entry) for entry in entries)
    if len({source.name for source in sources}) < len(sources):
        raise AnchorsUnreadable(file=LISTS, reason="two lists have one name")
    return sources


def lists_in(trust: Path, sources: tuple[ListSource, ...]) -> Iterator[tuple[ListSource, TrustedList]]:
    """The lists that lie in the folder; one that was not fetched yet is left out, one that is wrong stops everything.

    Raises :class:`TrustedListRefused`.
    """
    kept = ListsInFolder(trust)
    for source in sources:
        xml = kept.find(source.name)
        if xml is not None:
            yield source, source.read(xml)


def _source(entry: object) -> ListSource:
    if not isinstance(entry, dict) or not entry.keys() <= {"name", "url", "signers"}:
        raise AnchorsUnreadable(file=LISTS, reason="a [[list]] has name, signers and, if it is to be fetched, url")
    name, url, signers = entry.get("name"), entry.get("url"), entry.get("signers")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise AnchorsUnreadable(file=LISTS, reason="a list's name has small letters, digits and hyphens only")
    if url is not None and not isinstance(url, str):
        raise AnchorsUnreadable(file=LISTS, reason=f"{name}: url must be a text")
    if not isinstance(signers, list) or not signers:
        raise AnchorsUnreadable(file=LISTS, reason=f"{name}: no signer is pinned")
    pins = frozenset(str(pin).replace(":", "").lower() for pin in signers)
    if not all(_PIN.fullmatch(pin) for pin in pins):
        raise AnchorsUnreadable(file=LISTS, reason=f"{name}: a signer is pinned by a SHA-256 in hexadecimal")
    return ListSource(name, pins, url)
