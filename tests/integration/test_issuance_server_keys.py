"""Keys of the HSM on file: for whom, under which name, and what the audit log says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from certs.errors import CertificateUnfit
from issuance.documents import DocumentState, Purpose
from issuance.errors import CredentialExists, UnknownName
from issuance.own_tokens import withdraw
from issuance.server_keys import HeldKey, Owner, Registration, register_key
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


def test_a_name_stands_for_one_key_and_one_owner(agency: SmallAgency) -> None:
    put(agency, Registration("dau", SEAL, held(agency.seal)))
    official = Owner(Purpose.SIGNATURE, agency.signatory.id)
    for other in (Registration("dau", SEAL, held(agency.signature)), Registration("dau", official, held(agency.seal))):
        with pytest.raises(CredentialExists):
            put(agency, other)


def test_what_a_withdrawn_credential_signed_is_issued_all_the_same(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    assert agency.advance(document).state is DocumentState.SIGNED
    withdraw(uow=agency.register, clock=agency.clock, operator="quản trị", name=agency.signature.name)
    agency.ask_for_issue(document)
    assert agency.advance(document).state is DocumentState.ISSUED


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
