"""``make shell``: a Python prompt over a demonstration service of its own, with the application joined."""

from __future__ import annotations

import code
import os
import sys
from pathlib import Path

from api.client import Client
from api.commands.outermost import Exit, guarded
from api.configuration.settings import OneMachineSettings, Settings, read_settings
from api.listening import free_loopback_address
from api.supervision.supervisor import Supervisor
from api.supervision.up import Contents, OneMachine
from api.wiring import joined

_BANNER = """
application  what a process of the service works with (api/wiring.py)
outside      its stores, device, timestamps and clock, as the use cases get them
client       calls the service over HTTP; client.with_token(client_id=..., secret=secrets.accounts[...])
secrets      of the demonstration's accounts
Ctrl-D ends the prompt and the service.
"""


def interact(home: Path) -> None:
    """Start a demonstration service below ``home`` and talk to a person until the end of the input."""
    settings = OneMachineSettings.model_construct(listen=str(free_loopback_address()))
    machine = OneMachine(home, contents=Contents.DEMONSTRATION, settings=settings)
    with Supervisor(home, machine.children()):
        os.environ.update(machine.service_environment())
        with joined(read_settings(Settings)) as application:
            names = {
                "application": application,
                "outside": application.outside,
                "client": Client(machine.url),
                "secrets": machine.secrets,
            }
            code.interact(banner=_BANNER, local=names, exitmsg="")


def main() -> int:
    """The exit code; one argument, the home folder."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its argument
        sys.stderr.write("usage: python -m api.commands.shell HOME\n")
        return Exit.USAGE
    return guarded(lambda: interact(Path(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
