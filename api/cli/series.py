"""``kyso register series``: names, options and help; the work is in ``api/commands/series.py``."""
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import Annotated

import typer

series = typer.Typer(name="series", help="Sổ số của cơ quan (an agency's number series).", no_args_is_help=True)

Agency = Annotated[str, typer.Argument(metavar="AGENCY", help="Mã cơ quan (the agency's id).")]
AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]
Speaker = Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")]


@series.command("list")
def list_series(agency: Agency, *, as_json: AsJson = False) -> None:
    """Các sổ số của cơ quan, năm mới trước (the agency's series, the newest year first)."""
    from api.commands import series as work

    for one in work.listed(agency):
        typer.echo(work.as_json(one) if as_json else work.as_line(one))


@series.command()
def add(
    agency: Agency,
    name: Annotated[str, typer.Argument(help="Tên sổ số (name of the series).")],
    *,
    symbol: Annotated[str, typer.Option(help="Ký hiệu sau số (what stands behind the number), TB-UBND.")],
    year: Annotated[
        int | None, typer.Option(min=1945, max=9999, help="Năm; không nêu thì năm nay (the year, else this one).")
    ] = None,
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Mở sổ số, bắt đầu từ 01; năm sau tự nối tiếp (open a series at 01; later years go on with it by themselves)."""
    from api.commands import series as work

    one = work.added(agency, name, symbol=symbol, year=year, operator=speaker)
    typer.echo(work.as_json(one) if as_json else f"✓ Đã mở (open): {work.as_line(one)}")
