"""Timestamp tokens: what they say, which are believed, and that nothing else escapes than our own error."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import tsp as asn1_tsp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from certs import tsp
from certs.errors import TimestampUnreadable
from certs.timestamp_trust import objection
from certs.timestamps import TimeStampToken
from tests.unit.certs_pki import DAY, NOW, Member, Profile, Token, authority, make, response, timestamp_authority

ROOT = authority("TSA Root")
TSA = timestamp_authority(ROOT)
HONEST = Token(TSA, nonce=5)
STRANGER = timestamp_authority(authority("TSA Root"))


def _objection(token: Token | bytes, *, anchors: tuple[Member, ...] = (ROOT,)) -> str | None:
    der = token if isinstance(token, bytes) else token.der()
    return objection(TimeStampToken(der), anchors=tuple(anchor.der for anchor in anchors))


def test_a_token_says_what_was_put_into_it() -> None:
    token = TimeStampToken(HONEST.der())
    assert token.gen_time == NOW
    assert token.message_imprint == bytes(32)
    assert token.imprint_algorithm == "sha256"
    assert token.policy == "2.999.7"
    assert token.contents.serial_number == 7
    assert token.contents.nonce == 5
    assert token.contents.accuracy == timedelta(seconds=1, milliseconds=500, microseconds=20)
    assert token.signer.der == TSA.der
    assert token.signer.chain == ()


def test_a_token_brings_its_chain_nearest_first() -> None:
    middle = authority("Middle", ROOT)
    tsa = timestamp_authority(middle)
    token = Token(tsa, certificates=(ROOT, TSA, tsa, middle))
    assert TimeStampToken(token.der()).signer.chain == (middle.der, ROOT.der)
    assert _objection(token) is None


def test_fractions_of_a_second_are_read() -> None:
    moment = NOW + timedelta(microseconds=120000)
    assert TimeStampToken(replace(HONEST, gen_time=moment).der()).gen_time == moment


@pytest.mark.parametrize(
    "token",
    [
        HONEST,
        replace(HONEST, nonce=None),
        replace(HONEST, ess="signing_certificate"),
        replace(HONEST, digest_algorithm="sha512"),
        replace(HONEST, by_key_identifier=True),
        Token(timestamp_authority(ROOT, key=ed25519.Ed25519PrivateKey.generate()), digest_algorithm="sha512"),
        Token(timestamp_authority(ROOT, key=rsa.generate_private_key(65537, 2048))),
        Token(timestamp_authority(ROOT, key=rsa.generate_private_key(65537, 2048)), pss=True),
        Token(timestamp_authority(ROOT, key=ec.generate_private_key(ec.SECP384R1()))),
    ],
    ids=["plain", "no nonce", "RFC 2634", "sha512", "key identifier", "ed25519", "rsa", "pss", "p384"],
)
def test_an_honest_token_is_believed(token: Token) -> None:
    assert _objection(token) is None


_SAME_NAME = Member(STRANGER.certificate, TSA.key)
_PURPOSE = ExtendedKeyUsageOID.TIME_STAMPING
_SMALL = rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (Token(STRANGER), "path"),
        (Token(timestamp_authority(ROOT, purposes_critical=False)), "extended key usage"),
        (Token(timestamp_authority(ROOT, purposes=())), "extended key usage"),
        (Token(timestamp_authority(ROOT, purposes=(_PURPOSE, ExtendedKeyUsageOID.CODE_SIGNING))), "extended key usage"),
        (Token(timestamp_authority(ROOT, purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))), "extended key usage"),
        (Token(make(Profile(name="Holder"), ROOT)), "extended key usage"),
        (Token(timestamp_authority(ROOT, not_after=NOW - DAY)), "path"),
        (Token(timestamp_authority(ROOT, not_before=NOW + DAY)), "path"),
        (Token(timestamp_authority(make(Profile(name="No CA"), ROOT))), "path"),
        (Token(Member(TSA.certificate, STRANGER.key)), "signature"),
        (Token(timestamp_authority(ROOT, key=_SMALL)), "signature"),
        (replace(HONEST, digest_algorithm="sha1"), "digest algorithm"),
        (replace(HONEST, bound_to=STRANGER), "another certificate"),
        (replace(HONEST, bound_to=STRANGER, ess="signing_certificate"), "another certificate"),
        (replace(HONEST, without=frozenset({"signing_certificate_v2"})), "attribute is missing"),
        (replace(HONEST, without=frozenset({"message_digest"})), "message digest"),
        (replace(HONEST, without=frozenset({"content_type"})), "content-type"),
        (replace(HONEST, without=frozenset({"signed_attrs"})), "content-type"),
        (replace(HONEST, content_type="data"), "content-type"),
        (replace(HONEST, certificates=()), "does not carry"),
        (replace(HONEST, certificates=(STRANGER,)), "does not carry"),
        (replace(HONEST, signers=2), "exactly one signer"),
        (replace(HONEST, signers=0), "exactly one signer"),
        (HONEST.der() + b"\x00", "ExtraData"),
        (b"", "ContentInfo"),
        (TSA.der, "ContentInfo"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,  # the same for every xdist worker
)
def test_a_bad_token_is_no_proof_of_time(token: Token | bytes, words: str) -> None:
    found = _objection(token)
    assert found is not None
    assert words in found


def test_without_anchors_nobody_is_believed() -> None:
    assert _objection(HONEST, anchors=()) is not None


def test_the_content_cannot_be_exchanged() -> None:
    good, other = HONEST.der(), replace(HONEST, digest=b"\x01" * 32).der()
    content = tsp.read_token(good).tst_info
    forged = good.replace(content, tsp.read_token(other).tst_info)
    assert forged != good
    assert _objection(forged) == "the message digest is not that of its content"


_HONEST_DER = HONEST.der()


@given(st.data())
def test_a_damaged_token_is_unreadable_refused_or_means_the_same(data: st.DataObject) -> None:
    der = bytearray(_HONEST_DER)
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    if _objection(bytes(der)) is None:
        token = TimeStampToken(bytes(der))
        assert (token.gen_time, token.message_imprint, token.signer.der) == (NOW, bytes(32), TSA.der)


@given(st.binary(max_size=200) | st.integers(0, len(_HONEST_DER)).map(lambda end: _HONEST_DER[:end]))
def test_rubbish_raises_our_own_error_only(rubbish: bytes) -> None:
    for read in (tsp.read_request, tsp.read_response, tsp.read_token):
        try:
            read(rubbish)
        except TimestampUnreadable:
            continue


def test_requests_are_those_of_rfc_3161() -> None:
    written = asn1_tsp.TimeStampReq.load(tsp.write_request(b"\x07" * 32, nonce=2**63), strict=True).native
    assert written["message_imprint"]["hash_algorithm"]["algorithm"] == "sha256"
    assert written["message_imprint"]["hashed_message"] == b"\x07" * 32
    assert (written["nonce"], written["cert_req"], written["req_policy"]) == (2**63, True, None)


def test_requests_of_others_are_read() -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha384"}, "hashed_message": bytes(48)}
    request = asn1_tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "req_policy": "1.2.3"})
    read = tsp.read_request(request.dump())
    assert read == tsp.TimeStampRequest(
        imprint_algorithm="2.16.840.1.101.3.4.2.2",
        message_imprint=bytes(48),
        policy="1.2.3",
        nonce=None,
        wants_certificates=False,
    )


def test_responses_are_read_with_their_failure() -> None:
    refused = tsp.read_response(response(None, status="rejection", failure="system_failure"))
    assert (refused.status, refused.failures, refused.token) == (2, frozenset({25}), None)
    granted = tsp.read_response(response(_HONEST_DER))
    assert (granted.status, granted.failures, granted.token) == (0, frozenset(), _HONEST_DER)
