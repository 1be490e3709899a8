"""Paths to an anchor: the honest ones are found, the broken ones are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509

from certs.certificate import parse_certificate
from certs.errors import CertificateUnreadable
from certs.paths import load_readable, path_to_anchor
from tests.unit.certs_pki import DAY, NOW, Member, Profile, authority, make, name_of

ROOT = authority("Root", path_length=1)
ISSUING = authority("Issuing", ROOT, path_length=0)
HOLDER = make(Profile(name="Holder"), ISSUING)


def _path(holder: Member, *candidates: Member, anchors: tuple[Member, ...] = (ROOT,)) -> list[str] | None:
    path = path_to_anchor(
        holder.certificate,
        candidates=tuple(each.certificate for each in candidates),
        anchors=tuple(each.certificate for each in anchors),
        at=NOW,
    )
    return path if path is None else [each.subject.rfc4514_string().removeprefix("CN=") for each in path]


def test_a_chain_ends_at_the_anchor() -> None:
    assert _path(HOLDER, ISSUING) == ["Holder", "Issuing", "Root"]


def test_order_and_strangers_among_the_candidates_do_not_matter() -> None:
    assert _path(HOLDER, authority("Stranger"), HOLDER, ROOT, ISSUING) == ["Holder", "Issuing", "Root"]


def test_an_intermediate_may_be_the_anchor() -> None:
    assert _path(HOLDER, anchors=(ISSUING,)) == ["Holder", "Issuing"]
    assert _path(HOLDER, anchors=(HOLDER,)) == ["Holder"]


def test_a_missing_issuer_leaves_no_path() -> None:
    assert _path(HOLDER) is None
    assert _path(HOLDER, ISSUING, anchors=(authority("Root"),)) is None
    assert _path(HOLDER, ISSUING, anchors=()) is None


def test_an_issuer_of_the_same_name_with_another_key_does_not_count() -> None:
    assert _path(HOLDER, authority("Issuing", ROOT)) is None
    assert _path(HOLDER, authority("Issuing", ROOT), ISSUING) == ["Holder", "Issuing", "Root"]


@pytest.mark.parametrize(
    "profile",
    [
        Profile(name="Bad", is_ca=False),
        Profile(name="Bad", is_ca=True, cert_sign=False),
        Profile(name="Bad", is_ca=True, not_after=NOW - DAY),
        Profile(name="Bad", is_ca=True, not_before=NOW + DAY),
        Profile(
            name="Bad",
            is_ca=True,
            extra=((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.9"), b"\x05\x00"), True),),
        ),
        Profile(
            name="Bad",
            is_ca=True,
            extra=(
                (
                    x509.NameConstraints(permitted_subtrees=[x509.DirectoryName(name_of("x"))], excluded_subtrees=None),
                    True,
                ),
            ),
        ),
    ],
    ids=["no CA", "no certSign", "expired", "not yet valid", "unknown critical", "name constraints"],
)
def test_an_unfit_issuer_ends_the_path(profile: Profile) -> None:
    bad = make(profile, ROOT)
    assert _path(make(Profile(name="Holder"), bad), bad) is None


def test_path_lengths_are_kept() -> None:
    below = authority("Below", ISSUING)
    assert _path(make(Profile(name="Holder"), below), below, ISSUING) is None


def test_an_expired_holder_has_no_path() -> None:
    assert _path(make(replace(Profile(name="Holder"), not_after=NOW - DAY), ISSUING), ISSUING) is None


def test_an_expired_anchor_is_none() -> None:
    old = authority("Old", not_after=NOW - DAY)
    assert _path(make(Profile(name="Holder"), old), anchors=(old,)) is None


def test_circles_end() -> None:
    one = authority("One")
    two = authority("Two", one)
    one_again = authority("One", two, key=one.key)
    assert _path(make(Profile(name="Holder"), two), two, one_again, one) is None


def test_bytes_that_are_no_certificate() -> None:
    with pytest.raises(CertificateUnreadable):
        parse_certificate(b"\x30\x00")
    assert load_readable((b"", b"\x30\x00", ROOT.der)) == (ROOT.certificate,)


def test_a_certificate_of_a_year_that_never_was_is_none() -> None:
    """Found by fuzzing: the year 0, which DER can say, no date can."""
    dated = make(Profile(name="Holder", not_after=datetime(2051, 1, 1, tzinfo=UTC)), ROOT).der
    der = dated.replace(b"20510101000000Z", b"00000101000000Z")
    assert der != dated
    with pytest.raises(CertificateUnreadable, match="year 0"):
        parse_certificate(der)
    assert load_readable((der,)) == ()


def test_strangers_that_issued_each_other_in_every_order_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[x509.Certificate] = []

    def issued(certificate: x509.Certificate, _issuer: x509.Certificate) -> bool:
        looked_at.append(certificate)
        return True

    monkeypatch.setattr("certs.paths.is_issued_by", issued)
    crowd = [authority("Crowd") for _ in range(12)]
    assert _path(crowd[0], *crowd[1:]) is None
    assert len(looked_at) <= 200
