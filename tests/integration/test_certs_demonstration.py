"""The demonstration authority as its users see it: files, certificates, and responders that OpenSSL agrees with."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from certs import tsp
from certs.demonstration import CertificateKind, issue_certificate, make_authority, responder_url_of, revoke
from certs.errors import CertificateUnreadable
from tests.integration.certs_servers import PROJECT, Demonstration, demonstration, free_port, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certs.certificate import SigningCertificate

_COMMAND = [sys.executable, "-m", "certs.demonstration"]
_QUERY = tsp.write_request(bytes(32), nonce=1)
AGENCY = "Ủy ban nhân dân tỉnh MẪU"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority")) as made:
        yield made


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _request(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever the token says")])
    return (
        x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    )


def _issue(
    directory: Path, key: rsa.RSAPrivateKey, kind: CertificateKind = CertificateKind.SIGNATURE
) -> SigningCertificate:
    return issue_certificate(
        directory,
        csr_der=_request(key),
        common_name="Người Ký Mẫu" if kind is CertificateKind.SIGNATURE else AGENCY,
        organization=AGENCY,
        title="Phó Chánh Văn phòng" if kind is CertificateKind.SIGNATURE else None,
        kind=kind,
    )


def _openssl(*arguments: str | Path, stdin: bytes = b"") -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode() + done.stderr.decode()


def _pem(certificate: SigningCertificate, path: Path) -> Path:
    path.write_bytes(certificate.x509.public_bytes(Encoding.PEM))
    return path


def test_an_officials_certificate_says_who_and_what_for(running: Demonstration, key: rsa.RSAPrivateKey) -> None:
    issued = _issue(running.directory, key)
    issued.demand_fit_to_sign(at=datetime.now(UTC))
    assert issued.common_name == "Người Ký Mẫu"
    assert "Phó Chánh Văn phòng" in issued.subject
    assert issued.x509.public_key() == key.public_key()
    usage = issued.x509.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    policies = issued.x509.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [each.policy_identifier.dotted_string for each in policies] == ["2.999.1.1"]
    codes = issued.x509.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    assert str(codes[0].value).startswith("MAU-")


def test_a_seal_belongs_to_the_agency_and_has_no_title(running: Demonstration, key: rsa.RSAPrivateKey) -> None:
    issued = _issue(running.directory, key, CertificateKind.SEAL)
    assert issued.common_name == AGENCY
    assert issued.x509.subject.get_attributes_for_oid(NameOID.TITLE) == []
    policies = issued.x509.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [each.policy_identifier.dotted_string for each in policies] == ["2.999.1.2"]


def test_openssl_builds_the_chain_and_checks_every_crl(
    running: Demonstration, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    holder = _pem(_issue(running.directory, key), tmp_path / "holder.crt")
    lists = tmp_path / "lists.pem"
    for name in ("root", "ca"):
        der = running.client().fetch(f"{running.url}/{name}.crl")
        (tmp_path / f"{name}.crl").write_bytes(der)
        said = _openssl(
            "crl",
            "-inform",
            "DER",
            "-in",
            tmp_path / f"{name}.crl",
            "-noout",
            "-verify",
            "-CAfile",
            running.certificate(name),
        )
        assert "verify OK" in said
        lists.write_bytes(
            (lists.read_bytes() if lists.exists() else b"") + x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
        )
    said = _openssl(
        *("verify", "-x509_strict", "-crl_check_all", "-CRLfile", lists),
        *("-CAfile", running.directory / "trust" / "root.crt", "-untrusted", running.certificate("ca"), holder),
    )
    assert said.strip().endswith("OK")


def test_openssl_accepts_timestamps_and_the_timestamp_authoritys_crl(running: Demonstration, tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(b"content")
    anchor = running.directory / "trust" / "tsa" / "tsa-root.crt"
    for options in (["-sha256"], ["-sha512", "-no_nonce"], ["-sha384", "-tspolicy", "2.999.2.1"]):
        _openssl("ts", "-query", "-data", tmp_path / "content", *options, "-cert", "-out", tmp_path / "query")
        answer = running.client().post(
            f"{running.url}/tsa", (tmp_path / "query").read_bytes(), content_type="application/timestamp-query"
        )
        (tmp_path / "answer").write_bytes(answer)
        said = _openssl(
            "ts", "-verify", "-in", tmp_path / "answer", "-queryfile", tmp_path / "query", "-CAfile", anchor
        )
        assert "Verification: OK" in said
    (tmp_path / "crl").write_bytes(running.client().fetch(f"{running.url}/tsa-root.crl"))
    assert "verify OK" in _openssl(
        "crl", "-inform", "DER", "-in", tmp_path / "crl", "-noout", "-verify", "-CAfile", anchor
    )


def test_certificates_are_left_out_of_a_token_unless_asked_for(running: Demonstration, tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(b"content")
    _openssl("ts", "-query", "-data", tmp_path / "content", "-sha256", "-out", tmp_path / "query")
    answer = running.client().post(
        f"{running.url}/tsa", (tmp_path / "query").read_bytes(), content_type="application/timestamp-query"
    )
    (tmp_path / "answer").write_bytes(answer)
    anchor = running.directory / "trust" / "tsa" / "tsa-root.crt"
    assert len(answer) < 800
    said = _openssl(
        *("ts", "-verify", "-in", tmp_path / "answer", "-queryfile", tmp_path / "query"),
        *("-CAfile", anchor, "-untrusted", running.certificate("tsa")),
    )
    assert "Verification: OK" in said


@pytest.mark.parametrize(
    ("options", "failure"),
    [(["-md5"], "unrecognized or unsupported algorithm"), (["-sha256", "-tspolicy", "1.2.3"], "policy")],
)
def test_unacceptable_timestamp_requests_are_rejected_with_their_reason(
    running: Demonstration, tmp_path: Path, options: list[str], failure: str
) -> None:
    (tmp_path / "content").write_bytes(b"content")
    _openssl("ts", "-query", "-data", tmp_path / "content", *options, "-out", tmp_path / "query")
    answer = running.client().post(
        f"{running.url}/tsa", (tmp_path / "query").read_bytes(), content_type="application/timestamp-query"
    )
    (tmp_path / "answer").write_bytes(answer)
    said = _openssl("ts", "-reply", "-in", tmp_path / "answer", "-text")
    assert "Status: Rejected" in said
    assert failure in said


def _ocsp(running: Demonstration, holder: Path, *options: str) -> str:
    issuer, anchor = running.certificate("ca"), running.directory / "trust" / "root.crt"
    url = f"{running.url}/ocsp"
    return _openssl("ocsp", "-issuer", issuer, *options, "-cert", holder, "-url", url, "-CAfile", anchor)


def test_openssl_asks_for_the_status_before_and_after_a_revocation(
    running: Demonstration, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    issued = _issue(running.directory, key)
    holder = _pem(issued, tmp_path / "holder.crt")
    for options in ([], ["-no_nonce"], ["-sha256"]):
        said = _ocsp(running, holder, *options)
        assert "Response verify OK" in said
        assert "holder.crt: good" in said
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    revoke(running.directory, serial=issued.x509.serial_number, reason=x509.ReasonFlags.key_compromise, at=at)
    said = _ocsp(running, holder, "-no_nonce")
    assert "holder.crt: revoked" in said
    assert "keyCompromise" in said
    crl = x509.load_der_x509_crl(running.client().fetch(f"{running.url}/ca.crl"))
    entry = crl.get_revoked_certificate_by_serial_number(issued.x509.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == at


def test_a_certificate_that_was_never_issued_is_unknown(running: Demonstration) -> None:
    said = _openssl(
        *("ocsp", "-issuer", running.certificate("ca"), "-serial", "4711", "-url", f"{running.url}/ocsp"),
        *("-CAfile", running.directory / "trust" / "root.crt"),
    )
    assert "4711: unknown" in said


def test_another_issuer_and_rubbish_are_answered_by_the_protocol(running: Demonstration) -> None:
    for question, expected in (
        (
            ocsp.OCSPRequestBuilder().add_certificate_by_hash(bytes(20), bytes(20), 1, hashes.SHA1()).build(),
            "UNAUTHORIZED",
        ),
        (None, "MALFORMED_REQUEST"),
    ):
        der = question.public_bytes(Encoding.DER) if question else b"rubbish"
        answer = running.client().post(f"{running.url}/ocsp", der, content_type="application/ocsp-request")
        assert ocsp.load_der_ocsp_response(answer).response_status.name == expected


def test_ocsp_over_get(running: Demonstration, key: rsa.RSAPrivateKey) -> None:
    issued = _issue(running.directory, key)
    issuer = x509.load_der_x509_certificate(issued.chain[0])
    request = ocsp.OCSPRequestBuilder().add_certificate(issued.x509, issuer, hashes.SHA1()).build()
    path = base64.b64encode(request.public_bytes(Encoding.DER)).decode().replace("+", "%2B").replace("/", "%2F")
    answer = ocsp.load_der_ocsp_response(running.client().fetch(f"{running.url}/ocsp/{path}"))
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_every_certificate_below_a_root_says_where_its_status_and_issuer_are(running: Demonstration) -> None:
    for name, issuer in (("ca", "root"), ("ocsp", "ca"), ("tsa", "tsa-root")):
        certificate = x509.load_pem_x509_certificate(running.certificate(name).read_bytes())
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert [each.value for point in points for each in point.full_name or ()] == [f"{running.url}/{issuer}.crl"]
        fetched = x509.load_der_x509_certificate(running.client().fetch(f"{running.url}/{issuer}.crt"))
        certificate.verify_directly_issued_by(fetched)


def test_bad_http_requests_do_not_hurt(running: Demonstration) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    for method, path, body, expected in (
        ("GET", "/nothing", None, 404),
        ("GET", "/ocsp/!!!!", None, 200),
        ("POST", "/nothing", b"x", 404),
        ("POST", "/tsa", b"rubbish", 200),
        ("GET", "/healthz", None, 200),
        ("POST", "/tsa", bytes(70000), 413),
    ):
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == expected, path


def test_private_keys_are_for_their_owner_alone(running: Demonstration) -> None:
    keys = list((running.directory / "keys").iterdir())
    assert len(keys) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert stat.S_IMODE((running.directory / "keys").stat().st_mode) == 0o700


def test_making_it_again_changes_nothing_and_another_address_is_refused(tmp_path: Path) -> None:
    make_authority(tmp_path, responder_url="http://127.0.0.1:1/")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    make_authority(tmp_path, responder_url="http://127.0.0.1:1")
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert responder_url_of(tmp_path) == "http://127.0.0.1:1"
    with pytest.raises(RuntimeError, match=r"127\.0\.0\.1:1"):
        make_authority(tmp_path, responder_url="http://127.0.0.1:2")


def test_an_unfinished_authority_is_made_anew(tmp_path: Path) -> None:
    make_authority(tmp_path, responder_url="http://127.0.0.1:1")
    (tmp_path / "authority.json").unlink()
    make_authority(tmp_path, responder_url="http://127.0.0.1:2")
    assert responder_url_of(tmp_path) == "http://127.0.0.1:2"
    assert len((tmp_path / "register.jsonl").read_text().splitlines()) == 3


def test_a_certificate_request_must_be_signed_by_its_key(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    make_authority(tmp_path, responder_url="http://127.0.0.1:1")
    good = _request(key)
    for bad in (b"", good[:-1] + bytes([good[-1] ^ 1])):
        with pytest.raises(CertificateUnreadable):
            issue_certificate(
                tmp_path, csr_der=bad, common_name="x", organization="y", title=None, kind=CertificateKind.SEAL
            )


def test_what_was_never_issued_cannot_be_revoked(tmp_path: Path) -> None:
    make_authority(tmp_path, responder_url="http://127.0.0.1:1")
    with pytest.raises(ValueError, match="4711"):
        revoke(tmp_path, serial=0x4711, reason=x509.ReasonFlags.superseded, at=datetime.now(UTC))


def _token_serial(answer: bytes) -> int:
    token = tsp.read_response(answer).token
    assert token is not None
    return tsp.read_token(token).serial_number


def test_the_process_ends_cleanly_starts_again_and_never_repeats_a_serial_number(tmp_path: Path) -> None:
    port = free_port()
    make_authority(tmp_path, responder_url=f"http://127.0.0.1:{port}")
    serials = set()
    for end in (signal.SIGTERM, signal.SIGINT):
        process = start(tmp_path, port=port)
        client = Demonstration(tmp_path, port).client()
        for _ in range(20):
            serials.add(
                _token_serial(
                    client.post(f"http://127.0.0.1:{port}/tsa", _QUERY, content_type="application/timestamp-query")
                )
            )
        os.kill(process.pid, end)
        assert process.wait(5) == 0
    assert len(serials) == 40


def test_a_taken_port_is_said_in_one_line(running: Demonstration) -> None:
    process = subprocess.run(
        [*_COMMAND, str(running.directory), "--port", str(running.port)], capture_output=True, check=False, cwd=PROJECT
    )
    assert process.returncode == 1
    assert process.stderr.decode().count("\n") == 1
    assert "in use" in process.stderr.decode()


def test_the_register_is_readable_lines(running: Demonstration, key: rsa.RSAPrivateKey) -> None:
    issued = _issue(running.directory, key)
    lines = (running.directory / "register.jsonl").read_text().splitlines()
    assert f"{issued.x509.serial_number:x}" in {json.loads(line)["serial"] for line in lines}
