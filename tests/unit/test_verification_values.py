"""Signature values from memory: what was right stays right, and nothing else becomes so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator, SignatureValidationContext

from verification import _pyhanko_values
from verification._pyhanko_values import RememberingValidator

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = "văn bản".encode()
RSA = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
RSA_384 = algos.SignedDigestAlgorithm({"algorithm": "sha384_rsa"})
ECDSA = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})


def info(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> keys.PublicKeyInfo:
    return keys.PublicKeyInfo.load(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The values that pyHanko was asked to compute."""
    asked: list[bytes] = []
    compute = DefaultSignatureValidator.validate_signature

    def counted(self: DefaultSignatureValidator, signature: bytes, *rest: object) -> None:
        asked.append(signature)
        compute(self, signature, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(DefaultSignatureValidator, "validate_signature", counted)
    return asked


def test_a_right_value_is_computed_once(rsa_key: rsa.RSAPrivateKey, computed: list[bytes]) -> None:
    validator, value = RememberingValidator(), rsa_key.sign(DATA, padding.PKCS1v15(), SHA256())
    for _ in range(3):
        validator.validate_signature(value, DATA, info(rsa_key.public_key()), RSA)
    assert computed == [value]


def test_a_wrong_value_is_refused_each_time(rsa_key: rsa.RSAPrivateKey, computed: list[bytes]) -> None:
    validator = RememberingValidator()
    for _ in range(3):
        with pytest.raises(InvalidSignature):
            validator.validate_signature(b"\x01" * 256, DATA, info(rsa_key.public_key()), RSA)
    assert len(computed) == 3


def test_a_right_value_speaks_for_nothing_else(rsa_key: rsa.RSAPrivateKey) -> None:
    validator, value = RememberingValidator(), rsa_key.sign(DATA, padding.PKCS1v15(), SHA256())
    key, other = info(rsa_key.public_key()), info(rsa.generate_private_key(65537, 2048).public_key())
    elliptic = ec.generate_private_key(ec.SECP256R1())
    validator.validate_signature(value, DATA, key, RSA)
    ask: Callable[..., None] = validator.validate_signature
    wrong: list[Callable[[], None]] = [
        partial(ask, value, DATA + b" ", key, RSA),
        partial(ask, value[:-1] + bytes([value[-1] ^ 1]), DATA, key, RSA),
        partial(ask, value, DATA, other, RSA),
        partial(ask, value, DATA, key, RSA_384),
        partial(ask, value + DATA[:1], DATA[1:], key, RSA),
        partial(ask, elliptic.sign(b"another", ec.ECDSA(SHA256())), DATA, info(elliptic.public_key()), ECDSA),
    ]
    for question in wrong:
        with pytest.raises(InvalidSignature):
            question()
    with pytest.raises((InvalidSignature, ValueError)):
        ask(value, DATA, key, RSA, SignatureValidationContext(contextual_md_algorithm="sha256", prehashed=True))


def test_pyhanko_asks_the_memory_where_it_is_given_no_validator() -> None:
    _pyhanko_values.use_it()
    assert isinstance(ValidationContext(trust_roots=[]).sig_validator, RememberingValidator)
