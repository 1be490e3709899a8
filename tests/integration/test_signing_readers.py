"""The quick reader and pyHanko's read the same: whatever is built on either is the same to the last octet."""

from __future__ import annotations

import random
from datetime import date
from typing import TYPE_CHECKING, NoReturn

import pytest

from certs.revocation import RevocationInfo
from signing import _pyhanko, revision
from signing.augment import embed_validation_data
from signing.complete import complete
from signing.compose import compose
from signing.errors import DocumentUnfit
from signing.fill import fill_cells
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD, Box, OpenCells, layout_with_seal
from signing.new_field import add_signature_field
from signing.pdf.lean import LeanFile
from signing.pdf.syntax import Irregular
from signing.pdf.values import Ref, Stream, decoded_text
from signing.prepare import prepare, prepare_document_timestamp
from signing.profiles import Appearance, Certification, SignatureProfile
from signing.source import Source
from tests.input_kinds import EARLIER, InputKind, draft
from tests.material import NOW, blank_pdf, picture, software_signer
from tests.notary import GATHERED_AT, Notary, fresh_keys, pki_with

if TYPE_CHECKING:
    from signing.pdf.values import Value

_CELLS = OpenCells(  # on every page, turned or cropped
    number=Box(page=1, left=40, top=30, width=12, height=6),
    date=Box(page=1, left=110, top=30, width=60, height=6),
    signature=Box(page=1, left=110, top=120, width=50, height=22),
    code=Box(page=1, left=30, top=170, width=90, height=18),
)


@pytest.fixture(scope="module")
def notary(tmp_path_factory: pytest.TempPathFactory) -> Notary:
    keys = fresh_keys()
    keys[EARLIER.label] = keys["signatory"]
    return Notary(tmp_path_factory.mktemp("notary"), pki=pki_with("signatory", EARLIER.label), keys=keys)


def _signed(pdf: bytes, *, field_name: str, certification: Certification) -> bytes:
    signer = software_signer()
    profile = SignatureProfile(
        field_name=field_name,
        certification=certification,
        appearance=Appearance(picture("blue")),
        reason="Đồng ý (bản 1)",
        claimed_signing_time=NOW,
    )
    prepared = prepare(pdf, profile=profile, certificate=signer.certificate)
    return complete(prepared, value=signer.sign(prepared), token=None).onto(pdf)


def _every_step(pdf: bytes, kind: InputKind, known: RevocationInfo) -> bytes:
    """Everything that this package ever appends to a file."""
    if kind is InputKind.SIGNED:
        opened = add_signature_field(pdf, field_name=SIGNATORY_FIELD, box=_CELLS.signature)
        sealed = _signed(opened, field_name=SIGNATORY_FIELD, certification=Certification.NONE)
    else:
        layout = layout_with_seal(_CELLS, seal_diameter=36)
        composed = compose(pdf, layout=layout, lookup_code="0123", lookup_url="http://127.0.0.1/d/0123")
        first = _signed(composed, field_name=SIGNATORY_FIELD, certification=Certification.FILL_FORMS)
        filled = fill_cells(first, number="05", issued_on=date(2026, 11, 23))
        sealed = _signed(filled, field_name=SEAL_FIELD, certification=Certification.NONE)
    half = RevocationInfo(certificates=known.certificates, ocsps=known.ocsps)
    archived = prepare_document_timestamp(sealed, field_name="Archive1", revocation=half)
    again = archived.placeholder.filled(b"0").onto(sealed)
    return embed_validation_data(again, revocation=known)


class _GivesUp:
    def __init__(self, _: object) -> None:
        raise Irregular


def _gives_up(_: object) -> NoReturn:
    raise AssertionError


@pytest.mark.parametrize("kind", InputKind, ids=lambda kind: kind.name)
def test_both_readers_lead_to_the_same_file(kind: InputKind, notary: Notary, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf, known = draft(kind, notary=notary), notary.revocation("signatory", EARLIER.label, at=GATHERED_AT)
    with monkeypatch.context() as patch:
        patch.setattr(_pyhanko, "PyHankoFile", _gives_up)
        quickly = _every_step(pdf, kind, known)
    monkeypatch.setattr(revision, "LeanFile", _GivesUp)
    assert _every_step(pdf, kind, known) == quickly
    assert quickly.startswith(pdf)


def test_a_file_that_the_quick_reader_leaves_to_others_is_signed_all_the_same() -> None:
    careless = blank_pdf() + b"\n" * 9
    with pytest.raises(Irregular):
        LeanFile(careless)
    layout = layout_with_seal(_CELLS, seal_diameter=36)
    composed = compose(careless, layout=layout, lookup_code="0123", lookup_url="http://127.0.0.1/d/0123")
    assert _signed(composed, field_name=SIGNATORY_FIELD, certification=Certification.FILL_FORMS).startswith(careless)


@pytest.mark.parametrize("kind", [InputKind.CLASSIC, InputKind.OBJECT_STREAMS, InputKind.HYBRID, InputKind.SIGNED])
def test_of_a_damaged_file_the_quick_reader_never_reads_what_pyhanko_reads_differently(
    kind: InputKind, notary: Notary
) -> None:
    pdf, chance = draft(kind, notary=notary), random.Random(kind.name)
    read = 0
    for _ in range(400):
        damaged = _damaged(pdf, chance)
        quick = _objects(damaged, LeanFile)
        if quick is None:
            continue
        read += 1
        other = _objects(damaged, lambda octets: _pyhanko.PyHankoFile(Source(octets)))
        # Where pyHanko refuses, or knows more, nothing was read differently.
        common = quick.keys() & (other or {}).keys()
        assert [(ref, _said(quick[ref])) for ref in common] == [(ref, _said((other or {})[ref])) for ref in common]
    assert read > 20  # otherwise nothing was compared


def _said(value: Value) -> object:
    """The value with its texts decoded: pyHanko writes them in another encoding than it reads."""
    if isinstance(value, bytes):
        return decoded_text(value)
    if isinstance(value, Stream):
        return _said(value.entries), value.data
    if isinstance(value, dict):
        return {key: _said(each) for key, each in value.items()}
    return [_said(each) for each in value] if isinstance(value, list) else value


def _damaged(pdf: bytes, chance: random.Random) -> bytes:
    """A byte changed, taken out or doubled somewhere, most often where structure is dense."""
    at = chance.randrange(len(pdf))
    if chance.random() < 0.7:
        mark = chance.choice(
            [b"obj", b"xref", b"trailer", b"/Root", b"/Size", b"/Kids", b"startxref", b"/W", b"stream"]
        )
        places = [place for place in range(len(pdf)) if pdf.startswith(mark, place)] or [at]
        at = min(chance.choice(places) + chance.randrange(-24, 40), len(pdf) - 1)
    octet = bytes([chance.choice(b"0123456789 \n/<>[]()%Rnf\xff")])
    return chance.choice([pdf[:at] + octet + pdf[at + 1 :], pdf[:at] + pdf[at + 1 :], pdf[:at] + octet + pdf[at:]])


def _objects(pdf: bytes, reader: type[LeanFile] | object) -> dict[Ref, Value] | None:
    """What a reader makes of all that the catalogue leads to, as far as it reads it; None where it refuses."""
    try:
        file = reader(pdf)  # type: ignore[operator]
        waiting: list[Value] = [file.trailer.get("/Root"), file.trailer.get("/ID"), file.trailer.get("/Info")]
    except (Irregular, DocumentUnfit):
        return None
    found: dict[Ref, Value] = {}
    while waiting:
        value = waiting.pop()
        if isinstance(value, Ref) and value not in found:
            try:
                found[value] = file.get(value)
            except (Irregular, DocumentUnfit):
                continue
            waiting.append(found[value])
        elif isinstance(value, Stream):
            waiting.extend(value.entries.values())
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found
