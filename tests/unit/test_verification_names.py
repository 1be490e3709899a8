"""Names compared from memory: the same answers and refusals as asn1crypto gives when it prepares them anew."""

from __future__ import annotations

from itertools import product

from asn1crypto import x509

from verification import _pyhanko_names
from verification._pyhanko_names import prepared_name, same_name

_BIDIRECTIONAL = "אa"  # RFC 4518, 2.4: refused in a name


def named(text: str, *, attribute: str = "common_name", printable: bool = False) -> x509.Name:
    return x509.Name.load(x509.Name.build({"country_name": "VN", attribute: text}, use_printable=printable).dump())


NAMES = [
    named("Ủy ban nhân dân xã A"),
    named("ỦY BAN  nhân dân xã a "),  # RFC 5280, 7.1: case and inner spaces do not count
    named("Uy ban nhan dan xa A"),
    named("Uy ban nhan dan xa A", printable=True),
    named("Uy ban nhan dan xa A", attribute="organization_name"),
    named("x" * 3000),
    named("x" * 2999),
    named(_BIDIRECTIONAL),
    x509.Name.build({}),
]


def answer(question: object, *names: x509.Name) -> object:
    try:
        return question(*(x509.Name.load(name.dump()) for name in names))  # type: ignore[operator]
    except ValueError as refusal:
        return str(refusal)


def test_memory_says_what_preparing_anew_says() -> None:
    for one, other in product(NAMES, repeat=2):
        anew = answer(_pyhanko_names.compare_anew, one, other)
        assert [answer(same_name, one, other) for _ in range(2)] == [anew, anew]
    for name in NAMES:
        anew = answer(_pyhanko_names.prepare_anew, name)
        assert [answer(prepared_name, name) for _ in range(2)] == [anew, anew]


def test_a_name_is_the_same_where_it_is_tagged() -> None:
    tagged = x509.GeneralName.load(x509.GeneralName(name="directory_name", value=NAMES[0]).dump()).chosen
    assert tagged.dump() != NAMES[0].dump()
    assert same_name(tagged, NAMES[0])
    assert same_name(NAMES[0], tagged)
    assert prepared_name(tagged) == prepared_name(NAMES[0])


def test_what_is_no_name_is_no_name() -> None:
    assert not same_name(NAMES[0], NAMES[0].dump())


def test_a_changed_name_is_another_name() -> None:
    name = named("before")
    before = prepared_name(name)
    name.chosen[1][0]["value"] = x509.DirectoryString(name="utf8_string", value="after")
    assert prepared_name(name) != before
    assert not same_name(name, named("before"))


def test_certificates_compare_their_names_here() -> None:
    _pyhanko_names.use_it()
    assert x509.Name.__eq__ is same_name
    assert x509.Name.hashable.fget is prepared_name
