"""The embedded S3 server: what its inner ports refuse, what it survives, and which ports it takes."""

from __future__ import annotations

import http.client
import io
import os
import signal
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from storage.embedded.child import end, spawn
from storage.embedded.errors import FolderUnusable, PortsTaken
from storage.embedded.s3 import EmbeddedS3
from tests.parts import Bucket, running, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = {"master": 1, "volume": 2, "filer": 3}
DELETIONS = ("/col/delete?collection={bucket}", "/buckets/{bucket}?recursive=true", "/dir/assign")

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has nobody to become")


def port_of(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


def client_of(server: EmbeddedS3) -> Minio:
    return Minio(server.endpoint.removeprefix("http://"), server.access_key, server.secret_key, secure=False)


def put(client: Minio, bucket: str, name: str, content: bytes) -> None:
    client.put_object(bucket, name, io.BytesIO(content), len(content))


def content(client: Minio, bucket: str, name: str) -> bytes:
    with client.get_object(bucket, name) as answer:
        return answer.read()


@pytest.fixture
def proof(bucket: Bucket) -> Iterator[Bucket]:
    """A bucket with one object, which must still be there, bytes and all, after the test."""
    client = bucket.client()
    put(client, bucket.name, "proof", b"bytes of proof")
    until = datetime.now(UTC) + timedelta(days=1)
    client.set_object_retention(bucket.name, "proof", Retention(COMPLIANCE, until))
    yield bucket
    assert content(client, bucket.name, "proof") == b"bytes of proof"


def test_a_wrong_secret_is_refused(proof: Bucket) -> None:
    stranger = Minio(proof.endpoint.removeprefix("http://"), proof.access_key, "wrong", secure=False)
    with pytest.raises(S3Error) as refused:
        stranger.stat_object(proof.name, "proof")
    assert refused.value.code in {"SignatureDoesNotMatch", "AccessDenied"}


def test_a_locked_version_cannot_be_deleted(proof: Bucket) -> None:
    version = proof.client().stat_object(proof.name, "proof").version_id
    with pytest.raises(S3Error):
        proof.client().remove_object(proof.name, "proof", version_id=version)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("path", DELETIONS)
def test_inner_ports_answer_nobody_without_the_inner_certificate(proof: Bucket, part: str, path: str) -> None:
    port = port_of(proof.endpoint) + PARTS[part]
    for method in ("GET", "POST", "DELETE"):
        for connection in (
            http.client.HTTPConnection("127.0.0.1", port, timeout=5),
            http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=trusting()),
        ):
            assert is_refused(connection, method, path.format(bucket=proof.name))


def is_refused(connection: http.client.HTTPConnection, method: str, path: str) -> bool:
    """Whether the server hung up, or said that it does not speak without TLS."""
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status == 400 and b"HTTP request to an HTTPS server" in answer.read()
    except (ssl.SSLError, ConnectionError):
        return True
    finally:
        connection.close()


@pytest.mark.parametrize("distance", range(5))
def test_inner_grpc_ports_answer_nobody_without_the_inner_certificate(proof: Bucket, distance: int) -> None:
    context = trusting()
    context.set_alpn_protocols(["h2"])
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")
    address = ("127.0.0.1", port_of(proof.endpoint) + 10_000 + distance)
    answer = b""
    try:
        with socket.create_connection(address, timeout=5) as plain, context.wrap_socket(plain) as line:
            line.sendall(preface)
            answer = line.recv(1000)
    except (ssl.SSLError, ConnectionError):
        pass
    assert answer == b""


def trusting() -> ssl.SSLContext:
    """A caller who would take any certificate and has none."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_the_administration_tool_without_the_inner_certificate_deletes_nothing(
    proof: Bucket, s3_server: EmbeddedS3
) -> None:
    port = port_of(proof.endpoint)
    tool = s3_server.child().argv[0]
    try:
        subprocess.run(
            [tool, "shell", f"-master=127.0.0.1:{port + 1}", f"-filer=127.0.0.1:{port + 3}"],
            input=f"fs.rm -rf /buckets/{proof.name}\n",
            text=True,
            capture_output=True,
            timeout=2,
            check=False,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return  # it goes on trying to connect


def test_it_listens_on_loopback_only(s3_server: EmbeddedS3) -> None:
    first = port_of(s3_server.endpoint)
    own = {f":{port:04X}" for port in (*range(first, first + 5), *range(first + 10_000, first + 10_005))}
    listening = []
    for table in ("tcp", "tcp6"):
        rows = [row.split() for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
        listening += [row[1] for row in rows if row[3] == "0A" and row[1][-5:] in own]
    assert len(listening) == 10
    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def test_secrets_are_the_callers_alone_and_stay_the_same(s3_server: EmbeddedS3, parts_folder: Path) -> None:
    file = parts_folder / "s3/secrets.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_uid == os.geteuid()
    again = EmbeddedS3(parts_folder / "s3")
    assert (again.access_key, again.secret_key) == (s3_server.access_key, s3_server.secret_key)
    assert s3_server.secret_key not in repr(vars(again))


def test_no_secret_is_on_the_command_line(s3_server: EmbeddedS3) -> None:
    child = s3_server.child()
    for name, secret in child.environment.items():
        if name.startswith(("AWS_", "WEED_JWT", "WEED_S3")):
            assert not any(secret in argument for argument in child.argv), name


@only_root
def test_the_server_does_not_run_as_root(s3_server: EmbeddedS3) -> None:
    assert s3_server.child().user not in {None, 0}


def test_objects_survive_a_kill_and_other_ports(parts_folder: Path) -> None:
    folder = parts_folder / "moving"
    first = EmbeddedS3(folder)
    first.initialise()
    child = first.child()
    with (parts_folder / "moving.log").open("ab") as log:
        process = spawn(child, output=log.fileno())
    try:
        assert wait_until(first.is_ready)
        client_of(first).make_bucket("kept", object_lock=True)
        put(client_of(first), "kept", "small", b"small")
        put(client_of(first), "kept", "large", b"large" * 2_000_000)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        end(process, child)

    with socket.create_server(("127.0.0.1", port_of(first.endpoint))):
        second = EmbeddedS3(folder)
        with running(second, log=parts_folder / "moving.log"):
            assert second.endpoint != first.endpoint
            assert content(client_of(second), "kept", "small") == b"small"
            assert content(client_of(second), "kept", "large") == b"large" * 2_000_000
            put(client_of(second), "kept", "more", b"more")
    third = EmbeddedS3(folder)
    third.initialise()
    assert third.endpoint == second.endpoint


def test_a_taken_port_that_was_asked_for_is_named(parts_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1] - 10_003  # an inner one
        with pytest.raises(PortsTaken, match=rf"ports {port} to {port + 4} and .* are not all free"):
            EmbeddedS3(parts_folder / "asked", port).initialise()


def test_sockets_that_a_killed_server_left_are_removed(parts_folder: Path) -> None:
    server = EmbeddedS3(parts_folder / "left")
    server.initialise()
    left = Path(f"/tmp/seaweedfs-master-grpc-{port_of(server.endpoint) + 10_001}.sock")
    left.touch()
    EmbeddedS3(parts_folder / "left", port_of(server.endpoint)).initialise()
    assert not left.exists()


def test_the_endpoint_is_not_known_before_the_ports_are_chosen(parts_folder: Path) -> None:
    with pytest.raises(RuntimeError):
        _ = EmbeddedS3(parts_folder / "new").endpoint


def test_a_folder_that_cannot_be_written_is_named(parts_folder: Path) -> None:
    in_the_way = parts_folder / "no-folder"
    in_the_way.touch()
    with pytest.raises(FolderUnusable, match="no-folder/s3 cannot be used: Not a directory"):
        EmbeddedS3(in_the_way / "s3")
