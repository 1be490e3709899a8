"""Runs in the peer's own environment: DRAFT KEYSTORE PASSWORD IMAGE → CPU seconds for one signature, as JSON."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from pathlib import Path

_ROUNDS, _REPEATS = 7, 8


def main() -> None:
    """Sign to a file beside the draft, warm, in turns: with the picture, and with nothing to be seen."""
    draft, keystore, password, image = sys.argv[1:]
    peer = importlib.import_module("pdfsigner")
    output = str(Path(draft).with_suffix(".signed.pdf"))
    shown = {"page": 2, "x": 350.0, "y": 104.0, "width": 142.0, "height": 62.0, "border": False, "image": image}
    seconds: dict[str, list[float]] = {"visible": [], "invisible": []}
    for _ in range(_ROUNDS):
        for kind, options in (("visible", shown), ("invisible", {})):
            start = time.process_time()
            for _ in range(_REPEATS):
                peer.sign_pdf(draft, output, keystore, password, **options)
            seconds[kind].append((time.process_time() - start) / _REPEATS)
    sys.stdout.write(json.dumps({kind: statistics.median(readings) for kind, readings in seconds.items()}))


if __name__ == "__main__":
    main()
