"""Trusted lists in the form of ETSI TS 119 612: who is believed, what counts when, and what is refused."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.anchors import AnchorUse, TrustAnchors
from certs.errors import TrustedListRefused
from certs.trusted_list import GRANTED, WITHDRAWN, ListedService, Standing, TrustedList, with_lists
from certs.trusted_list_reader import read_trusted_list
from certs.trusted_list_writer import next_services
from tests.list_material import ISSUED_AT, LIFE, OPERATOR, ListMaker
from tests.unit.certs_pki import NOW, Profile, authority, make

ROOT, OTHER, CLOCK = authority("Root"), authority("Other"), authority("Clock")
MAKER = ListMaker(make(Profile("List signer")))
STRANGER = ListMaker(make(Profile("Stranger")))
ANCHORS = TrustAnchors(signing=(ROOT.der, OTHER.der), timestamping=(CLOCK.der,))
LIST = MAKER.of(ANCHORS, sequence=7)
CA_QC = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC"
YEAR = timedelta(days=365)


def read(xml: bytes, maker: ListMaker = MAKER) -> TrustedList:
    return read_trusted_list(xml, name="test", pins=maker.pins)


def test_our_own_list_is_read_back() -> None:
    found = read(LIST)
    assert (found.operator, found.territory, found.sequence) == (OPERATOR.name, "VN", 7)
    assert (found.issued_at, found.next_update) == (ISSUED_AT, ISSUED_AT + LIFE)
    assert [service.name for service in found.services] == ["Root", "Other", "Clock"]
    anchors = with_lists(TrustAnchors((), ()), [found])
    assert (anchors.signing, anchors.timestamping) == (ANCHORS.signing, ANCHORS.timestamping)


def test_a_list_signed_with_rsa_is_read_too() -> None:
    maker = ListMaker(make(replace(Profile("RSA"), key=rsa.generate_private_key(65537, 2048))))
    assert read(maker.of(ANCHORS), maker).sequence == 1


def test_a_list_lends_nothing_to_times_after_its_next_update() -> None:
    anchors = with_lists(TrustAnchors((), ()), [read(LIST)])
    assert anchors.at(ISSUED_AT).signing == ANCHORS.signing
    assert anchors.at(ISSUED_AT + LIFE - timedelta(seconds=1)).signing == ANCHORS.signing
    assert anchors.at(ISSUED_AT + LIFE) == TrustAnchors((), ())
    assert anchors.at(NOW - YEAR) == TrustAnchors((), ())  # the certificates are younger


def test_an_anchor_that_the_operator_pinned_needs_no_list() -> None:
    own = TrustAnchors(signing=(ROOT.der,), timestamping=())
    anchors = with_lists(own, [read(LIST)])
    assert anchors.at(ISSUED_AT + YEAR) == own


def test_what_is_gone_from_our_anchors_is_withdrawn_and_not_forgotten() -> None:
    later = ISSUED_AT + timedelta(days=30)
    fewer = TrustAnchors(signing=(ROOT.der,), timestamping=(CLOCK.der,))
    second = MAKER.of(fewer, sequence=8, issued_at=later, before=read(LIST))
    anchors = with_lists(TrustAnchors((), ()), [read(second)])
    assert anchors.at(later - timedelta(seconds=1)).signing == (ROOT.der, OTHER.der)
    assert anchors.at(later).signing == (ROOT.der,)

    back = MAKER.of(ANCHORS, sequence=9, issued_at=later + timedelta(days=2), before=read(second))
    anchors = with_lists(TrustAnchors((), ()), [read(back)])
    assert anchors.at(later + timedelta(days=1)).signing == (ROOT.der,)
    assert anchors.at(later + timedelta(days=2)).signing == (ROOT.der, OTHER.der)


@pytest.mark.parametrize(
    ("kind", "status", "counts"),
    [
        ("CA/QC", "granted", AnchorUse.SIGNING),
        ("NationalRootCA-QC", "recognisedatnationallevel", AnchorUse.SIGNING),
        ("TSA/QTST", "granted", AnchorUse.TIMESTAMPING),
        ("CA/QC", "undersupervision", AnchorUse.SIGNING),
        ("CA/QC", "withdrawn", None),
        ("CA/QC", "deprecatedatnationallevel", None),
        ("CA/QC", "supervisionrevoked", None),
        ("CA/QC", "madeup", None),
        ("CA/PKC", "granted", None),
        ("TSA", "granted", None),
        ("Certstatus/OCSP/QC", "granted", None),
        ("madeup", "granted", None),
    ],
)
def test_only_services_that_count_become_anchors(kind: str, status: str, counts: AnchorUse | None) -> None:
    standing = Standing(
        f"http://uri.etsi.org/TrstSvc/Svctype/{kind}",
        f"http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/{status}",
        NOW - YEAR,
    )
    xml = MAKER.write((ListedService("Provider", "Service", (ROOT.der,), (standing,)),))
    anchors = with_lists(TrustAnchors((), ()), [read(xml)]).at(ISSUED_AT)
    assert anchors.signing == ((ROOT.der,) if counts is AnchorUse.SIGNING else ())
    assert anchors.timestamping == ((ROOT.der,) if counts is AnchorUse.TIMESTAMPING else ())


def test_a_status_that_begins_later_does_not_count_yet() -> None:
    tomorrow = ISSUED_AT + timedelta(days=1)
    standings = (Standing(CA_QC, WITHDRAWN, NOW - YEAR), Standing(CA_QC, GRANTED, tomorrow))
    anchors = with_lists(TrustAnchors((), ()), [read(MAKER.write((ListedService("P", "S", (ROOT.der,), standings),)))])
    assert anchors.at(ISSUED_AT) == TrustAnchors((), ())
    assert anchors.at(tomorrow).signing == (ROOT.der,)


def test_a_list_of_another_signer_is_refused() -> None:
    with pytest.raises(TrustedListRefused, match="none of those pinned"):
        read(STRANGER.of(ANCHORS))
    with pytest.raises(TrustedListRefused, match="none of those pinned"):
        read_trusted_list(LIST, name="test", pins=frozenset())


def test_a_stranger_who_encloses_the_pinned_certificate_is_refused() -> None:
    pinned, own = (
        re.search(rb"<ds:X509Certificate>.*?</ds:X509Certificate>", xml, re.DOTALL)
        for xml in (LIST, STRANGER.of(ANCHORS))
    )
    assert pinned is not None
    assert own is not None
    forged = STRANGER.of(ANCHORS)
    both = forged.replace(own[0], own[0] + pinned[0])
    instead = forged.replace(own[0], pinned[0])
    for xml in (both, instead):
        with pytest.raises(TrustedListRefused):
            read(xml)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<TSLSequenceNumber>7<", b"<TSLSequenceNumber>8<"),
        (b"granted", b"withdrawn"),
        (b"CA/QC", b"TSA/QTST"),
        (b"<SchemeTerritory>VN<", b"<SchemeTerritory>XX<"),
        (b"xmlenc#sha256", b"xmldsig#sha1"),
        (b"ecdsa-sha256", b"ecdsa-sha1"),
        (b'URI=""', b'URI="#elsewhere"'),
        (b"SigningTime>2026", b"SigningTime>2025"),
    ],
)
def test_a_list_that_was_changed_is_refused(old: bytes, new: bytes) -> None:
    changed = LIST.replace(old, new, 1)
    assert changed != LIST
    with pytest.raises(TrustedListRefused):
        read(changed)


def test_comments_are_not_signed_and_change_nothing() -> None:
    assert read(LIST.replace(b"<TSLSequenceNumber>7<", b"<TSLSequenceNumber><!-- 9 -->7<")) == read(LIST)


def test_a_signed_list_inside_a_forged_one_is_refused() -> None:
    """Signature wrapping: the signature holds for its own list, which stands in the place of something else."""
    head, signature, tail = re.split(rb"(<ds:Signature .*</ds:Signature>)", LIST, maxsplit=1, flags=re.DOTALL)
    inner = LIST[LIST.index(b"<TrustServiceStatusList") :]
    forged = head.replace(b">7<", b">99<")
    for xml in (
        forged + b"<Extension>" + inner + b"</Extension>" + tail,
        forged + b"<Extension>" + inner.replace(signature, b"") + b"</Extension>" + signature + tail,
        forged + signature + b"<Extension>" + inner.replace(signature, b"") + b"</Extension>" + tail,
    ):
        with pytest.raises(TrustedListRefused):
            read(xml)


@pytest.mark.parametrize(
    "prefix",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE x [<!ENTITY % d SYSTEM "http://127.0.0.1:9/x.dtd"> %d;]>',
        b"<!DOCTYPE TrustServiceStatusList>",
    ],
)
def test_document_types_and_entities_are_refused_before_they_are_read(prefix: bytes) -> None:
    declaration, rest = LIST.split(b"?>", 1)
    with pytest.raises(TrustedListRefused, match="document type or entities"):
        read(declaration + b"?>" + prefix + rest)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7"])
def test_other_encodings_are_refused(encoding: str) -> None:
    text = LIST.decode().replace("UTF-8", encoding)
    with pytest.raises(TrustedListRefused):
        read(text.encode(encoding))
    with pytest.raises(TrustedListRefused, match="UTF-8"):
        read(text.encode())


def test_an_oversized_list_is_refused_unread() -> None:
    with pytest.raises(TrustedListRefused, match="larger"):
        read(LIST + b" " * 10_000_000)


@pytest.mark.parametrize("life", [timedelta(days=400), timedelta(0), -LIFE])
def test_dates_that_the_format_does_not_allow_are_refused(life: timedelta) -> None:
    with pytest.raises(TrustedListRefused, match="six months"):
        MAKER.of(ANCHORS, life=life)


def test_a_list_of_the_last_days_there_are_is_refused_like_any_other() -> None:
    with pytest.raises(TrustedListRefused, match="not valid when it was issued"):
        MAKER.of(ANCHORS, issued_at=datetime(9999, 12, 1, tzinfo=UTC), life=timedelta(days=30))


def test_a_signer_whose_certificate_had_ended_is_refused() -> None:
    with pytest.raises(TrustedListRefused, match="not valid when it was issued"):
        MAKER.of(ANCHORS, issued_at=NOW + 2 * YEAR)


@pytest.mark.parametrize(
    "xml", [b"", b"<", b"<a/>", b"\xff\xfe", LIST[:-40], b"<TrustServiceStatusList/>", LIST.replace(b"02231", b"02232")]
)
def test_what_is_no_list_is_refused(xml: bytes) -> None:
    with pytest.raises(TrustedListRefused):
        read(xml)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_damage_is_refused_and_never_a_defect(seed: int) -> None:
    """Damage that is not refused changed nothing that is signed, such as white space behind the root."""
    chance = random.Random(seed)
    damaged = bytearray(LIST)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(damaged))
        match chance.randrange(3):
            case 0:
                damaged[place] = chance.randrange(256)
            case 1:
                del damaged[place : place + chance.randint(1, 200)]
            case _:
                damaged[place:place] = damaged[: chance.randint(1, 200)]
    try:
        found = read(bytes(damaged))
    except TrustedListRefused:
        return
    assert found == read(LIST)


def test_services_keep_their_order_and_their_first_day() -> None:
    services = next_services(ANCHORS, before=None, at=ISSUED_AT)
    assert [service.standings[0].since for service in services] == [datetime(2026, 1, 31, 8, 0, tzinfo=UTC)] * 3
