"""A verification report as plain Vietnamese text for a terminal: the answer, each signature, then cautions."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING, assert_never

from verification.foreign_text import printable
from verification.report import ChangeClass, Indication, Level, ReadMode, SignatureKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from verification.report import SignatureReport, ValidationReport

_VIETNAM = timezone(timedelta(hours=7))


def summary(report: ValidationReport) -> str:
    """The report in words, ended by a line break; times in +07:00."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ValidationReport) -> Iterator[str]:
    yield f"{printable(report.file)}"
    yield f"  {headline(report.indication)}"
    yield f"  {report.reason.vi}"
    if report.read is not ReadMode.UNREADABLE:
        yield f"  {report.pages} trang, {report.length} byte, SHA-256 {report.sha256}"
    yield f"  Kiểm tra lúc {_time(report.validated_at)} theo chính sách {report.policy}"
    for signature in report.signatures:
        yield ""
        yield from (f"  {line}" for line in _signature_lines(signature))
    for caution in report.warnings:
        yield ""
        yield f"  {'Ghi nhận' if caution.is_remark else 'Lưu ý'}: {caution.text.vi}"


def _signature_lines(signature: SignatureReport) -> Iterator[str]:
    yield f"{kind_of(signature.kind)} ({printable(signature.field)}): {_word(signature.indication)}"
    if not signature.verdict.passed:
        code = f" [{signature.sub_indication.value}]" if signature.sub_indication else ""
        yield f"  {signature.reason.vi}{code}"
    if signature.signer:
        signer = signature.signer
        names = (signer.common_name or signer.subject, signer.organization)
        yield f"  Chứng thư: {', '.join(printable(name) for name in names if name)}"
    if signature.claims and signature.claims.roles:
        roles = " ".join(printable(role) for role in signature.claims.roles)
        yield f"  Ký với tư cách {roles} (người ký khai)"
    if signature.best_signature_time:
        yield f"  Đã có chậm nhất lúc {_time(signature.best_signature_time)} (theo dấu thời gian)"
    elif signature.claimed_signing_time:
        yield f"  Người ký khai thời điểm {_time(signature.claimed_signing_time)} (không có bằng chứng)"
    if signature.level is not Level.UNKNOWN:
        yield f"  Mức: {signature.level.value.replace('_', '-')}"
    if signature.changes_after.change_class is not ChangeClass.NONE:
        yield f"  Sau chữ ký: {_change(signature.changes_after.change_class)}"
    if signature.renew_before:
        yield f"  Cần gia hạn bằng chứng trước {_time(signature.renew_before)}"


def headline(indication: Indication) -> str:
    """A sign and the answer in capitals."""
    match indication:
        case Indication.TOTAL_PASSED:
            return "✔ HỢP LỆ"
        case Indication.TOTAL_FAILED:
            return "✘ KHÔNG HỢP LỆ"
        case Indication.INDETERMINATE:
            return "? CHƯA ĐỦ CĂN CỨ KẾT LUẬN"
        case Indication.NO_SIGNATURE_FOUND:
            return "– KHÔNG CÓ CHỮ KÝ SỐ"
    assert_never(indication)


def _word(indication: Indication) -> str:
    return headline(indication).partition(" ")[2].lower()


def kind_of(kind: SignatureKind) -> str:
    """What people call it."""
    match kind:
        case SignatureKind.SIGNATURE:
            return "Chữ ký"
        case SignatureKind.SEAL:
            return "Con dấu cơ quan"
        case SignatureKind.DOCUMENT_TIMESTAMP:
            return "Dấu thời gian lưu trữ"
    assert_never(kind)


def _change(change: ChangeClass) -> str:
    match change:
        case ChangeClass.NONE:
            return "không có thay đổi"
        case ChangeClass.EXTENSION:
            return "chỉ bổ sung bằng chứng lưu trữ"
        case ChangeClass.SIGNING_OR_FORM_FILLING:
            return "điền trường cho phép hoặc ký thêm"
        case ChangeClass.ANNOTATION:
            return "thêm chú thích"
        case ChangeClass.UNDEFINED:
            return "thay đổi không được phép hoặc không xác định"
    assert_never(change)


def _time(time: datetime) -> str:
    return time.astimezone(_VIETNAM).strftime("%d/%m/%Y %H:%M:%S %z")
