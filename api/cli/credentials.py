"""``kyso credentials``: names, options and help; the work is in ``api/commands/credentials.py``."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

credentials = typer.Typer(
    name="credentials", help="Chứng thư số của người ký và của cơ quan (credentials).", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]
Speaker = Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")]


@credentials.command("list")
def list_credentials(*, as_json: AsJson = False) -> None:
    """Mọi chứng thư số đã đăng ký, kèm nơi giữ khóa và hạn dùng (all credentials: where the key is, until when)."""
    from api.commands import credentials as work

    for one in work.listed():
        typer.echo(one.as_json() if as_json else one.as_line())


@credentials.command()
def add(
    name: Annotated[str, typer.Argument(help="Tên dùng khi ký, chẳng hạn dau.so-tu-phap (the name to sign under).")],
    *,
    key: Annotated[
        str, typer.Option(metavar="URI|LABEL", help="Khóa, theo `kyso tokens list` (the key, as it is listed).")
    ],
    official: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Khóa của cán bộ này (the official whose key it is).")
    ] = None,
    seal: Annotated[
        str | None, typer.Option(metavar="AGENCY", help="Dấu của cơ quan này (the agency whose seal it is).")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Chứng thư, PEM hoặc DER; không nêu thì lấy từ thiết bị (else the token's)."),
    ] = None,
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Đăng ký khóa do HSM của dịch vụ giữ (register a key that the service's HSM holds, with its certificate)."""
    from api.commands import credentials as work
    from issuance.documents import Purpose
    from issuance.server_keys import Owner

    if (official is None) == (seal is None):
        msg = "nêu một trong hai (name one of the two): --official ACCOUNT, --seal AGENCY"
        raise typer.BadParameter(msg)
    owner = Owner(Purpose.SIGNATURE, official) if official is not None else Owner(Purpose.SEAL, str(seal))
    one = work.added(name, key=key, file=certificate, owner=owner, operator=speaker)
    typer.echo(one.as_json() if as_json else f"✓ Đã đăng ký (registered): {one.as_line()}")


@credentials.command()
def enrol(
    account: Annotated[str, typer.Argument(help="Tài khoản của người ký (the official's account).")],
    *,
    certificate: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Chứng thư số của thiết bị ký, PEM hoặc DER, có thể kèm chứng thư cấp trên.",
        ),
    ],
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Đăng ký chứng thư số trong thiết bị ký của cán bộ (enrol the certificate of an official's own token)."""
    from api.commands import credentials as work

    one = work.enrolled(account, file=certificate, operator=speaker)
    typer.echo(one.as_json() if as_json else f"✓ Đã đăng ký (enrolled): {one.as_line()}")


@credentials.command()
def withdraw(
    name: Annotated[str, typer.Argument(help="Tên chứng thư số, theo `kyso credentials list` (its name).")],
    *,
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Ngừng dùng chứng thư số này để ký; chữ ký đã có vẫn còn (sign with it no more; what was signed stays)."""
    from api.commands import credentials as work

    one = work.withdrawn(name, operator=speaker)
    typer.echo(one.as_json() if as_json else f"✓ Đã ngừng (withdrawn): {one.as_line()}")
