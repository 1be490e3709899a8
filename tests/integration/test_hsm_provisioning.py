"""Tokens, keys, signing requests and certificates, made on a real SoftHSM and looked at by another program."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from hsm.errors import (
    CertificateMismatch,
    DeviceFailed,
    KeyAbsent,
    KeyExists,
    PinRefused,
    TokenAbsent,
    TokenExists,
    UriInvalid,
)
from hsm.inventory import KeyKind
from hsm.provisioning import (
    certificate_signing_request,
    generate_key,
    generate_rsa_key,
    import_certificate,
    initialise_softhsm_token,
    inventory,
    tokens,
)
from tests.softhsm import PIN, SO_PIN, SOFTHSM, WRONG_PIN, certificate_for, new_token

if TYPE_CHECKING:
    from pathlib import Path

    from hsm.provisioning import TokenAccess

SUBJECT = x509.Name(
    [
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Sở Thử nghiệm"),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "Nguyễn Văn Thử"),
    ]
)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> TokenAccess:
    return new_token(tmp_path_factory.mktemp("hsm"), "Ký số thử")


def test_a_new_token_is_there_with_label_and_serial(tmp_path: Path) -> None:
    first = new_token(tmp_path, "Một")
    second = new_token(tmp_path, "Hai")
    found = tokens(SOFTHSM, first.environment)
    assert {t.label: t.serial for t in found} == {"Một": first.uri.serial, "Hai": second.uri.serial}
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o700


def test_a_token_is_not_made_twice(tmp_path: Path) -> None:
    new_token(tmp_path, "Một")
    with pytest.raises(TokenExists):
        initialise_softhsm_token(directory=tmp_path, label="Một", so_pin=SO_PIN, pin=PIN)


def test_a_label_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UriInvalid, match="32 bytes"):
        initialise_softhsm_token(directory=tmp_path, label="Ủy ban nhân dân tỉnh Thử 2", so_pin=SO_PIN, pin=PIN)


@pytest.mark.parametrize("kind", list(KeyKind), ids=lambda kind: kind.value)
def test_a_key_is_made_on_the_token_and_signs_its_own_request(token: TokenAccess, kind: KeyKind) -> None:
    key = generate_key(token, kind=kind, label=f"csr {kind.value}")
    request = x509.load_der_x509_csr(certificate_signing_request(token, label=f"csr {kind.value}", subject=SUBJECT))
    assert request.is_signature_valid
    assert request.subject == SUBJECT
    spki = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki == key.public_key


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_an_rsa_key_has_the_length_asked_for_and_the_usual_exponent(token: TokenAccess, bits: int) -> None:
    public = load_der_public_key(generate_rsa_key(token, label=f"rsa {bits}", bits=bits).public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    assert (public.key_size, public.public_numbers().e) == (bits, 65537)


def test_another_length_is_refused(token: TokenAccess) -> None:
    with pytest.raises(ValueError, match="RSA-1024"):
        generate_rsa_key(token, label="weak", bits=1024)


def test_another_program_sees_that_the_key_is_locked_in(token: TokenAccess) -> None:
    generate_rsa_key(token, label="locked in", bits=2048)
    listing = pkcs11_tool(token, "--list-objects", "--type", "privkey")
    (entry,) = [part for part in listing.split("Private Key Object") if "label:      locked in\n" in part]
    assert "Usage:      sign\n" in entry
    assert "Access:     sensitive, always sensitive, never extractable, local\n" in entry


def test_a_label_is_not_given_twice(token: TokenAccess) -> None:
    generate_key(token, kind=KeyKind.P_256, label="once")
    with pytest.raises(KeyExists):
        generate_key(token, kind=KeyKind.P_256, label="once")


def test_a_certificate_is_stored_with_its_key_and_the_newest_is_shown(token: TokenAccess) -> None:
    key = generate_key(token, kind=KeyKind.P_256, label="certified")
    newer = certificate_for(key.public_key, name="mới", valid_from=datetime(2026, 6, 1, tzinfo=UTC))
    older = certificate_for(key.public_key, name="cũ", valid_from=datetime(2025, 6, 1, tzinfo=UTC))
    assert key.certificate is None
    assert import_certificate(token, label="certified", certificate=older).certificate == older
    assert import_certificate(token, label="certified", certificate=newer).certificate == newer
    assert import_certificate(token, label="certified", certificate=older).certificate == newer
    listed = pkcs11_tool(token, "--list-objects", "--type", "cert")
    assert listed.count("label:      certified\n") == 2


def test_a_certificate_of_another_key_is_refused(token: TokenAccess) -> None:
    mine = generate_key(token, kind=KeyKind.P_256, label="mine")
    other = generate_key(token, kind=KeyKind.P_256, label="other")
    with pytest.raises(CertificateMismatch):
        import_certificate(token, label="mine", certificate=certificate_for(other.public_key, name="x"))
    with pytest.raises(CertificateMismatch):
        import_certificate(token, label="mine", certificate=b"no certificate")
    (unchanged,) = [key for key in inventory(token).keys if key.uri == mine.uri]
    assert unchanged.certificate is None


def test_a_key_that_is_not_there_has_no_request(token: TokenAccess) -> None:
    with pytest.raises(KeyAbsent):
        certificate_signing_request(token, label="nobody", subject=SUBJECT)


def test_the_inventory_names_every_key_so_that_it_is_found_again(token: TokenAccess) -> None:
    generate_key(token, kind=KeyKind.P_384, label="Khóa ký; số 1 & ?")
    held = inventory(token)
    assert held.identity is not None
    assert held.identity.serial == token.uri.serial
    assert "Khóa ký; số 1 & ?" in [key.uri.object for key in held.keys]
    assert all(key.uri.names_token(held.identity) and key.uri.id for key in held.keys)


def test_a_wrong_pin_is_refused_after_one_attempt_and_no_message_shows_it(tmp_path: Path) -> None:
    token = new_token(tmp_path, "Một")
    with pytest.raises(PinRefused) as caught:
        generate_key(replace(token, pin=WRONG_PIN), kind=KeyKind.P_256, label="x")
    assert WRONG_PIN.secret not in repr((caught.value, caught.value.__cause__, token, WRONG_PIN))
    generate_key(token, kind=KeyKind.P_256, label="x")


def test_an_absent_token_and_an_absent_module_are_told_apart_from_failures(tmp_path: Path) -> None:
    token = new_token(tmp_path, "Một")
    with pytest.raises(TokenAbsent, match="no slot holds it"):
        inventory(replace(token, uri=replace(token.uri, token="Hai")))
    with pytest.raises(TokenAbsent, match="no PKCS#11 module"):
        inventory(replace(token, uri=replace(token.uri, module_path=tmp_path / "none.so")))
    with pytest.raises(DeviceFailed):
        inventory(replace(token, environment={"SOFTHSM2_CONF": str(tmp_path / "none.conf")}))


def test_the_calling_process_never_loads_the_module(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hsm.pin import Pin; from hsm import provisioning as p\n"
        "pin = Pin('1234567')\n"
        "a = p.initialise_softhsm_token(directory=Path(sys.argv[1]), label='x', so_pin=pin, pin=pin)\n"
        "p.generate_rsa_key(a, label='k', bits=2048)\n"
        "assert 'pkcs11' not in sys.modules and 'softhsm' not in Path('/proc/self/maps').read_text()\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)


def pkcs11_tool(token: TokenAccess, *arguments: str) -> str:
    """What OpenSC's tool, logged in, says about the token."""
    command = ["pkcs11-tool", "--module", str(SOFTHSM), "--token-label", str(token.uri.token), "--login"]
    environment = {**os.environ, **token.environment, "LC_ALL": "C.UTF-8"}
    answer = subprocess.run(
        [*command, "--pin", token.pin.secret, *arguments], env=environment, check=True, capture_output=True, text=True
    )
    return answer.stdout
