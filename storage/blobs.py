"""Immutable bytes in an S3 bucket, named by their SHA-256, versioned and under Object Lock.

Object Lock guards versions, not names: whoever may write can still lay a newer version or a delete marker over an
object. Reading therefore falls back to older versions, and what was stored once is found as long as its lock holds.
"""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE
from minio.error import MinioException, S3Error
from minio.retention import Retention
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError, MaxRetryError

from issuance.sweep import StoredBlob
from storage.errors import BlobDamaged, BlobMissing, BlobsRefused, BlobsUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minio.versioningconfig import VersioningConfig

_Headers = dict[str, str | list[str] | tuple[str]]

_FOLDER = "sha256/"
_YOUNG = timedelta(minutes=30)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONNECT_WITHIN = 3.0  # seconds
_READ_WITHIN = 20.0  # seconds; create-only writes of one name queue up behind each other for some
_TRIES = 3
_CONNECTIONS = 16
_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})  # the last is a version that is a delete marker
_EXISTS = "PreconditionFailed"
_NO_RETENTION = "ObjectLockConfigurationNotFoundError"
_RACED = frozenset({"ConditionalRequestConflict", "OperationAborted"})  # another writer of the same name is under way
_PASSING = frozenset({408, 429})
_SERVER_FAULT = 500


class RetentionMode(Enum):
    """Who may delete a version before its time: holders of a special right, or nobody at all."""

    GOVERNANCE = GOVERNANCE
    COMPLIANCE = COMPLIANCE


class S3Blobs:
    """Implements ``issuance.ports.Blobs``. Opens nothing before the first call; may be shared by threads.

    ``endpoint`` is ``http(s)://host[:port]``. Every call raises :class:`BlobsUnavailable` or :class:`BlobsRefused`
    where the server does not do its part.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        mode: RetentionMode = RetentionMode.GOVERNANCE,
        region: str = "us-east-1",
    ) -> None:
        address = urlsplit(endpoint)
        if address.scheme not in {"http", "https"} or not address.netloc or address.path not in {"", "/"}:
            msg = "the S3 endpoint must be http(s)://host[:port]"
            raise ValueError(msg)
        self._bucket = bucket
        self._mode = mode
        self._client = Minio(
            address.netloc,
            access_key,
            secret_key,
            secure=address.scheme == "https",
            region=region,
            http_client=_http_pool(),
        )

    def ensure_bucket(self) -> None:
        """Make the bucket unless it is there; :class:`BlobsRefused` where it has no versioning and Object Lock."""
        with _translated():
            if not self._client.bucket_exists(self._bucket):
                self._make_bucket()
            versioning: VersioningConfig = self._client.get_bucket_versioning(self._bucket)
            try:
                self._client.get_object_lock_config(self._bucket)
            except S3Error as error:
                raise BlobsRefused(reason=f"bucket {self._bucket!r} has no Object Lock") from error
        if versioning.status != ENABLED:
            raise BlobsRefused(reason=f"bucket {self._bucket!r} has no versioning")

    def put(self, blob: bytes, *, retain_until: datetime | None = None) -> str:
        """Store under the SHA-256, read back and compare; answers the SHA-256.

        What is there already is kept, and its retention made longer where ``retain_until`` asks for more; where no lock
        keeps it, it is as if it had just been stored, so that no sweep takes it away before its row is written. Raises
        :class:`BlobDamaged` where the name is taken by other bytes.
        """
        sha256 = hashlib.sha256(blob).hexdigest()
        with _translated():
            created = self._create(sha256, blob, retain_until=retain_until)
            stored = self._sound(sha256)
            if retain_until is not None and not created:
                self._extend_retention(sha256, version=stored.version, until=retain_until)
            elif not created and stored.is_old() and self._retention(sha256, version=stored.version) is None:
                self._write(sha256, blob, _headers(blob))
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes, checked against their name; :class:`BlobMissing`, :class:`BlobDamaged`."""
        with _translated():
            return self._sound(sha256).blob

    def stored(self) -> Iterator[StoredBlob]:
        """Every blob by rising SHA-256, as the server lists names; fetched as they are read."""
        with _translated():
            for one in self._client.list_objects(self._bucket, prefix=_FOLDER, recursive=True):
                sha256 = (one.object_name or "").rpartition("/")[2]
                if _SHA256.fullmatch(sha256) and one.last_modified is not None:
                    yield StoredBlob(sha256=sha256, stored_at=one.last_modified)

    def holds(self, sha256: str) -> bool:
        """Whether a sound version of it is there."""
        try:
            self.get(sha256)
        except (BlobMissing, BlobDamaged):
            return False
        return True

    def remove(self, sha256: str, *, before: datetime) -> bool:
        """Take every version away; False where a lock keeps one or one is not older, and then nothing is taken away."""
        with _translated():
            versions = list(self._client.list_objects(self._bucket, prefix=_name(sha256), include_version=True))
            now = datetime.now(UTC)
            for one in versions:
                if one.last_modified is not None and one.last_modified >= before:
                    return False  # somebody relies on it since it was listed
                lock = None if one.is_delete_marker else self._retention(sha256, version=one.version_id)
                if lock is not None and lock.retain_until_date > now:
                    return False
            for one in versions:
                self._client.remove_object(self._bucket, _name(sha256), version_id=one.version_id)
        return True

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket, object_lock=True)
        except S3Error as error:
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise

    def _create(self, sha256: str, blob: bytes, *, retain_until: datetime | None) -> bool:
        """Whether this call made the object; False where it was there."""
        headers = _headers(blob) | {"If-None-Match": "*"}  # create-only (RFC 9110, 13.1.2)
        if retain_until is not None:
            headers["x-amz-object-lock-mode"] = self._mode.value
            headers["x-amz-object-lock-retain-until-date"] = _whole_seconds(retain_until).strftime("%Y-%m-%dT%H:%M:%SZ")
        for _ in range(_TRIES):
            try:
                self._write(sha256, blob, headers)
            except S3Error as error:
                if error.code == _EXISTS:
                    return False
                if error.code not in _RACED:
                    raise
            else:
                return True
        raise BlobsUnavailable(reason="another writer of the same object does not finish")

    def _write(self, sha256: str, blob: bytes, headers: _Headers) -> None:
        # put_object() takes no conditional header, so the call below it is used.
        self._client._put_object(self._bucket, _name(sha256), blob, dict(headers))  # noqa: SLF001

    def _sound(self, sha256: str) -> _Stored:
        """The newest version whose bytes are those that the name promises."""
        current = self._read(sha256)
        if current is not None and current.is_sound(sha256):
            return current
        older = self._client.list_objects(self._bucket, prefix=_name(sha256), include_version=True)
        versions = [one.version_id for one in older if not one.is_delete_marker and one.object_name == _name(sha256)]
        for version in versions:
            stored = self._read(sha256, version=version)
            if stored is not None and stored.is_sound(sha256):
                return stored
        if versions:
            raise BlobDamaged(sha256=sha256)
        raise BlobMissing(sha256=sha256)

    def _read(self, sha256: str, *, version: str | None = None) -> _Stored | None:
        try:
            response = self._client.get_object(self._bucket, _name(sha256), version_id=version)
        except S3Error as error:
            if error.code in _ABSENT:
                return None
            raise
        try:
            at = parsedate_to_datetime(response.headers["last-modified"])
            return _Stored(blob=response.read(), version=response.headers.get("x-amz-version-id", version), at=at)
        finally:
            response.close()
            response.release_conn()

    def _extend_retention(self, sha256: str, *, version: str | None, until: datetime) -> None:
        """Make the lock at least this long. Its mode stays: to change one takes the right to break locks."""
        asked = _whole_seconds(until)
        found = self._retention(sha256, version=version)
        if found is not None and found.retain_until_date >= asked:
            return
        lock = Retention(found.mode if found is not None else self._mode.value, asked)
        self._client.set_object_retention(self._bucket, _name(sha256), lock, version_id=version)

    def _retention(self, sha256: str, *, version: str | None) -> Retention | None:
        try:
            return self._client.get_object_retention(self._bucket, _name(sha256), version_id=version)
        except S3Error as error:
            if error.code == _NO_RETENTION:  # the SDK knows only the other of the two codes for this
                return None
            raise


@dataclass(frozen=True, slots=True)
class _Stored:
    blob: bytes
    version: str | None
    at: datetime

    def is_sound(self, sha256: str) -> bool:
        return hashlib.sha256(self.blob).hexdigest() == sha256

    def is_old(self) -> bool:
        """Whether a sweep may soon come for it; the shortest grace is an hour."""
        return self.at < datetime.now(UTC) - _YOUNG


def _headers(blob: bytes) -> _Headers:
    return {
        "Content-Type": "application/octet-stream",
        "Content-MD5": base64.b64encode(hashlib.md5(blob, usedforsecurity=False).digest()).decode(),
    }


def _name(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        msg = "a blob is named by 64 lower-case hexadecimal digits"
        raise ValueError(msg)
    return f"{_FOLDER}{sha256[:2]}/{sha256}"


def _whole_seconds(at: datetime) -> datetime:
    """In UTC and rounded up, since Object Lock counts whole seconds."""
    at = at.astimezone(UTC)
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def _http_pool() -> PoolManager:
    return PoolManager(
        maxsize=_CONNECTIONS,
        timeout=Timeout(connect=_CONNECT_WITHIN, read=_READ_WITHIN),
        retries=Retry(
            total=_TRIES - 1,
            backoff_factor=0.2,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods=None,  # every call here may be repeated
            raise_on_status=False,
            respect_retry_after_header=False,
        ),
        cert_reqs="CERT_REQUIRED",  # against the system's own authorities, where an agency adds its own
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.response.status >= _SERVER_FAULT or error.response.status in _PASSING:
            raise BlobsUnavailable(reason=str(error.code)) from error
        raise BlobsRefused(reason=str(error.code)) from error
    except MinioException as error:
        # No S3 answer at all: a proxy in between, or a server that is only just starting.
        raise BlobsUnavailable(reason=type(error).__name__) from error
    except HTTPError as error:
        raise BlobsUnavailable(reason=_cause(error)) from error


def _cause(error: HTTPError) -> str:
    """What happened, without the address (which the operator knows) and without a stack of wrapped errors."""
    inner = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    return type(inner).__name__
