from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.errors import UriInvalid
from hsm.uri import ObjectType, Pkcs11Uri, TokenIdentity

TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Zs")) | st.just(" "), min_size=1, max_size=40)
URIS = st.builds(
    Pkcs11Uri,
    token=st.none() | TEXT,
    serial=st.none() | TEXT,
    manufacturer=st.none() | TEXT,
    model=st.none() | TEXT,
    object=st.none() | TEXT,
    id=st.none() | st.binary(min_size=1, max_size=40),
    type=st.none() | st.sampled_from(ObjectType),
    module_path=st.none() | TEXT.map(lambda text: Path("/") / text.replace("/", "_")),
    pin_source=st.none() | TEXT,
)
IDENTITY = TokenIdentity(label="Ký số", serial="0a1b", manufacturer="SoftHSM project", model="SoftHSM v2")


@given(URIS)
def test_what_is_printed_is_read_again(uri: Pkcs11Uri) -> None:
    printed = str(uri)
    assert Pkcs11Uri.parse(printed) == uri
    assert printed.isascii()
    assert not set(printed) & set(string.whitespace)


def test_the_example_of_the_settings_is_read() -> None:
    uri = Pkcs11Uri.parse(
        "pkcs11:token=Ky%20So%20Seal?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/abs/path/pin"
    )
    assert uri.token == "Ky So Seal"
    assert uri.module_path == Path("/usr/lib/softhsm/libsofthsm2.so")
    assert uri.pin_source == "file:/abs/path/pin"
    assert str(uri) == (
        "pkcs11:token=Ky%20So%20Seal?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/abs/path/pin"
    )


def test_an_id_is_binary_and_a_label_is_utf_8() -> None:
    uri = Pkcs11Uri.parse("pkcs11:object=%C4%90%E1%BB%97;id=%00%FFa")
    assert uri.object == "Đỗ"
    assert uri.id == b"\x00\xffa"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begin"),
        ("pkcs12:token=a", "begin"),
        ("pkcs11:token=a;token=a", "twice"),
        ("pkcs11:token=a?pin-source=file:/a&pin-source=file:/b", "twice"),
        ("pkcs11:colour=red", "unknown"),
        ("pkcs11:token", "unknown"),
        ("pkcs11:token=a;", "unknown"),
        ("pkcs11:token=a?token=b", "unknown"),
        ("pkcs11:module-path=/a", "unknown"),
        ("pkcs11:slot-id=0", "slot"),
        ("pkcs11:token=a?pin-value=1234", "pin-source"),
        ("pkcs11:token=%4", "percent"),
        ("pkcs11:token=%zz", "percent"),
        ("pkcs11:token=a b", "percent"),
        ("pkcs11:token=é", "percent"),
        ("pkcs11:token=", "empty"),
        ("pkcs11:token=%ff", "UTF-8"),
        ("pkcs11:token=%00", "control"),
        ("pkcs11:token=a%0ab", "control"),
        ("pkcs11:type=key", "object type"),
        ("pkcs11:token=a?module-path=lib.so", "absolute"),
        ("pkcs11:token=" + "a" * 5000, "longer"),
    ],
)
def test_what_is_not_a_usable_uri_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UriInvalid, match=reason):
        Pkcs11Uri.parse(text)


def test_a_refused_pin_value_is_not_repeated_in_the_message() -> None:
    with pytest.raises(UriInvalid) as caught:
        Pkcs11Uri.parse("pkcs11:token=a?pin-value=271828")
    assert "271828" not in str(caught.value)


def test_a_setting_holds_several_uris() -> None:
    assert [uri.token for uri in Pkcs11Uri.parse_all(" pkcs11:token=a\n  pkcs11:token=b ")] == ["a", "b"]
    assert Pkcs11Uri.parse_all(" ") == ()


def test_a_uri_names_a_token_by_every_attribute_it_gives() -> None:
    assert Pkcs11Uri(token="Ký số").names_token(IDENTITY)
    assert Pkcs11Uri(serial="0a1b", model="SoftHSM v2").names_token(IDENTITY)
    assert not Pkcs11Uri(token="Ký số", serial="ffff").names_token(IDENTITY)


def test_a_key_lies_on_a_token_only_if_something_agrees_and_nothing_differs() -> None:
    token = Pkcs11Uri(token="A", serial="1")
    assert Pkcs11Uri(token="A", object="k").may_lie_on(token)
    assert not Pkcs11Uri(token="A", serial="2").may_lie_on(token)
    assert Pkcs11Uri(object="k").may_lie_on(token)
    assert not Pkcs11Uri(manufacturer="M", object="k").may_lie_on(token)


def test_a_uri_that_is_handed_out_carries_neither_module_nor_pin_source() -> None:
    uri = Pkcs11Uri(token="x", object="k", module_path=Path("/m.so"), pin_source="file:/pin").on(IDENTITY)
    assert str(uri) == "pkcs11:token=K%C3%BD%20s%E1%BB%91;serial=0a1b;object=k"
