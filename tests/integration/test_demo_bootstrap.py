"""The demonstration is set up on real tokens and a real database, once, however often it is asked for."""

from __future__ import annotations

import shutil
import stat
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from api.callers.secret_hashes import SecretHashes
from api.demo.bootstrap import Foundations, fill_register, lay_foundations
from api.demo.keys import responder_port
from api.demo.people import (
    AGENCY,
    CLERK,
    SEAL_CREDENTIAL,
    SERIES,
    SIGNATORY,
    SIGNATORY_CREDENTIAL,
    SUBMITTER,
    DemonstrationSecrets,
    secrets_file,
)
from certs.anchors import read_trust_directory
from hsm import provisioning
from hsm.pin import read_pin
from hsm.uri import Pkcs11Uri
from issuance.documents import Purpose
from issuance.ports import Role
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home with spaces")


@pytest.fixture(scope="module")
def foundations(home: Path) -> Foundations:
    return lay_foundations(home, at=NOW)


@dataclass(frozen=True)
class Filled:
    uow: PostgresUnitOfWork
    secrets: DemonstrationSecrets


@pytest.fixture(scope="module")
def filled(home: Path, foundations: Foundations, engine: Engine) -> Filled:
    uow = PostgresUnitOfWork(engine)
    return Filled(uow, fill_register(home, foundations, uow=uow, hashes=SecretHashes(), at=NOW))


def test_keys_are_rsa_3072_on_two_tokens(foundations: Foundations) -> None:
    assert foundations.signatory.token.token == "Ky So Signatory"
    assert foundations.seal.token.token == "Ky So Seal"
    for held in (foundations.signatory, foundations.seal):
        key = held.certificate.x509.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == 3072


def test_certificates_name_the_demonstrations_people(foundations: Foundations) -> None:
    assert foundations.signatory.certificate.common_name == "Nguyễn Văn Mẫu"
    assert foundations.seal.certificate.common_name == "Ủy ban nhân dân tỉnh Mẫu"
    for held in (foundations.signatory, foundations.seal):
        held.certificate.demand_fit_to_sign(at=NOW)
        issuer = x509.load_der_x509_certificate(held.certificate.chain[0])
        held.certificate.x509.verify_directly_issued_by(issuer)


def test_a_second_set_up_finds_everything_again(home: Path, foundations: Foundations) -> None:
    assert lay_foundations(home, at=NOW) == foundations


def test_settings_lead_the_signer_to_tokens_and_pins(foundations: Foundations) -> None:
    settings = foundations.settings()
    tokens = Pkcs11Uri.parse_all(settings["KYSO_PKCS11_MODULES"])
    assert [token.token for token in tokens] == ["Ky So Signatory", "Ky So Seal"]
    environment = {"SOFTHSM2_CONF": settings["SOFTHSM2_CONF"]}
    keys: dict[str, bytes | None] = {}
    for token, held in zip(tokens, (foundations.signatory, foundations.seal), strict=True):
        access = provisioning.TokenAccess(uri=token, pin=read_pin(token, {}), environment=environment)
        keys = {str(key.uri): key.certificate for key in provisioning.inventory(access).keys}
        assert keys[str(held.key)] == held.certificate.der
    # Beside the seal lies the key of verification reports, which stands for no agency.
    assert keys == {str(one.key): one.certificate.der for one in (foundations.seal, foundations.report)}
    assert settings["KYSO_REPORT_CREDENTIAL"] == str(foundations.report.key)


def test_settings_name_the_responders_that_the_certificates_name(foundations: Foundations) -> None:
    settings = foundations.settings()
    host = f"127.0.0.1:{foundations.port}"
    assert settings["KYSO_TSA_URLS"] == f"http://{host}/tsa"
    assert settings["KYSO_ONLINE_ALLOWED"] == host
    assert read_trust_directory(foundations.pki.trust).timestamping
    assert responder_port(foundations.pki.directory) == foundations.port


def test_certificates_are_replaced_when_the_authority_is_new(foundations: Foundations, tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = lay_foundations(home, at=NOW)
    shutil.rmtree(home / "pki")
    second = lay_foundations(home, at=NOW)
    assert second.seal.key == first.seal.key
    assert second.seal.certificate != first.seal.certificate
    later = lay_foundations(home, at=NOW + timedelta(days=3 * 365 - 10))
    assert later.seal.certificate != second.seal.certificate


def test_secrets_are_for_their_owner_only(home: Path, filled: Filled) -> None:
    for file in (secrets_file(home), *home.glob("secrets/*.pin")):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "secrets").stat().st_mode) == 0o700
    assert len(set(filled.secrets.accounts.values())) == 3
    assert not any(secret in repr(filled.secrets) for secret in filled.secrets.accounts.values())


def test_the_register_knows_agency_people_and_credentials(filled: Filled, foundations: Foundations) -> None:
    with filled.uow() as register:
        agency = register.agency(AGENCY)
        accounts = {name: register.account(name) for name in (SUBMITTER, SIGNATORY, CLERK)}
        signatory, seal = register.credential(SIGNATORY_CREDENTIAL), register.credential(SEAL_CREDENTIAL)
        years = [NOW.year, NOW.year + 1]
        series = [register.series(agency=AGENCY, name=SERIES, year=year) for year in years]
    assert agency is not None
    assert agency.seal_diameter == 36
    roles = {name: set(account.roles) for name, account in accounts.items() if account}
    assert roles == {SUBMITTER: {Role.SUBMITTER}, SIGNATORY: {Role.SIGNATORY}, CLERK: {Role.CLERK}}
    assert signatory is not None
    assert (signatory.purpose, signatory.holder) == (Purpose.SIGNATURE, SIGNATORY)
    assert seal is not None
    assert (seal.purpose, seal.holder) == (Purpose.SEAL, None)
    assert seal.certificate == foundations.seal.certificate
    assert [one.symbol if one else None for one in series] == ["TB-UBND", "TB-UBND"]


def test_only_hashes_of_the_secrets_are_stored(filled: Filled) -> None:
    hashes = SecretHashes()
    with filled.uow() as register:
        for account, secret in filled.secrets.accounts.items():
            assert hashes.matches(secret, hashed=register.account_secret_hash(account))
        assert hashes.matches(filled.secrets.activation, hashed=register.activation_hash(SIGNATORY_CREDENTIAL))
        assert register.activation_hash(SEAL_CREDENTIAL) == ""


def test_filling_again_changes_no_secret_and_no_hash(home: Path, filled: Filled, foundations: Foundations) -> None:
    with filled.uow() as register:
        before = register.account_secret_hash(CLERK), register.activation_hash(SIGNATORY_CREDENTIAL)
    again = fill_register(home, foundations, uow=filled.uow, hashes=SecretHashes(), at=NOW)
    with filled.uow() as register:
        after = register.account_secret_hash(CLERK), register.activation_hash(SIGNATORY_CREDENTIAL)
    assert (again, after) == (filled.secrets, before)


def test_two_set_ups_at_once_agree(home: Path, filled: Filled, foundations: Foundations) -> None:
    met: list[DemonstrationSecrets] = []

    def fill() -> None:
        met.append(fill_register(home, foundations, uow=filled.uow, hashes=SecretHashes(), at=NOW))

    threads = [threading.Thread(target=fill) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == [filled.secrets, filled.secrets]
