"""The command line ``kyso``: names, options and help; each command's work is in ``api/commands``.

A command imports what it needs when it runs: ``kyso verify`` must not wait for a web framework and a database driver.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.accounts import accounts
from api.cli.agencies import agencies
from api.cli.credentials import credentials
from api.cli.series import series
from api.cli.sign import sign
from api.cli.tokens import tokens
from api.cli.trust import trust
from api.cli.types import types

if TYPE_CHECKING:
    from verification.command import ReportForm

app = typer.Typer(
    name="kyso",
    help="Ký Số: ký, vào số, đóng dấu, ban hành, lưu giữ và kiểm tra văn bản "
    "(signs, numbers, seals, issues, keeps and verifies official documents).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
database = typer.Typer(name="db", help="Cơ sở dữ liệu (database).", no_args_is_help=True)
app.add_typer(database)
app.add_typer(tokens)
app.command()(sign)
app.add_typer(trust)
app.add_typer(agencies)
app.add_typer(accounts)
app.add_typer(types)
app.add_typer(credentials)
register = typer.Typer(name="register", help="Sổ đăng ký văn bản đi (the outgoing register).", no_args_is_help=True)
app.add_typer(register)
register.add_typer(series)
webhooks = typer.Typer(name="webhooks", help="Thông báo cho hệ thống gửi (notifications).", no_args_is_help=True)
app.add_typer(webhooks)

AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]

AsEtsi = Annotated[bool, typer.Option("--etsi", help="Báo cáo XML theo ETSI TS 119 102-2 (an ETSI XML report).")]
PolicyFile = Annotated[
    Path | None, typer.Option(help="Chính sách kiểm tra, TOML (validation policy; see kyso policy).")
]


@app.command()
def up(
    *,
    home: Annotated[Path, typer.Option(envvar="KYSO_HOME", help="Thư mục dữ liệu (where everything is kept).")] = Path(
        "var/kyso"
    ),
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Địa chỉ phục vụ (where to answer); KYSO_LISTEN.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Có PKI, khóa, tài khoản mẫu (with sample accounts).")] = False,
) -> None:
    """Chạy toàn bộ dịch vụ trên một máy đến khi Ctrl-C (the whole service on one machine until Ctrl-C)."""
    from api.commands import one_machine
    from api.supervision.up import Contents

    contents = Contents.DEMONSTRATION if demo else Contents.OWN
    one_machine.up(home, contents=contents, listen=listen)


@app.command()
def demo(
    *,
    home: Annotated[Path, typer.Option(help="Thư mục dữ liệu (where everything is kept).")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    """Ban hành một thông báo mẫu rồi dừng (issue a sample notice, then stop).

    Mã thoát là 0 chỉ khi TOTAL_PASSED và văn bản đã ban hành (0 only for TOTAL_PASSED and ISSUED).
    """
    from api.commands import one_machine

    outcome = one_machine.demonstrate(home)
    if as_json:
        typer.echo(outcome.as_json())
    if not outcome.succeeded:
        raise typer.Exit(1)


@app.command()
def serve() -> None:
    """Máy chủ HTTP (the HTTP server)."""
    from api.commands import processes

    processes.serve()


@app.command()
def worker() -> None:
    """Tiến trình làm các bước đến lượt của văn bản (takes the due steps of documents)."""
    from api.commands import processes

    processes.work()


@app.command()
def signer() -> None:
    """Tiến trình giữ thiết bị lưu khóa (holds the PKCS#11 tokens)."""
    from api.commands import processes

    processes.sign()


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="Các tệp PDF (PDF files).")],
    *,
    trust: Annotated[
        Path | None,
        typer.Option(help="Thư mục chứng thư gốc, tsa/ cho dấu thời gian (folder of anchors, tsa/ for timestamps)."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Kết luận tại thời điểm này, ISO 8601 (judge at this time).")
    ] = None,
    policy: PolicyFile = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Thư mục giữ dữ kiện để kết luận lại (folder to keep the facts in, for rejudge)."),
    ] = None,
    as_json: AsJson = False,
    as_etsi: AsEtsi = False,
    revisions: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Ghi bản mà mỗi chữ ký đã ký, kèm hình từng trang (write what each signature signed, with pictures).",
        ),
    ] = None,
) -> None:
    """Kiểm tra chữ ký số, không cần máy chủ (verify signatures, without any server).

    Mã thoát (exit codes): 0 hợp lệ (all passed), 1 có chữ ký sai (some failed), 2 chưa kết luận (undecided or no
    signature), 3 có tệp không đọc được (unreadable), 64 sai cách dùng (bad usage).
    """
    from verification.command import Choices, run

    choices = Choices(trust=trust, at=_moment(at), policy=policy, facts=facts, revisions=revisions)
    form = _form(as_json=as_json, as_etsi=as_etsi)
    raise typer.Exit(run(files, choices, form=form, out=sys.stdout, err=sys.stderr))


@app.command()
def rejudge(
    facts: Annotated[list[Path], typer.Argument(help="Các tệp dữ kiện (files that verify --facts wrote).")],
    *,
    policy: PolicyFile = None,
    as_json: AsJson = False,
    as_etsi: AsEtsi = False,
) -> None:
    """Kết luận lại theo chính sách khác, không cần tệp PDF (judge kept facts under another policy, without the PDF).

    Mã thoát như kyso verify (exit codes as those of kyso verify).
    """
    from verification.command import run_again

    form = _form(as_json=as_json, as_etsi=as_etsi)
    raise typer.Exit(run_again(facts, policy=policy, form=form, out=sys.stdout, err=sys.stderr))


@app.command("policy")
def print_policy() -> None:
    """In chính sách kiểm tra mặc định, dạng TOML (print the validation policy in use by default)."""
    from verification.policy import DEFAULT_POLICY
    from verification.policy_file import written_policy

    typer.echo(written_policy(DEFAULT_POLICY), nl=False)


@database.command("upgrade")
def upgrade() -> None:
    """Nâng cấp cơ sở dữ liệu và tạo kho tệp (upgrade the schema, make the bucket)."""
    from api.commands import operations

    operations.upgrade_database()


@app.command()
def openapi() -> None:
    """In mô tả giao diện HTTP, OpenAPI 3.1 (print the description of the HTTP interface)."""
    from api.commands import operations

    typer.echo(operations.openapi())


@register.command("rule")
def decide_numbering(
    agency: Annotated[str, typer.Argument(help="Mã cơ quan (the agency's id).")],
    document_type: Annotated[str, typer.Argument(metavar="TYPE", help="Loại văn bản (type of document).")],
    series: Annotated[str, typer.Argument(help="Tên sổ số (name of the series).")],
    *,
    symbol: Annotated[str | None, typer.Option(help="Ký hiệu (symbol), TB-UBND.")] = None,
    abbreviation: Annotated[
        str | None, typer.Option(help="Chữ viết tắt của cơ quan, để ghép ký hiệu (agency's abbreviation).")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Chữ viết tắt của đơn vị soạn công văn (drafting unit).")] = None,
    speaker: Annotated[str, typer.Option("--as", metavar="NAME", help="Người vận hành (the operator who speaks).")],
) -> None:
    """Quyết định loại văn bản lấy số ở sổ nào, ký hiệu gì (which series a type is numbered in, and its symbol)."""
    from api.commands import operations
    from api.types.toml_form import standard_symbol

    try:
        chosen = symbol or standard_symbol(document_type, agency=abbreviation or "", unit=unit)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--symbol") from error
    if symbol is None and abbreviation is None:
        message = "--symbol or --abbreviation"
        raise typer.BadParameter(message, param_hint="--symbol")
    operations.decide_numbering(agency, document_type, series, symbol=chosen, operator=speaker)


@register.command("export")
def export_register(
    agency: Annotated[str, typer.Argument(help="Mã cơ quan (the agency's id).")],
    year: Annotated[int, typer.Argument(help="Năm (year).")],
    *,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Tình trạng cuối ngày này (as of this day's end).")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="json, csv, pdf.")] = "csv",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Tệp ghi ra (file to write).")] = None,
) -> None:
    """Xuất sổ đăng ký văn bản đi (write the outgoing register out)."""
    from api.commands import operations

    if form not in {"json", "csv", "pdf"}:
        message = "json, csv, pdf"
        raise typer.BadParameter(message, param_hint="--format")
    written = operations.export_register(agency, year, on=on.date() if on else None, form=form)
    if output is None:
        sys.stdout.buffer.write(written)
    else:
        output.write_bytes(written)


@webhooks.command("secret")
def webhook_secret(
    account: Annotated[str, typer.Argument(help="Tài khoản của hệ thống gửi (the sending system's account).")],
) -> None:
    """In khóa để hệ thống đó kiểm tra thông báo (print the secret with which it checks notifications)."""
    from api.commands import operations

    typer.echo(operations.webhook_secret(account))


@webhooks.command("retry")
def retry_webhooks() -> None:
    """Gửi lại những thông báo đã thôi gửi (send again what was given up)."""
    from api.commands import operations

    typer.echo(f"✓ {operations.send_notifications_again()} thông báo được gửi lại (notifications are sent again)")


@app.command()
def reconcile(
    *,
    remove: Annotated[
        bool, typer.Option("--remove", help="Xóa tệp thừa đã quá hạn chờ (take away orphans older than the grace).")
    ] = False,
    grace: Annotated[int, typer.Option(min=1, metavar="HOURS", help="Hạn chờ (grace), giờ (hours).")] = 24,
    as_json: AsJson = False,
) -> None:
    """Làm tiếp văn bản dở dang, đối chiếu sổ với kho tệp (go on with what is unfinished, compare register and store).

    Mã thoát là 1 khi có tệp trong sổ mà kho không có (1 where the register names a file that is not there).
    """
    import json
    from datetime import timedelta

    from api.commands import operations
    from issuance.sweep import Removal

    removal = Removal.REMOVE if remove else Removal.TELL
    found = operations.reconcile_stores(removal=removal, grace=timedelta(hours=grace))
    swept = found.swept
    if as_json:
        typer.echo(json.dumps(found.as_json()))
    else:
        typer.echo(f"✓ {found.asked_for} văn bản được làm tiếp (unfinished documents asked for)")
        typer.echo(f"  {found.waiting_for_somebody} văn bản chờ người xử lý (wait for somebody)")
        typer.echo(f"  {len(swept.orphans)} tệp thừa (orphans), {len(swept.removed)} đã xóa (removed)")
        typer.echo(f"  {swept.young} còn trong hạn chờ (young), {swept.locked} đang khóa (locked)")
    for digest in swept.missing:
        typer.echo(f"✗ thiếu tệp (missing) {digest}", err=True)
    if swept.missing:
        raise typer.Exit(1)


@app.command()
def renew(
    *,
    due_by: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Gia hạn trước những gì đến hạn tới ngày này (due by this day)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Gia hạn bằng chứng của văn bản đã ban hành (give issued documents newer timestamps before their proofs end).

    Tiến trình worker tự làm mỗi giờ. Mã thoát là 1 khi có văn bản không gia hạn được (1 where one cannot be renewed).
    """
    import json

    from api.commands import operations

    renewed, failed = 0, 0
    for renewal in operations.renewals_due(due_by.date() if due_by else None):
        error = renewal.error
        renewed, failed = renewed + (error is None), failed + (error is not None)
        if as_json:
            told = {"document_id": str(renewal.proof.document_id), "attachment_id": None, "code": error and error.code}
            attachment = renewal.proof.attachment_id
            typer.echo(json.dumps(told | ({"attachment_id": str(attachment)} if attachment else {})))
        elif error is not None:
            typer.echo(f"✗ {renewal.proof.document_id}: {error}", err=True)
    if not as_json:
        typer.echo(f"✓ {renewed} tệp được gia hạn bằng chứng (files have a renewed proof)")
    if failed:
        raise typer.Exit(1)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Khám máy: phông chữ, thiết bị, cấu hình, các dịch vụ (look for what is missing on this machine)."""
    from api.commands.doctor import examine

    well = True
    for finding in examine():
        well = well and finding.well
        if as_json:
            typer.echo(finding.as_json)
        else:
            typer.echo(f"{'✓' if finding.well else '✗'} {finding.name}: {finding.said}")
            if finding.advice:
                typer.echo(f"  → {finding.advice}")
    if not well:
        raise typer.Exit(1)


def _form(*, as_json: bool, as_etsi: bool) -> ReportForm:
    from verification.command import ReportForm

    if as_json and as_etsi:
        message = "--json, --etsi"
        raise typer.BadParameter(message)
    return ReportForm.JSON if as_json else ReportForm.ETSI if as_etsi else ReportForm.TEXT


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text is not None else None
    except ValueError as error:
        message = f"{text} is no time; write 2026-11-23T09:15:00+07:00"
        raise typer.BadParameter(message, param_hint="--at") from error


def main() -> None:
    """The console entry point."""
    from api.commands.outermost import guarded

    sys.exit(guarded(lambda: app(standalone_mode=False, prog_name="kyso"), as_json="--json" in sys.argv[1:]))


if __name__ == "__main__":
    main()
