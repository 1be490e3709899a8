from __future__ import annotations

import inspect
import json
import pickle

import pytest

from certs.algorithms import SignatureAlgorithm
from hsm import errors, protocol
from hsm.errors import HsmError, RequestInvalid
from hsm.framing import Message
from hsm.inventory import KeyDescription, SignerHealth, TokenHealth, TokenInventory
from hsm.uri import ObjectType, Pkcs11Uri, TokenIdentity

IDENTITY = TokenIdentity(label="Ký số", serial="1", manufacturer="A", model="m")
KEY = KeyDescription(
    uri=Pkcs11Uri(token="Ký số", object="k", id=b"\x00\x01", type=ObjectType.PRIVATE),
    public_key=b"spki",
    algorithms=(SignatureAlgorithm.RSA_SHA256, SignatureAlgorithm.RSA_PSS_SHA512),
    certificate=None,
)
KINDS = sorted(HsmError.__subclasses__(), key=lambda kind: kind.code)


def over_the_wire(members: dict[str, object]) -> Message:
    return Message(json.loads(json.dumps(members)))


def sample(kind: type[HsmError]) -> HsmError:
    names = [name for name in inspect.signature(kind).parameters if name != "self"]
    return kind(**{name: f"{name} with {{braces}} and ký tự" for name in names})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_error_crosses_the_socket_and_stays_itself(kind: type[HsmError]) -> None:
    error = sample(kind)
    with pytest.raises(kind) as caught:
        protocol.answer_of(over_the_wire(protocol.refusal(error)))
    assert str(caught.value) == str(error)
    assert caught.value.fields == error.fields


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_error_can_be_pickled_and_repeated(kind: type[HsmError]) -> None:
    error = sample(kind)
    for copy in (pickle.loads(pickle.dumps(error)), error.again()):
        assert (type(copy), str(copy), copy.fields) == (kind, str(error), error.fields)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_error_says_what_to_do_next_and_names_its_arguments(kind: type[HsmError]) -> None:
    assert kind.hint
    assert kind.__doc__
    assert all(value in str(sample(kind)) for value in sample(kind).fields.values())


def test_codes_are_unique_and_those_of_the_contract_are_there() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert {
        "signer-unavailable",
        "token-absent",
        "pin-refused",
        "key-absent",
        "mechanism-unsupported",
        "device-failed",
    } <= set(codes)
    assert {kind.code for kind in KINDS if kind.transient} == {"signer-unavailable", "token-absent", "device-failed"}
    assert inspect.getmodule(KINDS[0]) is errors


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"v": 1},
        {"error": "text"},
        {"error": {}},
        {"error": {"code": "unheard-of", "fields": {}}},
        {"error": {"code": "token-absent", "fields": {}}},
        {"error": {"code": "token-absent", "fields": {"token": 1, "reason": "x"}}},
        {"error": {"code": "token-absent", "fields": {"self": "x"}}},
        {"answer": []},
    ],
    ids=str,
)
def test_a_reply_that_is_none_is_refused(reply: dict[str, object]) -> None:
    with pytest.raises(RequestInvalid):
        protocol.answer_of(Message(reply))


@pytest.mark.parametrize(
    "request_",
    [{}, {"v": 2, "op": "sign"}, {"v": "1", "op": "sign"}, {"v": 1}, {"v": 1, "op": "format"}, {"v": 1, "op": 7}],
    ids=str,
)
def test_a_request_that_is_none_is_refused(request_: dict[str, object]) -> None:
    with pytest.raises(RequestInvalid):
        protocol.operation_of(Message(request_))


def test_inventories_and_health_arrive_as_they_were() -> None:
    for inventory in (
        TokenInventory(name="Ký số", identity=IDENTITY, keys=(KEY,), problem=None),
        TokenInventory(name="Vắng", identity=None, keys=(), problem="token-absent"),
    ):
        assert protocol.inventory_of(over_the_wire(protocol.inventory_members(inventory))) == inventory
    token = TokenHealth(
        name="a",
        problem="pin-refused",
        signatures=3,
        children=2,
        failures=1,
        logins=2,
        milliseconds=9,
        durations=(2, 1),
    )
    health = SignerHealth(pid=7, tokens=(token,))
    assert protocol.health_of(over_the_wire(protocol.health_members(health))) == health
    assert not health.ready


def test_an_algorithm_is_named_as_in_the_code() -> None:
    message = over_the_wire(protocol.sign_request(key=KEY.uri, dtbs=b"x", algorithm=SignatureAlgorithm.RSA_PSS_SHA384))
    assert protocol.algorithm_of(message) is SignatureAlgorithm.RSA_PSS_SHA384
    with pytest.raises(RequestInvalid):
        protocol.algorithm_of(Message({"algorithm": "MD5"}))
