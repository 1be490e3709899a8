"""Figures as Prometheus reads them: counted once, cumulative in a histogram, and quoted whatever a label holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.metrics_text import DatabaseFigures, metrics_text
from hsm.inventory import KeyHealth, SignerHealth, TokenHealth
from hsm.latency import BOUNDS, Latency
from hsm.uri import Pkcs11Uri
from issuance.documents import DocumentState
from storage.outbox import OutboxFigures
from storage.standing import Standing, Waiting


def lines(health: SignerHealth | None) -> list[str]:
    return [line for line in metrics_text(health, None).splitlines() if not line.startswith("#")]


def test_a_signer_that_is_away_is_one_figure() -> None:
    assert lines(None) == ["kyso_signer_up 0", "kyso_database_up 0"]


def test_register_webhooks_and_letters_are_told_by_what_waits_and_what_became_of_it() -> None:
    standing = Standing(
        (Waiting(DocumentState.SIGNING, 0, 0), Waiting(DocumentState.NUMBERED, 5, 2)),
        proofs_to_renew=4,
        timestamp_questions=2,
    )
    calls = OutboxFigures(delivered=7, failed=3, given_up=1, waiting=2, oldest=timedelta(seconds=90))
    letters = OutboxFigures(delivered=8, failed=0, given_up=5, waiting=0, oldest=timedelta())
    told = metrics_text(None, DatabaseFigures(standing, calls, letters)).splitlines()
    assert [line for line in told if not line.startswith("#")] == [
        "kyso_signer_up 0",
        "kyso_database_up 1",
        'kyso_documents_under_way{state="signing"} 0',
        'kyso_documents_under_way{state="numbered"} 5',
        'kyso_documents_stuck{state="signing"} 0',
        'kyso_documents_stuck{state="numbered"} 2',
        "kyso_proofs_to_renew 4",
        "kyso_timestamp_questions 2",
        "kyso_webhooks_sent_total 7",
        "kyso_webhooks_failed_total 3",
        "kyso_webhooks_given_up_total 1",
        "kyso_webhooks_waiting 2",
        "kyso_webhooks_oldest_waiting_seconds 90",
        "kyso_letters_sent_total 8",
        "kyso_letters_failed_total 0",
        "kyso_letters_given_up_total 5",
        "kyso_letters_waiting 0",
        "kyso_letters_oldest_waiting_seconds 0",
    ]


def test_a_call_falls_into_the_first_bound_that_is_not_below_it() -> None:
    latency = Latency()
    for seconds in (0.0, 0.002, 0.0021, 31.0):
        latency.count(seconds)
    assert latency.counts == (2, 1, *[0] * (len(BOUNDS) - 2), 1)
    assert latency.milliseconds == 31004


def test_buckets_are_cumulative_and_an_open_breaker_is_seen() -> None:
    durations = (2, 1, *[0] * (len(BOUNDS) - 2), 1)
    token = TokenHealth(
        "T", "pin-refused", signatures=4, children=1, failures=3, milliseconds=31004, durations=durations
    )
    told = lines(SignerHealth(pid=1, tokens=(token,)))
    buckets = [line for line in told if "_bucket" in line]
    assert [line.rsplit(" ", 1)[1] for line in buckets] == ["2", *["3"] * (len(BOUNDS) - 1), "4"]
    assert 'kyso_signer_sign_seconds_bucket{token="T",le="0.002"} 2' in told
    assert 'kyso_signer_sign_seconds_sum{token="T"} 31.004' in told
    assert 'kyso_signer_sign_seconds_count{token="T"} 4' in told
    assert 'kyso_signer_token_pin_refused{token="T"} 1' in told
    assert 'kyso_signer_failures_total{token="T"} 3' in told


def test_a_label_cannot_break_out_of_its_quotes_and_a_key_without_certificate_has_no_end() -> None:
    uri = Pkcs11Uri(token='a"b\\c', object="k\nk", id=b"\x01")
    end = datetime(2027, 1, 1, tzinfo=UTC)
    keys = (
        KeyHealth(uri, signatures=7, failures=0, last_used=None, retired=None, expires=end),
        KeyHealth(
            Pkcs11Uri(token="t", object="o"), signatures=0, failures=0, last_used=None, retired=end, expires=None
        ),
    )
    told = lines(SignerHealth(pid=1, tokens=(), keys=keys))
    labels = 'token="a\\"b\\\\c",key="k\\nk",id="01"'
    assert f"kyso_key_signatures_total{{{labels}}} 7" in told
    ends = [line for line in told if "expires" in line]
    assert ends == [f"kyso_key_certificate_expires_timestamp_seconds{{{labels}}} {end.timestamp():.0f}"]
    assert 'kyso_key_retired{token="t",key="o",id=""} 1' in told
