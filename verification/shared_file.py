"""How a large file reaches a sandboxed child: not through the pipe, but as pages of memory that both see.

A file of 500 MB would not fit into what a child may use, and need not: nobody there writes to it. So the service puts
it into memory without a name (memfd_create(2)), of which the child holds a descriptor for reading only, and the child
has those pages mapped beneath an object of ``bytes``, which is what all readers take. They are the service's memory and
no part of what the child may use.

The descriptor is the child's own from its start: it could see what it was handed before, as it could without this, and
no other child's file.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from verification.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALLEST = 64 << 20
"""Bytes from which on a file is shared: the C library gives objects of this size pages of their own (mallopt(3)), which
go back to the system with the object, whatever was mapped there."""

_PAGE = mmap.PAGESIZE
_SHARED = "shared"  # of a frame's header: number, place and length of each blob that is not sent
_MAP_FIXED = 0x10  # <asm-generic/mman-common.h>
_HEAD = 48
"""Where in its first page an object of ``bytes`` has its octets: behind the C library's header and Python's. Both sides
must agree that far, since pages can only be mapped whole; where they do not, the child reads a copy."""


class SharedFile:
    """The service's end: one for each child, and one question in it at a time."""

    def __init__(self) -> None:
        self._memory = os.memfd_create("kyso-file")
        self.length = 0
        """Bytes that the child has to map for the question that was put in last."""

    @contextmanager
    def offered(self) -> Iterator[int]:
        """The descriptor that a child is to inherit, while it is being started."""
        descriptor = os.open(f"/proc/self/fd/{self._memory}", os.O_RDONLY)
        try:
            yield descriptor
        except BaseException:
            self.close()
            raise
        finally:
            os.close(descriptor)

    def put(self, question: Frame) -> Frame:
        """What is to be sent: the question without its large blobs, which lie here from now on."""
        large = [number for number, blob in enumerate(question.blobs) if len(blob) >= SMALLEST]
        self.length = sum(len(question.blobs[number]) for number in large)
        if not large:
            return question
        rooms = (_whole_pages(_HEAD + len(question.blobs[number])) for number in large)
        shared = list(zip(large, accumulate(rooms, initial=0), strict=False))
        for number, place in shared:
            _write(self._memory, question.blobs[number], place + _HEAD)
        told = [[number, place, len(question.blobs[number])] for number, place in shared]
        sent = tuple(b"" if number in large else blob for number, blob in enumerate(question.blobs))
        return Frame({**question.header, _SHARED: told}, sent)

    def clear(self) -> None:
        """Give the memory back; the child must have answered, since it would not survive to look there again."""
        if self.length:
            os.ftruncate(self._memory, 0)

    def close(self) -> None:
        """Give everything back; to be asked twice does no harm."""
        memory, self._memory = self._memory, -1
        if memory >= 0:
            os.close(memory)


def received(request: Frame, descriptor: int) -> Frame:
    """The child's end: the request with all its blobs; ``descriptor`` is what it inherited."""
    shared = {number: (place, length) for number, place, length in _told(request)}
    blobs = enumerate(request.blobs)
    return Frame(
        request.header,
        tuple(_mapped(descriptor, *shared[number]) if number in shared else blob for number, blob in blobs),
    )


def _told(request: Frame) -> Iterator[tuple[int, int, int]]:
    entries = request.header.get(_SHARED, [])
    if not isinstance(entries, list):
        raise TypeError(type(entries).__name__)
    yield from ((int(number), int(place), int(length)) for number, place, length in entries)


def _mapped(descriptor: int, place: int, length: int) -> bytes:
    """The octets behind the place's head, as an object whose memory they are."""
    octets: bytes = _new_bytes(None, length)
    start = _address_of(octets)
    if start % _PAGE != _HEAD:
        return os.pread(descriptor, length, place + _HEAD)
    first, last = _PAGE - _HEAD, (length + _HEAD) // _PAGE * _PAGE - _HEAD  # of the pages that are the object's alone
    for begin, end in ((0, first), (last, length)):
        ctypes.memmove(start + begin, os.pread(descriptor, end - begin, place + _HEAD + begin), end - begin)
    flags = mmap.MAP_SHARED | _MAP_FIXED
    found = _mmap(start + first, last - first, mmap.PROT_READ, flags, descriptor, place + _PAGE)
    if found != start + first:
        raise MemoryError
    return octets


def _write(descriptor: int, octets: bytes, place: int) -> None:
    rest = memoryview(octets)
    while rest:
        written = os.pwrite(descriptor, rest, place)
        rest, place = rest[written:], place + written


def _whole_pages(length: int) -> int:
    return -(-length // _PAGE) * _PAGE


_new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.argtypes, _new_bytes.restype = [ctypes.c_char_p, ctypes.c_ssize_t], ctypes.py_object
_address_of = ctypes.pythonapi.PyBytes_AsString
_address_of.argtypes, _address_of.restype = [ctypes.py_object], ctypes.c_void_p
_mmap = ctypes.CDLL(None, use_errno=True).mmap
_mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64]
_mmap.restype = ctypes.c_void_p
