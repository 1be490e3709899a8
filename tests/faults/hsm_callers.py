"""Callers of the signer who check every value and ask again where they are told that they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.algorithms import SignatureAlgorithm
from hsm.errors import HsmError
from tests.softhsm import key_uri

if TYPE_CHECKING:
    from hsm.client import SignerClient
    from hsm.inventory import KeyDescription

MOST_REPEATS = 8


def signed(client: SignerClient, key: KeyDescription, number: int) -> None:
    """One call whose value is checked, over data that no other call has."""
    dtbs = f"văn bản {number}".encode()
    value = client.sign(key=key_uri(key), dtbs=dtbs, algorithm=SignatureAlgorithm.RSA_SHA256)
    public = load_der_public_key(key.public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(value.octets, dtbs, padding.PKCS1v15(), hashes.SHA256())


def signed_in_the_end(client: SignerClient, key: KeyDescription, number: int) -> int:
    """How many times it had to be asked; every refusal was one that says so."""
    for repeats in range(MOST_REPEATS):
        try:
            signed(client, key, number)
            return repeats
        except HsmError as error:
            if not error.transient:
                raise
    pytest.fail(f"call {number} was refused {MOST_REPEATS} times")
