"""The embedded PostgreSQL: who reaches it, what it survives, and where it puts its files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from storage.embedded import account as accounts
from storage.embedded.account import Account, account_for
from storage.embedded.child import end, spawn
from storage.embedded.errors import DatabaseNotMade, DatabaseOfOtherVersion, FolderUnusable
from storage.embedded.place import reachable_copy, settle
from storage.embedded.postgres import EmbeddedPostgres
from tests.parts import running, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NOBODY = Account(user=65534, group=65534, name="nobody")

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has nobody to become")


@contextmanager
def run(server: EmbeddedPostgres, folder: Path) -> Iterator[psycopg.Connection]:
    with running(server, log=folder / "postgres.log"), psycopg.connect(server.conninfo, autocommit=True) as connection:
        yield connection


def value(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(sql.SQL(query)).fetchone()
    return None if row is None else row[0]


def test_the_product_user_owns_its_database_and_is_no_superuser(postgres_server: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres_server.conninfo) as connection:
        assert value(connection, "SELECT current_user || ' ' || current_database()") == "kyso kyso"
        assert value(connection, "SELECT usesuper FROM pg_user WHERE usename = current_user") is False
        assert (
            value(connection, "SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'kyso'")
            == "kyso"
        )


def test_the_address_is_one_that_sqlalchemy_understands(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT current_user")).scalar() == "kyso"
    engine.dispose()


def test_checksums_collation_and_encoding_are_as_promised(postgres_server: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres_server.conninfo) as connection:
        assert value(connection, "SHOW data_checksums") == "on"
        assert value(connection, "SHOW server_encoding") == "UTF8"
        assert value(connection, "SHOW timezone") == "UTC"
        assert value(connection, "SELECT upper('đồng ký số')") == "ĐỒNG KÝ SỐ"
        locale = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'kyso'"
        assert value(connection, locale) == "b C.UTF-8"


def test_the_default_settings_are_the_safe_ones(parts_folder: Path) -> None:
    with run(EmbeddedPostgres(parts_folder / "safe"), parts_folder) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert value(connection, f"SHOW {setting}") == "on"


def test_it_listens_on_no_network(postgres_server: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres_server.conninfo) as connection:
        assert value(connection, "SHOW listen_addresses") == ""


def test_only_its_own_account_can_enter_the_folders_of_files_and_socket(postgres_server: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres_server.administration_conninfo) as connection:
        places = [value(connection, f"SHOW {name}") for name in ("data_directory", "unix_socket_directories")]
    for place in places:
        assert Path(str(place)).stat().st_mode & 0o777 == 0o700
        assert Path(str(place)).stat().st_uid == account_for(Path(str(place))).user


@only_root
def test_the_server_does_not_run_as_root(postgres_server: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres_server.conninfo) as connection:
        process = connection.info.backend_pid
        assert Path(f"/proc/{process}").stat().st_uid != 0


@only_root
def test_another_user_is_refused_even_if_the_folder_lets_him_in(parts_folder: Path) -> None:
    server = EmbeddedPostgres(parts_folder / "refusing")
    with run(server, parts_folder):
        socket = parts_folder / "refusing/socket"
        socket.chmod(0o755)
        (socket / ".s.PGSQL.5432").chmod(0o777)
        program = Path(server.child().argv[0]).with_name("psql")
        attempt = subprocess.run(
            [program, "-h", str(socket), "-U", "kyso", "-c", "SELECT 1"],
            user="nobody",
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert attempt.returncode != 0
        assert "Peer authentication failed" in attempt.stderr


def test_committed_rows_survive_a_kill(parts_folder: Path) -> None:
    server = EmbeddedPostgres(parts_folder / "killed")
    server.initialise()
    child = server.child()
    with (parts_folder / "killed.log").open("ab") as log:
        process = spawn(child, output=log.fileno())
    try:
        assert wait_until(server.is_ready)
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute("CREATE TABLE proof (n int)")
            connection.execute("INSERT INTO proof SELECT generate_series(1, 1000)")
            process.send_signal(signal.SIGKILL)
            process.wait()
    finally:
        end(process, child)
    with run(EmbeddedPostgres(parts_folder / "killed"), parts_folder) as connection:
        assert value(connection, "SELECT sum(n) FROM proof") == 500_500


def test_it_is_not_ready_before_it_runs(parts_folder: Path) -> None:
    server = EmbeddedPostgres(parts_folder / "idle")
    server.initialise()
    assert not server.is_ready()


def test_an_interrupted_first_start_is_repeated(parts_folder: Path) -> None:
    server = EmbeddedPostgres(parts_folder / "interrupted")
    half = parts_folder / "interrupted/pgdata.unfinished/base"
    half.mkdir(parents=True)
    (half.parent / "PG_VERSION").write_text("18\n")
    server.initialise()
    server.initialise()
    assert not half.exists()
    with run(server, parts_folder) as connection:
        assert value(connection, "SELECT 1") == 1


def test_files_of_another_version_are_refused_with_what_to_do(parts_folder: Path) -> None:
    server = EmbeddedPostgres(parts_folder / "newer")
    (parts_folder / "newer/pgdata").mkdir(mode=0o700)
    (parts_folder / "newer/pgdata/PG_VERSION").write_text("19\n")
    with pytest.raises(
        DatabaseOfOtherVersion, match="is of PostgreSQL 19; the installed program is PostgreSQL 18"
    ) as refused:
        server.initialise()
    assert "pg_dump" in refused.value.hint


def test_a_full_disk_is_named(parts_folder: Path) -> None:
    small = parts_folder / "small"
    small.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=10m", "kyso-test", small], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("mounting a small file system needs root and the right to mount")
    try:
        small.chmod(0o711)
        server = EmbeddedPostgres(small / "server")
        with pytest.raises(DatabaseNotMade, match="No space left on device"):
            server.initialise()
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_a_folder_that_cannot_be_written_is_named(parts_folder: Path) -> None:
    in_the_way = parts_folder / "file"
    in_the_way.touch()
    with pytest.raises(FolderUnusable, match="file/server cannot be used: Not a directory"):
        EmbeddedPostgres(in_the_way / "server")


@pytest.mark.parametrize("name", ["x" * 120, "dấu cách và, phẩy"])
def test_a_long_or_unusual_path_has_its_socket_elsewhere(parts_folder: Path, name: str) -> None:
    server = EmbeddedPostgres(parts_folder / name)
    elsewhere = Path(server.conninfo.split()[0].removeprefix("host="))
    try:
        assert not elsewhere.is_relative_to(parts_folder)
        assert EmbeddedPostgres(parts_folder / name).url == server.url
        with run(server, parts_folder) as connection:
            assert value(connection, "SELECT 1") == 1
    finally:
        elsewhere.rmdir()


def test_a_socket_folder_that_somebody_else_put_there_is_refused(parts_folder: Path) -> None:
    place = settle(parts_folder / "squatted", name="pgdata")
    (parts_folder / "squatted/socket").symlink_to("/tmp")
    with pytest.raises(FolderUnusable, match="does not belong to"):
        place.sockets()


@only_root
def test_a_private_home_keeps_its_rights_and_the_files_go_elsewhere(tmp_path: Path, parts_folder: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = EmbeddedPostgres(private / "postgres")
    moved = (private / "postgres/moved-to").resolve()
    try:
        assert server.remark is not None
        assert str(moved) in server.remark
        assert moved.is_relative_to("/var/lib/kyso")
        with run(server, parts_folder) as connection:
            assert value(connection, "SELECT 1") == 1
        assert private.stat().st_mode & 0o777 == 0o700
        assert EmbeddedPostgres(private / "postgres").url == server.url
    finally:
        shutil.rmtree(moved)


@only_root
def test_programs_in_a_private_home_are_copied_once(tmp_path: Path) -> None:
    package = tmp_path / "site"
    (package / "program/bin").mkdir(parents=True)
    (package / "program/bin/tool").write_text("#!/bin/sh\n")
    (package / "libraries").mkdir()
    version = f"test-{os.getpid()}"
    trees = ("program/bin", "libraries")
    copy = reachable_copy(package, trees=trees, version=version, account=NOBODY)
    try:
        assert copy == Path("/var/lib/kyso/programs") / version
        assert (copy / "program/bin/tool").read_text() == "#!/bin/sh\n"
        assert (copy / "libraries").is_dir()
        assert reachable_copy(package, trees=trees, version=version, account=NOBODY) == copy
        enter = subprocess.run(["/bin/sh", copy / "program/bin/tool"], user=NOBODY.user, cwd="/", check=False)
        assert enter.returncode == 0
    finally:
        shutil.rmtree(copy)


@only_root
def test_root_runs_as_the_owner_of_what_is_there_and_leaves_it_usable(parts_folder: Path) -> None:
    home = parts_folder / "of-nobody"
    home.mkdir()
    os.chown(home, NOBODY.user, NOBODY.group)
    (home / "pgdata").mkdir()
    os.chown(home / "pgdata", NOBODY.user, NOBODY.group)
    assert settle(home, name="pgdata").account == NOBODY
    place = settle(home, name="pgdata")
    place.write("file", "text", mode=0o600)
    assert (home / "file").stat().st_uid == NOBODY.user


@only_root
def test_a_dedicated_user_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(accounts, "_PREFERRED", ("daemon", "nobody"))
    assert account_for(tmp_path / "absent").name == "daemon"


AS_ORDINARY_USER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import psycopg
from storage.embedded.postgres import EmbeddedPostgres
from tests.parts import running
folder = Path(sys.argv[1])
server = EmbeddedPostgres(folder / "server")
with running(server, log=folder / "log"), psycopg.connect(server.conninfo) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
"""


@only_root  # for an ordinary user all the other tests say it
def test_an_ordinary_user_runs_it_himself(parts_folder: Path) -> None:
    if subprocess.run(["test", "-x", sys.executable], user="nobody", cwd="/", check=False).returncode:
        pytest.skip("this Python lies in a folder that only root can enter")
    home = parts_folder / "ordinary"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY.user, NOBODY.group)
    finished = subprocess.run(
        [sys.executable, "-c", AS_ORDINARY_USER, str(home), str(ROOT)],
        user=NOBODY.user,
        group=NOBODY.group,
        extra_groups=[],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout == "kyso\n", finished.stderr
