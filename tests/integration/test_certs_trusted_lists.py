"""Trusted lists on their way: fetched through the guarded client, kept in a folder or in PostgreSQL, believed anew."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from api.background.list_refreshing import refreshing
from api.living_trust import LivingTrust
from certs.anchors import TrustAnchors
from certs.errors import AddressForbidden, AnchorsUnreadable, CertsError, OnlineUnavailable, TrustedListRefused
from certs.list_refresh import Refreshed, refresh
from certs.list_sources import ListsInFolder, ListSource, read_sources
from certs.online import OnlineClient, OnlineLimits
from certs.trust_store import read_trust_store
from storage.errors import StorageUnavailable
from storage.trusted_lists import TrustedLists
from tests.integration.certs_servers import Answer, Playable, free_port, playing
from tests.list_material import ISSUED_AT, LIFE, ListMaker
from tests.unit.certs_pki import Profile, authority, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from certs.list_sources import ListKeeper

ROOT, OTHER = authority("Root"), authority("Other")
MAKER, SUCCESSOR = ListMaker(make(Profile("List signer"))), ListMaker(make(Profile("Next signer")))
BOTH, ONE = TrustAnchors((ROOT.der, OTHER.der), ()), TrustAnchors((ROOT.der,), ())
FIRST = MAKER.of(BOTH, sequence=5)
SECOND = MAKER.of(ONE, sequence=6, issued_at=ISSUED_AT + timedelta(days=1))
NOW = ISSUED_AT + timedelta(days=2)
LIBRARIES = Path("~/.m2/repository/eu/europa/ec/joinup/sd-dss").expanduser()


class Server:
    """Publishes one list, whichever it is now."""

    def __init__(self, playable: Playable, answers: dict[str, Answer]) -> None:
        self.playable = playable
        self.answers = answers

    def publish(self, xml: bytes, *, status: int = 200) -> None:
        self.answers["/list.xml"] = Answer(xml, status)

    def source(self, maker: ListMaker = MAKER) -> ListSource:
        return ListSource("test", maker.pins, f"{self.playable.url}/list.xml")

    def client(self) -> OnlineClient:
        return OnlineClient(frozenset({self.playable.authority}))


@pytest.fixture
def server() -> Iterator[Server]:
    answers: dict[str, Answer] = {}
    with playing(lambda path, _: answers.get(path, Answer(status=404))) as playable:
        server = Server(playable, answers)
        server.publish(FIRST)
        yield server


@pytest.fixture(params=["folder", "database"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, engine: Engine) -> ListKeeper:
    if request.param == "folder":
        return ListsInFolder(tmp_path)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM trusted_lists")
    return TrustedLists(engine)


def looked(server: Server, kept: ListKeeper, *, at: datetime = NOW, maker: ListMaker = MAKER) -> Refreshed:
    return refresh(server.source(maker), online=server.client(), kept=kept, at=at)


def test_a_newer_edition_takes_the_place_of_the_last(server: Server, kept: ListKeeper) -> None:
    assert kept.find("test") is None
    assert looked(server, kept) is Refreshed.NEWER
    assert looked(server, kept) is Refreshed.THE_SAME
    server.publish(SECOND)
    assert looked(server, kept) is Refreshed.NEWER
    assert kept.find("test") == SECOND


@pytest.mark.parametrize(
    ("published", "reason"),
    [
        (MAKER.of(BOTH, sequence=4), "number 4, where number 5"),
        (MAKER.of(ONE, sequence=5), "number 5, where number 5"),
        (MAKER.of(ONE, sequence=9, issued_at=NOW + timedelta(days=1)), "future"),
        (MAKER.of(ONE, sequence=9, life=timedelta(days=1)), "ended"),
        (SUCCESSOR.of(ONE, sequence=9), "none of those pinned"),
        (SECOND.replace(b"granted", b"withdrawn"), "InvalidDigest"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + SECOND[38:], "document type"),
        (b"<html/>", "is not one"),
    ],
    ids=["older", "same number", "future", "over", "wrong signer", "tampered", "entities", "no list"],
)
def test_what_is_not_believed_leaves_the_last_good_one(
    server: Server, kept: ListKeeper, published: bytes, reason: str
) -> None:
    looked(server, kept)
    server.publish(published)
    with pytest.raises(TrustedListRefused, match=reason):
        looked(server, kept)
    assert kept.find("test") == FIRST


def test_new_pins_begin_anew_whatever_the_number(server: Server, kept: ListKeeper) -> None:
    looked(server, kept)
    server.publish(SUCCESSOR.of(ONE, sequence=1))
    assert looked(server, kept, maker=SUCCESSOR) is Refreshed.NEWER


def test_an_edition_is_not_put_over_one_that_came_meanwhile(kept: ListKeeper) -> None:
    kept.keep("test", FIRST, instead_of=None)
    kept.keep("test", SECOND, instead_of=FIRST)
    kept.keep("test", b"late", instead_of=FIRST)
    kept.keep("test", b"late", instead_of=None)
    assert kept.find("test") == SECOND


def test_an_unreachable_address_leaves_the_last_good_one(server: Server, kept: ListKeeper) -> None:
    looked(server, kept)
    gone = ListSource("test", MAKER.pins, f"http://127.0.0.1:{free_port()}/list.xml")
    client = OnlineClient(frozenset({gone.url.removeprefix("http://").removesuffix("/list.xml")} if gone.url else ()))
    with pytest.raises(OnlineUnavailable):
        refresh(gone, online=client, kept=kept, at=NOW)
    server.publish(SECOND, status=503)
    with pytest.raises(OnlineUnavailable):
        looked(server, kept)
    assert kept.find("test") == FIRST


def test_an_address_in_ones_own_network_is_never_connected_to(server: Server, tmp_path: Path) -> None:
    with pytest.raises(AddressForbidden):
        refresh(server.source(), online=OnlineClient(), kept=ListsInFolder(tmp_path), at=NOW)
    assert server.playable.connections == 0


def test_an_endless_list_is_broken_off(server: Server, tmp_path: Path) -> None:
    server.publish(FIRST + b" " * 20_000)
    client = OnlineClient(frozenset({server.playable.authority}), OnlineLimits(body_bytes=10_000))
    with pytest.raises(OnlineUnavailable, match="larger"):
        refresh(server.source(), online=client, kept=ListsInFolder(tmp_path), at=NOW)


def trust_directory(folder: Path, *, url: str | None = None) -> Path:
    (folder / "lists").mkdir(parents=True)
    address = f'url = "{url}"\n' if url else ""
    (folder / "lists.toml").write_text(f'[[list]]\nname = "test"\n{address}signers = ["{next(iter(MAKER.pins))}"]\n')
    return folder


def test_a_trust_directory_may_hold_lists_alone_or_beside_anchors(tmp_path: Path) -> None:
    folder = trust_directory(tmp_path / "trust")
    assert read_trust_store(folder).anchors == TrustAnchors((), ())
    (folder / "lists" / "test.xml").write_bytes(FIRST)
    assert read_trust_store(folder).anchors.at(NOW).signing == BOTH.signing
    (folder / "own.der").write_bytes(OTHER.der)
    assert read_trust_store(folder).anchors.at(NOW + 10 * LIFE).signing == (OTHER.der,)


def test_a_list_in_the_folder_that_is_not_what_its_pin_says_stops_the_start(tmp_path: Path) -> None:
    folder = trust_directory(tmp_path / "trust")
    (folder / "lists" / "test.xml").write_bytes(SUCCESSOR.of(BOTH))
    with pytest.raises(TrustedListRefused):
        read_trust_store(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "list = 1",
        "[[list]]\nname = 1",
        '[[list]]\nname = "a"',
        '[[list]]\nname = "a"\nsigners = []',
        '[[list]]\nname = "a"\nsigners = ["00"]',
        f'[[list]]\nname = "../a"\nsigners = ["{"0" * 64}"]',
        f'[[list]]\nname = "a"\nsigners = ["{"0" * 64}"]\nurl = 1',
        f'[[list]]\nname = "a"\nsigners = ["{"0" * 64}"]\npin = "x"',
        f'[[list]]\nname = "a"\nsigners = ["{"0" * 64}"]\n' * 2,
    ],
)
def test_a_mistake_in_the_list_of_lists_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "lists.toml").write_text(text)
    with pytest.raises(AnchorsUnreadable):
        read_sources(tmp_path)


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


class Away:
    """A database that does not answer, until it is given one."""

    def __init__(self) -> None:
        self.kept: ListKeeper | None = None

    def find(self, name: str) -> bytes | None:
        if self.kept is None:
            raise StorageUnavailable(reason="away")
        return self.kept.find(name)

    def keep(self, name: str, xml: bytes, *, instead_of: bytes | None) -> None:
        raise AssertionError(name, xml, instead_of)


def test_a_running_process_takes_over_what_a_worker_has_fetched(server: Server, tmp_path: Path, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM trusted_lists")
    folder, clock, database = trust_directory(tmp_path, url=server.source().url), SetClock(), TrustedLists(engine)
    (folder / "lists" / "test.xml").write_bytes(FIRST)
    trust = LivingTrust(read_trust_store(folder), database, clock)
    chore = refreshing(trust, kept=database, online=server.client(), clock=clock)
    assert trust.signing == BOTH.signing

    server.publish(SECOND)
    assert len(list(chore())) == 1
    assert database.find("test") == SECOND
    assert trust.signing == BOTH.signing  # not looked at again yet
    clock.time += timedelta(minutes=1)
    assert trust.signing == ONE.signing

    server.publish(b"<html/>")
    list(chore())  # told, and no more
    clock.time += timedelta(minutes=1)
    assert trust.signing == ONE.signing
    clock.time = ISSUED_AT + LIFE + timedelta(days=2)
    assert trust.signing == ()


def test_while_the_database_is_away_what_is_known_goes_on(tmp_path: Path) -> None:
    folder, clock, away = trust_directory(tmp_path), SetClock(), Away()
    (folder / "lists" / "test.xml").write_bytes(FIRST)
    trust = LivingTrust(read_trust_store(folder), away, clock)
    assert trust.snapshot.at(NOW).signing == BOTH.signing
    (tmp_path / "kept").mkdir()
    away.kept = ListsInFolder(tmp_path / "kept")
    away.kept.keep("test", SUCCESSOR.of(ONE, sequence=9), instead_of=None)  # not of the pinned signer
    clock.time += timedelta(minutes=1)
    assert trust.signing == BOTH.signing


def test_our_lists_are_as_the_schema_of_the_standard_asks(tmp_path: Path) -> None:
    schema = _schema(tmp_path)
    first = ListSource("test", MAKER.pins, None).read(FIRST)
    withdrawn = MAKER.of(ONE, sequence=6, issued_at=NOW, before=first)
    for xml in (FIRST, withdrawn):
        schema.assertValid(etree.fromstring(xml))


def _schema(folder: Path) -> etree.XMLSchema:
    """The schema of TS 119 612, which EU DSS brings along, with the two that it imports beside it."""
    signature = _member("specs-xmldsig", "xmldsig-core-schema.xsd")
    for name, text in {
        "list.xsd": _member("specs-trusted-list-v211", "ts_119612v020101_xsd.xsd"),
        "xmldsig-core-schema.xsd": re.sub(rb"<!DOCTYPE.*?\]>", b"", signature, flags=re.DOTALL),
        "xml.xsd": b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
            targetNamespace="http://www.w3.org/XML/1998/namespace"><xs:attribute name="lang" type="xs:language"/>
            </xs:schema>""",
    }.items():
        (folder / name).write_bytes(re.sub(rb'schemaLocation="[^"]*/', b'schemaLocation="', text))
    return etree.XMLSchema(file=str(folder / "list.xsd"))


def _member(library: str, name: str) -> bytes:
    found = sorted(LIBRARIES.glob(f"{library}/*/*.jar"))
    if not found:
        pytest.skip(f"{library} is not installed (make interop)")
    with zipfile.ZipFile(found[-1]) as archive:
        return archive.read(f"xsd/{name}")


def test_every_refusal_has_a_code_and_a_hint() -> None:
    error: CertsError = TrustedListRefused(name="test", reason="because")
    assert (error.code, bool(error.hint), error.transient) == ("trusted-list-refused", True, False)
