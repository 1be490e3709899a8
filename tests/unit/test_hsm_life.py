from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.algorithms import SignatureAlgorithm
from hsm.errors import KeyAbsent, SignerRefusedStart
from hsm.inventory import KeyDescription
from hsm.keybook import KeyBook, KeyRecord
from hsm.life import Urgency, expiry_warnings, key_in_use, urgency_of
from hsm.uri import Pkcs11Uri
from tests.softhsm import certificate_for

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=365)  # what certificate_for gives
SEAL = Pkcs11Uri(token="T", object="dấu")


def key(identifier: int, *, valid_from: datetime | None = START, label: str = "dấu") -> KeyDescription:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate = None if valid_from is None else certificate_for(spki, name="x", valid_from=valid_from)
    uri = Pkcs11Uri(token="T", serial="1", object=label, id=bytes([identifier]))
    return KeyDescription(uri, spki, (SignatureAlgorithm.ECDSA_SHA256,), certificate)


@pytest.mark.parametrize(
    ("days", "urgency"),
    [
        (91, None),
        (90, Urgency.NOTICE),
        (31, Urgency.NOTICE),
        (30, Urgency.SOON),
        (8, Urgency.SOON),
        (7, Urgency.URGENT),
        (1, Urgency.URGENT),
        (0, Urgency.EXPIRED),
        (-9, Urgency.EXPIRED),
    ],
)
def test_it_is_said_at_ninety_thirty_and_seven_days(days: int, urgency: Urgency | None) -> None:
    assert urgency_of(END, at=END - timedelta(days=days)) is urgency
    warnings = expiry_warnings([key(1)], at=END - timedelta(days=days))
    assert [w.urgency for w in warnings] == ([] if urgency is None else [urgency])


def test_a_key_that_is_retired_or_followed_or_not_certified_is_not_warned_of() -> None:
    old, new = key(1), key(2, valid_from=START + timedelta(days=300))
    at = END - timedelta(days=5)
    assert [w.key for w in expiry_warnings([old], at=at)] == [old.uri]
    assert expiry_warnings([old, new, key(3, valid_from=None)], at=at) == ()
    assert expiry_warnings([old], at=at, retired=[old.uri]) == ()
    other = key(4, label="khác")
    assert [w.key for w in expiry_warnings([old, new, other], at=at)] == [other.uri]


def test_during_a_rollover_the_newest_valid_one_is_in_use() -> None:
    old, new = key(1), key(2, valid_from=START + timedelta(days=300))
    keys = [new, old, key(3, valid_from=None), key(4, label="khác")]
    assert key_in_use(keys, SEAL, at=START + timedelta(days=299)) == old
    assert key_in_use(keys, SEAL, at=START + timedelta(days=301)) == new
    assert key_in_use(keys, SEAL, at=END + timedelta(days=1)) == new
    assert key_in_use(keys, SEAL, at=START + timedelta(days=301), retired=[new.uri]) == old


def test_no_key_is_in_use_without_a_valid_certificate() -> None:
    for at in (START - timedelta(days=1), END + timedelta(days=1)):
        with pytest.raises(KeyAbsent):
            key_in_use([key(1)], SEAL, at=at)


def test_counts_and_retirements_last_over_restarts(tmp_path: Path) -> None:
    used, gone = key(1).uri, key(2).uri
    book = KeyBook(tmp_path)
    for _ in range(3):
        book.signed(used)
    book.failed(used)
    book.retire(gone, reason="lộ khóa")
    book.close()
    again = KeyBook(tmp_path)
    record = again.record(used)
    assert (record.signatures, record.failures) == (3, 1)
    assert record.last_used is not None
    assert again.retired() == (gone,)
    assert again.record(gone).reason == "lộ khóa"
    assert again.record(key(9).uri) == KeyRecord()


def test_a_retirement_is_on_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    book = KeyBook(tmp_path)
    book.signed(key(1).uri)
    book.retire(key(2).uri, reason="x")
    assert KeyBook(tmp_path).retired() == (key(2).uri,)


def test_a_damaged_book_stops_the_signer(tmp_path: Path) -> None:
    for damage in (b"{", b"[]", b'{"pkcs11:token=T": {"signatures": "1"}}', b'{"x": {}}'):
        (tmp_path / "keys.json").write_bytes(damage)
        with pytest.raises(SignerRefusedStart, match="retired"):
            KeyBook(tmp_path)
