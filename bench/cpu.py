"""What another process has used of the processor."""

from __future__ import annotations

import os
from pathlib import Path


def spent_by(pid: int) -> float:
    """Seconds of CPU of a process with all its threads (proc(5), stat: utime and stime), in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
