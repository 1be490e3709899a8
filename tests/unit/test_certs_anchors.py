"""Trust directories: what is read, in which order, and what is said of a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certs.anchors import read_trust_directory
from certs.errors import CertificateUnreadable
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
