"""Certificates of CMS objects from memory: the same answers and refusals as pyHanko gives that takes them out anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms, x509
from asn1crypto.parser import emit
from cryptography.x509 import ObjectIdentifier, UnrecognizedExtension
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation import generic_cms

from tests.unit.certs_pki import Profile, authority, make
from verification import _pyhanko_certificates
from verification._pyhanko_certificates import certificates_of, extract_anew, known_certificate
from verification._pyhanko_errors import READ_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification._pyhanko_certificates import CertificatesOf

ROOT = authority()
SIGNER = make(Profile(name="Nguyễn Văn A"), ROOT).der
FILLER = UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x04\x82\x42\x00" + bytes(0x4200))
LONG = make(Profile(name="N", extra=((FILLER, False),)), ROOT).der
_SEQUENCE, _SET = 16, 17


def sequence(*parts: bytes) -> bytes:
    return bytes(emit(0, 1, _SEQUENCE, b"".join(parts)))


def with_algorithm(der: bytes, algorithm: bytes) -> bytes:
    """The certificate with another signature algorithm outside; nobody here asks whether the value is right."""
    certificate = x509.Certificate.load(der)
    return sequence(certificate["tbs_certificate"].dump(), algorithm, certificate["signature_value"].dump())


DAMAGED = SIGNER.replace(b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x13")  # key usage, read as basic constraints
# RSASSA-PSS whose other parameters are left out, and the default length of the salt is not (RFC 4055, 3.1)
WITH_DEFAULT = with_algorithm(SIGNER, bytes.fromhex("301206092a864886f70d01010a3005a203020114"))
LONG_LENGTH = SIGNER[:1] + b"\x83\x00" + SIGNER[2:]
INDEFINITE = SIGNER[:1] + b"\x80" + SIGNER[4:] + b"\x00\x00"
ATTRIBUTES = emit(2, 1, 2, b"\x30\x00")
EXTENDED = emit(2, 1, 0, sequence(b"\x02\x01\x00"))
OTHER = emit(2, 1, 3, b"\x06\x01\x2a\x05\x00")


def signed_data(*certificates: bytes, signers: int = 1, by: bytes = SIGNER) -> bytes:
    certificate = x509.Certificate.load(by)
    named = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number}).dump()
    signer = sequence(b"\x02\x01\x01", named, sequence(b"\x06\x01\x2a"), sequence(b"\x06\x01\x2a"), b"\x04\x01\x00")
    held = emit(2, 1, 0, b"".join(certificates)) if certificates else b""
    content = sequence(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
    return sequence(b"\x02\x01\x01", b"\x31\x00", content, held, emit(0, 1, _SET, signer * signers))


OBJECTS = [
    signed_data(SIGNER, ROOT.der),
    signed_data(ROOT.der, SIGNER),
    signed_data(SIGNER, SIGNER),
    signed_data(ROOT.der),
    signed_data(),
    signed_data(SIGNER, signers=2),
    signed_data(SIGNER, signers=0),
    signed_data(SIGNER, DAMAGED),
    signed_data(SIGNER, b"\x30\x03\x02\x01\x00"),
    signed_data(SIGNER, b"\x30\x03\x02\x02\x00"),
    signed_data(SIGNER, b"\x05\x00"),
    signed_data(LONG, by=LONG),
    signed_data(WITH_DEFAULT),
    signed_data(LONG_LENGTH),
    signed_data(INDEFINITE),
    signed_data(SIGNER, ATTRIBUTES),
    signed_data(SIGNER, EXTENDED),
    signed_data(SIGNER, OTHER),
]


def told(extract: Callable[[cms.SignedData], CertificatesOf], der: bytes) -> object:
    try:
        found = extract(cms.SignedData.load(der))
        whole = (found.signer_cert, *found.other_certs, *found.attribute_certs)
        return [(type(each), each.dump(), shown(each)) for each in whole], len(found.other_certs)
    except (*READ_ERRORS, CMSExtractionError) as error:
        return type(error), str(error)


def shown(certificate: object) -> object:
    if not isinstance(certificate, x509.Certificate):
        return None
    try:
        return certificate.native, certificate.dump()
    except READ_ERRORS as error:
        return str(error)


@pytest.mark.parametrize("der", OBJECTS, ids=range(len(OBJECTS)))
def test_memory_says_what_taking_out_anew_says(der: bytes) -> None:
    anew = told(extract_anew, der)
    assert [told(certificates_of, der) for _ in range(3)] == [anew] * 3


def test_a_certificate_is_parsed_once() -> None:
    one, other = (certificates_of(cms.SignedData.load(der)) for der in OBJECTS[:2])
    assert one.signer_cert is other.signer_cert
    assert one.other_certs[0] is other.other_certs[0]


@pytest.mark.parametrize("der", [DAMAGED, WITH_DEFAULT, LONG], ids=["damaged", "with default", "long"])
def test_what_is_odd_is_parsed_each_time(der: bytes) -> None:
    assert len(LONG) > _pyhanko_certificates._LONGEST or der is not LONG
    certificate = x509.Certificate.load(der)
    assert known_certificate(certificate) is certificate


def test_another_octet_is_another_certificate() -> None:
    certificate = x509.Certificate.load(SIGNER[:-1] + bytes([SIGNER[-1] ^ 1]))
    assert known_certificate(certificate) is not known_certificate(x509.Certificate.load(SIGNER))


def test_pyhanko_looks_for_certificates_here() -> None:
    _pyhanko_certificates.use_it()
    assert generic_cms.extract_certificate_info is certificates_of  # type: ignore[attr-defined]
