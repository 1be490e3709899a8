"""Anchors of a trusted list count in their time: at the best signature time, and for a token at the time it gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs.anchors import TrustAnchors
from certs.trusted_list import GRANTED, WITHDRAWN, ListedService, Standing, with_lists
from certs.trusted_list_reader import read_trusted_list
from tests.list_material import ListMaker
from tests.unit.certs_pki import Profile, make
from tests.vectors import paper
from tests.vectors.chamber import SIGNATORY, SIGNED_AT, Base, Chamber
from verification.report import Indication, SubIndication, ValidationReport
from verification.sandbox import Sandbox
from verification.validate import validate
from verification.workshop import Workshop

if TYPE_CHECKING:
    from certs.revocation import RevocationInfo

LONG_AGO = datetime(2012, 1, 1, tzinfo=UTC)
ISSUED_AT = SIGNED_AT + timedelta(days=20)
CHECKED_AT = SIGNED_AT + timedelta(days=30)
DAY = timedelta(days=1)
CA_QC, QTST = (f"http://uri.etsi.org/TrstSvc/Svctype/{kind}" for kind in ("CA/QC", "TSA/QTST"))
MAKER = ListMaker(make(Profile("List signer", not_before=LONG_AGO)))


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


def standing(kind: str, *, withdrawn: datetime | None = None) -> tuple[Standing, ...]:
    granted = Standing(kind, GRANTED, LONG_AGO)
    return (granted,) if withdrawn is None else (granted, Standing(kind, WITHDRAWN, withdrawn))


def listed(
    ca: bytes, tsa: bytes, *, ca_withdrawn: datetime | None = None, tsa_withdrawn: datetime | None = None,
    life: timedelta = 90 * DAY,
) -> TrustAnchors:  # fmt: skip
    """What a list with these two services makes of nothing."""
    services = (
        ListedService("Provider", "CA", (ca,), standing(CA_QC, withdrawn=ca_withdrawn)),
        ListedService("Provider", "TSA", (tsa,), standing(QTST, withdrawn=tsa_withdrawn)),
    )
    xml = MAKER.write(services, issued_at=ISSUED_AT, life=life)
    return with_lists(TrustAnchors((), ()), [read_trusted_list(xml, name="test", pins=MAKER.pins)])


def known(chamber: Chamber) -> RevocationInfo:
    return chamber.crls(at=CHECKED_AT)


def judged(chamber: Chamber, pdf: bytes, anchors: TrustAnchors) -> ValidationReport:
    return validate(pdf, anchors=anchors, known=known(chamber), at=CHECKED_AT)


def root(chamber: Chamber) -> bytes:
    return chamber.anchors.signing[0]


def not_stamped(chamber: Chamber) -> bytes:
    return chamber.sign(paper.draft(), SIGNATORY)


def test_a_signature_under_a_listed_authority_passes(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber))
    assert judged(chamber, chamber.honest(Base.APPROVED), anchors).indication is Indication.TOTAL_PASSED
    assert judged(chamber, not_stamped(chamber), anchors).indication is Indication.TOTAL_PASSED


def test_the_issuing_authority_may_be_listed_without_its_root(chamber: Chamber) -> None:
    anchors = listed(chamber.certificate("interm").dump(), chamber.certificate("tsa").dump())
    assert judged(chamber, chamber.honest(Base.APPROVED), anchors).indication is Indication.TOTAL_PASSED


def test_what_was_withdrawn_later_still_counts_for_what_is_proven_older(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), ca_withdrawn=SIGNED_AT + DAY, tsa_withdrawn=SIGNED_AT + DAY)
    assert judged(chamber, chamber.honest(Base.APPROVED), anchors).indication is Indication.TOTAL_PASSED


def test_without_proof_of_an_earlier_time_a_withdrawn_authority_does_not_count(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), ca_withdrawn=SIGNED_AT + DAY)
    report = judged(chamber, not_stamped(chamber), anchors)
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE,
    )
    assert "không còn được tin cậy" in report.reason.vi
    assert report.signatures[0].intact
    assert report.signatures[0].valid


def test_an_authority_withdrawn_before_the_signature_does_not_count(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), ca_withdrawn=SIGNED_AT - DAY)
    report = judged(chamber, chamber.honest(Base.APPROVED), anchors)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE


def test_a_token_of_an_authority_withdrawn_before_proves_nothing(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), tsa_withdrawn=SIGNED_AT - DAY)
    report = judged(chamber, chamber.honest(Base.APPROVED), anchors)
    assert report.indication is Indication.INDETERMINATE
    assert report.signatures[0].best_signature_time is None
    assert report.signatures[0].timestamps[0].verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE


def test_a_list_that_is_over_still_speaks_of_its_time(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), life=5 * DAY)
    assert judged(chamber, chamber.honest(Base.APPROVED), anchors).indication is Indication.TOTAL_PASSED
    report = judged(chamber, not_stamped(chamber), anchors)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE


def test_a_stranger_is_still_a_stranger(chamber: Chamber) -> None:
    fallen = chamber.certificate("tsa").dump()
    anchors = listed(fallen, fallen, ca_withdrawn=SIGNED_AT - DAY)
    report = judged(chamber, not_stamped(chamber), anchors)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_damage_is_found_whoever_is_trusted(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), ca_withdrawn=SIGNED_AT - DAY)
    pdf = chamber.honest(Base.APPROVED).replace(b"(Sample notice", b"(Simple notice", 1)
    assert judged(chamber, pdf, anchors).sub_indication is SubIndication.HASH_FAILURE


def test_the_sandbox_is_told_of_the_periods(chamber: Chamber) -> None:
    anchors = listed(root(chamber), root(chamber), ca_withdrawn=SIGNED_AT + DAY)
    with Workshop(Sandbox()) as workshop:
        report = workshop.validate(not_stamped(chamber), anchors=anchors, known=known(chamber), at=CHECKED_AT)
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE
