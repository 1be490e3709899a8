"""Revocation data for a stranger's chains: bad news counts, limits hold, and kept answers need no network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.x509 import ocsp

from certs.anchors import TrustAnchors
from certs.certificate import SigningCertificate
from certs.errors import CertificateUnfit
from certs.kept_answers import AnswersInMemory
from certs.online import OnlineClient
from certs.revocation import EMPTY, RevocationGatherer, RevocationInfo
from certs.revocation_search import Chains, RevocationSearch, SearchLimits
from storage.revocation_answers import RevocationAnswers
from tests.integration.certs_servers import Answer, Playable, playing
from tests.unit.certs_pki import DAY, NOW, Member, OcspAnswer, Profile, authority, crl, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@dataclass
class Stranger:
    """A root, a CA and a signer of whose file somebody wants to know."""

    server: Playable
    answers: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        url = self.server.url
        self.root = authority("Root")
        self.ca = authority("CA", self.root, crl_url=f"{url}/root.crl")
        self.signer = make(Profile(name="Signer", ocsp_url=f"{url}/ocsp", crl_url=f"{url}/ca.crl"), self.ca)
        self.answers |= {
            "/root.crl": crl(self.root),
            "/ca.crl": crl(self.ca),
            "/ocsp": OcspAnswer(self.signer, self.ca).der(),
        }
        self.server.play = lambda path, _: Answer(self.answers[path]) if path in self.answers else Answer(status=404)
        self.anchors = TrustAnchors(signing=(self.root.der,), timestamping=())
        self.client = OnlineClient(frozenset({self.server.authority}))
        self.kept = AnswersInMemory()

    def chain(self, signer: Member | None = None) -> SigningCertificate:
        return SigningCertificate((signer or self.signer).der, (self.ca.der,))

    def look(self, *chains: SigningCertificate, limits: SearchLimits | None = None) -> RevocationInfo:
        search = RevocationSearch(self.client, self.anchors, self.kept, limits)
        return search.search(Chains(signing=chains or (self.chain(),)), at=NOW)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, *_ in self.server.asked]


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with playing(lambda *_: Answer()) as server:
        yield Stranger(server)


def test_good_news_and_what_completes_the_chain_are_found(stranger: Stranger) -> None:
    found = stranger.look()
    assert found.ocsps == (stranger.answers["/ocsp"],)
    assert found.crls == (stranger.answers["/root.crl"],)
    assert stranger.ca.der in found.certificates


def test_bad_news_is_found_where_gathering_would_refuse(stranger: Stranger) -> None:
    revoked = OcspAnswer(stranger.signer, stranger.ca, status=ocsp.OCSPCertStatus.REVOKED, revoked_at=NOW - DAY).der()
    stranger.answers["/ocsp"] = revoked
    gatherer = RevocationGatherer(stranger.client, stranger.anchors)
    with pytest.raises(CertificateUnfit):
        gatherer.gather(certificates=(stranger.chain(),), tokens=(), at=NOW)
    assert stranger.look().ocsps == (revoked,)


def test_a_chain_that_reaches_no_anchor_costs_no_request(stranger: Stranger) -> None:
    unknown = authority("Unknown")
    url = stranger.server.url
    signer = make(Profile(name="Signer", ocsp_url=f"{url}/ocsp", crl_url=f"{url}/ca.crl"), unknown)
    found = stranger.look(SigningCertificate(signer.der, (unknown.der,)), SigningCertificate(b"no certificate"))
    assert found == EMPTY
    assert stranger.server.connections == 0


def test_a_stored_issuer_completes_a_chain_of_which_only_the_leaf_is_there(stranger: Stranger) -> None:
    search = RevocationSearch(stranger.client, stranger.anchors, stranger.kept)
    alone = Chains(signing=(SigningCertificate(stranger.signer.der),))
    assert search.search(alone, at=NOW) == EMPTY
    assert search.search(alone, stored=(stranger.ca.der,), at=NOW) == stranger.look()


def test_a_file_with_many_signers_costs_twenty_requests_at_most(stranger: Stranger) -> None:
    url = stranger.server.url
    crowd = [
        make(Profile(name=f"Signer {n}", ocsp_url=f"{url}/{n}/ocsp", crl_url=f"{url}/{n}/crl"), stranger.ca)
        for n in range(15)
    ]
    stranger.look(*(stranger.chain(each) for each in crowd))
    assert len(stranger.server.asked) == 20


def test_redirects_count_as_requests(stranger: Stranger) -> None:
    stranger.server.play = lambda path, _: Answer(status=307, headers=(("Location", path), ("Content-Length", "0")))
    stranger.look(limits=SearchLimits(requests=5))
    assert len(stranger.server.asked) == 5


def test_nothing_is_asked_once_the_time_is_over(stranger: Stranger) -> None:
    assert stranger.look(limits=SearchLimits(within=timedelta(0))).ocsps == ()
    assert stranger.server.connections == 0


def test_without_a_network_kept_answers_of_another_process_serve(stranger: Stranger, engine: Engine) -> None:
    stranger.kept = AnswersInMemory(RevocationAnswers(engine))
    found = stranger.look()
    asked = len(stranger.server.asked)
    stranger.answers.clear()
    stranger.kept = AnswersInMemory(RevocationAnswers(engine))  # another process has a memory of its own
    assert stranger.look() == found
    assert len(stranger.server.asked) == asked


def test_a_kept_answer_that_was_tampered_with_is_not_believed(stranger: Stranger, engine: Engine) -> None:
    stranger.kept = AnswersInMemory(RevocationAnswers(engine))
    stranger.look()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revocation_answers SET answer = set_byte(answer, length(answer) - 1, 0)")
        connection.exec_driver_sql("UPDATE revocation_answers SET answer = set_byte(answer, length(answer) - 9, 7)")
    stranger.answers.clear()
    stranger.kept = AnswersInMemory(RevocationAnswers(engine))
    found = stranger.look()
    assert (found.ocsps, found.crls) == ((), ())


def test_who_looks_ahead_renews_what_will_end_soon(stranger: Stranger) -> None:
    stranger.answers["/ocsp"] = OcspAnswer(stranger.signer, stranger.ca, next_update=NOW + timedelta(hours=1)).der()
    chain = replace(stranger.chain())
    for ahead, paths in (
        (timedelta(0), ["/ocsp", "/root.crl"]),
        (timedelta(0), ["/ocsp", "/root.crl"]),
        (timedelta(hours=2), ["/ocsp", "/root.crl", "/ocsp"]),
    ):
        gatherer = RevocationGatherer(stranger.client, stranger.anchors, stranger.kept, ahead=ahead)
        gatherer.gather(certificates=(chain,), tokens=(), at=NOW)
        assert stranger.paths == paths
