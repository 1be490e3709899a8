"""The contract of ``issuance.ports.Blobs``, for S3 and for the simulator, and what only the real bucket can show."""

from __future__ import annotations

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from minio.commonconfig import COMPLIANCE, GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from storage.blobs import RetentionMode, S3Blobs
from storage.errors import BlobDamaged, BlobMissing, BlobsRefused, BlobsUnavailable
from storage.recent_blobs import RecentBlobs
from tests.parts import wait_until
from tests.simulators.blobs import MemoryBlobs

if TYPE_CHECKING:
    from minio import Minio

    from issuance.ports import Blobs
    from tests.parts import Bucket

IN_AN_HOUR = datetime.now(UTC) + timedelta(hours=1)


def store(
    place: Bucket, mode: RetentionMode = RetentionMode.GOVERNANCE, *, changed: dict[str, str] | None = None
) -> S3Blobs:
    address = {
        "endpoint": place.endpoint,
        "access_key": place.access_key,
        "secret_key": place.secret_key,
        "bucket": place.name,
    }
    return S3Blobs(mode=mode, **(address | (changed or {})))


def name_of(blob: bytes) -> str:
    sha256 = hashlib.sha256(blob).hexdigest()
    return f"sha256/{sha256[:2]}/{sha256}"


def versions(client: Minio, bucket: Bucket, blob: bytes) -> list[str]:
    found = client.list_objects(bucket.name, prefix=name_of(blob), include_version=True)
    return [str(one.version_id) for one in found if not one.is_delete_marker]


@pytest.fixture(params=["s3", "memory", "recent"])
def blobs(request: pytest.FixtureRequest) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs()
    if request.param == "recent":
        return RecentBlobs(MemoryBlobs())
    return store(request.getfixturevalue("module_bucket"))


class TestContract:
    @pytest.mark.parametrize("length", [0, 1, 200_000, 6_000_000])
    def test_bytes_come_back_as_they_were_put(self, blobs: Blobs, length: int) -> None:
        blob = os.urandom(length)
        sha256 = blobs.put(blob)
        assert sha256 == hashlib.sha256(blob).hexdigest()
        assert blobs.get(sha256) == blob

    def test_the_same_bytes_may_be_put_again(self, blobs: Blobs) -> None:
        blob = os.urandom(100)
        assert blobs.put(blob) == blobs.put(blob, retain_until=IN_AN_HOUR) == blobs.put(blob)

    def test_sixteen_may_put_the_same_bytes_at_once(self, blobs: Blobs) -> None:
        blob = os.urandom(100_000)
        with ThreadPoolExecutor(16) as threads:
            names = set(threads.map(lambda _: blobs.put(blob, retain_until=IN_AN_HOUR), range(16)))
        assert names == {hashlib.sha256(blob).hexdigest()}
        assert blobs.get(names.pop()) == blob

    def test_what_was_never_put_is_missing(self, blobs: Blobs) -> None:
        with pytest.raises(BlobMissing):
            blobs.get(hashlib.sha256(os.urandom(8)).hexdigest())


class TestObjectLock:
    def test_an_existing_object_is_not_written_again(self, bucket: Bucket) -> None:
        blobs, blob = store(bucket), os.urandom(100)
        for _ in range(3):
            blobs.put(blob)
        assert len(versions(bucket.client(), bucket, blob)) == 1

    def test_a_retained_version_is_deleted_by_nobody_before_its_time(self, bucket: Bucket) -> None:
        blobs, blob, client = store(bucket, RetentionMode.COMPLIANCE), os.urandom(100), bucket.client()
        sha256 = blobs.put(blob, retain_until=IN_AN_HOUR)
        (version,) = versions(client, bucket, blob)
        with pytest.raises(S3Error):
            client.remove_object(bucket.name, name_of(blob), version_id=version)
        bypass = client.remove_objects(bucket.name, [DeleteObject(name_of(blob), version)], bypass_governance_mode=True)
        assert len(list(bypass)) == 1  # an error for each object that stays
        assert blobs.get(sha256) == blob

    @pytest.mark.parametrize("mode", RetentionMode)
    def test_the_mode_and_time_are_those_asked_for(self, bucket: Bucket, mode: RetentionMode) -> None:
        blob = os.urandom(100)
        store(bucket, mode).put(blob, retain_until=IN_AN_HOUR)
        found = bucket.client().get_object_retention(bucket.name, name_of(blob))
        assert found is not None
        assert found.mode == mode.value
        assert timedelta(0) <= found.retain_until_date - IN_AN_HOUR < timedelta(seconds=1)

    def test_putting_again_makes_the_retention_longer_but_never_shorter(self, bucket: Bucket) -> None:
        blobs, blob, client = store(bucket), os.urandom(100), bucket.client()
        blobs.put(blob)
        for hours, expected in ((1, 1), (5, 5), (2, 5)):
            blobs.put(blob, retain_until=IN_AN_HOUR + timedelta(hours=hours))
            found = client.get_object_retention(bucket.name, name_of(blob))
            assert found is not None
            assert found.retain_until_date - IN_AN_HOUR - timedelta(hours=expected) < timedelta(seconds=1)
            assert found.retain_until_date >= IN_AN_HOUR + timedelta(hours=expected)

    def test_putting_again_keeps_the_mode_of_the_first_lock(self, bucket: Bucket) -> None:
        for first, second in ((GOVERNANCE, COMPLIANCE), (COMPLIANCE, GOVERNANCE)):
            blob = os.urandom(100)
            store(bucket, RetentionMode(first)).put(blob, retain_until=IN_AN_HOUR)
            store(bucket, RetentionMode(second)).put(blob, retain_until=IN_AN_HOUR + timedelta(hours=1))
            found = bucket.client().get_object_retention(bucket.name, name_of(blob))
            assert found is not None
            assert found.mode == first
            assert found.retain_until_date > IN_AN_HOUR + timedelta(minutes=59)

    def test_bytes_laid_over_an_object_do_not_hide_it(self, bucket: Bucket) -> None:
        blobs, blob = store(bucket), os.urandom(100)
        sha256 = blobs.put(blob, retain_until=IN_AN_HOUR)
        bucket.client().put_object(bucket.name, name_of(blob), io.BytesIO(b"other"), 5)
        assert blobs.get(sha256) == blob
        assert blobs.put(blob) == sha256

    def test_a_delete_marker_does_not_hide_an_object(self, bucket: Bucket) -> None:
        blobs, blob = store(bucket), os.urandom(100)
        sha256 = blobs.put(blob, retain_until=IN_AN_HOUR)
        bucket.client().remove_object(bucket.name, name_of(blob))
        assert blobs.get(sha256) == blob

    def test_other_bytes_under_the_name_are_called_damaged(self, bucket: Bucket) -> None:
        blobs, blob = store(bucket), os.urandom(100)
        bucket.client().put_object(bucket.name, name_of(blob), io.BytesIO(b"other"), 5)
        with pytest.raises(BlobDamaged):
            blobs.get(hashlib.sha256(blob).hexdigest())
        with pytest.raises(BlobDamaged):
            blobs.put(blob)


class TestBucket:
    def test_it_is_made_once_with_versioning_and_object_lock(self, bucket: Bucket) -> None:
        blobs = store(bucket, changed={"bucket": f"{bucket.name}-new"})
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: blobs.ensure_bucket(), range(4)))
        assert blobs.get(blobs.put(b"blob", retain_until=IN_AN_HOUR)) == b"blob"

    def test_one_without_object_lock_is_refused(self, bucket: Bucket) -> None:
        bucket.client().make_bucket(f"{bucket.name}-plain")
        with pytest.raises(BlobsRefused):
            store(bucket, changed={"bucket": f"{bucket.name}-plain"}).ensure_bucket()

    @pytest.mark.parametrize(
        "wrong", [{"access_key": "nobody"}, {"secret_key": "wrong-secret"}, {"bucket": "no-such-bucket"}], ids=str
    )
    def test_wrong_settings_are_refused_and_not_called_an_outage(self, bucket: Bucket, wrong: dict[str, str]) -> None:
        with pytest.raises(BlobsRefused) as caught:
            store(bucket, changed=wrong).put(b"blob")
        assert not caught.value.transient
        assert bucket.secret_key not in str(caught.value)

    def test_a_server_that_is_not_there_is_an_outage(self, bucket: Bucket) -> None:
        with pytest.raises(BlobsUnavailable) as caught:
            store(bucket, changed={"endpoint": "http://127.0.0.1:9"}).get("0" * 64)
        assert caught.value.transient

    @pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://host", "http://", "http://host/path"])
    def test_an_endpoint_that_is_no_address_is_refused(self, bucket: Bucket, endpoint: str) -> None:
        with pytest.raises(ValueError, match="endpoint"):
            store(bucket, changed={"endpoint": endpoint})

    @pytest.mark.parametrize("name", ["", "../x", "A" * 64, "0" * 63, "0" * 64 + "/.."])
    def test_a_name_that_is_no_digest_reaches_no_server(self, bucket: Bucket, name: str) -> None:
        with pytest.raises(ValueError, match="64"):
            store(bucket).get(name)


class _Counting(MemoryBlobs):
    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def get(self, sha256: str) -> bytes:
        self.read.append(sha256)
        return super().get(sha256)


def test_what_was_just_stored_or_read_is_not_read_again() -> None:
    behind = _Counting()
    recent, there = RecentBlobs(behind), behind.put(b"there already")
    here = recent.put(b"just stored")
    assert [recent.get(name) for name in (here, there, there)] == [b"just stored", b"there already", b"there already"]
    assert behind.read == [there]


def test_what_was_refused_is_not_kept_and_the_oldest_goes_first() -> None:
    behind = _Counting()
    recent = RecentBlobs(behind)
    with pytest.raises(BlobMissing):
        recent.get("0" * 64)
    names = [recent.put(os.urandom(3 << 20)) for _ in range(12)]
    recent.get(names[-1])
    assert behind.read == ["0" * 64]
    recent.get(names[0])
    assert behind.read == ["0" * 64, names[0]]


def test_what_somebody_relies_on_since_the_sweep_began_stays(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = store(bucket)
    name = blobs.put(b"an orphan that is sent in once more")
    began = next(one.stored_at for one in blobs.stored() if one.sha256 == name) + timedelta(seconds=1)
    monkeypatch.setattr("storage.blobs._YOUNG", timedelta(0))
    assert wait_until(lambda: datetime.now(UTC) > began + timedelta(seconds=1))
    blobs.put(b"an orphan that is sent in once more")
    assert not blobs.remove(name, before=began)
    assert blobs.holds(name)
    assert blobs.remove(name, before=datetime.now(UTC) + timedelta(seconds=5))
    assert not blobs.holds(name)
