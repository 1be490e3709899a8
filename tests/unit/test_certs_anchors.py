"""Trust directories: what is read, in which order, and what is said of a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certs.anchors import fingerprint, listed_anchors, read_trust_directory
from certs.errors import AnchorsUnreadable, CertificateUnreadable
from certs.pinned_anchors import AnchorPurpose, add_pinned_anchor
from certs.trust_store import read_trust_store
from tests.unit.certs_pki import Member, authority

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = authority("A"), authority("B"), authority("C")


def _pem(*members: Member) -> bytes:
    return b"".join(member.certificate.public_bytes(Encoding.PEM) for member in members)


def test_pem_bundles_and_der_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "2.pem").write_bytes(_pem(B, A))
    (tmp_path / "1.der").write_bytes(C.der)
    (tmp_path / "3.CRT").write_bytes(A.der)
    (tmp_path / "notes.txt").write_text("not an anchor")
    anchors = read_trust_directory(tmp_path)
    assert anchors.signing == (C.der, B.der, A.der)


def test_without_a_folder_of_their_own_timestamps_share_the_anchors(tmp_path: Path) -> None:
    (tmp_path / "a.cer").write_bytes(A.der)
    anchors = read_trust_directory(tmp_path)
    assert anchors.timestamping == anchors.signing == (A.der,)


def test_a_tsa_folder_keeps_the_anchors_apart(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(_pem(A))
    (tmp_path / "tsa").mkdir()
    (tmp_path / "tsa" / "b.crt").write_bytes(_pem(B))
    anchors = read_trust_directory(tmp_path)
    assert (anchors.signing, anchors.timestamping) == ((A.der,), (B.der,))


def test_a_file_without_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(A.der)
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    with pytest.raises(CertificateUnreadable, match=r"broken\.pem"):
        read_trust_directory(tmp_path)


def test_an_empty_or_missing_folder_is_a_mistake_and_not_an_empty_trust(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnreadable, match="no trust anchor"):
        read_trust_directory(tmp_path)
    with pytest.raises(CertificateUnreadable, match="nowhere"):
        read_trust_directory(tmp_path / "nowhere")


def test_an_empty_tsa_folder_does_not_fall_back_in_silence(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(A.der)
    (tmp_path / "tsa").mkdir()
    with pytest.raises(CertificateUnreadable, match="tsa"):
        read_trust_directory(tmp_path)


def _listed(folder: Path, *entries: tuple[str, str, str]) -> None:
    tables = (
        f'[[anchor]]\nfile = "{file}"\nsha256 = "{pin}"\npurpose = "{purpose}"\n' for file, pin, purpose in entries
    )
    (folder / "anchors.toml").write_text("\n".join(tables), encoding="utf-8")


def test_with_a_list_only_what_is_pinned_is_trusted_and_for_its_purpose_alone(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(_pem(A))
    (tmp_path / "all.pem").write_bytes(_pem(A, B, C))
    colons = ":".join(fingerprint(C.der).upper()[i : i + 2] for i in range(0, 64, 2))
    _listed(
        tmp_path,
        ("a.pem", fingerprint(A.der), "government"),
        ("all.pem", fingerprint(B.der), "public"),
        ("all.pem", colons, "timestamping"),
    )
    anchors = read_trust_directory(tmp_path)
    assert (anchors.signing, anchors.timestamping) == ((A.der, B.der), (C.der,))


@pytest.mark.parametrize(
    "entry",
    [
        ("a.pem", fingerprint(B.der), "government"),
        ("a.pem", "00", "government"),
        ("a.pem", fingerprint(A.der), "everything"),
        ("missing.pem", fingerprint(A.der), "public"),
        ("../a.pem", fingerprint(A.der), "public"),
        ("a.pem", fingerprint(A.der), "timestamping"),  # nothing for signatures
    ],
)
def test_a_file_that_is_not_what_the_list_says_stops_everything(tmp_path: Path, entry: tuple[str, str, str]) -> None:
    (tmp_path / "a.pem").write_bytes(_pem(A))
    _listed(tmp_path, entry)
    with pytest.raises(AnchorsUnreadable):
        read_trust_directory(tmp_path)


@pytest.mark.parametrize("text", ["", "anchor = 1", "[[anchor]]\nfile = 1", "[[anchor", "\xff"])
def test_a_list_that_cannot_be_read_stops_everything(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.pem").write_bytes(_pem(A))
    (tmp_path / "anchors.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(AnchorsUnreadable):
        read_trust_directory(tmp_path)


def test_intermediates_are_known_but_no_anchors(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(_pem(A))
    (tmp_path / "intermediates").mkdir()
    (tmp_path / "intermediates" / "b.pem").write_bytes(_pem(B))
    store = read_trust_store(tmp_path)
    assert (store.anchors.signing, store.known.certificates) == ((A.der,), (B.der,))


def test_anchors_are_added_by_their_pins_and_listed(tmp_path: Path) -> None:
    for member, purpose in ((A, AnchorPurpose.GOVERNMENT), (B, AnchorPurpose.PUBLIC), (B, AnchorPurpose.TIMESTAMPING)):
        add_pinned_anchor(_pem(A, B), purpose=purpose, pin=fingerprint(member.der), folder=tmp_path / "trust")
    anchors = read_trust_directory(tmp_path / "trust")
    assert (anchors.signing, anchors.timestamping) == ((A.der, B.der), (B.der,))
    assert [anchor.purpose for anchor in listed_anchors(tmp_path / "trust")] == ["government", "public", "timestamping"]


def test_an_anchor_with_another_pin_is_not_added(tmp_path: Path) -> None:
    with pytest.raises(AnchorsUnreadable, match="does not hold"):
        add_pinned_anchor(_pem(A), purpose=AnchorPurpose.PUBLIC, pin=fingerprint(B.der), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_list_is_not_begun_beside_anchors_that_it_would_outlaw(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(_pem(A))
    assert [anchor.purpose for anchor in listed_anchors(tmp_path)] == ["signing", "timestamping"]
    with pytest.raises(AnchorsUnreadable, match="list them first"):
        add_pinned_anchor(_pem(B), purpose=AnchorPurpose.PUBLIC, pin=fingerprint(B.der), folder=tmp_path)
