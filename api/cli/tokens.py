"""``kyso tokens``: names, options and help; the work is in ``api/commands/tokens.py``, imported when a command runs."""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsm.inventory import KeyKind, KeyPlace

if TYPE_CHECKING:
    from api.commands.tokens import Told

tokens = typer.Typer(name="tokens", help="Thiết bị lưu khóa và khóa (PKCS#11 tokens and keys).", no_args_is_help=True)
destroy = typer.Typer(
    name="destroy", help="Hủy khóa, cần hai người (destroy a key; takes two operators).", no_args_is_help=True
)
tokens.add_typer(destroy)

AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]
Token = Annotated[str, typer.Option("--token", help="Nhãn hoặc số sê-ri của thiết bị (label or serial of the token).")]
Label = Annotated[str, typer.Argument(metavar="NAME", help="Nhãn của khóa (label of the key).")]
Key = Annotated[str, typer.Argument(metavar="URI", help="pkcs11:… như `kyso tokens list` in ra (as it prints).")]
Speaker = Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")]
Reason = Annotated[str, typer.Option(help="Lý do, được ghi lại (why; is written down).")]


@tokens.command("list")
def list_tokens(*, as_json: AsJson = False) -> None:
    """Các thiết bị, khóa, chứng thư, số lần ký (tokens, keys, certificates, use).

    Mã thoát 1: có thiết bị hỏng hoặc chứng thư còn dưới 30 ngày (a token fails, or a certificate ends in 30 days).
    """
    from api.commands import tokens as work

    told, well = work.listed()
    for each in told:
        _tell(each, as_json=as_json)
    if not well:
        raise typer.Exit(1)


@tokens.command()
def init(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="Nhãn, tối đa 32 byte (label, 32 bytes at most).")],
    *,
    directory: Annotated[Path, typer.Option(help="Thư mục SoftHSM (folder of SoftHSM).")],
    as_json: AsJson = False,
) -> None:
    """Tạo thiết bị SoftHSM; PIN sinh ngẫu nhiên, ghi vào tệp 0600 (make a SoftHSM token with random PINs in files)."""
    from api.commands import tokens as work

    _tell(work.made_token(label, directory=directory), as_json=as_json)


@tokens.command()
def keygen(
    label: Label,
    *,
    token: Token,
    kind: Annotated[KeyKind, typer.Option(help="Loại khóa (kind of key).")] = KeyKind.RSA_3072,
    successor: Annotated[
        bool, typer.Option("--successor", help="Thay dần khóa cùng nhãn (follows the key of this label: rollover).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tạo khóa không thể lấy ra khỏi thiết bị (make a key that cannot leave the token)."""
    from api.commands import tokens as work

    place = KeyPlace.SUCCESSOR if successor else KeyPlace.NEW
    _tell(work.made_key(label, token=token, kind=kind, place=place), as_json=as_json)


@tokens.command()
def csr(
    label: Label,
    *,
    token: Token,
    common_name: Annotated[str, typer.Option(help="Tên người hoặc cơ quan (name of the person or agency).")],
    organization: Annotated[str | None, typer.Option(help="Cơ quan (organization).")] = None,
    country: Annotated[str, typer.Option(help="Mã quốc gia (country code).")] = "VN",
    as_json: AsJson = False,
) -> None:
    """In yêu cầu cấp chứng thư, PEM PKCS #10 (print a certificate signing request)."""
    from api.commands import tokens as work

    subject = work.subject_of(common_name=common_name, organization=organization, country=country)
    _tell(work.signing_request(label, token=token, subject=subject), as_json=as_json)


@tokens.command("import-cert")
def import_cert(
    label: Label,
    file: Annotated[Path, typer.Argument(help="PEM hoặc DER, có thể kèm chuỗi (PEM or DER, issuers may follow).")],
    *,
    token: Token,
    as_json: AsJson = False,
) -> None:
    """Nạp chứng thư đúng với khóa, và chuỗi của nó (store the key's certificate and its issuers)."""
    from api.commands import tokens as work

    _tell(work.imported(label, token=token, file=file), as_json=as_json)


@tokens.command("test")
def sign_a_test(key: Key, *, as_json: AsJson = False) -> None:
    """Ký thử và kiểm tra (make a test signature and check it)."""
    from api.commands import tokens as work

    _tell(work.tested(key), as_json=as_json)


@tokens.command()
def retire(key: Key, *, reason: Reason, as_json: AsJson = False) -> None:
    """Ngừng dùng khóa; khóa vẫn nằm trên thiết bị (the key signs no more; it stays on the token)."""
    from api.commands import tokens as work

    _tell(work.retired(key, reason=reason), as_json=as_json)


@tokens.command()
def permit(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Nhãn hoặc số sê-ri (label or serial).")],
    *,
    as_json: AsJson = False,
) -> None:
    """Cho thử PIN một lần nữa sau khi bị từ chối (allow one more login after a refused PIN)."""
    from api.commands import tokens as work

    _tell(work.permitted(token), as_json=as_json)


@destroy.command("enrol")
def enrol_operator(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Tên người vận hành (the operator's name).")],
    *,
    as_json: AsJson = False,
) -> None:
    """Ghi nhận người vận hành và cụm mật khẩu (enrol an operator with a pass phrase)."""
    from api.commands import tokens as work

    _tell(work.enrolled(name), as_json=as_json)


@destroy.command("request")
def request_destruction(key: Key, *, speaker: Speaker, reason: Reason, as_json: AsJson = False) -> None:
    """Người thứ nhất đề nghị hủy khóa đã ngừng dùng (the first operator asks, for a retired key)."""
    from api.commands import tokens as work

    _tell(work.destruction_requested(key, operator=speaker, reason=reason), as_json=as_json)


@destroy.command("confirm")
def confirm_destruction(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Mã của đề nghị (code of the request).")],
    *,
    speaker: Speaker,
    as_json: AsJson = False,
) -> None:
    """Người thứ hai xác nhận; khóa bị hủy vĩnh viễn (the second one confirms; the key is gone for ever)."""
    from api.commands import tokens as work

    _tell(work.destroyed(code, operator=speaker), as_json=as_json)


def _tell(told: Told, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told.members, ensure_ascii=False))
    else:
        for line in told.lines:
            typer.echo(line)
