"""``kyso sign``: names, options and help; the work is in ``api/commands/sign.py``, imported when the command runs."""
# ruff: noqa: PLC0415

from __future__ import annotations

import os
import sys
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.commands.sign import Surroundings
    from signing.claims import Claims
    from signing.field_place import FieldPlace
    from signing.profiles import Appearance

_LARGEST_PICTURE = 16 * 1024 * 1024


class LevelName(Enum):
    """The baseline levels as people write them (ETSI EN 319 142-1, clause 6)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


class Commitment(Enum):
    """The generic commitment types (ETSI TS 119 172-1, Annex B)."""

    ORIGIN = "origin"
    RECEIPT = "receipt"
    DELIVERY = "delivery"
    SENDER = "sender"
    APPROVAL = "approval"
    CREATION = "creation"


def sign(  # noqa: PLR0913 - the options of a command
    files: Annotated[list[Path], typer.Argument(help="Tệp PDF hoặc thư mục (PDF files or folders).")],
    *,
    key: Annotated[str, typer.Option(metavar="URI|NAME", help="Khóa: pkcs11:… hoặc nhãn (PKCS#11 URI or label).")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Thư mục kết quả (for the results).")],
    level: Annotated[LevelName, typer.Option(help="Mức chữ ký (level of the signature).")] = LevelName.B_LTA,
    appearance: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Ảnh chữ ký hoặc dấu hiện trên trang (picture to show).")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(metavar="PAGE,LEFT,TOP,WIDTH,HEIGHT", help="Chỗ của ảnh, mm; PAGE có thể là last (in mm)."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Lý do ký (why it is signed).")] = None,
    location: Annotated[str | None, typer.Option(help="Nơi ký (where).")] = None,
    commitment: Annotated[
        Commitment | None, typer.Option(help="Loại cam kết, thay cho lý do (commitment type, instead of a reason).")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="Quyền hạn, chức vụ: KT., PHÓ CHỦ TỊCH; nhiều lần được (capacity, title).")
    ] = None,
    tsa: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Dịch vụ dấu thời gian; mặc định KYSO_TSA_URLS (TSA).")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Chứng thư gốc; mặc định KYSO_TRUST_DIR (anchors).")
    ] = None,
    chain: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Chứng thư của nơi cấp, nếu thiết bị không có (issuers).")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="Số tệp ký cùng lúc (at once).")] = min(
        4, os.cpu_count() or 1
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Mỗi tệp một đối tượng JSON (one object a file).")] = False,
) -> None:
    """Ký số nhiều tệp PDF bằng khóa do dịch vụ ký giữ (sign PDF files with a key that the signer holds).

    Chạy lại cùng lệnh để làm tiếp: tệp đã ký không bị ký lần nữa (the same command goes on, signs nothing twice).
    Mã thoát (exit codes): 0 đã ký cả (all signed), 1 có tệp lỗi (some failed), 75 lỗi tạm thời, chạy lại (transient
    failures only; repeat), 64 sai cách dùng (bad usage), 130 bị ngắt (interrupted).
    """
    from api.batch.telling import Form, Teller
    from api.commands import sign as work
    from signing.profiles import SignatureLevel

    wishes = work.Wishes(
        key=key,
        level=SignatureLevel[level.name],
        appearance=_appearance(appearance, place=place),
        where=_place(place, appearance=appearance),
        reason=reason,
        location=location,
        claims=_claims(commitment, roles=tuple(role or ()), reason=reason),
        chain=chain,
    )
    teller = Teller(Form.JSON if as_json else Form.TEXT, out=sys.stdout)
    surroundings = _surroundings(level, tsa=tuple(tsa or ()), trust=trust)
    code = work.sign(tuple(files), output=output, wishes=wishes, surroundings=surroundings, at_once=jobs, teller=teller)
    raise typer.Exit(code)


def _surroundings(level: LevelName, *, tsa: tuple[str, ...], trust: Path | None) -> Surroundings:
    from api.commands.sign import Surroundings
    from api.configuration.settings import SignSettings, read_settings
    from certs.authorities import TimestampLimits

    settings = read_settings(SignSettings)
    anchors, urls = trust or settings.trust_dir, tsa or settings.tsa_urls
    if anchors is None:
        message = "cần chứng thư gốc để tự kiểm tra kết quả (every result is validated; give --trust or KYSO_TRUST_DIR)"
        raise typer.BadParameter(message, param_hint="--trust")
    if level is not LevelName.B_B and not urls:
        message = f"mức {level.value} cần dấu thời gian (needs a timestamp authority; give --tsa, KYSO_TSA_URLS or B-B)"
        raise typer.BadParameter(message, param_hint="--tsa")
    return Surroundings(
        signer_socket=settings.signer_socket,
        trust=anchors,
        tsa_urls=urls,
        tsa_limits=TimestampLimits(at_once=settings.tsa_concurrency, patience=timedelta(seconds=settings.tsa_seconds)),
        online_allowed=settings.online_allowed,
    )


def _claims(commitment: Commitment | None, *, roles: tuple[str, ...], reason: str | None) -> Claims:
    from signing.claims import Claims, CommitmentType

    if commitment is not None and reason is not None:
        message = "lý do và loại cam kết loại trừ nhau (a reason and a commitment type exclude each other)"
        raise typer.BadParameter(message, param_hint="--commitment")
    try:
        return Claims(CommitmentType[commitment.name] if commitment else None, roles)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--role") from error


def _appearance(file: Path | None, *, place: str | None) -> Appearance | None:
    from signing.profiles import Appearance

    if file is None:
        return None
    if place is None:
        message = "ảnh cần một chỗ trên trang (a picture needs a place)"
        raise typer.BadParameter(message, param_hint="--place")
    with file.open("rb") as opened:
        png = opened.read(_LARGEST_PICTURE + 1)
    if len(png) > _LARGEST_PICTURE or not png.startswith(b"\x89PNG\r\n\x1a\n"):
        message = f"{file} không phải là ảnh PNG dưới 16 MB (not a PNG below 16 MB)"
        raise typer.BadParameter(message, param_hint="--appearance")
    return Appearance(png)


def _place(text: str | None, *, appearance: Path | None) -> FieldPlace | None:
    from signing.field_place import FieldPlace

    if text is None:
        return None
    if appearance is None:
        message = "chỗ trên trang cần một ảnh (a place needs a picture)"
        raise typer.BadParameter(message, param_hint="--appearance")
    page, *sides = text.split(",")
    try:
        left, top, width, height = (float(side) for side in sides)
        number = None if page.strip() == "last" else int(page)
        return FieldPlace(page=number, left=left, top=top, width=width, height=height)
    except ValueError as error:
        message = f"{text}: {error}; ví dụ (example): last,110,200,60,30"
        raise typer.BadParameter(message, param_hint="--place") from error
