"""``kyso types``: names, options and help; the work is in ``api/commands/types.py``, imported when a command runs."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

types = typer.Typer(name="types", help="Loại văn bản của cơ quan (types of documents).", no_args_is_help=True)

Agency = Annotated[str, typer.Argument(help="Mã cơ quan (the agency's id).")]
AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]


@types.command()
def standard() -> None:
    """In danh mục chuẩn để sửa cho cơ quan mình (print the standard list, to be changed for an agency)."""
    from api.types.toml_form import standard_text

    typer.echo(standard_text(), nl=False)


@types.command()
def install(
    agency: Agency,
    *,
    abbreviation: Annotated[str, typer.Option(help="Chữ viết tắt của cơ quan (the agency's abbreviation), UBND.")],
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Danh mục TOML đã sửa (a changed list).")
    ] = None,
    speaker: Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")],
) -> None:
    """Ghi các loại văn bản cho cơ quan, thay loại cùng tên (lay the types down; same names are replaced)."""
    from api.commands import types as work

    count = work.install(agency, abbreviation=abbreviation, file=file, operator=speaker)
    typer.echo(f"✓ Đã ghi {count} loại văn bản (types laid down)")


@types.command("list")
def list_types(agency: Agency, *, as_json: AsJson = False) -> None:
    """Các loại văn bản của cơ quan (the types of an agency)."""
    from api.commands import types as work

    for form in work.listed(agency):
        if as_json:
            typer.echo(form.model_dump_json())
        else:
            kept = "vĩnh viễn" if form.retention == "permanent" else f"{form.retention} năm"
            typer.echo(f"{form.name}: …/{form.symbol}, sổ {form.series}, lưu {kept}, {form.order.value}")
