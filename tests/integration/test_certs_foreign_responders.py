"""A foreign PKI: certomancer's OCSP, CRL and timestamp responders, as its own server plays them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from certomancer.registry import ArchLabel, CertLabel
from certomancer.registry.config import CertomancerConfig
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.anchors import TrustAnchors
from certs.certificate import SigningCertificate
from certs.errors import CertificateUnfit, RevocationUnavailable
from certs.online import OnlineClient
from certs.revocation import RevocationGatherer
from certs.timestamps import HttpTimestamper
from tests.integration.certs_servers import await_port, free_port
from tests.unit.certs_pki import DAY, Profile, authority, make

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = ("root", "interm", "signer", "revoked", "tsa", "ocsp")
_PKI = """
external-url-prefix: "http://127.0.0.1:PORT"
keysets:
  ks: {path-prefix: keys, keys: {KEYS}}
pki-architectures:
  arch:
    keyset: ks
    entity-defaults: {country-name: VN, organization-name: Foreign}
    entities:
      root: {common-name: Foreign Root}
      interm: {common-name: Foreign CA}
      signer: {common-name: Foreign Signer}
      revoked: {common-name: Foreign Revoked}
      tsa: {common-name: Foreign TSA}
      ocsp: {common-name: Foreign OCSP}
    certs:
      root:
        subject: root
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}
        profiles: [{id: simple-ca, params: {max-path-len: 1, crl-repo: root-crl}}]
      interm:
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}
        profiles: [{id: simple-ca, params: {max-path-len: 0, crl-repo: interm-crl, ocsp-service: interm-ocsp}}]
      signer: &signer
        issuer: interm
        validity: {valid-from: "2024-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}
        profiles: [digsig-commitment]
      revoked:
        <<: *signer
        revocation: {revoked-since: "2025-03-01T00:00:00+0000", reason: key_compromise}
      tsa:
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}
        extensions:
          - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: [digital_signature]}}
          - {id: extended_key_usage, critical: true, value: [time_stamping]}
          - id: crl_distribution_points
            smart-value: {schema: crl-dist-url, params: {crl-repo-names: [root-crl]}}
      ocsp:
        issuer: interm
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}
        profiles: [ocsp-responder]
    services:
      crl-repo:
        root-crl: {for-issuer: root, signing-key: root, simulated-update-schedule: "P90D"}
        interm-crl: {for-issuer: interm, signing-key: interm, simulated-update-schedule: "P30D"}
      ocsp:
        interm-ocsp: {for-issuer: interm, responder-cert: ocsp, signing-key: ocsp}
      time-stamping:
        tsa: {signing-key: tsa, signing-cert: tsa}
"""


@dataclass(frozen=True)
class Foreign:
    """The running foreign PKI."""

    port: int
    config: Path

    def certificate(self, label: str) -> bytes:
        made = CertomancerConfig.from_file(str(self.config), key_search_dir=str(self.config.parent))
        return bytes(made.get_pki_arch(ArchLabel("arch")).get_cert(CertLabel(label)).dump())

    def signer(self, label: str) -> SigningCertificate:
        return SigningCertificate(self.certificate(label), (self.certificate("interm"),))

    @property
    def client(self) -> OnlineClient:
        return OnlineClient(frozenset({f"127.0.0.1:{self.port}"}))

    @property
    def anchors(self) -> TrustAnchors:
        root = self.certificate("root")
        return TrustAnchors(signing=(root,), timestamping=(root,))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "keys").mkdir()
    for name in _KEYS:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "keys" / f"{name}.pem").write_bytes(pem)
    port = free_port()
    listed = ", ".join(f"{name}: {{path: {name}.pem}}" for name in _KEYS)
    config = folder / "pki.yml"
    config.write_text(_PKI.replace("PORT", str(port)).replace("KEYS", listed))
    certomancer = Path(sys.executable).with_name("certomancer")
    command = [str(certomancer), "--config", str(config), "--key-root", str(folder), "animate", "--port", str(port)]
    process = subprocess.Popen([*command, "--no-web-ui"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    await_port(port, process)
    try:
        yield Foreign(port, config)
    finally:
        process.kill()
        process.wait()


def test_a_foreign_timestamp_and_the_crls_are_gathered(foreign: Foreign) -> None:
    """Certomancer's OCSP responses carry fractions of a second, which RFC 5280, 4.1.2.5.2 forbids; the CRL serves."""
    token = HttpTimestamper((f"http://127.0.0.1:{foreign.port}/arch/tsa/tsa",), foreign.client, foreign.anchors).stamp(
        hashlib.sha256(b"content").digest()
    )
    gatherer = RevocationGatherer(foreign.client, foreign.anchors)
    gathered = gatherer.gather(certificates=(foreign.signer("signer"),), tokens=(token,), at=datetime.now(UTC))
    issuers = [x509.load_der_x509_crl(each).issuer.rfc4514_string() for each in gathered.crls]
    assert issuers == ["CN=Foreign CA,O=Foreign,C=VN", "CN=Foreign Root,O=Foreign,C=VN"]


def test_a_foreign_revocation_is_seen(foreign: Foreign) -> None:
    gatherer = RevocationGatherer(foreign.client, foreign.anchors)
    with pytest.raises(CertificateUnfit, match=r"revoked on 2025-03-01T00:00:00Z \(keyCompromise\)"):
        gatherer.gather(certificates=(foreign.signer("revoked"),), tokens=(), at=datetime.now(UTC))


def test_a_foreign_pki_is_not_asked_without_permission(foreign: Foreign) -> None:
    with pytest.raises(RevocationUnavailable, match="refused to connect"):
        RevocationGatherer(OnlineClient(), foreign.anchors).gather(
            certificates=(foreign.signer("signer"),), tokens=(), at=datetime.now(UTC)
        )


@dataclass(frozen=True)
class OpensslResponder:
    """The OCSP responder that comes with OpenSSL, its index of two certificates, and what relies on it."""

    good: SigningCertificate
    revoked: SigningCertificate
    gatherer: RevocationGatherer


@pytest.fixture(scope="module")
def openssl_responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpensslResponder]:
    folder, port = tmp_path_factory.mktemp("openssl"), free_port()
    now = datetime.now(UTC)  # by which this responder answers
    ca = authority("OpenSSL CA", not_before=now - DAY, not_after=now + DAY)
    url = f"http://127.0.0.1:{port}/"
    good, revoked = (
        make(Profile(name=name, ocsp_url=url, not_before=now - DAY, not_after=now + DAY), ca)
        for name in ("Good", "Revoked")
    )
    purposes = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    span = Profile(name="OCSP", not_before=now - DAY, not_after=now + DAY)
    delegate = make(replace(span, purposes=purposes, nocheck=True), ca)
    lines = [
        f"V\t400101000000Z\t\t{good.certificate.serial_number:040X}\tunknown\t/CN=Good",
        f"R\t400101000000Z\t260101000000Z,superseded\t{revoked.certificate.serial_number:040X}\tunknown\t/CN=Revoked",
    ]
    (folder / "index.txt").write_text("\n".join(lines) + "\n")
    (folder / "ca.pem").write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    key = delegate.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "ocsp.pem").write_bytes(key + delegate.certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "ocsp", "-port", str(port), "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ocsp.pem"]
    process = subprocess.Popen([*command, "-nmin", "10"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        # It takes a connection without a request amiss, so that its port cannot be tried.
        assert process.stderr is not None
        assert any(b"waiting for OCSP client connections" in line for line in process.stderr)
        anchors = TrustAnchors(signing=(ca.der,), timestamping=())
        gatherer = RevocationGatherer(OnlineClient(frozenset({f"127.0.0.1:{port}"})), anchors)
        yield OpensslResponder(SigningCertificate(good.der), SigningCertificate(revoked.der), gatherer)
    finally:
        process.kill()
        process.wait()


def test_the_responder_of_openssl_is_understood(openssl_responder: OpensslResponder) -> None:
    good = openssl_responder.good
    gathered = openssl_responder.gatherer.gather(certificates=(good,), tokens=(), at=datetime.now(UTC))
    assert [ocsp.load_der_ocsp_response(each).serial_number for each in gathered.ocsps] == [good.x509.serial_number]
    assert len(gathered.certificates) == 2


def test_a_revocation_told_by_openssl_is_seen(openssl_responder: OpensslResponder) -> None:
    with pytest.raises(CertificateUnfit, match=r"revoked on 2026-01-01T00:00:00Z \(superseded\)"):
        openssl_responder.gatherer.gather(certificates=(openssl_responder.revoked,), tokens=(), at=datetime.now(UTC))
