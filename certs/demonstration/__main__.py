"""``python -m certs.demonstration DIRECTORY --port N``: serve the demonstration authority of a folder on loopback.

The folder is made first where it holds none.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from certs.demonstration.authority import make_authority, open_authority
from certs.demonstration.server import serve


def main() -> None:
    """Serve until SIGTERM; exit status 1 where the port is taken or the folder belongs to another address."""
    parser = argparse.ArgumentParser(prog="python -m certs.demonstration", description="Demonstration PKI on loopback.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    try:
        make_authority(arguments.directory, responder_url=f"http://127.0.0.1:{arguments.port}")
        serve(open_authority(arguments.directory), port=arguments.port)
    except (OSError, RuntimeError) as error:
        sys.exit(f"demonstration authority: {error}")


if __name__ == "__main__":
    main()
