"""The letters of pages as another parser than PDFium finds them: our own strict one where it can, otherwise pypdf."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf

from verification.letters import OutOfTheOrdinary, letters_of
from verification.plain_pages import PlainPages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verification.page_memory import PageMemory


class SecondReading:
    """One file; every method raises ``SECOND_READER_ERRORS`` for one that cannot be read."""

    def __init__(self, pdf: bytes, memory: PageMemory) -> None:
        self._pdf = pdf
        self._memory = memory

    def __len__(self) -> int:
        """How many pages there are."""
        return len(self._pages if self._plain is None else self._plain)

    def letters(self, number: int) -> Counter[str]:
        """How often each letter is shown on a page; pages count from 0."""
        if self._plain is not None:
            try:
                page = self._plain[number]
                return self._memory.letters(page.digest, lambda: counted(page.letters()))
            except OutOfTheOrdinary:
                pass
        return self._memory.letters_of(self._pages[number], lambda page: counted(letters_of(page)))

    @cached_property
    def _plain(self) -> PlainPages | None:
        try:
            return PlainPages.of(self._pdf)
        except OutOfTheOrdinary:
            return None

    @cached_property
    def _pages(self) -> Sequence[pypdf.PageObject]:
        return pypdf.PdfReader(BytesIO(self._pdf), strict=False).pages


def counted(text: str) -> Counter[str]:
    """Letters and digits, whatever form they have."""
    return Counter(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())
