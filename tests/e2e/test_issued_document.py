"""The document that the demonstration issues, as the law, our own validator and other people's programs see it."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest
from PIL import Image

from issuance.lookup_code import parse_lookup_code, printed_lookup_code
from tests.second_opinion import (
    codes_in,
    openssl_accepts_signature,
    openssl_accepts_token,
    page_picture,
    pdfsig_verdicts,
    qpdf_complains,
    run,
    signatures_in,
)

if TYPE_CHECKING:
    from tests.e2e.conftest import Demonstration

KYSO = Path(sys.executable).with_name("kyso")


@pytest.fixture(scope="module")
def anchors(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The anchors as one PEM file for signatures and one for timestamps, as OpenSSL wants them."""
    folder = tmp_path_factory.mktemp("anchors")
    files = {"signing": demonstration.trust, "timestamping": demonstration.trust / "tsa"}
    for name, source in files.items():
        content = b"\n".join(path.read_bytes() for path in sorted(source.glob("*.crt")))
        (folder / name).write_bytes(content)
    return {name: folder / name for name in files}


def test_the_last_line_is_what_was_promised(demonstration: Demonstration) -> None:
    promised = {"document_id", "lookup_code", "number", "pdf", "sha256", "indication", "level", "signatures", "seconds"}
    assert promised <= set(demonstration.result)
    assert demonstration.result["indication"] == "TOTAL_PASSED"
    assert demonstration.result["level"] == "B_LTA"
    assert demonstration.result["signatures"] == 2
    assert demonstration.result["sha256"] == hashlib.sha256(demonstration.pdf.read_bytes()).hexdigest()
    assert parse_lookup_code(str(demonstration.result["lookup_code"]))


def test_our_own_command_says_total_passed_without_any_server(demonstration: Demonstration) -> None:
    answer = run([KYSO, "verify", demonstration.pdf, "--trust", demonstration.trust, "--json"])
    report = json.loads(answer.stdout)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert report["indication"] == "TOTAL_PASSED"
    found = [(entry["field"], entry["kind"], entry["indication"]) for entry in report["signatures"]]
    assert [entry["level"] for entry in report["signatures"][:2]] == ["B_LTA", "B_LTA"]
    assert found == [
        ("SigSignatory", "signature", "TOTAL_PASSED"),
        ("SigSeal", "seal", "TOTAL_PASSED"),
        ("Archive1", "document_timestamp", "TOTAL_PASSED"),
    ]


def test_poppler_and_qpdf_agree(demonstration: Demonstration) -> None:
    assert pdfsig_verdicts(demonstration.pdf)[:2] == ["Signature is Valid.", "Signature is Valid."]
    assert qpdf_complains(demonstration.pdf) is None


def test_openssl_agrees_on_both_signatures_and_every_token(
    demonstration: Demonstration, anchors: dict[str, Path], tmp_path: Path
) -> None:
    found = signatures_in(demonstration.pdf.read_bytes())
    assert [(signature.field_name, signature.sub_filter) for signature in found] == [
        ("SigSignatory", "/ETSI.CAdES.detached"),
        ("SigSeal", "/ETSI.CAdES.detached"),
        ("Archive1", "/ETSI.RFC3161"),
    ]
    for signature in found[:2]:
        assert openssl_accepts_signature(signature, anchors=anchors["signing"], folder=tmp_path) is None
        token = signature.signature_timestamp
        assert token is not None
        over = signature.signature_value
        assert openssl_accepts_token(token, over=over, anchors=anchors["timestamping"], folder=tmp_path) is None
    archive = found[2]
    tsa = anchors["timestamping"]
    assert openssl_accepts_token(archive.container, over=archive.covered, anchors=tsa, folder=tmp_path) is None


def test_the_qr_on_the_page_opens_the_lookup_page(demonstration: Demonstration, tmp_path: Path) -> None:
    code = parse_lookup_code(str(demonstration.result["lookup_code"]))
    assert code is not None
    seen = codes_in(page_picture(demonstration.pdf, page=1, folder=tmp_path))
    assert [url.rsplit("/d/", 1)[1] for url in seen] == [code]
    text = pypdf.PdfReader(demonstration.pdf).pages[0].extract_text()
    assert printed_lookup_code(code) in text.replace("\n", "")


def test_number_and_date_stand_in_their_cells(demonstration: Demonstration) -> None:
    fields = pypdf.PdfReader(demonstration.pdf).get_fields() or {}
    ordinal, _, symbol = str(demonstration.result["number"]).partition("/")
    assert fields["DocNumber"]["/V"] == ordinal
    assert symbol == "TB-UBND"
    assert fields["DocDate"]["/V"].startswith("ngày ")


def test_the_seal_covers_about_a_third_of_the_signature_from_the_left(demonstration: Demonstration) -> None:
    boxes = {}
    for page in pypdf.PdfReader(demonstration.pdf).pages:
        for reference in page.get("/Annots", ()):
            annotation = reference.get_object()
            boxes[annotation.get("/T")] = [float(value) for value in annotation["/Rect"]]
    signature, seal = boxes["SigSignatory"], boxes["SigSeal"]
    covered = (min(signature[2], seal[2]) - max(signature[0], seal[0])) / (signature[2] - signature[0])
    assert covered == pytest.approx(1 / 3, abs=0.02)
    assert seal[0] < signature[0]
    assert (seal[2] - seal[0]) / 72 * 25.4 == pytest.approx(36, abs=0.1)


def test_signature_is_blue_and_seal_is_red_on_the_rendered_page(demonstration: Demonstration, tmp_path: Path) -> None:
    picture = Image.open(page_picture(demonstration.pdf, page=2, folder=tmp_path)).convert("RGB")
    samples = picture.tobytes()
    pixels = list(zip(samples[0::3], samples[1::3], samples[2::3], strict=True))
    blue = sum(1 for r, g, b in pixels if b > r + 60 and b > g + 30)
    red = sum(1 for r, g, b in pixels if r > g + 80 and r > b + 80)
    assert blue > 300
    assert red > 2000
