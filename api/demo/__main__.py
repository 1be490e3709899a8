"""``python -m api.demo HOME``: the demonstration's keys and register rows for a service that runs in containers.

Settings come from the environment, as for ``kyso serve``; authority, tokens and secrets lie below the home folder. May
be repeated: what is there stays (:mod:`api.demo.bootstrap`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from api.callers.secret_hashes import SecretHashes
from api.clock import SystemClock
from api.commands.outermost import Exit, guarded
from api.configuration.settings import Settings, read_settings
from api.demo.bootstrap import fill_register, lay_foundations
from api.demo.people import secrets_file
from storage.database import connect
from storage.unit_of_work import PostgresUnitOfWork


def prepare(home: Path) -> None:
    """Lay the foundations, then fill the register of the service whose settings these are."""
    settings, at = read_settings(Settings), SystemClock().now()
    foundations = lay_foundations(home, at=at)
    engine = connect(settings.database_url.get_secret_value())
    try:
        uow = PostgresUnitOfWork(engine)
        fill_register(home, foundations, uow=uow, hashes=SecretHashes(), at=at)
    finally:
        engine.dispose()
    Console(stderr=True).print(f"✓ Bản mẫu đã sẵn sàng (the demonstration is ready): {secrets_file(home)}")


def main() -> int:
    """The exit code; one argument, the home folder."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its argument
        sys.stderr.write("usage: python -m api.demo HOME\n")
        return Exit.USAGE
    return guarded(lambda: prepare(Path(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
