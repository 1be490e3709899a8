"""One right CMS object whose algorithms, parameters or signature value are put wrong.

RFC 8017 (RSA), RFC 4056 (PSS in CMS), RFC 5753 (ECDSA in CMS), RFC 8419 (EdDSA in CMS); EN 319 102-1, 5.2.7 and 5.2.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from certs.der import integer, null, oid, sequence, set_of, tlv
from tests.vectors.envelope import (
    der_set,
    digest_algorithm,
    ecdsa,
    ecdsa_plain,
    pss_parameters,
    rsa_pkcs1,
    rsa_pss,
)
from tests.vectors.vector import CRYPTO, FORMAT, PASSED, Expected, unsure
from tests.vectors.workbench import Workbench, mutation
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable

_RSA = "RFC 8017, 8.2.2; EN 319 102-1, 5.2.7"
_PSS = "RFC 8017, 8.1.2; RFC 4056, 3"
_CURVES = "RFC 5753, 2; RFC 8032, 5.1.7; SEC 1, 4.1.4"
_NAMES = "RFC 5652, 5.4; EN 319 102-1, 5.2.8"
_TOO_WEAK = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
_TOO_OLD = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)

_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # the group's order
_ED25519 = 2**252 + 27742317777372353535851937790883648493  # the group's order


def _value(bench: Workbench, change: Callable[[bytes], bytes], *, who: str = "signatory") -> bytes:
    """The right envelope with its signature value changed."""
    right = bench.sign(who=who)
    return right.with_signer(signature=change(right.signer.signature)).der()


def _flipped(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


def _plus_modulus(bench: Workbench) -> bytes:
    """The value plus the modulus: the same residue, but out of range."""
    key = bench.key()
    assert isinstance(key, rsa.RSAPrivateKey)
    modulus = key.public_key().public_numbers().n
    return _value(bench, lambda value: (int.from_bytes(value, "big") + modulus).to_bytes(257, "big"))


def _points(bench: Workbench, change: Callable[[int, int], tuple[int, int]]) -> bytes:
    """An ECDSA value with other r and s."""
    return _value(bench, lambda value: encode_dss_signature(*change(*decode_dss_signature(value))), who="elliptic")


def _encoded(bench: Workbench, encode: Callable[[int, int], bytes]) -> bytes:
    """An ECDSA value with r and s encoded otherwise."""
    return _value(bench, lambda value: encode(*decode_dss_signature(value)), who="elliptic")


def _plain(bench: Workbench, change: Callable[[bytes], bytes]) -> bytes:
    """A plain ECDSA value, changed."""
    right = bench.sign(who="elliptic", scheme=ecdsa_plain())
    return right.with_signer(signature=change(right.signer.signature)).der()


def _edwards(bench: Workbench) -> bytes:
    """S plus the order of the group (RFC 8032, 5.1.7: S must be smaller)."""

    def change(value: bytes) -> bytes:
        return value[:32] + (int.from_bytes(value[32:], "little") + _ED25519).to_bytes(32, "little")

    right = bench.sign(who="edwards", digest="sha512")
    return right.with_signer(signature=change(right.signer.signature)).der()


def _called(bench: Workbench, identifier: bytes, *, who: str = "signatory") -> bytes:
    """The right value under another name."""
    return bench.sign(who=who).with_signer(signature_algorithm=identifier).der()


def _rsa_named(last_arc: int, parameters: bytes = null()) -> bytes:
    return sequence(oid(f"1.2.840.113549.1.1.{last_arc}"), parameters)


_VALUES: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "rsa-empty": ("The value is empty.", CRYPTO, lambda b: _value(b, lambda _: b"")),
    "rsa-zero": ("The value is zero.", CRYPTO, lambda b: _value(b, lambda v: bytes(len(v)))),
    "rsa-one": ("The value is one.", CRYPTO, lambda b: _value(b, lambda v: bytes(len(v) - 1) + b"\x01")),
    "rsa-bit-flipped": ("One bit of the value is flipped.", CRYPTO, lambda b: _value(b, _flipped)),
    "rsa-shortened": ("The last octet of the value is missing.", CRYPTO, lambda b: _value(b, lambda v: v[:-1])),
    "rsa-leading-zero": ("The value has a leading zero octet.", CRYPTO, lambda b: _value(b, lambda v: b"\x00" + v)),
    "rsa-plus-modulus": ("The value is larger than the modulus.", CRYPTO, _plus_modulus),
    "rsa-reversed": ("The octets of the value are in reverse order.", CRYPTO, lambda b: _value(b, lambda v: v[::-1])),
    "rsa-of-another-key": ("The value was made with another key.", CRYPTO,
        lambda b: b.sign(key="citizen", scheme=ecdsa().called(rsa_pkcs1("sha256").identifier)).der()),
    "rsa-of-other-attributes": ("The value is that of other attributes.", CRYPTO,
        lambda b: b.sign(der_set(b.attributes("deputy"))).with_signer(attributes=der_set(b.attributes())).der()),
}  # fmt: skip
_IDENTIFIERS: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "named-sha512-with-rsa": ("The value is said to be made with SHA-512.", CRYPTO,
        lambda b: _called(b, _rsa_named(13))),
    "named-sha1-with-rsa": ("The value is said to be made with SHA-1.", CRYPTO, lambda b: _called(b, _rsa_named(5))),
    "named-ecdsa": ("The value of an RSA key is said to be ECDSA.", FORMAT,
        lambda b: _called(b, ecdsa().identifier)),
    "named-pss": ("The value is said to be PSS.", CRYPTO, lambda b: _called(b, rsa_pss().identifier)),
    "named-ed25519": ("The value of an RSA key is said to be Ed25519.", FORMAT,
        lambda b: _called(b, sequence(oid("1.3.101.112")))),
    "named-by-digest": ("The signature algorithm is that of a digest.", _TOO_WEAK,
        lambda b: _called(b, digest_algorithm("sha256"))),
    "named-unknown": ("The signature algorithm is unknown.", _TOO_WEAK, lambda b: _called(b, sequence(oid("1.2.3.4")))),
    "named-rsa-alone": ("The signature algorithm is RSA and leaves the digest to its own field, as CMS allows.",
        PASSED, lambda b: _called(b, _rsa_named(1))),
    "rsa-without-null": ("The parameters of the RSA identifier are absent; a verifier takes that for NULL.", PASSED,
        lambda b: _called(b, _rsa_named(11, b""))),
    "rsa-with-parameters": ("The parameters of the RSA identifier are those of PSS.",
        FORMAT, lambda b: _called(b, _rsa_named(11, pss_parameters("sha256")))),
    "digest-field-sha512": ("The digest algorithm is said to be SHA-512, the digest is SHA-256.",
        Expected(CRYPTO.indication, SubIndication.HASH_FAILURE),
        lambda b: b.sign().with_signer(digest_algorithm=digest_algorithm("sha512")).der()),
    "digest-field-unknown": ("The digest algorithm is unknown.", FORMAT,
        lambda b: b.sign().with_signer(digest_algorithm=sequence(oid("1.2.3.4"))).der()),
    "digests-differ": ("The document is digested with SHA-512, the attributes are signed with SHA-256.",
        _TOO_WEAK, lambda b: b.sign(digest="sha512", scheme=rsa_pkcs1("sha256")).der()),
    "md5": ("Digest and signature use MD5.", _TOO_WEAK, lambda b: b.sign(digest="md5").der()),
    "sha1": ("Digest and signature use SHA-1, without proof of an early time.", _TOO_OLD,
        lambda b: b.sign(digest="sha1").der()),
    "sha1-in-the-digest-only": ("The document is digested with SHA-1, the attributes with SHA-256.", _TOO_OLD,
        lambda b: b.sign(digest="sha1", scheme=rsa_pkcs1("sha256")).der()),
    "certificate-for-encipherment": ("The certificate is for encipherment.",
        unsure(SubIndication.CHAIN_CONSTRAINTS_FAILURE), lambda b: b.sign(who="encipherer").der()),
    "certificate-self-signed": ("The certificate is nobody's but the signer's.",
        unsure(SubIndication.NO_CERTIFICATE_CHAIN_FOUND), lambda b: b.sign(who="stranger").der()),
}  # fmt: skip
_PSS_PARAMETERS: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "pss": ("A right PSS signature: this one passes.", PASSED, lambda b: b.sign(scheme=rsa_pss()).der()),
    "pss-without-parameters": ("The parameters are absent, which means SHA-1.", FORMAT,
        lambda b: b.sign(scheme=rsa_pss(parameters=b"")).der()),
    "pss-null-parameters": ("The parameters are NULL.", FORMAT, lambda b: b.sign(scheme=rsa_pss(parameters=null())).der()),
    "pss-empty-parameters": ("The parameters are the defaults, which means SHA-1.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pss(parameters=sequence())).der()),
    "pss-salt-claimed-shorter": ("The salt is longer than the parameters say.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pss(parameters=pss_parameters("sha256", salt=20))).der()),
    "pss-salt-claimed-longer": ("The salt is shorter than the parameters say.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pss(salt=20, parameters=pss_parameters("sha256"))).der()),
    "pss-salt-negative": ("The parameters say a negative salt length.", FORMAT,
        lambda b: b.sign(scheme=rsa_pss(parameters=pss_parameters("sha256", salt=-1))).der()),
    "pss-salt-huge": ("The parameters say a salt longer than the key.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pss(parameters=pss_parameters("sha256", salt=100000))).der()),
    "pss-without-salt": ("The salt is empty, and the parameters say so; weaker in theory, right in form.", PASSED,
        lambda b: b.sign(scheme=rsa_pss(salt=0)).der()),
    "pss-mask-claimed-sha1": ("The parameters say another mask function.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pss(parameters=pss_parameters("sha256", mgf="sha1"))).der()),
    "pss-mask-sha512": ("The mask function has another digest, and the parameters say so.", PASSED,
        lambda b: b.sign(scheme=rsa_pss(mgf="sha512")).der()),
    "pss-trailer-2": ("The trailer field is 2.", PASSED.with_caution("signature-not-as-standard"),
        lambda b: b.sign(scheme=rsa_pss(parameters=pss_parameters("sha256", trailer=b"\xa3\x03" + integer(2)))).der()),
    "pss-claimed-sha512": ("The parameters say SHA-512.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pss(parameters=pss_parameters("sha512"))).der()),
    "pss-sha512-in-sha256": ("PSS with SHA-512 where the digest field says SHA-256.", _TOO_WEAK,
        lambda b: b.sign(scheme=rsa_pss("sha512")).der()),
    "pss-is-pkcs1": ("The value is PKCS #1 v1.5 under the name of PSS.", CRYPTO,
        lambda b: b.sign(scheme=rsa_pkcs1("sha256").called(rsa_pss().identifier)).der()),
    "pss-by-elliptic-key": ("The value of an EC key is said to be PSS.", FORMAT,
        lambda b: b.sign(who="elliptic", scheme=ecdsa().called(rsa_pss().identifier)).der()),
}  # fmt: skip
_POINTS: dict[str, tuple[str, Expected, Callable[[Workbench], bytes]]] = {
    "ecdsa": ("A right ECDSA signature: this one passes.", PASSED, lambda b: b.sign(who="elliptic").der()),
    "ecdsa-s-negated": ("s is the order minus s: whoever has one value can make the other, and both are right.",
        PASSED, lambda b: _points(b, lambda r, s: (r, _P256 - s))),
    "ecdsa-r-zero": ("r is zero.", CRYPTO, lambda b: _points(b, lambda _, s: (0, s))),
    "ecdsa-s-zero": ("s is zero.", CRYPTO, lambda b: _points(b, lambda r, _: (r, 0))),
    "ecdsa-both-zero": ("r and s are zero.", CRYPTO, lambda b: _points(b, lambda _r, _s: (0, 0))),
    "ecdsa-r-is-order": ("r is the order of the group.", CRYPTO, lambda b: _points(b, lambda _, s: (_P256, s))),
    "ecdsa-s-is-order": ("s is the order of the group.", CRYPTO, lambda b: _points(b, lambda r, _: (r, _P256))),
    "ecdsa-r-plus-order": ("r is larger than the order.", CRYPTO, lambda b: _points(b, lambda r, s: (r + _P256, s))),
    "ecdsa-s-plus-order": ("s is larger than the order.", CRYPTO, lambda b: _points(b, lambda r, s: (r, s + _P256))),
    "ecdsa-one-and-one": ("r and s are one.", CRYPTO, lambda b: _points(b, lambda _r, _s: (1, 1))),
    "ecdsa-exchanged": ("r and s have changed places.", CRYPTO, lambda b: _points(b, lambda r, s: (s, r))),
    "ecdsa-negative": ("r is negative.", CRYPTO,
        lambda b: _encoded(b, lambda r, s: sequence(integer(-r), integer(s)))),
    "ecdsa-leading-zeros": ("r is an INTEGER with leading zeros.", CRYPTO,
        lambda b: _encoded(b, lambda r, s: sequence(tlv(2, bytes(4) + r.to_bytes(32, "big")), integer(s)))),
    "ecdsa-trailing": ("An octet follows behind r and s.", CRYPTO,
        lambda b: _encoded(b, lambda r, s: sequence(integer(r), integer(s)) + b"\x00")),
    "ecdsa-three-integers": ("A third INTEGER follows r and s.", CRYPTO,
        lambda b: _encoded(b, lambda r, s: sequence(integer(r), integer(s), integer(1)))),
    "ecdsa-a-set": ("r and s are in a SET.", CRYPTO,
        lambda b: _encoded(b, lambda r, s: set_of(integer(r), integer(s)))),
    "ecdsa-plain-unsaid": ("r and s stand side by side without being named plain.", CRYPTO,
        lambda b: _encoded(b, lambda r, s: r.to_bytes(32, "big") + s.to_bytes(32, "big"))),
    "ecdsa-plain": ("r and s stand side by side under the name for that (BSI TR-03111, 5.2.1.1).", PASSED,
        lambda b: b.sign(who="elliptic", scheme=ecdsa_plain()).der()),
    "ecdsa-plain-bit-flipped": ("One bit of a plain value is flipped.", CRYPTO, lambda b: _plain(b, _flipped)),
    "ecdsa-plain-exchanged": ("r and s of a plain value have changed places.", CRYPTO,
        lambda b: _plain(b, lambda v: v[32:] + v[:32])),
    "ecdsa-plain-shortened": ("The last octet of a plain value is missing.", CRYPTO,
        lambda b: _plain(b, lambda v: v[:-1])),
    "ecdsa-plain-is-empty": ("A plain value is empty.", CRYPTO, lambda b: _plain(b, lambda _: b"")),
    "ecdsa-empty": ("The value is empty.", CRYPTO, lambda b: _value(b, lambda _: b"", who="elliptic")),
    "ecdsa-named-rsa": ("The value of an EC key is said to be RSA.", FORMAT,
        lambda b: _called(b, _rsa_named(11), who="elliptic")),
    "ed25519": ("A right Ed25519 signature: this one passes.", PASSED,
        lambda b: b.sign(who="edwards", digest="sha512").der()),
    "ed25519-s-plus-order": ("S is larger than the order.", CRYPTO, _edwards),
    "ed25519-shortened": ("The last octet of the value is missing.", CRYPTO,
        lambda b: _value(b, lambda v: v[:-1], who="edwards")),
    "ed25519-zero": ("The value is zero.", CRYPTO, lambda b: _value(b, lambda v: bytes(len(v)), who="edwards")),
    "ed25519-with-sha256": ("The document is digested with SHA-256, where Ed25519 asks for SHA-512.", _TOO_WEAK,
        lambda b: b.sign(who="edwards").der()),
}  # fmt: skip

VECTORS = tuple(
    mutation(f"cms/{name}", about, clause, expected, make)
    for clause, table in ((_RSA, _VALUES), (_NAMES, _IDENTIFIERS), (_PSS, _PSS_PARAMETERS), (_CURVES, _POINTS))
    for name, (about, expected, make) in table.items()
)
