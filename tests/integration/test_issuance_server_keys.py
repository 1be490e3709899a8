"""Keys of the HSM on file: for whom, under which name, and what the audit log says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from certs.errors import CertificateUnfit
from issuance.documents import Purpose
from issuance.errors import CredentialExists, UnknownName
from issuance.server_keys import HeldKey, Owner, Registration, Takeover, register_key
from tests.integration.certs_servers import demonstration
from tests.small_agency import AGENCY, SmallAgency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuance.ports import Credential
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop

SEAL = Owner(Purpose.SEAL, AGENCY)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    return SmallAgency(authority, workshop)


def held(credential: Credential) -> HeldKey:
    return HeldKey("pkcs11:object=k", credential.certificate, SignatureAlgorithm.RSA_SHA256)


def put(agency: SmallAgency, registration: Registration) -> Credential:
    return register_key(
        registration, uow=agency.register, clock=agency.clock, operator="quản trị", anchors=agency.anchors
    )


def test_a_key_is_on_file_once_and_the_audit_log_says_so(agency: SmallAgency) -> None:
    registration = Registration("dau", SEAL, held(agency.seal))
    first = put(agency, registration)
    assert (first.agency, first.holder, first.key) == (AGENCY, None, "pkcs11:object=k")
    assert put(agency, registration) == first
    (event,) = (one for one in agency.register.audit if one.action == "credential.registered")
    assert (event.actor, event.facts["credential"], event.facts["owner"]) == ("quản trị", "dau", AGENCY)
    assert event.facts["certificate_sha256"] == agency.seal.certificate.sha256


def test_a_rollover_keeps_the_code_and_says_what_it_followed(agency: SmallAgency) -> None:
    owner = Owner(Purpose.SIGNATURE, agency.signatory.id)
    put(agency, Registration("ky", owner, held(agency.signature), activation_hash="of the code"))
    following = Registration("ky", owner, held(agency.seal))
    with pytest.raises(CredentialExists):
        put(agency, following)
    put(agency, replace(following, takeover=Takeover.BY_ROLLOVER))
    with agency.register() as register:
        assert register.activation_hash("ky") == "of the code"
    event = agency.register.audit[-1]
    assert event.facts["replaced_sha256"] == agency.signature.certificate.sha256


def test_nobody_takes_over_anothers_credential(agency: SmallAgency) -> None:
    put(agency, Registration("dau", SEAL, held(agency.seal)))
    official = Owner(Purpose.SIGNATURE, agency.signatory.id)
    with pytest.raises(CredentialExists):
        put(agency, Registration("dau", official, held(agency.signature), takeover=Takeover.BY_ROLLOVER))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_only_who_is_there_has_a_key(agency: SmallAgency, purpose: Purpose) -> None:
    with pytest.raises(UnknownName):
        put(agency, Registration("x", Owner(purpose, "nobody"), held(agency.seal)))
    if purpose is Purpose.SIGNATURE:
        with pytest.raises(UnknownName):
            put(agency, Registration("x", Owner(purpose, agency.clerk.id), held(agency.seal)))


def test_a_certificate_without_a_trusted_path_is_refused(agency: SmallAgency) -> None:
    alone = SigningCertificate(der=agency.seal.certificate.der, chain=())
    with pytest.raises(CertificateUnfit):
        put(agency, Registration("x", SEAL, replace(held(agency.seal), certificate=alone)))
