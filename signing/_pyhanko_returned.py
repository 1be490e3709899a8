"""The door to pyHanko's difference analysis for files that other people's programs have signed."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields

from signing._pyhanko import reading
from signing.errors import ReturnedUnfit
from signing.prepared import ReservedRegion

_RANGE_LENGTH = 4


def filled_fields(pdf: bytes) -> frozenset[str]:
    """The names of all signature fields with a value."""
    with reading():
        return frozenset(name for name, value, _ in enumerate_sig_fields(PdfFileReader(BytesIO(pdf))) if value)


def signed_region(pdf: bytes, *, field_name: str) -> ReservedRegion:
    """Where the field's ``/Contents`` lies; its ``/ByteRange`` must cover all other bytes of the file.

    Raises :class:`ReturnedUnfit`.
    """
    with reading():
        fields = enumerate_sig_fields(PdfFileReader(BytesIO(pdf)))
        field = next(reference.get_object() for name, _, reference in fields if name == field_name)
        signature = field["/V"] if "/V" in field else {}  # noqa: SIM401 - get() does not follow references
        named = str(signature["/SubFilter"]) if "/SubFilter" in signature else ""
        covered = [int(number) for number in signature["/ByteRange"]] if signature else []
    if named != "/ETSI.CAdES.detached":
        raise ReturnedUnfit(reason="the signature is of another format than PAdES")
    if len(covered) != _RANGE_LENGTH or covered[0] != 0 or sum(covered[2:]) != len(pdf) or covered[1] >= covered[2]:
        raise ReturnedUnfit(reason="the signature does not cover the whole file")
    return ReservedRegion(start=covered[1], end=covered[2])


def demand_one_signing_revision(pdf: bytes, *, base: bytes, field_name: str) -> None:
    """Raise :class:`ReturnedUnfit` unless one revision was added, and nothing but this field was signed in it."""
    with reading():
        before, after = PdfFileReader(BytesIO(base)).total_revisions, PdfFileReader(BytesIO(pdf))
        if after.total_revisions != before + 1:
            raise ReturnedUnfit(reason="more was added than one revision")
        found = DEFAULT_DIFF_POLICY.review_file(after, before - 1)
    allowed = ModificationLevel.FORM_FILLING.value
    if not isinstance(found, DiffResult) or found.modification_level.value > allowed:
        raise ReturnedUnfit(reason="something other than the signature was changed")
    if set(found.changed_form_fields) - {field_name}:
        raise ReturnedUnfit(reason="other fields than that of the signature were changed")
