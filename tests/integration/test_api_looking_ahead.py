"""The worker's hourly look at our own certificates, with the demonstration authority's responders."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from api.background.worker import looking_ahead
from certs.kept_answers import AnswersInMemory
from certs.revocation import RevocationGatherer
from tests.integration.certs_servers import Demonstration, demonstration
from tests.small_agency import SmallAgency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.workshop import Workshop


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority")) as made:
        yield made


def test_signing_needs_no_responder_after_the_hourly_look(authority: Demonstration, workshop: Workshop) -> None:
    agency, kept = SmallAgency(authority, workshop), AnswersInMemory()
    outside, client = agency.outside(), authority.client()
    ahead = RevocationGatherer(client, authority.anchors, kept, ahead=timedelta(minutes=1))
    assert len(list(looking_ahead(outside, ahead))) == 2

    cut_off = RevocationGatherer(client.limited(requests=0, within=timedelta(0)), authority.anchors, kept)
    chains = (agency.signature.certificate, agency.seal.certificate)
    gathered = cut_off.gather(certificates=chains, tokens=(), at=agency.clock.now())
    assert len(gathered.ocsps) == 2


def test_what_fails_is_told_and_the_rest_is_done(authority: Demonstration, workshop: Workshop) -> None:
    agency = SmallAgency(authority, workshop)
    offline = authority.client().limited(requests=0, within=timedelta(0))
    with capture_logs() as told:
        assert len(list(looking_ahead(agency.outside(), RevocationGatherer(offline, authority.anchors)))) == 2
    assert [line["code"] for line in told] == ["revocation-unavailable"] * 2
