"""The outermost boundary of ``kyso``: whatever goes wrong becomes one clear message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from enum import IntEnum
from typing import TYPE_CHECKING

from typer.exceptions import Abort, TyperException

if TYPE_CHECKING:
    from collections.abc import Callable


class Exit(IntEnum):
    """Exit codes beside those that a command promises, as in sysexits(3)."""

    FAILED = 1
    USAGE = 64
    DEFECT = 70
    TRY_AGAIN = 75
    SETTINGS = 78
    INTERRUPTED = 130


def guarded(command: Callable[[], object]) -> int:
    """Run the command line; answers the exit code. ``KYSO_DEBUG=1`` shows where an error came from."""
    try:
        answer = command()
    except TyperException as error:
        if error.format_message():  # nothing is left to say where the help was shown instead
            _say(error.format_message(), "kyso --help")
        return Exit.USAGE
    except (KeyboardInterrupt, Abort):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; nothing may be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the outermost boundary of a process
        if os.environ.get("KYSO_DEBUG") == "1":
            traceback.print_exc()
        return _explain(error)
    return answer if isinstance(answer, int) else 0


def _explain(error: Exception) -> Exit:
    """Our errors carry a hint; anything else is a defect, said in one line without a traceback."""
    problems = getattr(error, "problems", None)
    if type(error).__name__ == "SettingsInvalid" and isinstance(problems, tuple):
        _say("Cấu hình chưa đúng (the settings are not right):", *problems)
        return Exit.SETTINGS
    hint = getattr(error, "hint", None)
    if isinstance(hint, str) and isinstance(getattr(error, "code", None), str):
        _say(str(error), hint)
        return Exit.TRY_AGAIN if getattr(error, "transient", False) is True else Exit.FAILED
    if isinstance(error, OSError):
        _say(f"{error.filename or ''} {error.strerror or error}".strip())
        return Exit.FAILED
    _say(
        f"Lỗi chương trình (a defect of the program): {type(error).__name__}: {error}",
        "KYSO_DEBUG=1 cho biết lỗi ở đâu (shows where).",
    )
    return Exit.DEFECT


def _say(message: str, *more: str) -> None:
    lines = [f"✗ {message}", *(f"  → {line}" for line in more if line)]
    sys.stderr.write("\n".join(lines) + "\n")
