"""Which PKCS#11 mechanisms make which signature, and what a device's raw answer becomes.

For each algorithm there are routes, best first: the combined mechanism (the device hashes), then the plain one over a
digest made here, because many modules have only that (SoftHSM 2.6 has no ECDSA with SHA-256). Sources: PKCS#11 v3.0,
"Current Mechanisms", 2.1 (RSA) and 2.3 (elliptic curves); RFC 8017; RFC 3279, 2.2.3.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, assert_never

from pkcs11 import MGF, KeyType, Mechanism

from certs import der
from certs.algorithms import DigestAlgorithm, SignatureAlgorithm, SignatureScheme
from certs.identifiers import digest_identifier_with_null

if TYPE_CHECKING:
    from collections.abc import Collection

_SHA256, _SHA384, _SHA512 = DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512

_COMBINED = {
    SignatureAlgorithm.RSA_SHA256: Mechanism.SHA256_RSA_PKCS,
    SignatureAlgorithm.RSA_SHA384: Mechanism.SHA384_RSA_PKCS,
    SignatureAlgorithm.RSA_SHA512: Mechanism.SHA512_RSA_PKCS,
    SignatureAlgorithm.RSA_PSS_SHA256: Mechanism.SHA256_RSA_PKCS_PSS,
    SignatureAlgorithm.RSA_PSS_SHA384: Mechanism.SHA384_RSA_PKCS_PSS,
    SignatureAlgorithm.RSA_PSS_SHA512: Mechanism.SHA512_RSA_PKCS_PSS,
    SignatureAlgorithm.ECDSA_SHA256: Mechanism.ECDSA_SHA256,
    SignatureAlgorithm.ECDSA_SHA384: Mechanism.ECDSA_SHA384,
    SignatureAlgorithm.ECDSA_SHA512: Mechanism.ECDSA_SHA512,
}
_PSS = {
    _SHA256: (Mechanism.SHA256, MGF.SHA256, 32),
    _SHA384: (Mechanism.SHA384, MGF.SHA384, 48),
    _SHA512: (Mechanism.SHA512, MGF.SHA512, 64),
}
_KEY_TYPES = {
    SignatureScheme.RSA_PKCS1: KeyType.RSA,
    SignatureScheme.RSA_PSS: KeyType.RSA,
    SignatureScheme.ECDSA: KeyType.EC,
    SignatureScheme.ED25519: KeyType.EC_EDWARDS,
}


class Input(Enum):
    """What a mechanism is given."""

    MESSAGE = auto()
    DIGEST = auto()
    DIGEST_INFO = auto()  # RFC 8017, 9.2


@dataclass(frozen=True, slots=True)
class Route:
    """One way to ask a device for a signature; ``parameters`` are (hash, MGF, salt length in octets) of PSS."""

    mechanism: Mechanism
    input: Input
    digest: DigestAlgorithm
    parameters: tuple[Mechanism, MGF, int] | None = None

    def represent(self, dtbs: bytes) -> bytes:
        """What the device is given for this data."""
        match self.input:
            case Input.MESSAGE:
                return dtbs
            case Input.DIGEST:
                return hashlib.new(self.digest.value, dtbs).digest()
            case Input.DIGEST_INFO:
                octets = der.octet_string(hashlib.new(self.digest.value, dtbs).digest())
                return der.sequence(digest_identifier_with_null(self.digest), octets)
            case _:
                assert_never(self.input)


def routes(algorithm: SignatureAlgorithm, available: Collection[Mechanism]) -> tuple[Route, ...]:
    """The ways in which a device with these mechanisms may make the signature, best first; none where it cannot."""
    return tuple(route for route in _all_routes(algorithm) if route.mechanism in available)


def _all_routes(algorithm: SignatureAlgorithm) -> tuple[Route, ...]:
    digest = algorithm.digest
    match algorithm.scheme:
        case SignatureScheme.RSA_PKCS1:
            plain = Route(Mechanism.RSA_PKCS, Input.DIGEST_INFO, digest)
            return Route(_COMBINED[algorithm], Input.MESSAGE, digest), plain
        case SignatureScheme.RSA_PSS:
            plain = Route(Mechanism.RSA_PKCS_PSS, Input.DIGEST, digest, _PSS[digest])
            return Route(_COMBINED[algorithm], Input.MESSAGE, digest, _PSS[digest]), plain
        case SignatureScheme.ECDSA:
            plain = Route(Mechanism.ECDSA, Input.DIGEST, digest)
            return Route(_COMBINED[algorithm], Input.MESSAGE, digest), plain
        case SignatureScheme.ED25519:
            return (Route(Mechanism.EDDSA, Input.MESSAGE, digest),)
        case _:
            assert_never(algorithm.scheme)


def fits(algorithm: SignatureAlgorithm, key_type: KeyType) -> bool:
    """Whether keys of this type can make such signatures at all."""
    return _KEY_TYPES[algorithm.scheme] is key_type


def signature_octets(algorithm: SignatureAlgorithm, raw: bytes) -> bytes:
    """The device's answer in the form that CMS wants: for ECDSA a DER ``Ecdsa-Sig-Value`` instead of r || s.

    Both halves are as long as the order of the curve (PKCS#11 v3.0, 2.3.1). An odd length is passed on as it is: it
    will not verify, and is not released.
    """
    if algorithm.scheme is not SignatureScheme.ECDSA or len(raw) % 2:
        return raw
    half = len(raw) // 2
    return der.sequence(
        der.integer(int.from_bytes(raw[:half], "big")),
        der.integer(int.from_bytes(raw[half:], "big")),
    )
