from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import KeyType, Mechanism

from certs.algorithms import SignatureAlgorithm, SignatureScheme
from certs.signature_values import verifies
from hsm.mechanisms import fits, routes, signature_octets

EVERYTHING = frozenset(Mechanism)
PLAIN = frozenset({Mechanism.RSA_PKCS, Mechanism.RSA_PKCS_PSS, Mechanism.ECDSA})
RSA = rsa.generate_private_key(65537, 2048)
DTBS = b"signed attributes"


def of_scheme(scheme: SignatureScheme) -> list[SignatureAlgorithm]:
    return [algorithm for algorithm in SignatureAlgorithm if algorithm.scheme is scheme]


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm), ids=lambda a: a.name)
def test_a_device_that_hashes_is_given_the_message(algorithm: SignatureAlgorithm) -> None:
    best = routes(algorithm, EVERYTHING)[0]
    assert best.represent(DTBS) == DTBS


def test_a_device_without_the_mechanism_has_no_route() -> None:
    assert all(routes(algorithm, frozenset()) == () for algorithm in SignatureAlgorithm)
    assert routes(SignatureAlgorithm.ED25519, PLAIN) == ()


@pytest.mark.parametrize("algorithm", of_scheme(SignatureScheme.RSA_PKCS1), ids=lambda a: a.name)
def test_plain_rsa_is_given_the_digest_info_that_makes_the_same_signature(algorithm: SignatureAlgorithm) -> None:
    (route,) = routes(algorithm, PLAIN)
    given_to_device = route.represent(DTBS)
    # What a raw RSA_PKCS mechanism computes: EMSA-PKCS1-v1_5 padding (RFC 8017, 9.2, step 5) and the private operation.
    numbers = RSA.private_numbers()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(given_to_device)) + b"\x00" + given_to_device
    raw = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
    assert verifies(key=RSA.public_key(), algorithm=algorithm, dtbs=DTBS, value=signature_octets(algorithm, raw))


@pytest.mark.parametrize("algorithm", of_scheme(SignatureScheme.RSA_PSS), ids=lambda a: a.name)
def test_pss_uses_one_digest_throughout_and_a_salt_as_long(algorithm: SignatureAlgorithm) -> None:
    size = hashlib.new(algorithm.digest.value).digest_size
    for route in routes(algorithm, EVERYTHING):
        assert route.parameters is not None
        hash_mechanism, mgf, salt = route.parameters
        assert (hash_mechanism.name, mgf.name, salt) == (algorithm.digest.name, algorithm.digest.name, size)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda c: c.name)
@pytest.mark.parametrize("algorithm", of_scheme(SignatureScheme.ECDSA), ids=lambda a: a.name)
def test_r_and_s_become_der_that_verifies(curve: ec.EllipticCurve, algorithm: SignatureAlgorithm) -> None:
    key = ec.generate_private_key(curve)
    (route,) = routes(algorithm, PLAIN)
    digest = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}[len(route.represent(DTBS))]
    r, s = decode_dss_signature(key.sign(route.represent(DTBS), ec.ECDSA(Prehashed(digest))))
    half = (curve.key_size + 7) // 8
    value = signature_octets(algorithm, r.to_bytes(half, "big") + s.to_bytes(half, "big"))
    assert verifies(key=key.public_key(), algorithm=algorithm, dtbs=DTBS, value=value)


@given(st.integers(1, 2**256 - 1), st.integers(1, 2**256 - 1))
def test_ecdsa_values_are_der_as_another_reader_understands_it(r: int, s: int) -> None:
    value = signature_octets(SignatureAlgorithm.ECDSA_SHA256, r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    assert decode_dss_signature(value) == (r, s)


def test_an_algorithm_fits_keys_of_its_own_type_only() -> None:
    assert {a.scheme for a in SignatureAlgorithm if fits(a, KeyType.RSA)} == {
        SignatureScheme.RSA_PKCS1,
        SignatureScheme.RSA_PSS,
    }
    assert [a for a in SignatureAlgorithm if fits(a, KeyType.EC_EDWARDS)] == [SignatureAlgorithm.ED25519]


def test_a_value_of_another_message_key_or_kind_does_not_verify() -> None:
    value = RSA.sign(DTBS, padding.PKCS1v15(), hashes.SHA256())
    other = rsa.generate_private_key(65537, 2048)
    for key, dtbs, octets in (
        (RSA.public_key(), b"other", value),
        (other.public_key(), DTBS, value),
        (RSA.public_key(), DTBS, value[:-1] + bytes([value[-1] ^ 1])),
        (RSA.public_key(), DTBS, b""),
        (ec.generate_private_key(ec.SECP256R1()).public_key(), DTBS, value),
        (ed25519.Ed25519PrivateKey.generate().public_key(), DTBS, value),
    ):
        for algorithm in SignatureAlgorithm:
            assert not verifies(key=key, algorithm=algorithm, dtbs=dtbs, value=octets)
