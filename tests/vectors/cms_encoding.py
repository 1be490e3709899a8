"""One right CMS object, encoded and put together wrong: lengths, order, versions, extra and missing parts.

PAdES asks for DER (EN 319 142-1, 5.2), CMS itself only for signed attributes in DER (RFC 5652, 5.3 and 5.4). What can
still be read, and whose digest and value are right, is a caution; what cannot is a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.der import context, integer, null, octet_string, oid, sequence, set_of, tlv
from tests.vectors.envelope import (
    CONTENT_TYPE,
    DATA,
    SIGNED_DATA,
    TST_INFO,
    Envelope,
    attribute,
    certificate_set,
    der_set,
    digest_algorithm,
    issuer_and_serial,
    key_identifier,
)
from tests.vectors.vector import CRYPTO, FORMAT, PASSED, Expected, unsure
from tests.vectors.workbench import Workbench, mutation, scheme_of, waiting
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable

_DER = "EN 319 142-1, 5.2 (DER); RFC 5652, 5.3 and 5.4"
_SHAPE = "RFC 5652, 3 and 5"
_SOFT = PASSED.with_caution("signature-not-as-standard")
_NO_CERTIFICATE = unsure(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def long_length(element: bytes) -> bytes:
    """The same element with four octets for its length (BER)."""
    content = content_of(element)
    return element[:1] + b"\x84" + len(content).to_bytes(4, "big") + content


def indefinite(element: bytes) -> bytes:
    """The same constructed element with an indefinite length (BER)."""
    return element[:1] + b"\x80" + content_of(element) + b"\x00\x00"


def content_of(element: bytes) -> bytes:
    """What is in an element of definite length."""
    first = element[1]
    return element[2:] if first < 0x80 else element[2 + first - 0x80 :]


def _outer(signed_data: bytes) -> bytes:
    return sequence(oid(SIGNED_DATA), context(0, signed_data))


def _cut_signature(envelope: Envelope) -> bytes:
    """The signature value as a constructed OCTET STRING of two pieces (BER)."""
    der, value = envelope.der(), envelope.signer.signature
    whole = octet_string(value)
    pieces = tlv(0x24, octet_string(value[:100]) + octet_string(value[100:]))
    return _lengthened(envelope, whole, pieces) if whole in der else der


def _lengthened(envelope: Envelope, old: bytes, new: bytes) -> bytes:
    """One part of the only SignerInfo replaced, all lengths around it right."""
    signer = tlv(0x30, content_of(envelope.signer.der()).replace(old, new))
    return _with_signers(envelope, signer)


def _with_signers(envelope: Envelope, *signers: bytes) -> bytes:
    return _outer(
        sequence(
            envelope.version,
            envelope.digest_algorithms,
            envelope.content,
            envelope.certificates,
            envelope.crls,
            tlv(0x31, b"".join(signers)),
        )
    )


def _with(bench: Workbench, **parts: object) -> bytes:
    """The right envelope with parts of its SignedData replaced."""
    right = bench.sign()
    values = {name: getattr(right, name) for name in Envelope.__slots__} | parts
    return Envelope(**values).der()


def _reversed_set(bench: Workbench) -> bytes:
    """The attributes in the wrong order."""
    return tlv(0x31, b"".join(sorted(bench.attributes().values(), reverse=True)))


def _signed_in_order(bench: Workbench) -> bytes:
    """Signed as DER, sent in another order."""
    return bench.sign().with_signer(attributes=_reversed_set(bench)).der()


def _as_sent(bench: Workbench) -> bytes:
    """The value is over the attributes as they are sent, tag [0] and all."""
    right = der_set(bench.attributes())
    value = scheme_of("signatory").sign(bench.key(), b"\xa0" + right[1:])
    return bench.sign().with_signer(signature=value).der()


def _attached(bench: Workbench, content: bytes) -> bytes:
    return _with(bench, content=sequence(oid(DATA), context(0, octet_string(content))))


_ENCODING: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "right": ("The right object: this one passes.", PASSED, lambda b: b.sign().der()),
    "long-length": ("The outer length has more octets than it needs.", _SOFT, lambda b: long_length(b.sign().der())),
    "indefinite-length": ("The outer length is indefinite.", _SOFT, lambda b: indefinite(b.sign().der())),
    "indefinite-signed-data": ("The length of SignedData is indefinite.", _SOFT,
        lambda b: _outer(indefinite(b.sign().signed_data()))),
    "indefinite-certificates": ("The length of the certificate set is indefinite.", _SOFT,
        lambda b: _with(b, certificates=indefinite(b.sign().certificates))),
    "value-in-pieces": ("The signature value is a constructed OCTET STRING.", FORMAT,
        lambda b: _cut_signature(b.sign())),
    "long-length-of-value": ("The length of the signature value has more octets than it needs.", _SOFT,
        lambda b: _lengthened(b.sign(), octet_string(b.sign().signer.signature),
            long_length(octet_string(b.sign().signer.signature)))),
    "integer-with-leading-zeros": ("The version is an INTEGER with a leading zero octet.", _SOFT,
        lambda b: _with(b, version=b"\x02\x02\x00\x01")),
    "attributes-unsorted-signed-as-sent": ("The signed attributes are not sorted and were signed like that.", _SOFT,
        lambda b: b.sign(_reversed_set(b)).der()),
    "attributes-unsorted-signed-as-der": ("The signed attributes were signed sorted and are sent unsorted; the bytes as they are give another value.", CRYPTO,
        _signed_in_order),
    "attributes-long-length": ("The length of the signed attributes has more octets than it needs.", _SOFT,
        lambda b: _lengthened(b.sign(), b"\xa0" + der_set(b.attributes())[1:],
            long_length(b"\xa0" + der_set(b.attributes())[1:]))),
    "attributes-signed-with-their-tag": ("The value is over the attributes under their tag [0].", CRYPTO, _as_sent),
    "truncated": ("The last octet is lost, and a zero of the padding takes its place.", CRYPTO, lambda b: b.sign().der()[:-1]),
    "half": ("The second half is missing.", FORMAT, lambda b: b.sign().der()[:800]),
    "length-too-large": ("The outer length says more than there is.", FORMAT,
        lambda b: b"\x30\x83\x0f\xff\xff" + content_of(b.sign().der())),
    "length-too-small": ("The outer length says less than there is.", FORMAT,
        lambda b: b"\x30\x82\x01\x00" + content_of(b.sign().der())),
    "empty": ("An empty SEQUENCE.", FORMAT, lambda _: b"\x30\x00"),
    "a-set": ("The outer tag is that of a SET.", FORMAT, lambda b: b"\x31" + b.sign().der()[1:]),
    "bare-signed-data": ("SignedData without ContentInfo around it.", FORMAT, lambda b: b.sign().signed_data()),
    "nested-deeply": ("Two thousand SEQUENCEs in one another.", FORMAT, lambda _: b"\x30\x80" * 2000),
    "extra-in-content-info": ("A NULL behind the content of ContentInfo.", _SOFT,
        lambda b: sequence(oid(SIGNED_DATA), context(0, b.sign().signed_data()), null())),
    "extra-in-signed-data": ("A NULL behind the signers of SignedData.", _SOFT,
        lambda b: _outer(tlv(0x30, content_of(b.sign().signed_data()) + null()))),
    "extra-in-signer-info": ("A NULL behind the parts of SignerInfo.", _SOFT,
        lambda b: _with_signers(b.sign(), tlv(0x30, content_of(b.sign().signer.der()) + null()))),
}  # fmt: skip
_PARTS: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "version-0": ("SignedData has version 0.", _SOFT, lambda b: _with(b, version=integer(0))),
    "version-3": ("SignedData has version 3 without need.", _SOFT, lambda b: _with(b, version=integer(3))),
    "version-99": ("SignedData has version 99.", _SOFT, lambda b: _with(b, version=integer(99))),
    "version-negative": ("SignedData has version -1.", _SOFT, lambda b: _with(b, version=integer(-1))),
    "version-missing": ("SignedData has no version.", FORMAT, lambda b: _with(b, version=b"")),
    "signer-version-0": ("SignerInfo has version 0.", _SOFT, lambda b: b.sign().with_signer(version=integer(0)).der()),
    "signer-version-3": ("SignerInfo has version 3 and names its certificate by issuer and serial number.", _SOFT,
        lambda b: b.sign().with_signer(version=integer(3)).der()),
    "signer-version-99": ("SignerInfo has version 99.", _SOFT,
        lambda b: b.sign().with_signer(version=integer(99)).der()),
    "content-type-data": ("ContentInfo says that it holds plain data.", FORMAT,
        lambda b: _with(b, content_type=oid(DATA))),
    "content-type-enveloped": ("ContentInfo says that it holds enveloped data.", FORMAT,
        lambda b: _with(b, content_type=oid("1.2.840.113549.1.7.3"))),
    "content-type-unknown": ("ContentInfo says that it holds something unknown.", FORMAT,
        lambda b: _with(b, content_type=oid("1.2.3.4"))),
    "encapsulates-a-timestamp": ("The content type is that of a timestamp.", FORMAT,
        lambda b: _with(b, content=sequence(oid(TST_INFO)))),
    "encapsulates-signed-data": ("The content type is that of signed data, in the attribute too.", FORMAT,
        lambda b: Envelope(**{
            **{name: getattr(b.sign(), name) for name in Envelope.__slots__},
            "content": sequence(oid(SIGNED_DATA)),
            "signers": b.sign(der_set({**b.attributes(),
                CONTENT_TYPE: attribute(CONTENT_TYPE, oid(SIGNED_DATA))})).signers}).der()),
    "attached-document": ("The document is inside the object as well.", FORMAT,
        lambda b: _attached(b, waiting().covered())),
    "attached-other": ("Another document is inside the object.", FORMAT, lambda b: _attached(b, b"another")),
    "attached-empty": ("An empty document is inside the object.", FORMAT, lambda b: _attached(b, b"")),
    "no-digest-algorithms": ("The set of digest algorithms is empty, as CMS allows.", PASSED,
        lambda b: _with(b, digest_algorithms=set_of())),
    "other-digest-algorithms": ("The set of digest algorithms names another one; a verifier may refuse that and need not.", PASSED,
        lambda b: _with(b, digest_algorithms=set_of(digest_algorithm("sha512")))),
    "two-digest-algorithms": ("The set of digest algorithms names one that is not used, as CMS allows.", PASSED,
        lambda b: _with(b, digest_algorithms=set_of(digest_algorithm("sha256"), digest_algorithm("sha512")))),
    "no-certificates": ("There is no certificate in the object.", _NO_CERTIFICATE,
        lambda b: _with(b, certificates=b"")),
    "signer-certificate-missing": ("Only the issuer's certificate is in the object.", _NO_CERTIFICATE,
        lambda b: _with(b, certificates=certificate_set([b.certificate("interm")]))),
    "other-certificate": ("Another person's certificate is in the object.", _NO_CERTIFICATE,
        lambda b: _with(b, certificates=certificate_set([b.certificate("deputy"), b.certificate("interm")]))),
    "certificate-twice": ("The signer's certificate is there twice; no rule forbids it.", PASSED,
        lambda b: _with(b, certificates=certificate_set([b.certificate(), b.certificate()]))),
    "signed-data-twice": ("Behind the SignedData stands a second one in the same tag; parsers take the first.", _SOFT,
        lambda b: sequence(oid(SIGNED_DATA), context(0, b.sign().signed_data() * 2))),
    "certificate-broken": ("Behind the certificates there is one that cannot be read.", FORMAT,
        lambda b: _with(b, certificates=context(0, b.certificate().dump() + sequence(null())))),
    "certificates-in-other-order": ("The issuer's certificate comes first; products do so.", PASSED,
        lambda b: _with(b, certificates=certificate_set([b.certificate("interm"), b.certificate()]))),
    "certificate-alone": ("Only the signer's certificate is there; the verifier knows its issuer.", PASSED,
        lambda b: _with(b, certificates=certificate_set([b.certificate()]))),
    "broken-crls": ("The field for CRLs holds something else.", _SOFT, lambda b: _with(b, crls=context(1, null()))),
    "no-signers": ("There is no SignerInfo.", FORMAT, lambda b: _with(b, signers=())),
    "signer-twice": ("The same SignerInfo is there twice.", FORMAT, lambda b: _with(b, signers=b.sign().signers * 2)),
    "second-signer": ("A second person has signed in the same object.", FORMAT,
        lambda b: _with(b, signers=(b.sign().signer, b.sign(who="deputy").signer))),
    "second-signer-broken": ("A second SignerInfo has a wrong value.", FORMAT,
        lambda b: _with(b, signers=(b.sign().signer, b.sign(who="deputy", key="citizen").signer))),
    "signer-of-another-serial": ("SignerInfo names another serial number.", _NO_CERTIFICATE,
        lambda b: b.sign().with_signer(sid=issuer_and_serial(b.certificate(), serial=7)).der()),
    "signer-of-another-person": ("SignerInfo names another person's certificate, which is there.", _NO_CERTIFICATE,
        lambda b: Envelope(**{
            **{name: getattr(b.sign(), name) for name in Envelope.__slots__},
            "certificates": certificate_set([b.certificate(), b.certificate("deputy")]),
            "signers": b.sign().with_signer(sid=issuer_and_serial(b.certificate("deputy"))).signers}).der()),
    "signer-by-key-identifier": ("SignerInfo of version 3 names its certificate by key identifier, as CMS allows.",
        PASSED, lambda b: Envelope(**{
            **{name: getattr(b.sign(), name) for name in Envelope.__slots__},
            "version": integer(3),
            "signers": b.sign().with_signer(sid=key_identifier(b.certificate()), version=integer(3)).signers}).der()),
    "signer-by-wrong-key-identifier": ("SignerInfo names its certificate by a wrong key identifier.", _NO_CERTIFICATE,
        lambda b: b.sign().with_signer(sid=key_identifier(b.certificate("deputy")), version=integer(3)).der()),
    "unsigned-attribute-unknown": ("An unknown unsigned attribute; anyone may add one, and nobody heeds it.", PASSED,
        lambda b: b.sign().with_signer(unsigned=(attribute("1.2.3.4", null()),)).der()),
    "unsigned-attribute-broken": ("The unsigned attributes hold something that is no attribute.", FORMAT,
        lambda b: b.sign().with_signer(unsigned=(null(),)).der()),
    "unsigned-timestamp-broken": ("The signature timestamp is no token.", FORMAT,
        lambda b: b.sign().with_signer(unsigned=(attribute("1.2.840.113549.1.9.16.2.14", null()),)).der()),
    "unsigned-attributes-empty": ("The set of unsigned attributes is empty.", _SOFT,
        lambda b: _lengthened(b.sign(), b.sign().signer.signature, b.sign().signer.signature + context(1, b""))),
}  # fmt: skip

VECTORS = tuple(
    mutation(f"cms/{name}", about, clause, expected, make)
    for clause, table in ((_DER, _ENCODING), (_SHAPE, _PARTS))
    for name, (about, expected, make) in table.items()
)
