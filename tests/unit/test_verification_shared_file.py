"""A large file as memory that two processes see: whole, for reading only, and gone when it has been read."""

from __future__ import annotations

import hashlib
import os
import random
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from verification.frames import Frame
from verification.shared_file import SMALLEST, SharedFile, received

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = random.Random(1).randbytes(SMALLEST + 4097)


@pytest.fixture
def shared() -> Iterator[SharedFile]:
    one = SharedFile()
    yield one
    one.close()


def own_megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


def test_what_is_large_is_not_sent_and_arrives_all_the_same(shared: SharedFile) -> None:
    question = Frame({"task": "t"}, (b"small", LARGE, b"", LARGE[::-1][:SMALLEST]))
    with shared.offered() as descriptor:
        sent = shared.put(question)
        assert sent.blobs == (b"small", b"", b"", b"")
        assert shared.length == len(LARGE) + SMALLEST
        assert received(sent, descriptor).blobs == question.blobs


@pytest.mark.parametrize("length", [SMALLEST, SMALLEST - 48, SMALLEST + 4096 - 48, SMALLEST + 4095])
def test_no_octet_is_lost_where_pages_begin_and_end(shared: SharedFile, length: int) -> None:
    octets = (LARGE + LARGE[:4096])[:length]
    with shared.offered() as descriptor:
        (arrived,) = received(shared.put(Frame({}, (octets,))), descriptor).blobs
    assert hashlib.sha256(arrived).digest() == hashlib.sha256(octets).digest()


def test_small_questions_are_sent_as_they_are(shared: SharedFile) -> None:
    question = Frame({"task": "t"}, (b"small", bytes(SMALLEST - 1)))
    assert shared.put(question) is question
    assert shared.length == 0


def test_the_descriptor_is_for_reading_only(shared: SharedFile) -> None:
    with shared.offered() as descriptor:
        shared.put(Frame({}, (LARGE,)))
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.pwrite(descriptor, b"x", 0)
        with pytest.raises(OSError, match="Invalid argument"):
            os.ftruncate(descriptor, 0)


def test_the_second_of_two_files_is_read_and_not_the_first(shared: SharedFile) -> None:
    with shared.offered() as descriptor:
        received(shared.put(Frame({}, (LARGE,))), descriptor)
        shared.clear()
        assert os.fstat(descriptor).st_size == 0
        second = LARGE[::-1]
        assert received(shared.put(Frame({}, (second,))), descriptor).blobs == (second,)


def test_nothing_of_a_file_is_kept_once_it_was_read(shared: SharedFile) -> None:
    with shared.offered() as descriptor:
        sent = shared.put(Frame({}, (LARGE,)))
        before = own_megabytes()
        for _ in range(3):
            (arrived,) = received(sent, descriptor).blobs
            assert arrived == LARGE
            del arrived
        assert own_megabytes() - before < SMALLEST >> 21
