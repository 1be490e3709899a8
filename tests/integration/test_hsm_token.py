"""A token opened directly, in a program of its own: what a poorer module can do, and how errors are told apart."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hsm.inventory import KeyKind
from hsm.provisioning import generate_key
from tests.softhsm import PIN, ROOT, SOFTHSM, new_token

if TYPE_CHECKING:
    from hsm.provisioning import TokenAccess

OPENED = """
import sys
from pkcs11 import Mechanism as M
from certs.algorithms import SignatureAlgorithm as A
from hsm.breaker import PersonPresent
from hsm.errors import HsmError
from hsm.pin import Pin
from hsm.protocol import Access
from hsm.token import Token
from hsm.uri import Pkcs11Uri
token = Token.open(Pkcs11Uri.parse(sys.argv[1]), pin=Pin(sys.argv[2]), breaker=PersonPresent(), access=Access.SIGN)

def sign(label, algorithm):
    try:
        token.sign(Pkcs11Uri(object=label), dtbs=b"x" * 3000, algorithm=algorithm)
    except HsmError as error:
        return error.code
    return "ok"
"""


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> TokenAccess:
    made = new_token(tmp_path_factory.mktemp("hsm"), "Ký số")
    for kind in (KeyKind.RSA_2048, KeyKind.P_256, KeyKind.P_384, KeyKind.P_521):
        generate_key(made, kind=kind, label=kind.value)
    return made


def run(token: TokenAccess, program: str) -> list[str]:
    """The words that a program prints which begins with an opened token."""
    ended = subprocess.run(
        [sys.executable, "-c", OPENED + program, str(token.uri), PIN.secret],
        cwd=ROOT,
        env={**os.environ, **token.environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout.split()


def test_a_module_with_plain_mechanisms_only_signs_everything_because_hashing_is_done_here(token: TokenAccess) -> None:
    program = """
token._mechanisms = frozenset({M.RSA_PKCS, M.RSA_PKCS_PSS, M.ECDSA})
rsa = [sign("RSA-2048", a) for a in A if a.name.startswith("RSA")]
print(*rsa, *(sign(label, a) for label in ("P-256", "P-384", "P-521") for a in A if a.name.startswith("ECDSA")))
"""
    assert run(token, program) == ["ok"] * 15


def test_a_mechanism_that_is_listed_but_refused_is_passed_over(token: TokenAccess) -> None:
    program = """
token._mechanisms = frozenset({M.ECDSA_SHA256, M.ECDSA})
print(sign("P-256", A.ECDSA_SHA256))
token._keys.clear()
token._mechanisms = frozenset({M.ECDSA_SHA256})
print(sign("P-256", A.ECDSA_SHA256))
"""
    assert run(token, program) == ["ok", "mechanism-unsupported"]


def test_an_ended_session_is_a_failed_device(token: TokenAccess) -> None:
    program = """
print(sign("P-256", A.ECDSA_SHA256))
token.session.close()
print(sign("P-256", A.ECDSA_SHA256), sign("RSA-2048", A.RSA_SHA256))
"""
    assert run(token, program) == ["ok", "device-failed", "device-failed"]


def test_an_ended_login_is_a_failed_device(token: TokenAccess) -> None:
    program = f"""
import ctypes
print(sign("RSA-2048", A.RSA_SHA256))
print(ctypes.CDLL("{SOFTHSM}").C_Logout(ctypes.c_ulong(token.session.handle)))
print(sign("RSA-2048", A.RSA_SHA256))
"""
    assert run(token, program) == ["ok", "0", "device-failed"]
