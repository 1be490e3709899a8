"""``make interop``: what we sign and how we judge beside EU DSS, and beside a foreign timestamp authority.

``python -m tests.interop [PART…]`` or ``python -m tests.interop --trust DIR FILE…``. The parts are a document that the
whole service issued, every test vector, the cells of the signing matrix, and files with tokens of another authority.
All that they make lies in ``var/interop``. The exit code is 1 where something differs that no text explains, and 2
where DSS cannot be asked.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.interop import authority, cells, issued, vectors
from tests.interop.authority import AuthorityUnavailable
from tests.interop.dss import DssUnavailable, build

_PARTS = {
    "issued": issued.run,
    "vectors": vectors.run,
    "cells": cells.run,
    "all-cells": cells.run_all,
    "authority": authority.run,
}
_USUAL = ("issued", "vectors", "cells", "authority")


def main() -> int:
    """Run the parts and print what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description="Beside other people's programs.")
    parser.add_argument("--trust", type=Path, help="folder of anchors: compare these files instead of the parts")
    parser.add_argument("parts", nargs="*", metavar="PART|FILE", help=f"of {', '.join(_PARTS)}")
    asked = parser.parse_args()
    if asked.trust is None and (unknown := set(asked.parts) - _PARTS.keys()):
        parser.error(f"no such part: {', '.join(sorted(unknown))} (there are {', '.join(_PARTS)})")
    try:
        build()
        found = _compared(asked.parts, asked.trust)
    except DssUnavailable as error:
        print(f"EU DSS cannot be asked: {error}")
        return 2
    print("\n".join(found) or "Nothing differs that is not explained.")
    return 1 if found else 0


def _compared(parts: list[str], trust: Path | None) -> list[str]:
    if trust is not None:
        return issued.compare([Path(each) for each in parts], trust=trust)
    home, found = Path("var/interop").resolve(), list[str]()
    for part in parts or _USUAL:
        try:
            found += _PARTS[part](home)
        except AuthorityUnavailable as reason:
            print(f"{part}: left out, since the authority is not there: {reason}")
    return found


if __name__ == "__main__":
    sys.exit(main())
