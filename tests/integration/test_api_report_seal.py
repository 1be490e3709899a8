"""The service's signature on a printed report: there when it can be, and nobody waits for it when it cannot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from api.commands.keys import ChosenKey
from api.verification_pdf.pdf_form import Carries, pdf_of, signed_pdf_of
from api.verification_pdf.seal import ReportSeal, SealLimits
from certs.algorithms import SignatureAlgorithm
from certs.revocation import EMPTY
from certs.timestamps import HttpTimestamper
from hsm.errors import SignerUnavailable
from tests.integration.certs_servers import Demonstration, demonstration
from tests.material import blank_pdf
from tests.small_agency import SmallAgency
from verification.report import Indication, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from issuance.outside import SigningMeans
    from verification.report import ValidationReport
    from verification.workshop import Workshop


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture(scope="module")
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    return SmallAgency(authority, workshop)


@pytest.fixture(scope="module")
def report(agency: SmallAgency) -> ValidationReport:
    """On a file without any signature."""
    now = agency.clock.now()
    return agency.workshop.validate(blank_pdf(), anchors=agency.anchors, known=EMPTY, at=now)


@dataclass
class Chooser:
    """Says which key it is, or that the signer is away; counts how often it was asked."""

    agency: SmallAgency
    away: bool = False
    asked: int = field(default=0, init=False)

    def __call__(self, at: datetime) -> ChosenKey:  # noqa: ARG002 - as it is called
        self.asked += 1
        if self.away:
            raise SignerUnavailable(socket="/run/kyso/signer.sock", reason="nothing listens there")
        seal = self.agency.seal
        return ChosenKey(key_of(self.agency), seal.certificate, (SignatureAlgorithm.RSA_SHA256,))


@dataclass
class Seconds:
    """A clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def key_of(agency: SmallAgency) -> str:
    assert agency.seal.key is not None
    return agency.seal.key


def letters(pdf: bytes) -> str:
    return " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


def without_time(agency: SmallAgency) -> SigningMeans:
    outside = agency.outside()
    return replace(outside, timestamper=HttpTimestamper((), None, agency.anchors))  # type: ignore[arg-type]


def test_a_report_is_signed_and_passes_offline(agency: SmallAgency, report: ValidationReport) -> None:
    page = signed_pdf_of(report, ReportSeal(Chooser(agency), agency.outside()))
    assert "mang chữ ký số của dịch vụ kiểm tra" in letters(page)
    judged = agency.workshop.validate(page, anchors=agency.anchors, known=EMPTY, at=agency.clock.now())
    assert (judged.indication, judged.signatures[0].level) == (Indication.TOTAL_PASSED, Level.B_LT)
    assert judged.warnings == ()


def test_without_a_timestamp_it_is_signed_all_the_same_and_the_key_is_used_once(
    agency: SmallAgency, report: ValidationReport
) -> None:
    before = agency.device.used.get(key_of(agency), 0)
    page = ReportSeal(Chooser(agency), without_time(agency)).signed(pdf_of(report, Carries.SIGNATURE))
    assert page is not None
    assert agency.device.used[key_of(agency)] == before + 1
    judged = agency.workshop.validate(page, anchors=agency.anchors, known=EMPTY, at=agency.clock.now())
    assert (judged.signatures[0].level, judged.signatures[0].valid) == (Level.B_B, True)


def test_without_the_signer_the_page_says_that_it_carries_none(agency: SmallAgency, report: ValidationReport) -> None:
    page = signed_pdf_of(report, ReportSeal(Chooser(agency, away=True), agency.outside()))
    assert "Bản này không mang chữ ký số" in letters(page)
    assert page == pdf_of(report, Carries.NO_SIGNATURE)


def test_without_a_setting_nobody_is_asked(agency: SmallAgency) -> None:
    assert ReportSeal(None, agency.outside()).signed(blank_pdf()) is None


def test_what_failed_is_left_alone_for_a_while(agency: SmallAgency) -> None:
    chooser, seconds = Chooser(agency, away=True), Seconds()
    seal = ReportSeal(chooser, agency.outside(), monotonic=seconds)
    for _ in range(5):
        assert seal.signed(blank_pdf()) is None
    assert chooser.asked == 1
    seconds.now += SealLimits().rest.total_seconds()
    chooser.away = False
    assert seal.signed(blank_pdf()) is not None
    assert chooser.asked == 2
    assert seal.signed(blank_pdf()) is not None
    assert chooser.asked == 2  # the key that the name means is remembered


def test_strangers_cannot_use_up_the_key(agency: SmallAgency) -> None:
    before = agency.device.used.get(key_of(agency), 0)
    seal = ReportSeal(Chooser(agency), agency.outside(), SealLimits(a_minute=2))
    assert [seal.signed(blank_pdf()) is not None for _ in range(4)] == [True, True, False, False]
    assert agency.device.used[key_of(agency)] == before + 2


def test_only_so_many_are_signed_at_once(agency: SmallAgency) -> None:
    """While one is being signed, the next caller gets the page without waiting."""
    seal: ReportSeal
    inner: list[bytes | None] = []

    def choose(at: datetime) -> ChosenKey:
        if not inner:
            inner.append(seal.signed(blank_pdf()))
        return Chooser(agency)(at)

    seal = ReportSeal(choose, agency.outside(), SealLimits(at_once=1))
    assert seal.signed(blank_pdf()) is not None
    assert inner == [None]
