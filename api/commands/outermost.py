"""The outermost boundary of ``kyso``: whatever goes wrong becomes one clear message and an exit code.

With ``--json`` the message is one JSON object on a line of standard error: ``error`` (a stable code), ``message``,
``hints`` (what to do next) and ``exit``; what stands on standard output are results only.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Told:
    """Why a command ended: a stable code, one sentence, and what to do next."""

    exit: Exit
    code: str
    message: str
    hints: tuple[str, ...] = ()

    def say(self, *, as_json: bool) -> Exit:
        """On standard error; answers the exit code."""
        if as_json:
            members = {"error": self.code, "message": self.message, "hints": self.hints, "exit": self.exit}
            sys.stderr.write(json.dumps(members, ensure_ascii=False) + "\n")
        else:
            lines = [f"✗ {self.message}", *(f"  → {hint}" for hint in self.hints)]
            sys.stderr.write("\n".join(lines) + "\n")
        return self.exit


def guarded(command: Callable[[], object], *, as_json: bool = False) -> int:
    """Run the command line; answers the exit code. ``KYSO_DEBUG=1`` shows where an error came from."""
    try:
        answer = command()
    except TyperException as error:
        if error.format_message():  # nothing is left to say where the help was shown instead
            _usage(error).say(as_json=as_json)
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
        return _explained(error).say(as_json=as_json)
    return answer if isinstance(answer, int) else 0


def _usage(error: TyperException) -> _Told:
    """The help that fits is that of the command that was called."""
    context = getattr(error, "ctx", None)
    command = "kyso" if context is None else context.command_path
    return _Told(Exit.USAGE, "usage", error.format_message(), (f"{command} --help",))


def _explained(error: Exception) -> _Told:
    """Our errors carry a hint; anything else is a defect, said in one line without a traceback."""
    problems = getattr(error, "problems", None)
    if type(error).__name__ == "SettingsInvalid" and isinstance(problems, tuple):
        said = "Cấu hình chưa đúng (the settings are not right):"
        return _Told(Exit.SETTINGS, "settings-invalid", said, tuple(map(str, problems)))
    hint, code = getattr(error, "hint", None), getattr(error, "code", None)
    if isinstance(hint, str) and isinstance(code, str):
        leaves = Exit.TRY_AGAIN if getattr(error, "transient", False) is True else Exit.FAILED
        return _Told(leaves, code, str(error), (hint,) if hint else ())
    if isinstance(error, OSError):
        said = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
        return _Told(Exit.FAILED, "file-unusable", said)
    return _Told(
        Exit.DEFECT,
        "defect",
        f"Lỗi chương trình (a defect of the program): {type(error).__name__}: {error}",
        ("KYSO_DEBUG=1 cho biết lỗi ở đâu (shows where).",),
    )
