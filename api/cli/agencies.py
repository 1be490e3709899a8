"""``kyso agencies``: names, options and help; the work is in ``api/commands/agencies.py``."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

agencies = typer.Typer(name="agencies", help="Cơ quan ban hành văn bản (issuing agencies).", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]
Speaker = Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")]


@agencies.command("list")
def list_agencies(*, as_json: AsJson = False) -> None:
    """Mọi cơ quan đã đăng ký (all agencies)."""
    from api.commands import agencies as work

    for one in work.listed():
        typer.echo(one.as_json() if as_json else one.as_line())


@agencies.command()
def add(
    agency: Annotated[str, typer.Argument(metavar="ID", help="Mã định danh (identifier): 000.00.00.H00, H00.12.")],
    *,
    name: Annotated[str, typer.Option(help="Tên in trên văn bản (the name on documents).")],
    place: Annotated[str, typer.Option(help="Địa danh (the place before the date).")],
    parent: Annotated[
        str | None, typer.Option(help="Tên cơ quan chủ quản, in trên tên cơ quan (the superior agency's name).")
    ] = None,
    seal_image: Annotated[
        Path, typer.Option(metavar="PNG", exists=True, dir_okay=False, help="Ảnh dấu nền trong suốt (the seal).")
    ],
    seal_diameter: Annotated[float, typer.Option(metavar="MM", help="Đường kính dấu (the seal's diameter).")] = 36.0,
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Đăng ký cơ quan ban hành (put an issuing agency on file)."""
    from api.commands import agencies as work
    from issuance.ports import Agency

    one = work.added(
        Agency(
            id=agency,
            name=name,
            parent=parent,
            place=place,
            seal_diameter=seal_diameter,
            seal_image=seal_image.read_bytes(),
        ),
        operator=speaker,
    )
    typer.echo(one.as_json() if as_json else f"✓ Đã đăng ký (on file): {one.as_line()}")
