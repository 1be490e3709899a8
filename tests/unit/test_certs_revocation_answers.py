"""OCSP responses and CRLs: which are believed, and what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

import pytest
from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from certs.revocation_answers import Unusable, Verdict, judge_crl, judge_ocsp, ocsp_question
from tests.unit.certs_pki import DAY, NOW, Member, OcspAnswer, Profile, authority, crl, make

CA = authority("CA")
OTHER_CA = authority("Other CA")
HOLDER = make(Profile(name="Holder"), CA)
OTHER = make(Profile(name="Other"), CA)
DELEGATE = make(Profile(name="OCSP", purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,)), CA)
GOOD = OcspAnswer(HOLDER, CA)


def _ocsp(answer: OcspAnswer | bytes) -> Verdict:
    der = answer if isinstance(answer, bytes) else answer.der()
    return judge_ocsp(der, certificate=HOLDER.certificate, issuer=CA.certificate, at=NOW)


def _crl(der: bytes, *, subject: Member = HOLDER, issuer: Member = CA) -> Verdict:
    return judge_crl(der, certificate=subject.certificate, issuer=issuer.certificate, at=NOW)


def test_a_question_names_the_certificate_and_has_no_nonce() -> None:
    question = ocsp.load_der_ocsp_request(ocsp_question(HOLDER.certificate, issuer=CA.certificate))
    assert question.serial_number == HOLDER.certificate.serial_number
    assert question.hash_algorithm.name == "sha1"
    assert len(question.extensions) == 0


def test_the_issuer_may_answer_itself() -> None:
    verdict = _ocsp(GOOD)
    assert verdict == Verdict(good_until=NOW + DAY)


def test_a_delegate_of_the_issuer_may_answer() -> None:
    verdict = _ocsp(replace(GOOD, signer=DELEGATE, certificates=(OTHER, DELEGATE)))
    assert verdict.revoked_at is None
    assert verdict.responder == DELEGATE.certificate


def test_an_answer_without_next_update_lives_for_a_day() -> None:
    assert _ocsp(replace(GOOD, next_update=None)).good_until == GOOD.this_update + DAY


def test_an_answer_may_tell_of_the_last_day_there_is() -> None:
    """Found by fuzzing: no difference of clocks can be added to it."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert _ocsp(replace(GOOD, next_update=end)).good_until == end
    for next_update in (end, None):
        with pytest.raises(Unusable, match="future"):
            _ocsp(replace(GOOD, this_update=end, next_update=next_update))


def test_revoked_says_when_and_why() -> None:
    revoked_at = NOW - DAY
    answer = replace(
        GOOD, status=ocsp.OCSPCertStatus.REVOKED, revoked_at=revoked_at, reason=x509.ReasonFlags.key_compromise
    )
    verdict = _ocsp(answer)
    assert (verdict.revoked_at, verdict.reason) == (revoked_at, "keyCompromise")
    assert _ocsp(replace(answer, reason=None)).reason == "unspecified"


def _forged(answer: OcspAnswer) -> bytes:
    """The answer with the end of another answer's signature under it."""
    der, other = answer.der(), replace(answer, next_update=NOW + 2 * DAY).der()
    mine, theirs = (ocsp.load_der_ocsp_response(each).signature for each in (der, other))
    return der.replace(mine[-16:], theirs[-16:])


@pytest.mark.parametrize(
    "answer",
    [
        replace(GOOD, subject=OTHER),
        replace(GOOD, issuer=OTHER_CA, subject=make(Profile(name="Holder"), OTHER_CA)),
        replace(GOOD, signer=OTHER_CA),
        replace(GOOD, signer=OTHER, certificates=(OTHER,)),
        replace(GOOD, signer=DELEGATE),
        _forged(replace(GOOD, signer=DELEGATE, certificates=(DELEGATE,))),
        replace(GOOD, status=ocsp.OCSPCertStatus.UNKNOWN),
        replace(GOOD, this_update=NOW + timedelta(minutes=6)),
        replace(GOOD, this_update=NOW - 2 * DAY, next_update=NOW - timedelta(minutes=6)),
        replace(GOOD, this_update=NOW - 2 * DAY, next_update=None),
        ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER),
        b"",
        b"<html>",
    ],
    ids=[
        "another certificate",
        "another issuer",
        "a stranger's signature",
        "a delegate without the purpose",
        "a delegate that is not carried",
        "a wrong signature",
        "unknown",
        "of the future",
        "out of date",
        "out of date without next update",
        "try later",
        "nothing",
        "a web page",
    ],
)
def test_an_answer_that_proves_nothing(answer: OcspAnswer | bytes) -> None:
    with pytest.raises(Unusable):
        _ocsp(answer)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(name="OCSP", purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,), not_after=NOW - timedelta(hours=1)),
        Profile(name="OCSP", purposes=(ExtendedKeyUsageOID.CODE_SIGNING,)),
    ],
    ids=["expired", "another purpose"],
)
def test_an_unfit_delegate_is_refused(profile: Profile) -> None:
    delegate = make(profile, CA)
    with pytest.raises(Unusable):
        _ocsp(replace(GOOD, signer=delegate, certificates=(delegate,)))


def test_a_delegate_of_another_ca_is_refused() -> None:
    delegate = make(Profile(name="OCSP", purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,)), OTHER_CA)
    with pytest.raises(Unusable):
        _ocsp(replace(GOOD, signer=delegate, certificates=(delegate,)))


@given(st.data())
def test_no_change_to_an_answer_makes_it_say_more(data: st.DataObject) -> None:
    der = bytearray(_GOOD_DER)
    der[data.draw(st.integers(0, len(der) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        verdict = _ocsp(bytes(der))
    except Unusable:
        return
    # Only octets outside what is signed may change unnoticed: they say nothing.
    assert verdict.good_until == NOW + DAY
    assert verdict.revoked_at is None


_GOOD_DER = replace(GOOD, signer=DELEGATE, certificates=(DELEGATE,)).der()


def test_a_crl_without_the_certificate_says_good() -> None:
    assert _crl(crl(CA, OTHER)) == Verdict(good_until=NOW + DAY)


def test_a_crl_with_the_certificate_says_when_and_why() -> None:
    verdict = _crl(crl(CA, OTHER, HOLDER, reason=x509.ReasonFlags.superseded))
    assert (verdict.revoked_at, verdict.reason) == (NOW - timedelta(hours=1), "superseded")
    assert _crl(crl(CA, HOLDER)).reason == "unspecified"


class _Scope(TypedDict, total=False):
    full_name: list[x509.UniformResourceIdentifier]
    only_contains_user_certs: bool
    only_contains_ca_certs: bool
    only_some_reasons: frozenset[x509.ReasonFlags]
    indirect_crl: bool
    only_contains_attribute_certs: bool


def _idp(**scope: Unpack[_Scope]) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    point = x509.IssuingDistributionPoint(
        full_name=scope.get("full_name"),
        relative_name=None,
        only_contains_user_certs=scope.get("only_contains_user_certs", False),
        only_contains_ca_certs=scope.get("only_contains_ca_certs", False),
        only_some_reasons=scope.get("only_some_reasons"),
        indirect_crl=scope.get("indirect_crl", False),
        only_contains_attribute_certs=scope.get("only_contains_attribute_certs", False),
    )
    return ((point, True),)


_HERE = [x509.UniformResourceIdentifier("http://here.test/ca.crl")]
_ELSEWHERE = [x509.UniformResourceIdentifier("http://elsewhere.test/ca.crl")]
_AT_HERE = make(Profile(name="Holder", crl_url="http://here.test/ca.crl"), CA)


@pytest.mark.parametrize(
    "der",
    [
        crl(OTHER_CA),
        crl(Member(CA.certificate, OTHER.key)),
        crl(CA, last_update=NOW + timedelta(minutes=6)),
        crl(CA, last_update=NOW - 2 * DAY, next_update=NOW - DAY),
        crl(CA, extra=((x509.DeltaCRLIndicator(1), True),)),
        crl(CA, extra=((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.9"), b"\x05\x00"), True),)),
        crl(CA, extra=_idp(indirect_crl=True)),
        crl(CA, extra=_idp(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))),
        crl(CA, extra=_idp(only_contains_attribute_certs=True)),
        crl(CA, extra=_idp(only_contains_ca_certs=True)),
        crl(CA, extra=_idp(full_name=_ELSEWHERE)),
        b"",
        b"\x30\x00",
    ],
    ids=[
        "another issuer",
        "a wrong signature",
        "of the future",
        "out of date",
        "delta",
        "unknown critical extension",
        "indirect",
        "some reasons",
        "attribute certificates",
        "CA certificates",
        "another distribution point",
        "nothing",
        "an empty sequence",
    ],
)
def test_a_crl_that_proves_nothing(der: bytes) -> None:
    with pytest.raises(Unusable):
        _crl(der, subject=_AT_HERE)


def test_a_crl_of_the_right_distribution_point_is_believed() -> None:
    der = crl(CA, extra=_idp(full_name=_HERE, only_contains_user_certs=True))
    assert _crl(der, subject=_AT_HERE).revoked_at is None


def test_a_crl_for_holders_says_nothing_of_a_ca() -> None:
    with pytest.raises(Unusable):
        _crl(crl(CA, extra=_idp(only_contains_user_certs=True)), subject=authority("Sub", CA))


def test_an_issuer_that_may_not_sign_crls_is_refused() -> None:
    weak = authority("CA", crl_sign=False)
    with pytest.raises(Unusable):
        _crl(crl(weak), subject=make(Profile(name="Holder"), weak), issuer=weak)


def test_a_crl_signed_over_sha1_is_refused() -> None:
    with pytest.raises(Unusable, match="digest"):
        _crl(_sha1_crl())


def _sha1_crl() -> bytes:
    """Made by asn1crypto, since nobody else writes such a thing any more."""
    made = asn1_crl.CertificateList.load(crl(CA))
    algorithm = {"algorithm": "sha1_ecdsa"}
    made["tbs_cert_list"]["signature"] = algorithm
    made["signature_algorithm"] = algorithm
    assert isinstance(CA.key, ec.EllipticCurvePrivateKey)
    made["signature"] = CA.key.sign(made["tbs_cert_list"].dump(), ec.ECDSA(hashes.SHA1()))
    return bytes(made.dump())
