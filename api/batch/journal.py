"""What a batch remembers in its output folder, so that a run that was killed goes on and signs no file twice.

``.kyso-sign`` holds the order, one line for each finished file, and for a file in hand what is to be signed and what
the device gave. A result is written there whole, then written down, then moved to its place in one step.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from api.batch.errors import FolderBusy, InputChanged, JournalDamaged, OtherOrder, OutputTaken, ResultGone
from hsm.durable import append_json, replace_json
from issuance.half_signed import HalfSigned
from signing.prepared import ReservedRegion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.batch.inputs import Item

FOLDER = ".kyso-sign"


@dataclass(frozen=True, slots=True)
class Finished:
    """A result: SHA-256 of the file as it came and as it was signed, in hexadecimal, and when."""

    base: str
    sha256: str
    at: datetime


class Journal:
    """The memory of one output folder; for many threads. It is had from :func:`opened`."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self._folder = output / FOLDER
        self._done_file = self._folder / "done.jsonl"
        self._lock = Lock()
        self._done = self._read()

    def result_of(self, item: Item, *, base: str) -> Path | None:
        """Where the result lies if this file was signed already; None if it is still to be signed.

        Raises :class:`InputChanged`, :class:`OutputTaken`, :class:`ResultGone`.
        """
        place, finished = self.output / item.name, self._done.get(str(item.name))
        if finished is None:
            if place.exists():
                raise OutputTaken(file=place)
            return None
        if finished.base != base:
            raise InputChanged(at=finished.at)
        if place.exists():
            if _sha256(place.read_bytes()) != finished.sha256:
                raise OutputTaken(file=place)
            self.hand(item, base=base).forget()
            return place
        staged = self.hand(item, base=base).staged
        if not staged.exists() or _sha256(staged.read_bytes()) != finished.sha256:
            raise ResultGone(sha256=finished.sha256, at=finished.at)
        return self._publish(item, base=base)

    def finish(self, item: Item, *, base: str, signed: bytes, at: datetime) -> Path:
        """Put the result into its place; whatever kills this, a file is there whole or not at all."""
        _write_whole(self.hand(item, base=base).staged, signed)
        finished = Finished(base=base, sha256=_sha256(signed), at=at)
        with self._lock:
            line = {"name": str(item.name), "base": base, "sha256": finished.sha256, "at": at.isoformat()}
            append_json(self._done_file, line)
            self._done[str(item.name)] = finished
        return self._publish(item, base=base)

    def hand(self, item: Item, *, base: str) -> Hand:
        """What is kept of a file in hand."""
        return Hand(self._folder, name=str(item.name), base=base)

    def _publish(self, item: Item, *, base: str) -> Path:
        place = self.output / item.name
        place.parent.mkdir(parents=True, exist_ok=True)
        hand = self.hand(item, base=base)
        hand.staged.rename(place)
        _flush_folder(place.parent)
        hand.forget()
        return place

    def _read(self) -> dict[str, Finished]:
        """The lines that were written whole: one that a power failure cut off is taken away."""
        try:
            text = self._done_file.read_bytes()
        except FileNotFoundError:
            return {}
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            os.truncate(self._done_file, len(whole))
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
            return {
                line["name"]: Finished(base=line["base"], sha256=line["sha256"], at=datetime.fromisoformat(line["at"]))
                for line in lines
            }
        except (ValueError, KeyError, TypeError) as error:
            raise JournalDamaged(file=self._done_file) from error


class Hand:
    """The halves of one file (:class:`issuance.file_signature.Progress`); those of another file are not recalled."""

    def __init__(self, folder: Path, *, name: str, base: str) -> None:
        stem = hashlib.sha256(name.encode()).hexdigest()[:32]
        self.staged = folder / f"{stem}.pdf"
        self._half = folder / f"{stem}.json"
        self._base = base

    def recall(self) -> HalfSigned | None:
        """What an earlier attempt kept last of this very file."""
        try:
            kept = json.loads(self._half.read_bytes())
            return _half_of(kept) if kept["base"] == self._base else None
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise JournalDamaged(file=self._half) from error

    def keep(self, half: HalfSigned) -> None:
        """Safe on the disk when this returns."""
        replace_json(self._half, {"base": self._base, **_members(half)})

    def forget(self) -> None:
        """The file is finished."""
        self._half.unlink(missing_ok=True)
        self.staged.unlink(missing_ok=True)


@contextmanager
def opened(output: Path, *, order: Mapping[str, str]) -> Iterator[Journal]:
    """The journal of this folder, made if it is missing, for as long as the block runs and for nobody else.

    Raises :class:`FolderBusy`, :class:`OtherOrder`, :class:`JournalDamaged`, ``OSError``.
    """
    folder = output / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderBusy(folder=output) from error
        _demand_same_order(folder / "order.json", order)
        yield Journal(output)


def _demand_same_order(file: Path, order: Mapping[str, str]) -> None:
    try:
        known = json.loads(file.read_bytes())
    except FileNotFoundError:
        replace_json(file, order)
        return
    except ValueError as error:
        raise JournalDamaged(file=file) from error
    if known != order:
        raise OtherOrder(folder=file.parent.parent)


def _members(half: HalfSigned) -> dict[str, object]:
    octets = {
        "increment": half.increment,
        "document_digest": half.document_digest,
        "signed_attributes": half.signed_attributes,
        "value": half.value,
        "timestamp": half.timestamp,
    }
    texts = {name: None if some is None else base64.b64encode(some).decode("ascii") for name, some in octets.items()}
    return {**texts, "start": half.reserved.start, "end": half.reserved.end}


def _half_of(kept: Mapping[str, str | int | None]) -> HalfSigned:
    def octets(name: str) -> bytes:
        return base64.b64decode(str(kept[name]), validate=True)

    return HalfSigned(
        increment=octets("increment"),
        reserved=ReservedRegion(start=int(kept["start"] or 0), end=int(kept["end"] or 0)),
        document_digest=octets("document_digest"),
        signed_attributes=octets("signed_attributes"),
        value=None if kept["value"] is None else octets("value"),
        timestamp=None if kept["timestamp"] is None else octets("timestamp"),
    )


def _write_whole(file: Path, content: bytes) -> None:
    with suppress(FileNotFoundError):
        file.unlink()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
