"""Secrets that a person types for a command, or a program hands it on standard input; they are never arguments."""

from __future__ import annotations

import sys
from typing import ClassVar

import typer


class NothingTyped(Exception):
    """A command asked for a secret, and nobody typed one."""

    code: ClassVar[str] = "nothing-typed"
    hint: ClassVar[str] = "Run the command at a terminal and type it there, or hand it over on standard input."
    transient: ClassVar[bool] = False

    def __init__(self, *, asked: str) -> None:
        super().__init__(f"chưa nhập (not typed): {asked}")
        self.asked = asked


def typed(asked: str) -> str:
    """A secret, unseen at a terminal, else a line of standard input; raises :class:`NothingTyped`."""
    return str(typer.prompt(asked, hide_input=True, err=True)) if sys.stdin.isatty() else _line(asked)


def typed_twice(asked: str) -> str:
    """A new secret, the same both times; raises :class:`NothingTyped` and :class:`typer.BadParameter`."""
    again = "Nhập lại (once more)"
    if sys.stdin.isatty():
        return str(typer.prompt(asked, hide_input=True, confirmation_prompt=again, err=True))
    first = _line(asked)
    if first != _line(again):
        msg = f"{asked}: hai lần khác nhau (the two are not the same)"
        raise typer.BadParameter(msg)
    return first


def _line(asked: str) -> str:
    line = sys.stdin.readline().rstrip("\n")
    if not line:
        raise NothingTyped(asked=asked)
    return line
