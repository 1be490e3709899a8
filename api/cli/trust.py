"""``kyso trust``: anchors and trusted lists of a trust directory, each by its pins (docs/operations/trust.md)."""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from certs.pinned_anchors import AnchorPurpose

trust = typer.Typer(name="trust", help="Chứng thư gốc được tin cậy (trust anchors).", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(envvar="KYSO_TRUST_DIR", help="Thư mục tin cậy (trust directory).")]
AsJson = Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")]


@trust.command("list")
def show(
    folder: Folder,
    *,
    as_json: AsJson = False,
) -> None:
    """Liệt kê chứng thư gốc và danh sách tin cậy (list anchors and trusted lists with their validity and SHA-256)."""
    from api.commands.trusted_lists import rows
    from certs.anchors import listed_anchors
    from certs.trust_store import has_own_anchors

    lists = list(rows(folder))
    for listed in lists:
        typer.echo(json.dumps(listed, ensure_ascii=False) if as_json else "  ".join(listed.values()))
    for anchor in listed_anchors(folder) if has_own_anchors(folder) or not lists else ():
        certificate = anchor.certificate
        row = {
            "purpose": anchor.purpose,
            "subject": certificate.subject,
            "valid_until": f"{certificate.x509.not_valid_after_utc:%Y-%m-%d}",
            "sha256": certificate.sha256,
        }
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(row.values()))


@trust.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="Tệp chứng thư, PEM hoặc DER (certificate file).")],
    *,
    purpose: Annotated[AnchorPurpose, typer.Option(help="Dùng để (what for).")],
    sha256: Annotated[str, typer.Option(help="SHA-256 lấy từ nguồn khác (obtained on another way).")],
    to: Annotated[Path, typer.Option(envvar="KYSO_TRUST_DIR", help="Thư mục tin cậy (trust directory).")],
) -> None:
    """Thêm chứng thư gốc sau khi đối chiếu SHA-256 (add an anchor whose SHA-256 is the one given)."""
    from certs.pinned_anchors import add_pinned_anchor

    name = add_pinned_anchor(file.read_bytes(), purpose=purpose, pin=sha256, folder=to)
    typer.echo(f"✓ {name}: {purpose.value}")


@trust.command("refresh")
def fetch(
    folder: Folder,
    *,
    allowed: Annotated[
        str, typer.Option("--allow", envvar="KYSO_ONLINE_ALLOWED", help="HOST:PORT nội bộ được phép (allowed hosts).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Tải bản mới của các danh sách tin cậy về thư mục (fetch newer editions of the trusted lists)."""
    from api.commands.outermost import Exit
    from api.commands.trusted_lists import looks

    troubles = []
    for look in looks(folder, allowed=tuple(allowed.split())):
        if look.error is not None:
            troubles.append(look.error)
        said = str(look.error) if look.error is not None else look.brought.value if look.brought is not None else ""
        if as_json:
            typer.echo(json.dumps({"list": look.name, "ok": look.error is None, "said": said}, ensure_ascii=False))
        else:
            typer.echo(f"{'✓' if look.error is None else '✗'} {look.name}: {said}")
    if troubles:
        raise typer.Exit(Exit.TRY_AGAIN if all(trouble.transient for trouble in troubles) else Exit.FAILED)


@trust.command("publish")
def publish(
    folder: Folder,
    *,
    operator: Annotated[Path, typer.Option(help="TOML: name, territory, street, locality, email, website.")],
    key: Annotated[str, typer.Option(metavar="URI|NAME", help="Khóa ký danh sách (key that signs the list).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Tệp danh sách; bản trước nằm ở đó (the list).")],
    days: Annotated[int, typer.Option(min=1, max=180, help="Số ngày có giá trị (days until the next update).")] = 90,
    signer_socket: Annotated[
        Path, typer.Option(envvar="KYSO_SIGNER_SOCKET", help="Socket của dịch vụ ký (the signer's socket).")
    ] = Path("/run/kyso/signer.sock"),
) -> None:
    """Công bố chứng thư gốc của mình thành danh sách tin cậy đã ký (publish our anchors as a signed trusted list)."""
    from api.commands.trusted_lists import Publication, publish

    sequence = publish(
        Publication(folder=folder, operator=operator, key=key, signer_socket=signer_socket, days=days, output=output)
    )
    typer.echo(f"✓ {output}: {sequence}")
