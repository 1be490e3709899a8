"""A real SoftHSM whose module can be told to fail: built from shim.c, ordered through a control file."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tests.softhsm import SOFTHSM

if TYPE_CHECKING:
    from hsm.provisioning import TokenAccess

_SOURCE = Path(__file__).with_name("shim.c")


class Fault(Enum):
    """What a call of C_Sign may meet."""

    GENERAL_ERROR = "general-error"
    FUNCTION_FAILED = "function-failed"
    DEVICE_ERROR = "device-error"
    DEVICE_MEMORY = "device-memory"
    DEVICE_REMOVED = "device-removed"
    SESSION_CLOSED = "session-closed"
    SESSION_HANDLE_INVALID = "session-handle-invalid"
    TOKEN_NOT_PRESENT = "token-not-present"
    USER_NOT_LOGGED_IN = "user-not-logged-in"
    CRYPTOKI_NOT_INITIALIZED = "cryptoki-not-initialized"
    CRASH = "crash"
    HANG = "hang"
    SLOW = "slow"
    WRONG = "wrong"
    DOWN = "down"


CODES = tuple(fault for fault in Fault if fault.value not in ("crash", "hang", "slow", "wrong", "down"))


@dataclass(frozen=True, slots=True)
class FaultyModule:
    """The built module, and the control file through which it is ordered."""

    library: Path
    control: Path

    def over(self, token: TokenAccess) -> TokenAccess:
        """The same token, reached through the faulty module."""
        environment = {**token.environment, "SHIM_MODULE": str(SOFTHSM), "SHIM_CONTROL": str(self.control)}
        return replace(token, uri=replace(token.uri, module_path=self.library), environment=environment)

    def fail(self, *faults: Fault, per_mille: int = 1000, seed: int = 1) -> None:
        """From now on, so many of 1,000 signatures meet one of the faults."""
        text = " ".join([str(per_mille), str(seed), *(fault.value for fault in faults)])
        fresh = self.control.with_suffix(".new")
        fresh.write_text(text, encoding="ascii")
        fresh.replace(self.control)

    def recover(self) -> None:
        """Fail no more."""
        self.control.unlink(missing_ok=True)

    def happened(self) -> Counter[str]:
        """How often each fault, and each login, has happened."""
        log = Path(f"{self.control}.log")
        return Counter(log.read_text(encoding="ascii").split() if log.exists() else ())


def faulty_module(folder: Path) -> FaultyModule:
    """Build the module into this folder."""
    library = folder / "shim.so"
    warnings = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1"]
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *warnings, "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"], check=True)
    return FaultyModule(library=library, control=folder / "faults")
