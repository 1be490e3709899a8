"""The one table from internal error codes to problem documents (RFC 9457), and their form.

Every error of every package has a row; ``tests/unit/test_api_problems.py`` walks all error classes and fails where one
is missing. No HTTP status is named below ``api``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from api.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Row:
    """What a code means at the edge: status, titles, and in Vietnamese what to do next."""

    status: int
    vi: str
    en: str
    advice: str


_REPORT = "Hãy báo cho quản trị hệ thống kèm mã yêu cầu."
_WAIT = "Hệ thống sẽ tự làm tiếp; có thể gửi lại chính yêu cầu này."
_AGAIN = "Hãy gửi lại yêu cầu sau ít phút."
_READ = "Xem mô tả các lời gọi tại /openapi.json."

ROWS: Mapping[str, Row] = {
    # certs
    "certs-error": Row(500, "Lỗi xử lý chứng thư số", "Certificate error", _REPORT),
    "trusted-list-refused": Row(500, "Danh sách tin cậy bị từ chối", "A trusted list was refused", _REPORT),
    "anchors-unreadable": Row(500, "Danh mục chứng thư gốc bị lỗi", "The list of anchors is unreadable", _REPORT),
    "certificate-unreadable": Row(
        422, "Không đọc được chứng thư số", "Certificate unreadable", "Hãy gửi một chứng thư X.509 dạng PEM hoặc DER."
    ),
    "certificate-unfit": Row(
        409,
        "Chứng thư số không dùng để ký được",
        "The certificate may not sign",
        "Hãy gia hạn hoặc thay chứng thư số rồi thực hiện lại.",
    ),
    "address-forbidden": Row(500, "Địa chỉ không được phép kết nối", "Address not allowed", _REPORT),
    "responder-unavailable": Row(503, "Máy chủ bên ngoài không trả lời", "A responder did not answer", _WAIT),
    "revocation-unavailable": Row(503, "Chưa lấy được trạng thái chứng thư số", "Revocation data not available", _WAIT),
    "timestamp-unavailable": Row(503, "Chưa lấy được dấu thời gian", "No timestamp authority answered", _WAIT),
    "timestamp-refused": Row(502, "Dấu thời gian nhận được không tin cậy", "The timestamp was refused", _REPORT),
    "timestamp-unreadable": Row(502, "Không đọc được dấu thời gian", "The timestamp is unreadable", _REPORT),
    # signing
    "appearance-unfit": Row(
        422, "Ảnh chữ ký hoặc ảnh dấu không dùng được", "The picture cannot be used", "Hãy thay ảnh PNG nền trong suốt."
    ),
    "lint-failed": Row(500, "Chữ ký chuẩn bị không đạt bước kiểm", "The prepared signature failed its lint", _REPORT),
    "signing-error": Row(500, "Lỗi khi ký số", "Signing error", _REPORT),
    "document-unfit": Row(
        422, "Tệp không thể ký số", "The file cannot be signed", "Hãy sửa tệp theo các lý do nêu ra rồi gửi lại."
    ),
    "no-place": Row(
        422,
        "Trang không có chỗ cho ô cần điền",
        "No place on the page",
        "Hãy khai vị trí ô trong `layout` (mm), nằm trong trang.",
    ),
    "field-unavailable": Row(
        409, "Ô cần điền hoặc ký không còn trống", "The field is not available", "Hãy nộp lại dự thảo từ đầu."
    ),
    "wrong-signature-value": Row(502, "Thiết bị trả về chữ ký sai", "The device answered a wrong signature", _REPORT),
    "revision-broken": Row(500, "Bản ghi mới của tệp bị hỏng", "A new revision was broken", _REPORT),
    "returned-unfit": Row(
        422,
        "Chữ ký gửi lại không đúng với văn bản đã giao",
        "What was returned is not the signature that was asked for",
        "Hãy ký đúng tệp đã nhận, bằng chứng thư số đã đăng ký, rồi gửi lại.",
    ),
    "reserved-region-too-small": Row(500, "Vùng dành cho chữ ký quá nhỏ", "Room for the signature too small", _REPORT),
    # issuance
    "issuance-error": Row(500, "Lỗi sổ văn bản", "Register error", _REPORT),
    "draft-refused": Row(
        422, "Dự thảo không được nhận", "The draft was refused", "Hãy sửa tệp theo các lý do nêu ra rồi gửi lại."
    ),
    "not-found": Row(404, "Không tìm thấy", "Not found", "Hãy kiểm tra lại tên hoặc mã."),
    "wrong-state": Row(
        409,
        "Văn bản chưa ở bước này",
        "The document is in another state",
        "Hãy xem trạng thái của văn bản và thực hiện bước đến lượt.",
    ),
    "not-competent": Row(
        403,
        "Không đúng thẩm quyền",
        "Not competent for this step",
        "Chỉ người có thẩm quyền được nêu tên mới ký; chỉ văn thư của cơ quan mới đóng dấu.",
    ),
    "metadata-invalid": Row(
        422, "Thông tin văn bản chưa đúng", "The description is invalid", "Hãy sửa các mục được nêu rồi gửi lại."
    ),
    "date-invalid": Row(
        422, "Ngày ban hành không hợp lệ", "The date of issue is invalid", "Hãy ban hành với ngày hôm nay."
    ),
    "number-taken": Row(
        409,
        "Số đã có trong sổ",
        "Numbers taken already",
        "Hãy tìm các số được nêu trong sổ, sửa danh sách rồi gửi lại.",
    ),
    "copy-refused": Row(
        422,
        "Không sao được theo hình thức này",
        "There is no such copy",
        "Bản giấy: sao y, sao lục từ bản quét, hoặc trích sao. Văn bản điện tử: trích sao, hoặc in ra giấy để sao y.",
    ),
    "link-spent": Row(
        410,
        "Liên kết đã hết hạn hoặc đã được dùng",
        "The link has expired or was used",
        "Hãy xin nơi gửi một liên kết mới, hoặc tra cứu văn bản bằng mã.",
    ),
    "not-passed": Row(502, "Văn bản chưa qua được bước tự kiểm tra", "Our own validation did not pass", _REPORT),
    "not-examined": Row(
        503, "Hệ thống bận, chưa kiểm tra xong văn bản", "The document could not be examined yet", _WAIT
    ),
    "clock-skewed": Row(503, "Đồng hồ máy chủ bị lệch", "The server's clock is wrong", _REPORT),
    "overtaken": Row(
        409, "Bước này vừa được nơi khác thực hiện", "Another worker took the step", "Hãy đọc lại trạng thái văn bản."
    ),
    "name-taken": Row(
        409,
        "Tên này đã được đăng ký với nội dung khác",
        "The name is on file with other facts",
        "Hãy đối chiếu với nội dung đã đăng ký, hoặc chọn tên khác.",
    ),
    "account-closed": Row(409, "Tài khoản đã đóng", "The account was closed", "Hãy lập một tài khoản khác."),
    "credential-exists": Row(
        409,
        "Đã có chứng thư số mang tên này",
        "There is a credential of this name already",
        "Hãy chọn tên khác.",
    ),
    "certificate-not-enrolled": Row(
        403,
        "Chứng thư số chưa được đăng ký cho tài khoản này",
        "The certificate is not enrolled for this account",
        "Hãy đề nghị quản trị hệ thống đăng ký chứng thư số của thiết bị ký, rồi thực hiện lại.",
    ),
    "key-elsewhere": Row(
        409,
        "Khóa nằm trong thiết bị của người ký",
        "The key is on the official's own token",
        "Hãy tạo yêu cầu ký (`signature-requests`), ký bằng thiết bị, rồi gửi chữ ký lại.",
    ),
    "signature-request-redeemed": Row(
        409,
        "Yêu cầu ký này đã nhận chữ ký",
        "The signature request has its value already",
        "Hãy đọc lại trạng thái văn bản; chữ ký đến trước được dùng.",
    ),
    "signature-request-expired": Row(
        410, "Yêu cầu ký đã hết hạn", "The signature request has expired", "Hãy tạo yêu cầu ký mới rồi ký lại."
    ),
    # verification
    "verification-error": Row(500, "Lỗi kiểm tra", "Verification error", _REPORT),
    "sandbox-failed": Row(
        422,
        "Không đọc được tệp một cách an toàn",
        "The file could not be read safely",
        "Hãy xuất lại tệp PDF từ chương trình gốc rồi gửi lại.",
    ),
    "office-unreadable": Row(
        422,
        "Không đọc được văn bản soạn thảo",
        "The office document could not be read",
        "Hãy gửi DOCX, ODT hoặc DOC không đặt mật khẩu, hoặc xuất ra PDF (PDF/A) rồi gửi lại.",
    ),
    "sandbox-busy": Row(503, "Hệ thống đang bận đọc tệp khác", "Too many files are being read", _AGAIN),
    "facts-insufficient": Row(500, "Dữ kiện đã giữ không đủ để kết luận lại", "Kept facts do not suffice", _REPORT),
    "facts-unreadable": Row(500, "Dữ kiện đã giữ bị hỏng", "Kept facts are unreadable", _REPORT),
    "policy-unreadable": Row(500, "Chính sách kiểm tra bị lỗi", "The validation policy is unreadable", _REPORT),
    # hsm
    "hsm-error": Row(500, "Lỗi thiết bị lưu khóa", "Key device error", _REPORT),
    "signer-unavailable": Row(503, "Dịch vụ ký không trả lời", "The signer does not answer", _WAIT),
    "token-absent": Row(
        503, "Không thấy thiết bị lưu khóa", "The token is not there", "Hãy cắm lại thiết bị lưu khóa, rồi gửi lại."
    ),
    "pin-refused": Row(
        503,
        "Thiết bị từ chối mã PIN; không thử lại",
        "The token refused the PIN; it is not tried again",
        "Quản trị hệ thống cần sửa mã PIN đã cấu hình rồi khởi động lại dịch vụ ký.",
    ),
    "key-absent": Row(409, "Thiết bị không có khóa này", "The key is not on the token", _REPORT),
    "mechanism-unsupported": Row(409, "Thiết bị không hỗ trợ thuật toán", "Algorithm not supported", _REPORT),
    "device-failed": Row(503, "Thiết bị lưu khóa gặp lỗi", "The key device failed", _WAIT),
    "device-answered-wrongly": Row(502, "Thiết bị trả về kết quả sai", "The key device answered wrongly", _REPORT),
    "signer-refused-start": Row(500, "Dịch vụ ký không khởi động", "The signer refused to start", _REPORT),
    "signer-caller-refused": Row(500, "Dịch vụ ký từ chối tiến trình gọi", "The signer refused the caller", _REPORT),
    "signer-request-invalid": Row(500, "Yêu cầu tới dịch vụ ký sai", "The signer did not understand", _REPORT),
    "pkcs11-uri-invalid": Row(500, "Địa chỉ khóa PKCS#11 sai", "The PKCS#11 URI is invalid", _REPORT),
    "token-exists": Row(409, "Thiết bị cùng nhãn đã có", "The token exists already", "Hãy chọn nhãn khác."),
    "pin-unavailable": Row(503, "Chưa cấu hình mã PIN cho thiết bị", "No PIN is configured", _REPORT),
    "key-exists": Row(409, "Khóa cùng nhãn đã có", "The key exists already", "Hãy chọn nhãn khác."),
    "certificate-mismatch": Row(
        409, "Chứng thư số không thuộc khóa này", "The certificate is for another key", "Hãy nhập đúng chứng thư số."
    ),
    "key-retired": Row(409, "Khóa đã ngừng dùng", "The key is retired", "Hãy ký bằng khóa kế tiếp."),
    "key-weak": Row(409, "Khóa yếu, không an toàn", "The key is weak", "Hãy tạo khóa khác."),
    "consent-refused": Row(
        409,
        "Chưa đủ hai người đồng ý hủy khóa",
        "Two people have not agreed",
        "Một người đề nghị, người khác xác nhận trong 24 giờ.",
    ),
    # storage
    "storage-error": Row(500, "Lỗi lưu trữ", "Storage error", _REPORT),
    "database-unavailable": Row(503, "Cơ sở dữ liệu không trả lời", "The database does not answer", _AGAIN),
    "database-not-upgraded": Row(503, "Cơ sở dữ liệu chưa được nâng cấp", "The database is not upgraded", _REPORT),
    "already-there": Row(409, "Đã có sẵn", "There is one already", "Hãy chọn tên khác."),
    "row-refused": Row(422, "Sổ văn bản không nhận giá trị này", "The register refuses this value", _REPORT),
    "object-storage-unavailable": Row(503, "Kho tệp không trả lời", "The object store does not answer", _AGAIN),
    "object-storage-refused": Row(503, "Kho tệp từ chối", "The object store refuses", _REPORT),
    "blob-missing": Row(500, "Không thấy tệp trong kho", "A stored file is missing", _REPORT),
    "blob-damaged": Row(500, "Tệp trong kho bị hỏng", "A stored file is damaged", _REPORT),
    # api
    "api-error": Row(500, "Lỗi dịch vụ", "Service error", _REPORT),
    "request-invalid": Row(422, "Yêu cầu chưa đúng mẫu", "The request is invalid", "Hãy sửa các mục được nêu."),
    "file-too-large": Row(413, "Tệp quá lớn", "The file is too large", "Hãy gửi tệp nhỏ hơn."),
    "body-too-large": Row(413, "Yêu cầu quá lớn", "The request is too large", _READ),
    "body-too-slow": Row(408, "Gửi dữ liệu quá chậm", "The request came too slowly", _AGAIN),
    "media-type-unsupported": Row(415, "Kiểu dữ liệu không được nhận", "Media type not supported", _READ),
    "unauthenticated": Row(
        401, "Chưa xác thực", "Not authenticated", "Hãy lấy mã truy cập tại /oauth2/token rồi gửi kèm yêu cầu."
    ),
    "invalid-client": Row(401, "Tài khoản hoặc mật khẩu không đúng", "Client refused", "Hãy kiểm tra lại tài khoản."),
    "unsupported-grant-type": Row(
        400, "Kiểu cấp quyền không được hỗ trợ", "Grant type not supported", "Hãy dùng grant_type=client_credentials."
    ),
    "role-missing": Row(
        403, "Tài khoản không có quyền này", "The account lacks the role", "Hãy dùng tài khoản có vai trò phù hợp."
    ),
    "activation-refused": Row(
        403,
        "Mã kích hoạt khóa không đúng",
        "Activation code refused",
        "Hãy nhập lại mã kích hoạt; sai năm lần, khóa bị tạm khóa 15 phút.",
    ),
    "activation-locked": Row(
        403, "Khóa đang bị tạm khóa", "The credential is locked", "Hãy chờ hết thời gian tạm khóa rồi nhập đúng mã."
    ),
    "too-many-requests": Row(429, "Quá nhiều yêu cầu", "Too many requests", "Hãy chờ ít phút rồi thử lại."),
    "busy": Row(503, "Hệ thống đang bận", "Busy", "Hãy thử lại sau vài giây."),
    "no-letters": Row(
        409,
        "Hệ thống này không gửi thư",
        "No letters are sent here",
        "Hãy đề nghị quản trị hệ thống khai máy chủ thư, hoặc báo cho người nhận bằng cách khác.",
    ),
    "range-unsatisfiable": Row(416, "Đoạn tệp không tồn tại", "Range not satisfiable", "Hãy yêu cầu đoạn trong tệp."),
    "idempotency-key-invalid": Row(400, "Idempotency-Key không hợp lệ", "Idempotency key invalid", "Hãy dùng UUID."),
    "idempotency-mismatch": Row(
        422, "Idempotency-Key đã dùng cho yêu cầu khác", "Idempotency key used before", "Hãy dùng khóa mới."
    ),
    "idempotency-in-flight": Row(409, "Yêu cầu trước chưa xong", "The first request is under way", _AGAIN),
    # the server itself
    "no-such-address": Row(404, "Không có địa chỉ này", "No such address", "Hãy kiểm tra lại địa chỉ."),
    "method-not-allowed": Row(405, "Phương thức không được hỗ trợ", "Method not allowed", _READ),
    "bad-request": Row(400, "Yêu cầu sai cú pháp", "Bad request", _READ),
    "internal-error": Row(500, "Lỗi nội bộ", "Internal error", _REPORT),
}


class CodedError(Protocol):
    """What the errors of every package have in common."""

    code: str
    hint: str
    transient: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem document before it is put into a language."""

    code: str
    detail: str | None = None
    hint: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """The table's row; a code without one (which a test forbids) is an internal error."""
        return ROWS.get(self.code, ROWS["internal-error"])

    def document(self, *, language: Language, request_id: str) -> dict[str, object]:
        """The members of RFC 9457, 3.1, then ours; ``vi`` is always Vietnamese, for people."""
        row = self.row
        members: dict[str, object] = {
            "type": f"urn:kyso:problem:{self.code}",
            "title": row.vi if language is Language.VI else row.en,
            "status": row.status,
            "code": self.code,
            "hint": self.hint or row.en,
            "instance": request_id,
            "vi": f"{row.vi}. {row.advice}",
        }
        if self.detail is not None:
            members["detail"] = self.detail
        return members | dict(self.extensions)
