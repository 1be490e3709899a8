"""One right CMS object with its signed attributes put wrong: left out, doubled, swapped, or saying something else.

The signature value is right in all of them, so that only what the attributes mean is left to judge (RFC 5652, 5.3 and
11; RFC 5035, 5; EN 319 142-1, 6.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.der import integer, null, octet_string, oid, sequence, set_of, tlv, utc_time
from tests.vectors.chamber import SIGNED_AT
from tests.vectors.envelope import (
    ALGORITHM_PROTECTION,
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    attribute,
    der_set,
    digest_algorithm,
    ess_certificate,
    signing_certificate,
)
from tests.vectors.vector import FORMAT, HASH, PASSED, Expected, unsure
from tests.vectors.workbench import Workbench, digest_of, mutation, scheme_of, waiting
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable

_CMS = "RFC 5652, 5.3 and 11"
_ESS = "RFC 5035, 5; EN 319 142-1, 6.3; EN 319 102-1, 5.2.3"
_UNNAMED = unsure(SubIndication.SIG_CONSTRAINTS_FAILURE)
_SOFT = PASSED.with_caution("signature-not-as-standard")
_NO_CERTIFICATE = unsure(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def _signed(bench: Workbench, *, without: str | None = None, **_: object) -> bytes:
    attributes = {kind: value for kind, value in bench.attributes().items() if kind != without}
    return bench.sign(der_set(attributes)).der()


def _with(bench: Workbench, *more: bytes) -> bytes:
    """The right attributes and these."""
    return bench.sign(set_of(*bench.attributes().values(), *more)).der()


def _instead(bench: Workbench, kind: str, *values: bytes) -> bytes:
    """The right attributes, one of them replaced."""
    kept = [value for name, value in bench.attributes().items() if name != kind]
    return bench.sign(set_of(*kept, *values)).der()


def _digest(octets: bytes) -> bytes:
    return attribute(MESSAGE_DIGEST, octet_string(octets))


def _without_attributes(bench: Workbench) -> bytes:
    """The value is directly over the document."""
    value = scheme_of("signatory").sign(bench.key(), waiting().covered())
    return bench.sign().with_signer(attributes=None, signature=value).der()


def _cut_off(bench: Workbench) -> bytes:
    """The attributes left out afterwards."""
    return bench.sign().with_signer(attributes=None).der()


def _document_is_attributes(bench: Workbench) -> bytes:
    """The attributes left out, and the value is over them: a document of these bytes would be signed."""
    right = bench.sign()
    return right.with_signer(attributes=None, signature=right.signer.signature).der()


def _issuer_serial(bench: Workbench, who: str) -> bytes:
    """An ``ESSCertIDv2`` whose hash is right and whose issuer and serial number are another certificate's."""
    certificate = bench.certificate(who)
    name = tlv(0xA4, certificate.issuer.dump())
    return sequence(
        octet_string(digest_of(bench.certificate().dump())),
        sequence(sequence(name), integer(certificate.serial_number)),
    )


def _version_1(bench: Workbench, who: str = "signatory") -> bytes:
    """The old attribute signing-certificate, with SHA-1."""
    identifier = sequence(octet_string(digest_of(bench.certificate(who).dump(), "sha1")))
    return attribute(SIGNING_CERTIFICATE, sequence(sequence(identifier)))


def _protection(digest: str, scheme: str) -> bytes:
    """The attribute CMSAlgorithmProtection (RFC 6211)."""
    named = scheme_of("signatory", scheme).identifier
    return attribute(ALGORITHM_PROTECTION, sequence(digest_algorithm(digest), b"\xa1" + named[1:]))


_PLAIN: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "no-content-type": ("The attribute content-type is missing.", FORMAT,
        lambda b: _signed(b, without=CONTENT_TYPE)),
    "no-message-digest": ("The attribute message-digest is missing.", FORMAT,
        lambda b: _signed(b, without=MESSAGE_DIGEST)),
    "no-attributes": ("There are no signed attributes; the value is over the document.", _UNNAMED,
        _without_attributes),
    "attributes-cut-off": ("The signed attributes are left out afterwards.", HASH, _cut_off),
    "attributes-empty": ("The set of signed attributes is empty.", FORMAT, lambda b: b.sign(set_of()).der()),
    "digest-of-another-document": ("message-digest is that of another document.", HASH,
        lambda b: _instead(b, MESSAGE_DIGEST, _digest(digest_of(b"another")))),
    "digest-empty": ("message-digest is empty.", HASH, lambda b: _instead(b, MESSAGE_DIGEST, _digest(b""))),
    "digest-shortened": ("message-digest lacks its last octet.", HASH,
        lambda b: _instead(b, MESSAGE_DIGEST, _digest(b.digest()[:-1]))),
    "digest-lengthened": ("message-digest has an octet too many.", HASH,
        lambda b: _instead(b, MESSAGE_DIGEST, _digest(b.digest() + b"\x00"))),
    "digest-as-integer": ("message-digest is an INTEGER.", FORMAT,
        lambda b: _instead(b, MESSAGE_DIGEST, attribute(MESSAGE_DIGEST, integer(7)))),
    "digest-twice-right-first": ("message-digest is there twice, right and wrong.", FORMAT,
        lambda b: _instead(b, MESSAGE_DIGEST, _digest(b.digest()), _digest(b"\xff" * 32))),
    "digest-twice-wrong-first": ("message-digest is there twice, wrong and right.", FORMAT,
        lambda b: _instead(b, MESSAGE_DIGEST, _digest(b"\x00" * 32), _digest(b.digest()))),
    "digest-twice-the-same": ("message-digest is there twice, both right.", FORMAT,
        lambda b: _with(b, _digest(b.digest()))),
    "digest-of-two-values": ("message-digest has two values.", FORMAT,
        lambda b: _instead(b, MESSAGE_DIGEST,
            attribute(MESSAGE_DIGEST, octet_string(b.digest()), octet_string(b"\xff" * 32)))),
    "digest-without-value": ("message-digest has no value.", FORMAT,
        lambda b: _instead(b, MESSAGE_DIGEST, attribute(MESSAGE_DIGEST))),
    "content-type-other": ("The attribute content-type is not that of the content.", FORMAT,
        lambda b: _instead(b, CONTENT_TYPE, attribute(CONTENT_TYPE, oid(SIGNED_DATA)))),
    "content-type-twice": ("The attribute content-type is there twice.", FORMAT,
        lambda b: _with(b, attribute(CONTENT_TYPE, oid(DATA)))),
    "content-type-twice-and-different": ("The attribute content-type is there twice and differs.", FORMAT,
        lambda b: _with(b, attribute(CONTENT_TYPE, oid(SIGNED_DATA)))),
    "content-type-without-value": ("The attribute content-type has no value.", FORMAT,
        lambda b: _instead(b, CONTENT_TYPE, attribute(CONTENT_TYPE))),
    "content-type-as-null": ("The attribute content-type is a NULL.", FORMAT,
        lambda b: _instead(b, CONTENT_TYPE, attribute(CONTENT_TYPE, null()))),
    "unknown-attribute": ("A signed attribute that nobody knows; it binds the signer, not the verifier.", PASSED,
        lambda b: _with(b, attribute("1.2.3.4", null()))),
    "unknown-attribute-twice": ("A signed attribute that nobody knows is there twice; only some attributes must be single.", PASSED,
        lambda b: _with(b, attribute("1.2.3.4", null()), attribute("1.2.3.4", integer(1)))),
    "attribute-without-value": ("A signed attribute that nobody knows has no value.",
        _SOFT, lambda b: _with(b, attribute("1.2.3.4"))),
    "something-else-among-attributes": ("A NULL stands among the signed attributes.", FORMAT,
        lambda b: _with(b, null())),
    "signing-time": ("The attribute signing-time is there; in a PDF /M takes its place, but it harms nothing.",
        PASSED, lambda b: _with(b, attribute(SIGNING_TIME, utc_time(SIGNED_AT)))),
    "signing-time-twice": ("The attribute signing-time is there twice.", _SOFT,
        lambda b: _with(b, attribute(SIGNING_TIME, utc_time(SIGNED_AT)), attribute(SIGNING_TIME, null()))),
    "signing-time-broken": ("The attribute signing-time is no time.", _SOFT,
        lambda b: _with(b, attribute(SIGNING_TIME, null()))),
    "counter-signature-signed": ("A counter-signature stands among the signed attributes.", _SOFT,
        lambda b: _with(b, attribute("1.2.840.113549.1.9.6", null()))),
    "algorithms-protected": ("CMSAlgorithmProtection names the algorithms that are used.", PASSED,
        lambda b: _with(b, _protection("sha256", "sha256"))),
    "algorithms-protected-other-digest": ("CMSAlgorithmProtection names another digest algorithm.", _UNNAMED,
        lambda b: _with(b, _protection("sha512", "sha256"))),
    "algorithms-protected-other-scheme": ("CMSAlgorithmProtection names another signature algorithm.", _UNNAMED,
        lambda b: _with(b, _protection("sha256", "sha512"))),
}  # fmt: skip
_NAMED: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "no-signing-certificate": ("The signature does not name its certificate.", _UNNAMED,
        lambda b: _signed(b, without=SIGNING_CERTIFICATE_V2)),
    "signing-certificate-of-another": ("The signature names another person's certificate.", _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, signing_certificate(ess_certificate(b.certificate("deputy"))))),
    "signing-certificate-hash-wrong": ("The hash of the certificate is wrong.", _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, signing_certificate(sequence(octet_string(bytes(32)))))),
    "signing-certificate-hash-short": ("The hash of the certificate is one octet short.", _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(sequence(octet_string(digest_of(b.certificate().dump())[:-1]))))),
    "signing-certificate-hash-mislabelled": ("The hash is SHA-1 and said to be SHA-256.", _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(ess_certificate(b.certificate(), digest="sha1", claimed="sha256")))),
    "signing-certificate-by-sha512": ("The hash of the certificate is SHA-512, as it may be.", PASSED,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(ess_certificate(b.certificate(), digest="sha512")))),
    "signing-certificate-by-md5": ("The hash of the certificate is MD5.",
        _SOFT,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(ess_certificate(b.certificate(), digest="md5")))),
    "signing-certificate-other-serial": ("Issuer and serial number are another certificate's, the hash is right.",
        _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, signing_certificate(_issuer_serial(b, "deputy")))),
    "signing-certificate-without-serial": ("The attribute gives the hash alone, as it may.", PASSED,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(sequence(octet_string(digest_of(b.certificate().dump())))))),
    "signing-certificate-empty": ("The attribute names no certificate.", FORMAT,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, signing_certificate())),
    "signing-certificate-issuer-first": ("The first certificate named is the issuer's.", _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(ess_certificate(b.certificate("interm")), ess_certificate(b.certificate())))),
    "signing-certificate-with-issuer": ("The issuer's certificate is named second, as it may be.", PASSED,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2,
            signing_certificate(ess_certificate(b.certificate()), ess_certificate(b.certificate("interm"))))),
    "signing-certificate-twice": ("The attribute is there twice, for two people.", _NO_CERTIFICATE,
        lambda b: _with(b, signing_certificate(ess_certificate(b.certificate("deputy"))))),
    "signing-certificate-broken": ("The attribute is a NULL.", FORMAT,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, attribute(SIGNING_CERTIFICATE_V2, null()))),
    "signing-certificate-without-value": ("The attribute has no value.", _UNNAMED,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, attribute(SIGNING_CERTIFICATE_V2))),
    "signing-certificate-v1": ("Only the old attribute with SHA-1 names the certificate; PAdES before 2016 did so.",
        PASSED, lambda b: _instead(b, SIGNING_CERTIFICATE_V2, _version_1(b))),
    "signing-certificate-v1-of-another": ("The old attribute names another person's certificate.", _NO_CERTIFICATE,
        lambda b: _instead(b, SIGNING_CERTIFICATE_V2, _version_1(b, "deputy"))),
    "signing-certificate-v1-contradicts-v2": ("The old attribute names another person than the new one.",
        _NO_CERTIFICATE, lambda b: _with(b, _version_1(b, "deputy"))),
    "signing-certificate-v1-and-v2": ("Both attributes name the certificate.", PASSED,
        lambda b: _with(b, _version_1(b))),
}  # fmt: skip

VECTORS = tuple(
    mutation(f"cms/{name}", about, clause, expected, make)
    for clause, table in ((_CMS, _PLAIN), (_ESS, _NAMED))
    for name, (about, expected, make) in table.items()
)
