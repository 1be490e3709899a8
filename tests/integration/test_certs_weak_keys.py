"""Vectors are made here, each with the very fault it is named by, so that none has to be believed."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import TYPE_CHECKING

import gmpy2
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs import der
from certs.weak_keys import weakness_of, weakness_of_encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

CHANCE = random.Random(2026)


def prime(bits: int) -> int:
    return int(gmpy2.next_prime(CHANCE.getrandbits(bits) | 3 << (bits - 2)))


def rsa_key(modulus: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def roca_prime(bits: int) -> int:
    """k·M + 65537^a mod M, as the library in the Infineon chips chose its primes (Nemec and others, 2017)."""
    primorial = math.prod(p for p in range(2, 702) if gmpy2.is_prime(p))
    while True:
        a = CHANCE.getrandbits(62)
        k = CHANCE.getrandbits(bits - primorial.bit_length()) | 3 << (bits - primorial.bit_length() - 2)
        candidate = k * primorial + pow(65537, a, primorial)
        if candidate.bit_length() == bits and gmpy2.is_prime(candidate):
            return candidate


def with_small_private_exponent() -> rsa.RSAPublicKey:
    """Wiener's case: d shorter than a quarter of the modulus, so that e is as long as the modulus."""
    p, q = prime(1024), prime(1024)
    return rsa_key(p * q, int(gmpy2.invert(prime(400), (p - 1) * (q - 1))))


def spki_of_point_off_the_curve() -> bytes:
    point = b"\x04" + bytes(31) + b"\x05" + bytes(31) + b"\x07"
    identifier = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
    return der.sequence(identifier, der.bit_string(point))


def spki_of_rsa(modulus: int, exponent: int) -> bytes:
    """DER without the checks that the library makes on building a key."""
    key = der.sequence(der.integer(modulus), der.integer(exponent))
    return der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()), der.bit_string(key))


P = prime(1024)
GOOD = prime(1024) * P
BIASED = int.from_bytes(b"\xff\xfe\xff\xff\xf7" * 52, "big") >> 32 | 1
MAKERS: dict[str, Callable[[], PublicKeyTypes]] = {
    "ROCA 2048": lambda: rsa_key(roca_prime(1024) * roca_prime(1024)),
    "ROCA 4096": lambda: rsa_key(roca_prime(2048) * roca_prime(2048)),
    "close primes": lambda: rsa_key(P * int(gmpy2.next_prime(P))),
    "512 bits": lambda: rsa_key(prime(256) * prime(256)),
    "1024 bits": lambda: rsa_key(prime(512) * prime(512)),
    "2047 bits": lambda: rsa_key(int(gmpy2.next_prime(1 << 1023)) * int(gmpy2.next_prime(3 << 1021))),
    "exponent 3": lambda: rsa_key(GOOD, 3),
    "exponent 17": lambda: rsa_key(GOOD, 17),
    "exponent 65535": lambda: rsa_key(GOOD, 65535),
    "small private exponent": with_small_private_exponent,
    "factor 3": lambda: rsa_key(3 * prime(2047)),
    "factor 65521": lambda: rsa_key(65521 * prime(2040)),
    "repeated octets": lambda: rsa_key(GOOD >> 512 << 512 | int.from_bytes(b"\xab" * 20 + bytes(range(44)), "big") | 1),
    "mostly ones": lambda: rsa_key(BIASED << (2048 - BIASED.bit_length()) | BIASED >> 1 | 1),
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()).public_key(),
    "P-224": lambda: ec.generate_private_key(ec.SECP224R1()).public_key(),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()).public_key(),
    "Ed448": lambda: ed448.Ed448PrivateKey.generate().public_key(),
    "DSA": lambda: dsa.generate_private_key(2048).public_key(),
}


@cache
def weak(name: str) -> PublicKeyTypes:
    """Made when it is asked for: some take a second."""
    return MAKERS[name]()


@pytest.mark.parametrize("name", MAKERS)
def test_a_weak_key_is_named_so(name: str) -> None:
    assert weakness_of(weak(name)) is not None
    encoded = weak(name).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert weakness_of_encoded(encoded) is not None


@pytest.mark.parametrize(
    ("name", "word"), [("ROCA 2048", "ROCA"), ("close primes", "close"), ("small private exponent", "exponent")]
)
def test_the_reason_is_the_right_one(name: str, word: str) -> None:
    assert word in (weakness_of(weak(name)) or "")


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"0\x00",
        spki_of_point_off_the_curve(),
        spki_of_rsa(GOOD, 1),
        spki_of_rsa(GOOD, 2),
        spki_of_rsa(GOOD + 1, 3),
        spki_of_rsa(3 << 2046, 65537),  # found by fuzzing: badkeys divides by the bits of its lower half
    ],
    ids=["nothing", "empty", "off the curve", "exponent 1", "exponent 2", "even modulus", "half a modulus"],
)
def test_a_key_with_invalid_values_is_weak(encoded: bytes) -> None:
    assert weakness_of_encoded(encoded) is not None


def test_a_thousand_good_keys_are_left_alone() -> None:
    keys: list[PublicKeyTypes] = [rsa.generate_private_key(65537, 2048).public_key() for _ in range(20)]
    keys += [rsa.generate_private_key(65537, bits).public_key() for bits in (3072, 4096)]
    curves = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
    keys += [ec.generate_private_key(curves[number % 3]).public_key() for number in range(878)]
    keys += [ed25519.Ed25519PrivateKey.generate().public_key() for _ in range(100)]
    assert len(keys) == 1000
    assert [key for key in keys if weakness_of(key) is not None] == []
