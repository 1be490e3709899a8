"""Where the cells of a document lie: number, date, signature, seal and lookup code, in millimetres on the page.

Millimetres are measured from the top left corner of the page as a reader sees it (crop box, rotation applied), since
that is how people and Decree 30/2020 (Annex I, Part I) measure.
"""

from __future__ import annotations

from dataclasses import dataclass

SIGNATORY_FIELD = "SigSignatory"
SEAL_FIELD = "SigSeal"
NUMBER_FIELD = "DocNumber"
DATE_FIELD = "DocDate"


def cosigner_field(turn: int) -> str:
    """The field of the cosigner whose turn this is; turns count from 0, the names of fields from 1."""
    return f"SigCosigner{turn + 1}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page: ``page`` counts from 1; the rest is in millimetres from the page's top left corner."""

    page: int
    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if self.page < 1:
            msg = "pages count from 1"
            raise ValueError(msg)
        if self.left < 0 or self.top < 0 or self.width <= 0 or self.height <= 0:
            msg = "a box needs a size and lies on the page"
            raise ValueError(msg)


CODE_BOX = Box(page=1, left=30, top=273, width=90, height=18)
"""Where the lookup code stands unless the sender says otherwise: in the bottom margin of page one."""


@dataclass(frozen=True, slots=True)
class OpenCells:
    """The cells that the sender leaves open: number (cell 3), date (4), the signature's picture (7c), lookup code.

    ``cosigners`` has a box for each who signs before the signatory, None for one whose signature does not show.
    """

    number: Box
    date: Box
    signature: Box
    code: Box = CODE_BOX
    cosigners: tuple[Box | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The open cells with the seal's own place (cell 8), which follows from the signature's."""

    number: Box
    date: Box
    signature: Box
    seal: Box
    code: Box
    cosigners: tuple[Box | None, ...] = ()


def layout_with_seal(cells: OpenCells, *, seal_diameter: float) -> Layout:
    """Place the agency's seal, ``seal_diameter`` in mm, for these cells."""
    return Layout(
        number=cells.number,
        date=cells.date,
        signature=cells.signature,
        seal=seal_over_signature(cells.signature, diameter=seal_diameter),
        code=cells.code,
        cosigners=cells.cosigners,
    )


def seal_over_signature(signature: Box, *, diameter: float) -> Box:
    """The seal's box: real size in mm, covering a third of the signature image to its left.

    Source: Decree 30/2020, Annex I, Part I, II.8.a. The seal's centre is level with the signature's.
    """
    left = signature.left + signature.width / 3 - diameter
    top = signature.top + signature.height / 2 - diameter / 2
    return Box(page=signature.page, left=left, top=top, width=diameter, height=diameter)
