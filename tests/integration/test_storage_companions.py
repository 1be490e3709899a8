"""The contract of ``issuance.companions``, for PostgreSQL and for the simulator that unit tests use."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from issuance.companions import Attachment
from issuance.delivery import DownloadLink
from issuance.documents import Document, Revision
from issuance.half_signed import HalfSigned
from signing.prepared import ReservedRegion
from storage.errors import AlreadyThere, RowRefused
from tests.register_material import NOW, settle_people, stored_document
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

HALF = HalfSigned(
    increment=b"\x00increment\xff",
    reserved=ReservedRegion(start=100, end=20_000),
    document_digest=hashlib.sha256(b"document").digest(),
    signed_attributes=b"1\x82attributes",
)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


@pytest.fixture
def document(uow: UnitOfWork, people: People) -> Document:
    return stored_document(uow, people)


def attachment_to(document: Document, *, place: int = 1) -> Attachment:
    return Attachment(uuid4(), document.id, place, "Phụ lục “một”", Revision.of(uuid4().bytes))


def sealed(attachment: Attachment) -> Revision:
    return Revision.of(attachment.id.bytes * 2, after=attachment.given)


class TestAttachments:
    def test_they_come_back_by_place_as_they_were_stored(self, uow: UnitOfWork, document: Document) -> None:
        second, first = attachment_to(document, place=2), attachment_to(document)
        with uow() as register:
            register.add_attachment(second)
            register.add_attachment(first)
        with uow() as register:
            assert register.attachments(document.id) == [first, second]
            assert register.attachment(first.id) == first
            assert register.attachments(uuid4()) == []
            assert register.attachment(uuid4()) is None

    def test_a_place_is_taken_once(self, uow: UnitOfWork, document: Document) -> None:
        first = attachment_to(document)
        with uow() as register:
            register.add_attachment(first)
        for other in (attachment_to(document), replace(attachment_to(document, place=2), id=first.id)):
            with pytest.raises(AlreadyThere), uow() as register:
                register.add_attachment(other)

    def test_one_of_no_document_is_refused(self, uow: UnitOfWork, document: Document) -> None:
        with pytest.raises(RowRefused), uow() as register:
            register.add_attachment(replace(attachment_to(document), document_id=uuid4()))

    def test_it_is_sealed_once_and_then_stays(self, uow: UnitOfWork, document: Document) -> None:
        one = attachment_to(document)
        with uow() as register:
            register.add_attachment(one)
            register.seal_attachment(one.id, sealed(one))
            register.seal_attachment(one.id, Revision.of(b"x" * 99, after=one.given))
            register.remove_attachment(one.id)
        with uow() as register:
            assert register.attachment(one.id) == replace(one, sealed=sealed(one))

    def test_a_sealed_file_is_longer_than_the_given_one(self, uow: UnitOfWork, document: Document) -> None:
        one = attachment_to(document)
        with uow() as register:
            register.add_attachment(one)
        with pytest.raises(RowRefused), uow() as register:
            register.seal_attachment(one.id, Revision.of(b"x", after=one.given))

    def test_it_goes_with_what_was_kept_of_its_seal(self, uow: UnitOfWork, document: Document, people: People) -> None:
        one = attachment_to(document)
        with uow() as register:
            register.add_attachment(one)
            register.save_attachment_half(one.id, HALF, credential=people.seal.name)
            register.remove_attachment(one.id)
            register.remove_attachment(one.id)
        with uow() as register:
            assert register.attachments(document.id) == []
            assert register.attachment_half(one.id, credential=people.seal.name) is None

    def test_it_is_found_by_either_file(self, uow: UnitOfWork, document: Document) -> None:
        one = attachment_to(document)
        with uow() as register:
            register.add_attachment(one)
            assert register.attachment_by_sha256(one.given.sha256) == one
            assert register.attachment_by_sha256(sealed(one).sha256) is None
            register.seal_attachment(one.id, sealed(one))
            for digest in (one.given.sha256, sealed(one).sha256):
                assert register.attachment_by_sha256(digest) == replace(one, sealed=sealed(one))

    def test_both_files_are_named_among_all_digests_rising_and_once(
        self, uow: UnitOfWork, document: Document, people: People
    ) -> None:
        first, second = attachment_to(document), attachment_to(document, place=2)
        with uow() as register:
            register.add_attachment(first)
            register.add_attachment(replace(second, given=first.given))
            register.seal_attachment(first.id, sealed(first))
        other = stored_document(uow, people)
        with uow() as register:
            digests = list(register.revision_digests())
        assert digests == sorted(set(digests))
        wanted = {document.current.sha256, other.current.sha256, first.given.sha256, sealed(first).sha256}
        assert wanted <= set(digests)

    def test_what_is_kept_of_a_seal_is_the_newest_of_its_credential(
        self, uow: UnitOfWork, document: Document, people: People
    ) -> None:
        one = attachment_to(document)
        later = replace(HALF, value=b"\x01value", timestamp=b"0\x82token")
        with uow() as register:
            register.add_attachment(one)
            assert register.attachment_half(one.id, credential=people.seal.name) is None
            for half in (HALF, later):
                register.save_attachment_half(one.id, half, credential=people.seal.name)
                assert register.attachment_half(one.id, credential=people.seal.name) == half
            assert register.attachment_half(one.id, credential=people.signature.name) is None

    def test_nothing_is_kept_for_what_is_not_there(self, uow: UnitOfWork, people: People) -> None:
        with pytest.raises(RowRefused), uow() as register:
            register.save_attachment_half(uuid4(), HALF, credential=people.seal.name)


class TestLinks:
    def link(self, document: Document) -> DownloadLink:
        digest = hashlib.sha256(uuid4().bytes).hexdigest()
        return DownloadLink(digest, document.id, "vanthu", NOW, NOW + timedelta(days=3))

    def test_a_link_comes_back_by_the_digest_of_its_token_and_is_used_once(
        self, uow: UnitOfWork, document: Document
    ) -> None:
        one = self.link(document)
        with uow() as register:
            register.add_download_link(one)
            assert register.download_link(one.token_sha256) == one
            assert register.locked_download_link(one.token_sha256) == one
            for later in (0, 1):
                register.use_download_link(one.token_sha256, at=NOW + timedelta(hours=later))
        with uow() as register:
            assert register.download_link(one.token_sha256) == replace(one, used_at=NOW)
            assert register.download_link("0" * 64) is None

    def test_the_same_token_is_not_given_twice_nor_for_no_document(self, uow: UnitOfWork, document: Document) -> None:
        one = self.link(document)
        with uow() as register:
            register.add_download_link(one)
        with pytest.raises(AlreadyThere), uow() as register:
            register.add_download_link(one)
        with pytest.raises(RowRefused), uow() as register:
            register.add_download_link(replace(self.link(document), document_id=uuid4()))
