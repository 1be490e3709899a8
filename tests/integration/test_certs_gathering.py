"""Gathering revocation data over HTTP: from the demonstration authority, and from responders that a test plays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.anchors import TrustAnchors
from certs.certificate import SigningCertificate
from certs.demonstration import CertificateKind, issue_certificate, revoke
from certs.errors import CertificateUnfit, CertificateUnreadable, RevocationUnavailable, TimestampUnreadable
from certs.online import OnlineClient
from certs.revocation import EMPTY, RevocationGatherer, RevocationInfo
from certs.timestamps import HttpTimestamper, TimeStampToken
from tests.integration.certs_servers import Answer, Demonstration, Playable, demonstration, playing
from tests.unit.certs_pki import DAY, NOW, Member, OcspAnswer, Profile, authority, crl, make

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority")) as made:
        yield made


def _issue(running: Demonstration, name: str) -> SigningCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return issue_certificate(
        running.directory,
        csr_der=request.public_bytes(Encoding.DER),
        common_name=name,
        organization="CƠ QUAN MẪU",
        title=None,
        kind=CertificateKind.SIGNATURE,
    )


def test_everything_for_two_signers_and_a_timestamp_is_gathered(running: Demonstration) -> None:
    signers = (_issue(running, "Người Ký Mẫu"), _issue(running, "Con Dấu Mẫu"))
    client = running.client()
    token = HttpTimestamper((f"{running.url}/tsa",), client, running.anchors).stamp(hashlib.sha256(b"").digest())
    gatherer = RevocationGatherer(client, running.anchors)
    gathered = gatherer.gather(certificates=signers, tokens=(token, token), at=datetime.now(UTC))
    answers = [ocsp.load_der_ocsp_response(each) for each in gathered.ocsps]
    assert {each.serial_number for each in answers} == {each.x509.serial_number for each in signers}
    issuers = {x509.load_der_x509_crl(each).issuer.rfc4514_string().partition(",")[0] for each in gathered.crls}
    assert issuers == {"CN=CA gốc MẪU - Ký Số", "CN=CA gốc MẪU dấu thời gian - Ký Số"}
    names = {x509.load_der_x509_certificate(each).subject.rfc4514_string() for each in gathered.certificates}
    assert any("OCSP MẪU" in name for name in names)
    assert any("TSA MẪU" in name for name in names)
    assert not any("CA gốc" in name for name in names)
    assert len(gathered.certificates) == len(set(gathered.certificates)) == 5


def test_a_revoked_signer_is_unfit_at_once_for_who_asks_anew(running: Demonstration) -> None:
    signer = _issue(running, "Người Ký Mẫu")
    now = datetime.now(UTC)
    RevocationGatherer(running.client(), running.anchors).gather(certificates=(signer,), tokens=(), at=now)
    reason = x509.ReasonFlags.affiliation_changed
    revoke(running.directory, serial=signer.x509.serial_number, reason=reason, at=now.replace(microsecond=0))
    with pytest.raises(CertificateUnfit, match=r"revoked on .* \(affiliationChanged\)") as caught:
        RevocationGatherer(running.client(), running.anchors).gather(certificates=(signer,), tokens=(), at=now)
    assert not caught.value.transient


@dataclass
class World:
    """A root, an issuing CA and a signer whose addresses lead to a playable server."""

    server: Playable
    answers: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = authority("Root")
        self.ca = authority("CA", self.root, crl_url=f"{self.server.url}/root.crl")
        url = self.server.url
        self.signer = make(Profile(name="Signer", ocsp_url=f"{url}/ocsp", crl_url=f"{url}/ca.crl"), self.ca)
        self.answers |= {
            "/root.crl": crl(self.root),
            "/ca.crl": crl(self.ca),
            "/ocsp": OcspAnswer(self.signer, self.ca).der(),
        }
        self.server.play = lambda path, _: Answer(self.answers[path]) if path in self.answers else Answer(status=404)
        self.gatherer = RevocationGatherer(
            OnlineClient(frozenset({self.server.authority})),
            TrustAnchors(signing=(self.root.der,), timestamping=()),
        )

    def gather(self, signer: Member | None = None, *, at: datetime = NOW) -> RevocationInfo:
        chain = SigningCertificate((signer or self.signer).der, (self.ca.der,))
        return self.gatherer.gather(certificates=(chain,), tokens=(), at=at)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, *_ in self.server.asked]


@pytest.fixture
def world() -> Iterator[World]:
    with playing(lambda *_: Answer()) as server:
        yield World(server)


def test_ocsp_is_asked_first(world: World) -> None:
    gathered = world.gather()
    assert gathered.ocsps == (world.answers["/ocsp"],)
    assert gathered.crls == (world.answers["/root.crl"],)
    assert gathered.certificates == (world.signer.der, world.ca.der)
    assert world.paths == ["/ocsp", "/root.crl"]


def test_the_crl_serves_where_ocsp_does_not(world: World) -> None:
    for useless in (None, b"", OcspAnswer(world.ca, world.root).der()):
        world.answers.pop("/ocsp", None)
        if useless is not None:
            world.answers["/ocsp"] = useless
        gathered = world.gather()
        assert gathered.ocsps == ()
        assert gathered.crls == (world.answers["/ca.crl"], world.answers["/root.crl"])


def test_nothing_usable_is_unavailable_and_says_why(world: World) -> None:
    del world.answers["/ocsp"]
    world.answers["/ca.crl"] = crl(world.root)
    with pytest.raises(RevocationUnavailable, match=r"404.*not of the issuer") as caught:
        world.gather()
    assert caught.value.transient


def test_revoked_in_the_crl_is_revoked(world: World) -> None:
    del world.answers["/ocsp"]
    world.answers["/ca.crl"] = crl(world.ca, world.signer)
    with pytest.raises(CertificateUnfit, match="revoked on 2026-03-02T07:00:00Z"):
        world.gather()


def test_a_good_crl_does_not_help_against_a_revoking_ocsp_responder(world: World) -> None:
    world.answers["/ocsp"] = OcspAnswer(
        world.signer, world.ca, status=ocsp.OCSPCertStatus.REVOKED, revoked_at=NOW - DAY
    ).der()
    with pytest.raises(CertificateUnfit, match="revoked"):
        world.gather()
    assert "/ca.crl" not in world.paths


def test_a_revoked_ca_makes_its_signers_unfit(world: World) -> None:
    world.answers["/root.crl"] = crl(world.root, world.ca)
    with pytest.raises(CertificateUnfit, match="revoked") as caught:
        world.gather()
    assert "CN=CA" in caught.value.subject


def test_without_a_trusted_path_nobody_is_asked(world: World) -> None:
    stranger = make(Profile(name="Stranger"), authority("CA"))
    with pytest.raises(CertificateUnfit, match="no trusted path"):
        world.gather(stranger)
    with pytest.raises(CertificateUnfit, match="no trusted path"):
        world.gather(at=NOW + 400 * DAY)
    assert world.server.asked == []


def test_answers_are_kept_until_their_next_update(world: World) -> None:
    world.gather()
    world.gather(at=NOW + DAY - timedelta(seconds=1))
    assert world.paths == ["/ocsp", "/root.crl"]
    for name, der in (
        ("/ocsp", OcspAnswer(world.signer, world.ca, next_update=NOW + 3 * DAY).der()),
        ("/root.crl", crl(world.root, next_update=NOW + 3 * DAY)),
    ):
        world.answers[name] = der
    assert world.gather(at=NOW + 2 * DAY).ocsps == (world.answers["/ocsp"],)
    assert world.paths == ["/ocsp", "/root.crl"] * 2


def test_another_signer_is_asked_about_by_itself(world: World) -> None:
    world.gather()
    other = make(Profile(name="Other", ocsp_url=f"{world.server.url}/other"), world.ca)
    world.answers["/other"] = OcspAnswer(other, world.ca).der()
    world.gather(other)
    assert world.paths == ["/ocsp", "/root.crl", "/other"]


def test_a_useless_answer_is_not_kept(world: World) -> None:
    good = world.answers["/ocsp"]
    world.answers["/ocsp"] = b""
    assert world.gather().ocsps == ()
    world.answers["/ocsp"] = good
    assert world.gather().ocsps == (good,)


def test_a_delegate_without_nocheck_is_checked_by_the_crl(world: World) -> None:
    purposes = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    delegate = make(Profile(name="OCSP", purposes=purposes, crl_url=f"{world.server.url}/ca.crl"), world.ca)
    answer = OcspAnswer(world.signer, world.ca, signer=delegate, certificates=(delegate,))
    world.answers["/ocsp"] = answer.der()
    gathered = world.gather()
    assert gathered.certificates == (world.signer.der, world.ca.der, delegate.der)
    assert world.answers["/ca.crl"] in gathered.crls
    nocheck = make(Profile(name="OCSP", purposes=purposes, nocheck=True), world.ca)
    world.answers["/ocsp"] = replace(answer, signer=nocheck, certificates=(nocheck,)).der()
    world.gatherer = RevocationGatherer(
        OnlineClient(frozenset({world.server.authority})),
        TrustAnchors(signing=(world.root.der,), timestamping=()),
    )
    assert world.answers["/ca.crl"] not in world.gather().crls


def test_a_revoked_delegate_does_not_count(world: World) -> None:
    purposes = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    delegate = make(Profile(name="OCSP", purposes=purposes, crl_url=f"{world.server.url}/ca.crl"), world.ca)
    world.answers["/ocsp"] = OcspAnswer(world.signer, world.ca, signer=delegate, certificates=(delegate,)).der()
    world.answers["/ca.crl"] = crl(world.ca, delegate)
    gathered = world.gather()
    assert gathered.ocsps == ()
    assert world.answers["/ca.crl"] in gathered.crls


def test_an_address_inside_the_own_network_is_not_asked(world: World) -> None:
    signer = make(Profile(name="Signer", ocsp_url="http://169.254.169.254/", crl_url="ldap://x/"), world.ca)
    with pytest.raises(RevocationUnavailable, match="refused to connect"):
        world.gather(signer)


def test_a_certificate_without_addresses_says_so(world: World) -> None:
    with pytest.raises(RevocationUnavailable, match="names no OCSP responder and no CRL"):
        world.gather(make(Profile(name="Signer"), world.ca))


def test_unreadable_bytes_are_our_errors(world: World) -> None:
    with pytest.raises(CertificateUnreadable):
        world.gatherer.gather(certificates=(SigningCertificate(b"\x30\x00"),), tokens=(), at=NOW)
    with pytest.raises(TimestampUnreadable):
        world.gatherer.gather(certificates=(), tokens=(TimeStampToken(b"\x30\x00"),), at=NOW)


def test_merging_keeps_each_thing_once_and_in_order() -> None:
    one = RevocationInfo(certificates=(b"a", b"b"), ocsps=(b"o",))
    two = RevocationInfo(certificates=(b"b", b"c"), ocsps=(b"o",), crls=(b"l",))
    assert one.merged_with(two) == RevocationInfo(certificates=(b"a", b"b", b"c"), ocsps=(b"o",), crls=(b"l",))
    assert EMPTY.merged_with(one) == one.merged_with(EMPTY) == one
