"""Runs in the peer's own environment: DRAFT KEYSTORE PASSWORD IMAGE → CPU seconds for one signature, as JSON."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from cryptography.hazmat.primitives.serialization import pkcs12

_ROUNDS, _REPEATS = 7, 4


def main() -> None:
    """Sign to a file beside the draft, warm, in turns: with the picture, and with nothing to be seen."""
    # Its validator's libraries do not start with OpenSSL 3.0.10 and later; signing has no use for them.
    for name in ("certvalidator", "oscrypto"):
        sys.modules[name] = ModuleType(name)
    peer = importlib.import_module("endesive.pdf.cms")
    draft, keystore, password, image = sys.argv[1:]
    output = Path(draft).with_suffix(".signed.pdf")
    key, certificate, _ = pkcs12.load_key_and_certificates(Path(keystore).read_bytes(), password.encode())
    orders = {"visible": {"signature_img": image, "signaturebox": (350, 104, 492, 166), "sigpage": 1}, "invisible": {}}
    seconds: dict[str, list[float]] = {kind: [] for kind in orders}
    for round_ in range(_ROUNDS + 1):
        for kind, shown in orders.items():
            start = time.process_time()
            for _ in range(_REPEATS):
                pdf = Path(draft).read_bytes()
                order = {"sigflags": 3, "sigfield": "Signature1", "signingdate": _now(), "contact": "", **shown}
                output.write_bytes(pdf + peer.sign(pdf, order, key, certificate, [], "sha256"))
            if round_:  # the first is for warming up
                seconds[kind].append((time.process_time() - start) / _REPEATS)
    sys.stdout.write(json.dumps({kind: statistics.median(readings) for kind, readings in seconds.items()}))


def _now() -> str:
    return datetime.now(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")


if __name__ == "__main__":
    main()
