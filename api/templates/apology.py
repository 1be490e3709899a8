"""The apology and new appointment for a result that will be late (slip 04 of the one-stop rules), in its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.calendar import VIETNAM

if TYPE_CHECKING:
    from datetime import datetime

TYPE = "Phiếu xin lỗi và hẹn lại ngày trả kết quả"


@dataclass(frozen=True, slots=True)
class Delay:
    """Whose result is late, why, and until when."""

    applicant: str
    procedure: str
    dossier_code: str
    agency: str
    due_at: datetime
    new_due_at: datetime
    reason: str


def apology_body(delay: Delay) -> tuple[str, ...]:
    """The paragraphs of the slip."""
    who = "Ông/Bà (quý tổ chức)"
    was, will = moment(delay.due_at), moment(delay.new_due_at)
    dossier = f"hồ sơ mã số {delay.dossier_code} về việc {delay.procedure} của {who}"
    return (
        f"Kính gửi: {delay.applicant}.",
        f"{delay.agency} đang giải quyết {dossier}, hẹn trả kết quả lúc {was}.",
        f"Đến nay hồ sơ chưa giải quyết xong. Lý do: {delay.reason.rstrip('.')}.",
        f"{delay.agency} xin lỗi {who} vì sự chậm trễ này và hẹn trả kết quả lúc {will}.",
        f"Thời hạn chỉ được hẹn lại một lần; mong {who} thông cảm./.",
    )


def moment(at: datetime) -> str:
    """``16 giờ 30 ngày 05 tháng 01 năm 2026``, in Vietnam; zeros as Decree 30/2020, Annex I, II.4 has them."""
    local = at.astimezone(VIETNAM)
    month = f"{local.month:02d}" if local.month < 3 else str(local.month)  # noqa: PLR2004 - the rule's own limit
    return f"{local:%H} giờ {local:%M} ngày {local:%d} tháng {month} năm {local.year}"
