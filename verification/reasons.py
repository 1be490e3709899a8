"""Each verdict in plain words, in Vietnamese and English: what is so, and what the reader can do about it.

The sentences are for a citizen or a clerk who has a file before them, not for an expert; the expert reads the
sub-indication. They name no person and quote nothing from the file.
"""

from __future__ import annotations

from enum import Enum

from certs.revocation_lack import Lack
from verification.report import Indication, SubIndication, Text, Verdict

PASSED = Verdict(
    Indication.TOTAL_PASSED,
    None,
    Text(
        "Hợp lệ: chữ ký đúng, chứng thư được tin cậy và nội dung không bị thay đổi sau khi ký.",
        "Valid: the signature is right, the certificate is trusted and the content was not changed after signing.",
    ),
)
TIMESTAMP_HOLDS = Verdict(
    Indication.TOTAL_PASSED,
    None,
    Text(
        "Dấu thời gian hợp lệ: chứng minh rằng dữ liệu đã tồn tại vào thời điểm này.",
        "The time-stamp holds: it proves that the data existed at this time.",
    ),
)
NO_SIGNATURE = Verdict(
    Indication.NO_SIGNATURE_FOUND,
    None,
    Text(
        "Tệp không có chữ ký số nào. Hãy xin bản điện tử có ký số từ cơ quan ban hành; "
        "bản in hoặc bản quét không giữ được chữ ký số.",
        "The file carries no digital signature. Ask the issuing agency for the signed electronic file; "
        "a print or a scan does not keep digital signatures.",
    ),
)


class Cause(Enum):
    """Reasons of our own that lead to one of the standard's sub-indications, with their own words."""

    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    NOT_READ_SAFELY = "not_read_safely"
    SIGNATURE_UNREADABLE = "signature_unreadable"
    UNSUPPORTED_FORMAT = "unsupported_format"
    COVERAGE = "coverage"
    CHANGED = "changed"
    CHANGED_AFTER_LAST = "changed_after_last"
    HIDDEN_SIGNATURE = "hidden_signature"
    OBJECTS_AFTER_END = "objects_after_end"
    NOT_AS_STANDARD = "not_as_standard"
    VALUE_NOT_SHOWN = "value_not_shown"
    FIELD_NOT_SHOWN = "field_not_shown"
    SHARED_OBJECT = "shared_object"
    UNNAMED_CERTIFICATE = "unnamed_certificate"
    TIMESTAMP_INVALID = "timestamp_invalid"
    PAGE_DIFFERS = "page_differs"


def because(cause: Cause) -> Verdict:
    """The verdict for a reason of our own."""
    return _CAUSES[cause]


def standing(indication: Indication, sub_indication: SubIndication) -> Verdict:
    """The verdict for a sub-indication of the standard."""
    return Verdict(indication, sub_indication, _SENTENCES[sub_indication])


def without_revocation(lack: Lack) -> Verdict:
    """The verdict where the state of a certificate is open, with the reason why."""
    return Verdict(Indication.INDETERMINATE, SubIndication.TRY_LATER, _LACKS[lack])


def timestamp_untrusted(sub_indication: SubIndication) -> Verdict:
    """The verdict of a signature whose time-stamp token cannot be relied on."""
    why = _SENTENCES[sub_indication]
    return Verdict(
        Indication.INDETERMINATE,
        sub_indication,
        Text(
            f"Chưa thể dùng dấu thời gian của chữ ký. {why.vi}",
            f"The time-stamp of the signature cannot be relied on yet. {why.en}",
        ),
    )


_SENTENCES: dict[SubIndication, Text] = {
    SubIndication.FORMAT_FAILURE: Text(
        "Chữ ký không đúng cấu trúc nên không thể kiểm tra. Không sử dụng tệp này; hãy lấy lại bản gốc.",
        "The signature is not built as it must be and cannot be checked. Do not use this file; get the original again.",
    ),
    SubIndication.HASH_FAILURE: Text(
        "Nội dung đã bị thay đổi sau khi ký. Không sử dụng tệp này; hãy lấy lại bản gốc từ cơ quan ban hành.",
        "The content was changed after signing. Do not use this file; get the original from the issuing agency.",
    ),
    SubIndication.SIG_CRYPTO_FAILURE: Text(
        "Giá trị chữ ký không khớp với chứng thư của người ký. Không sử dụng tệp này.",
        "The signature value does not match the signer's certificate. Do not use this file.",
    ),
    SubIndication.REVOKED: Text(
        "Chứng thư của người ký đã bị thu hồi trước khi ký. Không sử dụng tệp này; hãy hỏi cơ quan ban hành.",
        "The signer's certificate had been revoked before signing. Do not use this file; ask the issuing agency.",
    ),
    SubIndication.EXPIRED: Text(
        "Chứng thư đã hết hạn trước khi ký. Hãy hỏi cơ quan ban hành.",
        "The certificate had expired before signing. Ask the issuing agency.",
    ),
    SubIndication.NOT_YET_VALID: Text(
        "Chữ ký có trước ngày chứng thư bắt đầu có hiệu lực. Hãy hỏi cơ quan ban hành.",
        "The signature is older than its certificate's first day. Ask the issuing agency.",
    ),
    SubIndication.SIG_CONSTRAINTS_FAILURE: Text(
        "Chữ ký thiếu hoặc trái một điều mà chính sách kiểm tra yêu cầu. Hãy hỏi cơ quan ban hành.",
        "The signature lacks or breaks something that the validation policy asks for. Ask the issuing agency.",
    ),
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: Text(
        "Chứng thư không được cấp cho mục đích ký văn bản. Hãy hỏi cơ quan ban hành.",
        "The certificate was not issued for signing documents. Ask the issuing agency.",
    ),
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: Text(
        "Chuỗi chứng thư có lỗi nên chưa thể tin chứng thư này. Hãy hỏi nơi cấp chứng thư.",
        "The certificate chain has a defect, so the certificate cannot be trusted yet. Ask the certificate's issuer.",
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: Text(
        "Chữ ký dùng thuật toán hoặc độ dài khoá không đủ an toàn. Hãy xin bản được ký lại.",
        "The signature uses an algorithm or key size that is not secure. Ask for a copy that is signed anew.",
    ),
    SubIndication.POLICY_PROCESSING_ERROR: Text(
        "Không đọc được chính sách chữ ký kèm theo. Hãy hỏi cơ quan ban hành.",
        "The signature policy that comes with the signature cannot be read. Ask the issuing agency.",
    ),
    SubIndication.SIGNATURE_POLICY_NOT_AVAILABLE: Text(
        "Không có chính sách chữ ký mà chữ ký dẫn tới. Hãy hỏi cơ quan ban hành.",
        "The signature policy that the signature points to is not at hand. Ask the issuing agency.",
    ),
    SubIndication.TIMESTAMP_ORDER_FAILURE: Text(
        "Các dấu thời gian mâu thuẫn nhau về thứ tự. Không sử dụng tệp này; hãy hỏi cơ quan ban hành.",
        "The time-stamps contradict each other. Do not use this file; ask the issuing agency.",
    ),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: Text(
        "Không tìm được đúng chứng thư của người ký trong chữ ký. Hãy xin lại bản gốc.",
        "The signer's certificate is not in the signature, or is not the one it names. Ask for the original again.",
    ),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: Text(
        "Chứng thư không dẫn tới tổ chức chứng thực nào trong danh sách tin cậy. "
        "Nếu biết chắc nơi cấp, hãy thêm chứng thư gốc của họ rồi kiểm tra lại.",
        "The certificate leads to no authority on the trusted list. "
        "If you are sure of its issuer, add the issuer's root certificate and check again.",
    ),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE: Text(
        "Chứng thư gốc không còn được tin cậy và không có bằng chứng chữ ký có từ trước đó. Hãy xin bản được ký lại.",
        "The root certificate is no longer trusted and nothing proves that the signature is older. "
        "Ask for a copy that is signed anew.",
    ),
    SubIndication.REVOKED_NO_POE: Text(
        "Chứng thư của người ký đã bị thu hồi và không có bằng chứng rằng văn bản được ký trước đó. "
        "Hãy hỏi cơ quan ban hành trước khi sử dụng.",
        "The signer's certificate is revoked and nothing proves that the signature is older. "
        "Ask the issuing agency before using the file.",
    ),
    SubIndication.REVOKED_CA_NO_POE: Text(
        "Chứng thư của nơi cấp đã bị thu hồi và không có bằng chứng rằng văn bản được ký trước đó. "
        "Hãy hỏi cơ quan ban hành trước khi sử dụng.",
        "The certificate authority's certificate is revoked and nothing proves that the signature is older. "
        "Ask the issuing agency before using the file.",
    ),
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: Text(
        "Chứng thư đã hết hạn, chưa từng bị thu hồi, nhưng không có bằng chứng thời điểm ký. "
        "Hãy xin bản có dấu thời gian lưu trữ.",
        "The certificate has expired and was never revoked, but nothing proves when the file was signed. "
        "Ask for a copy with an archive time-stamp.",
    ),
    SubIndication.OUT_OF_BOUNDS_NO_POE: Text(
        "Chứng thư đã hết hạn (hoặc chưa có hiệu lực) và tệp không mang đủ bằng chứng về thời điểm ký. "
        "Hãy xin bản có dấu thời gian lưu trữ.",
        "The certificate has expired (or is not valid yet) and the file does not carry enough proof of when it was "
        "signed. Ask for a copy with an archive time-stamp.",
    ),
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: Text(
        "Dữ liệu thu hồi trong tệp không được chứng minh là có trước khi chứng thư hết hạn. "
        "Hãy xin bản có dấu thời gian lưu trữ.",
        "Nothing proves that the revocation data in the file is older than the certificate's expiry. "
        "Ask for a copy with an archive time-stamp.",
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: Text(
        "Thuật toán đã hết thời hạn an toàn và không có bằng chứng rằng chữ ký có trước đó. Hãy xin bản được ký lại.",
        "An algorithm is no longer secure and nothing proves that the signature is older. "
        "Ask for a copy that is signed anew.",
    ),
    SubIndication.NO_POE: Text(
        "Không có bằng chứng về thời điểm mà các dữ liệu kiểm tra đã tồn tại. Hãy xin bản có dấu thời gian lưu trữ.",
        "Nothing proves when the validation data existed. Ask for a copy with an archive time-stamp.",
    ),
    SubIndication.TRY_LATER: Text(
        "Chưa có dữ liệu thu hồi đủ mới để biết chứng thư còn hiệu lực. "
        "Hãy kiểm tra lại trên trang tra cứu có kết nối mạng, hoặc thử lại sau.",
        "There is no revocation data that is fresh enough to know the certificate's state. "
        "Check again on the online page, or try later.",
    ),
    SubIndication.SIGNED_DATA_NOT_FOUND: Text(
        "Không tìm thấy nội dung đã được ký. Hãy lấy lại bản gốc.",
        "The signed content cannot be found. Get the original again.",
    ),
}

_LACKS: dict[Lack, Text] = {
    Lack.MISSING: Text(
        "Không có dữ liệu thu hồi về chứng thư, nên chưa biết chứng thư còn hiệu lực hay không. "
        "Hãy kiểm tra lại trên trang tra cứu có kết nối mạng, hoặc thử lại sau.",
        "There is no revocation data about a certificate, so its state is not known. "
        "Check again on the online page, or try later.",
    ),
    Lack.STALE: Text(
        "Dữ liệu thu hồi hiện có đã quá hạn so với thời điểm cần xét. "
        "Hãy kiểm tra lại trên trang tra cứu có kết nối mạng, hoặc thử lại sau.",
        "The revocation data at hand had ended before the time that matters. "
        "Check again on the online page, or try later.",
    ),
    Lack.FUTURE: Text(
        "Dữ liệu thu hồi hiện có đề thời điểm sau lúc kiểm tra. Hãy xem lại đồng hồ của máy, rồi kiểm tra lại.",
        "The revocation data at hand is dated after the time of checking. "
        "Look at the clock of the machine, then check again.",
    ),
    Lack.FORGED: Text(
        "Dữ liệu thu hồi hiện có mang chữ ký sai nên không được dùng. "
        "Hãy kiểm tra lại trên trang tra cứu có kết nối mạng; nếu vẫn vậy, hãy hỏi cơ quan ban hành.",
        "The revocation data at hand is wrongly signed and was not used. "
        "Check again on the online page; if it stays so, ask the issuing agency.",
    ),
    Lack.SUSPENDED: Text(
        "Chứng thư đang bị tạm dừng. Hãy hỏi cơ quan ban hành, hoặc kiểm tra lại sau.",
        "A certificate is suspended. Ask the issuing agency, or check again later.",
    ),
}

_FORMAT, _CONSTRAINTS = SubIndication.FORMAT_FAILURE, SubIndication.SIG_CONSTRAINTS_FAILURE
_CAUSES: dict[Cause, Verdict] = {
    Cause.UNREADABLE: Verdict(
        Indication.INDETERMINATE,
        _FORMAT,
        Text(
            "Không đọc được tệp: đây không phải là PDF hoặc tệp đã hỏng. Hãy tải lại bản gốc.",
            "The file cannot be read: it is not a PDF, or it is damaged. Download the original again.",
        ),
    ),
    Cause.ENCRYPTED: Verdict(
        Indication.INDETERMINATE,
        _FORMAT,
        Text(
            "Tệp được bảo vệ bằng mật khẩu nên không kiểm tra được. Hãy dùng bản không đặt mật khẩu.",
            "The file is protected by a password and cannot be checked. Use a copy without a password.",
        ),
    ),
    Cause.NOT_READ_SAFELY: Verdict(
        Indication.INDETERMINATE,
        _FORMAT,
        Text(
            "Không thể đọc tệp một cách an toàn: tệp cần quá nhiều bộ nhớ hoặc thời gian. Hãy tải lại bản gốc.",
            "The file could not be read safely: it asks for too much memory or time. Download the original again.",
        ),
    ),
    Cause.SIGNATURE_UNREADABLE: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Chữ ký bị hỏng hoặc không đúng cấu trúc. Không sử dụng tệp này; hãy lấy lại bản gốc.",
            "The signature is damaged or not built as it must be. Do not use this file; get the original again.",
        ),
    ),
    Cause.UNSUPPORTED_FORMAT: Verdict(
        Indication.INDETERMINATE,
        _CONSTRAINTS,
        Text(
            "Chữ ký ở định dạng mà chương trình này chưa kiểm tra được. Hãy kiểm tra bằng phần mềm của nơi ký.",
            "The signature is in a format that this program cannot check. Check it with the signer's own software.",
        ),
    ),
    Cause.COVERAGE: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Chữ ký không bao trùm toàn bộ nội dung của phiên bản được ký. Không sử dụng tệp này.",
            "The signature does not cover the whole of the revision it stands in. Do not use this file.",
        ),
    ),
    Cause.CHANGED: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Tệp đã bị sửa sau chữ ký này theo cách mà chữ ký không cho phép. "
            "Không sử dụng tệp này; hãy lấy lại bản gốc từ cơ quan ban hành.",
            "The file was changed after this signature in a way that the signature does not allow. "
            "Do not use this file; get the original from the issuing agency.",
        ),
    ),
    Cause.PAGE_DIFFERS: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Không hợp lệ: trang hiển thị hiện nay khác với trang đã được ký. Hãy lấy lại bản gốc từ cơ quan ban hành.",
            "Not valid: a page looks otherwise than it was signed. Get the original from the issuing agency again.",
        ),
    ),
    Cause.CHANGED_AFTER_LAST: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Tệp có nội dung được điền thêm mà không chữ ký nào bao trùm. "
            "Không sử dụng tệp này; hãy lấy lại bản gốc từ cơ quan ban hành.",
            "Something was filled in that no signature covers. "
            "Do not use this file; get the original from the issuing agency.",
        ),
    ),
    Cause.NOT_AS_STANDARD: Verdict(
        Indication.INDETERMINATE,
        _CONSTRAINTS,
        Text(
            "Chữ ký được ghi không đúng chuẩn mà chính sách kiểm tra yêu cầu. Hãy hỏi cơ quan ban hành.",
            "The signature is not written as the standards ask and the validation policy demands. "
            "Ask the issuing agency.",
        ),
    ),
    Cause.OBJECTS_AFTER_END: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Sau phần cuối của tệp có nội dung mà không chữ ký nào bao trùm, và một số phần mềm sẽ hiển thị. "
            "Không sử dụng tệp này; hãy lấy lại bản gốc từ cơ quan ban hành.",
            "Behind the end of the file there is content that no signature covers, and some programs will show it. "
            "Do not use this file; get the original from the issuing agency.",
        ),
    ),
    Cause.HIDDEN_SIGNATURE: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Tệp chứa một chữ ký hoặc dấu thời gian bị hỏng hay bị giấu. "
            "Không sử dụng tệp này; hãy lấy lại bản gốc từ cơ quan ban hành.",
            "The file holds a signature or time-stamp that is damaged or hidden. "
            "Do not use this file; get the original from the issuing agency.",
        ),
    ),
    Cause.VALUE_NOT_SHOWN: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Số hoặc ngày lưu trong tệp khác với số hoặc ngày hiển thị trên trang. Không sử dụng tệp này.",
            "The number or date stored in the file differs from the one shown on the page. Do not use this file.",
        ),
    ),
    Cause.FIELD_NOT_SHOWN: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Có trường biểu mẫu hiển thị khác với giá trị lưu trong tệp. Hãy xin lại bản gốc từ nơi ban hành.",
            "A form field shows something else than the file stores in it. Ask the issuer for the original.",
        ),
    ),
    Cause.SHARED_OBJECT: Verdict(
        Indication.TOTAL_FAILED,
        _FORMAT,
        Text(
            "Nhiều trường chữ ký dùng chung một chữ ký. Không sử dụng tệp này; hãy lấy lại bản gốc.",
            "Several signature fields share one signature. Do not use this file; get the original again.",
        ),
    ),
    Cause.UNNAMED_CERTIFICATE: Verdict(
        Indication.INDETERMINATE,
        _CONSTRAINTS,
        Text(
            "Chữ ký không gắn chặt với chứng thư của người ký (thiếu thuộc tính bắt buộc của PAdES). "
            "Hãy hỏi cơ quan ban hành.",
            "The signature is not bound to its signer's certificate (an attribute that PAdES demands is missing). "
            "Ask the issuing agency.",
        ),
    ),
    Cause.TIMESTAMP_INVALID: Verdict(
        Indication.INDETERMINATE,
        _CONSTRAINTS,
        Text(
            "Dấu thời gian kèm theo chữ ký không thuộc về chữ ký này hoặc đã hỏng. Hãy lấy lại bản gốc.",
            "The time-stamp that comes with the signature does not belong to it or is damaged. Get the original again.",
        ),
    ),
}
