"""What ``kyso trust`` does with trusted lists: show them, fetch newer editions, and publish one of our own anchors."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from api.clock import SystemClock
from api.commands.keys import chosen_key
from certs._signed_xml import XmlSigner
from certs.errors import AnchorsUnreadable, CertsError
from certs.list_refresh import Refreshed, refresh
from certs.list_sources import ListsInFolder, read_sources
from certs.online import OnlineClient
from certs.trust_store import read_trust_store
from certs.trusted_list_reader import read_trusted_list
from certs.trusted_list_writer import Operator, next_services, write_trusted_list
from hsm.client import SignerClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.commands.keys import ChosenKey
    from certs.trusted_list import TrustedList


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at one list brought; ``error`` where the last good edition stays."""

    name: str
    brought: Refreshed | None
    error: CertsError | None


@dataclass(frozen=True, slots=True)
class Publication:
    """What the operator wishes: whose anchors, in whose name, with which key, for how long, and where to."""

    folder: Path
    operator: Path
    key: str
    signer_socket: Path
    days: int
    output: Path


def looks(folder: Path, *, allowed: tuple[str, ...]) -> Iterator[Looked]:
    """Fetch every list that has an address into the folder, one after the other."""
    online, kept = OnlineClient(frozenset(allowed)), ListsInFolder(folder)
    try:
        for source in read_sources(folder):
            if source.url is None:
                continue
            try:
                yield Looked(source.name, refresh(source, online=online, kept=kept, at=SystemClock().now()), None)
            except CertsError as error:
                yield Looked(source.name, None, error)
    finally:
        online.close()


def rows(folder: Path) -> Iterator[dict[str, str]]:
    """One row for each list that is believed, as it lies in the folder."""
    store, now = read_trust_store(folder), SystemClock().now()
    for source in store.sources:
        found = store.lists.get(source.name)
        if found is None:
            yield {"list": source.name, "state": "absent"}
            continue
        yield {
            "list": source.name,
            "state": "current" if now < found.next_update else "over",
            "operator": found.operator,
            "sequence": str(found.sequence),
            "next_update": f"{found.next_update:%Y-%m-%d}",
            "services": str(len(found.services)),
        }


def publish(wishes: Publication) -> int:
    """Write the next edition of our own list; answers its sequence number.

    The edition before is the one that the output file holds. Raises ``AnchorsUnreadable`` for an operator's file that
    is not as it should be, ``TrustedListRefused`` where the edition before is not ours, and the signer's errors.
    """
    at = SystemClock().now().replace(microsecond=0)
    client = SignerClient(wishes.signer_socket)
    key = chosen_key(wishes.key, client, at=at)
    before = _before(wishes.output, signer=key)
    sequence = before.sequence + 1 if before is not None else 1
    xml = write_trusted_list(
        next_services(read_trust_store(wishes.folder).own, before=before, at=at),
        operator=_operator(wishes.operator),
        sequence=sequence,
        issued_at=at,
        next_update=at + timedelta(days=wishes.days),
        signer=_signer(key, client),
    )
    beside = wishes.output.with_name(f".{wishes.output.name}.new")
    beside.write_bytes(xml)
    beside.replace(wishes.output)
    return sequence


def _before(output: Path, *, signer: ChosenKey) -> TrustedList | None:
    """The edition that the file holds; there it must be ours, or one would be forgotten."""
    if not output.exists():
        return None
    return read_trusted_list(output.read_bytes(), name=output.name, pins=frozenset({signer.certificate.sha256}))


def _signer(key: ChosenKey, client: SignerClient) -> XmlSigner:
    algorithm = key.algorithms[0]
    return XmlSigner(
        certificate=key.certificate,
        algorithm=algorithm,
        sign=lambda dtbs: client.sign(key=key.uri, dtbs=dtbs, algorithm=algorithm).octets,
    )


def _operator(file: Path) -> Operator:
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AnchorsUnreadable(file=file.name, reason=str(error)) from error
    names = [field.name for field in fields(Operator)]
    if sorted(entries) != sorted(names) or not all(isinstance(entries[name], str) and entries[name] for name in names):
        raise AnchorsUnreadable(file=file.name, reason=f"needs the texts {', '.join(names)} and nothing else")
    return Operator(**{name: str(entries[name]) for name in names})
