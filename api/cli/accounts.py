"""``kyso accounts``: names, options and help; the work is in ``api/commands/accounts.py``."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

accounts = typer.Typer(
    name="accounts", help="Tài khoản của người và phần mềm (accounts of people and systems).", no_args_is_help=True
)

AccountId = Annotated[str, typer.Argument(metavar="ID", help="Tên tài khoản (the account's id): vanthu.so-tu-phap.")]
AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]
Speaker = Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")]


@accounts.command("list")
def list_accounts(*, as_json: AsJson = False) -> None:
    """Mọi tài khoản, không kèm bí mật (all accounts, without secrets)."""
    from api.commands import accounts as work

    for one in work.listed():
        typer.echo(one.as_json() if as_json else one.as_line())


@accounts.command()
def add(
    account: AccountId,
    *,
    agency: Annotated[str, typer.Option(metavar="AGENCY", help="Mã cơ quan (the agency's id).")],
    name: Annotated[str, typer.Option(help="Họ tên, hoặc tên phần mềm (the person's or the system's name).")],
    position: Annotated[str | None, typer.Option(help="Chức vụ (position), Giám đốc.")] = None,
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE",
            help="submitter: gửi dự thảo (sends drafts); signatory: ký (signs); clerk: văn thư (numbers and seals). "
            "Nêu nhiều lần được (may be repeated).",
        ),
    ],
    signature_image: Annotated[
        Path | None,
        typer.Option(metavar="PNG", exists=True, dir_okay=False, help="Ảnh chữ ký nền trong suốt (the signature)."),
    ] = None,
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Lập tài khoản; bí mật chỉ hiện một lần (open an account; its secret is shown once)."""
    from api.commands import accounts as work
    from issuance.ports import Account, Role

    try:
        roles = frozenset(Role(one) for one in role)
    except ValueError as error:
        raise typer.BadParameter(", ".join(one.value for one in Role), param_hint="--role") from error
    one = work.added(
        Account(
            id=account,
            agency=agency,
            full_name=name,
            position=position,
            roles=roles,
            signature_image=signature_image.read_bytes() if signature_image else None,
        ),
        operator=speaker,
    )
    typer.echo(one.as_json() if as_json else one.as_text())


@accounts.command("new-secret")
def new_secret(account: AccountId, *, speaker: Speaker, as_json: AsJson = False) -> None:
    """Cấp bí mật mới; bí mật cũ và phiên đang mở hết hiệu lực (another secret; the old one and open sessions end)."""
    from api.commands import accounts as work

    one = work.with_new_secret(account, operator=speaker)
    typer.echo(one.as_json() if as_json else one.as_text())


@accounts.command()
def close(account: AccountId, *, speaker: Speaker, as_json: AsJson = False) -> None:
    """Đóng tài khoản: không đăng nhập được nữa, việc đã làm vẫn còn (no log-in any more; what it did stays)."""
    from api.commands import accounts as work

    one = work.closed(account, operator=speaker)
    typer.echo(one.as_json() if as_json else one.as_text())
