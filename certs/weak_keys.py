"""Keys that look like any other and protect nothing: too short, badly made, or made by a device known to make them so.

The arithmetic is badkeys' (ROCA, close primes, small private exponents, shared and small factors, patterned moduli);
its lists of compromised keys are a download and are not used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from badkeys.checks import checkrsa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_SMALLEST_RSA = 2048
_LARGEST_RSA = 16384  # what OpenSSL still verifies with
_SMALLEST_EXPONENT = 65537  # FIPS 186-5, 5.1; CA/Browser Forum Baseline Requirements, 6.1.6
_LARGEST_EXPONENT_BITS = 256
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_CHECKS = {
    "roca": "it has the form of keys that Infineon chips made (ROCA, CVE-2017-15361)",
    "fermat": "its primes lie close together (CVE-2022-26320)",
    "smalld": "its private exponent is small",
    "smallfactors": "its modulus has small factors",
    "sharedprimes": "it shares a prime with known keys",
    "rsapoly": "its modulus has a pattern by which it can be factored",
    "rsabias": "its modulus is not random",
    "pattern": "its modulus repeats octets",
}


def weakness_of(key: PublicKeyTypes) -> str | None:
    """Why this key must not sign, as the end of a sentence; None for a key against which nothing is known."""
    if isinstance(key, rsa.RSAPublicKey):
        return _weakness_of_rsa(key.public_numbers())
    if isinstance(key, ec.EllipticCurvePublicKey):
        return None if isinstance(key.curve, _CURVES) else f"its curve {key.curve.name} is none of P-256, P-384, P-521"
    return None if isinstance(key, ed25519.Ed25519PublicKey) else "it is no RSA, ECDSA or Ed25519 key"


def weakness_of_encoded(public_key: bytes) -> str | None:
    """The same for a DER SubjectPublicKeyInfo; one that cannot be read, such as a point off its curve, is weak too."""
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        return "it is no public key, or one with invalid values"
    return weakness_of(key)


def _weakness_of_rsa(numbers: rsa.RSAPublicNumbers) -> str | None:
    bits = numbers.n.bit_length()
    if not _SMALLEST_RSA <= bits <= _LARGEST_RSA:
        return f"its modulus has {bits} bits"
    if numbers.e < _SMALLEST_EXPONENT or numbers.e % 2 == 0 or numbers.e.bit_length() > _LARGEST_EXPONENT_BITS:
        return "its public exponent is not an odd number from 65537 to 2²⁵⁶"
    if numbers.n % 2 == 0:  # no check of badkeys is made for that, and one divides by zero
        return _CHECKS["smallfactors"]
    found = checkrsa(numbers.n, e=numbers.e, checks=tuple(_CHECKS))
    return next((_CHECKS[name] for name in _CHECKS if name in found), None)
