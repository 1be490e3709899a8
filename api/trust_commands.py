"""``kyso trust``: the anchors of a trust directory, listed and added by their pins (docs/operations/trust.md)."""
# ruff: noqa: PLC0415

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from certs.pinned_anchors import AnchorPurpose

trust = typer.Typer(name="trust", help="Chứng thư gốc được tin cậy (trust anchors).", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(envvar="KYSO_TRUST_DIR", help="Thư mục tin cậy (trust directory).")]


@trust.command("list")
def show(
    folder: Folder,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Trả lời bằng JSON (answer as JSON).")] = False,
) -> None:
    """Liệt kê chứng thư gốc: mục đích, hạn dùng, SHA-256 (list anchors: purpose, validity, SHA-256)."""
    from certs.anchors import listed_anchors

    for anchor in listed_anchors(folder):
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
