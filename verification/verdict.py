"""From facts to verdicts, under a policy: first each signature, then the file as the worst of them.

The engine's answer alone is never the verdict: it says nothing about what later revisions did to the page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verification.policy import SIGNING_PURPOSES, Check, Purpose, Weight
from verification.reasons import (
    NO_SIGNATURE,
    PASSED,
    TIMESTAMP_HOLDS,
    Cause,
    because,
    standing,
    timestamp_untrusted,
    without_revocation,
)
from verification.report import (
    Caution,
    ChangeClass,
    Coverage,
    Indication,
    ReadMode,
    SignatureKind,
    SubIndication,
    Text,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verification.facts import DocumentFacts, Reliance, SignatureFacts
    from verification.policy import ValidationPolicy
    from verification.report import SignatureReport

_GRAVITY = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)
_ALLOWED_CHANGES = frozenset({ChangeClass.NONE, ChangeClass.EXTENSION, ChangeClass.SIGNING_OR_FORM_FILLING})
_EXTENSIONS = frozenset({ChangeClass.NONE, ChangeClass.EXTENSION})
_CURED_BY_TIME = frozenset(
    {
        SubIndication.TRY_LATER,
        SubIndication.NO_POE,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    }
)
_ANY_BROKEN = frozenset({SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE, SubIndication.FORMAT_FAILURE})


def verdict_on_signature(facts: SignatureFacts, policy: ValidationPolicy) -> Verdict:
    """The gravest of all that stands against one signature; the standard's answer where nothing of ours does."""
    passed = TIMESTAMP_HOLDS if facts.kind is SignatureKind.DOCUMENT_TIMESTAMP else PASSED
    return worst([*_objections(facts, policy), passed])


def verdict_on_document(
    signatures: Sequence[SignatureReport], facts: DocumentFacts, policy: ValidationPolicy
) -> Verdict:
    """The worst of the signatures, and what concerns the file as a whole.

    A document timestamp that cannot be relied on counts by what the signatures lose without it; one that is broken
    counts for itself. In a file without any signature the document timestamps are what is asked about.
    """
    if not signatures:
        return NO_SIGNATURE
    objections = []
    if facts.cells_in_disagreement and policy.weight(Check.VALUE_SHOWN) is Weight.FAIL:
        objections.append(because(Cause.VALUE_NOT_SHOWN))
    if facts.fields_in_disagreement and policy.weight(Check.FIELDS_SHOWN) is Weight.FAIL:
        objections.append(because(Cause.FIELD_NOT_SHOWN))
    if facts.speaks_behind_end and policy.weight(Check.NO_OBJECTS_AFTER_END) is Weight.FAIL:
        objections.append(because(Cause.OBJECTS_AFTER_END))
    if facts.over_text and policy.weight(Check.SIGNATURES_BESIDE_TEXT) is Weight.FAIL:
        objections.append(because(Cause.CHANGED))
    if facts.has_hidden_signature and policy.weight(Check.SIGNATURES_IN_FIELDS) is Weight.FAIL:
        objections.append(because(Cause.HIDDEN_SIGNATURE))
    if facts.changes_after_last not in _EXTENSIONS and policy.weight(Check.ENDS_WITH_SIGNATURE) is Weight.FAIL:
        objections.append(because(Cause.CHANGED_AFTER_LAST))
    own = [s for s in signatures if s.kind is not SignatureKind.DOCUMENT_TIMESTAMP] or list(signatures)
    broken = [s for s in signatures if s.indication is Indication.TOTAL_FAILED]
    return worst([*(s.verdict for s in (*broken, *own)), *objections])


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The first of the gravest."""
    return max(verdicts, key=lambda verdict: _GRAVITY.index(verdict.indication))


def cautions(
    signatures: Sequence[SignatureReport], facts: DocumentFacts, policy: ValidationPolicy, *, read: ReadMode
) -> tuple[Caution, ...]:
    """What does not decide the verdict under this policy but should not pass in silence."""
    noticed = {
        Check.READ_STRICTLY: read is not ReadMode.STRICT,
        Check.HEADER_FIRST: not facts.header_is_first,
        Check.NOTHING_AFTER_END: not facts.ends_at_end_mark,
        Check.NO_OBJECTS_AFTER_END: facts.speaks_behind_end,
        Check.VALUE_SHOWN: bool(facts.cells_in_disagreement),
        Check.FIELDS_SHOWN: bool(facts.fields_in_disagreement),
        Check.ENDS_WITH_SIGNATURE: facts.changes_after_last not in _EXTENSIONS,
        Check.SIGNATURES_IN_FIELDS: facts.has_hidden_signature,
        Check.PAGES_COUNTED: not facts.counts_its_pages,
        Check.SIGNATURES_BESIDE_TEXT: bool(facts.over_text),
        Check.SIGNATURE_AS_STANDARD: not facts.signatures_as_standard,
    }
    found = warnings(noticed, policy)
    unsure = [s for s in signatures if s.kind is SignatureKind.DOCUMENT_TIMESTAMP and not s.verdict.passed]
    return (*found, *([_TIMESTAMP_NOT_TRUSTED] if unsure else []))


def warnings(noticed: Mapping[Check, bool], policy: ValidationPolicy) -> list[Caution]:
    """The cautions of the checks that noticed something, but for those that the policy ignores."""
    return [
        replace(_CAUTIONS[check], is_remark=policy.weight(check) is Weight.INFO)
        for check, true in noticed.items()
        if true and policy.weight(check) is not Weight.IGNORE
    ]


def _objections(facts: SignatureFacts, policy: ValidationPolicy) -> Iterator[Verdict]:
    if facts.problem is not None:
        yield because(facts.problem)
        return
    if facts.shared and policy.weight(Check.OBJECT_NOT_SHARED) is Weight.FAIL:
        yield because(Cause.SHARED_OBJECT)
    if not facts.padded:
        yield because(Cause.SIGNATURE_UNREADABLE)
    if facts.coverage is Coverage.PARTIAL:
        yield because(Cause.COVERAGE)
    elif facts.changes.change_class not in _ALLOWED_CHANGES:
        yield because(Cause.CHANGED)
    if facts.engine is None:
        yield because(Cause.SIGNATURE_UNREADABLE)
        return
    indication, sub_indication = facts.engine
    by_engine = [_by_engine(indication, sub_indication, facts)] if sub_indication is not None else []
    by_time = list(_objections_to_timestamps(facts))
    # Where a proof of time is all that the engine misses, the time-stamp that does not hold is the better reason.
    yield from (*by_time, *by_engine) if sub_indication in _CURED_BY_TIME else (*by_engine, *by_time)
    if facts.names_another:
        yield standing(Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    if not facts.as_standard and policy.weight(Check.SIGNATURE_AS_STANDARD) is Weight.FAIL:
        yield because(Cause.NOT_AS_STANDARD)
    if not facts.names_certificate and policy.weight(Check.SIGNING_CERTIFICATE_NAMED) is Weight.FAIL:
        yield because(Cause.UNNAMED_CERTIFICATE)
    yield from _objections_to_reliance(facts.reliance, policy)


def _by_engine(indication: Indication, sub_indication: SubIndication, facts: SignatureFacts) -> Verdict:
    if sub_indication is SubIndication.TRY_LATER and facts.lack is not None:
        return without_revocation(facts.lack)
    return standing(indication, sub_indication)


def _objections_to_reliance(reliance: Reliance, policy: ValidationPolicy) -> Iterator[Verdict]:
    """What a good answer leans on must be good under this policy as well, which may be another than the engine's."""
    signing, timestamping = reliance.signing_anchor, reliance.timestamping_anchors
    if not (signing is None or policy.trusts(signing, *SIGNING_PURPOSES)) or not all(
        policy.trusts(anchor, Purpose.TIMESTAMPING) for anchor in timestamping
    ):
        yield standing(Indication.INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    for use in reliance.algorithms:
        end = policy.usable_until(use.name, bits=use.bits)
        if end is None:
            yield standing(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
        elif end < use.at:
            yield standing(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)


def _objections_to_timestamps(facts: SignatureFacts) -> Iterator[Verdict]:
    """A signature timestamp is not demanded, but one that is there must hold; of several, one is enough."""
    if any(timestamp.verdict.passed for timestamp in facts.own_timestamps):
        yield from _order_of_timestamps(facts)
        return
    reasons = [timestamp.verdict.sub_indication for timestamp in facts.own_timestamps]
    if not reasons and not facts.damaged_timestamps:
        return
    reason = reasons[-1] if reasons else None
    if reason is None or reason in _ANY_BROKEN:
        yield because(Cause.TIMESTAMP_INVALID)
    else:
        yield timestamp_untrusted(reason)


def _order_of_timestamps(facts: SignatureFacts) -> Iterator[Verdict]:
    """A token inside the signature cannot be younger than a document timestamp over it (EN 319 102-1, 5.5.4)."""
    own = [timestamp.time for timestamp in facts.own_timestamps if timestamp.verdict.passed]
    over = [timestamp.time for timestamp in facts.document_timestamps if timestamp.verdict.passed]
    if own and over and min(own) > min(over):
        yield standing(Indication.INDETERMINATE, SubIndication.TIMESTAMP_ORDER_FAILURE)


_CAUTIONS = {
    Check.READ_STRICTLY: Caution(
        "read-with-errors-forgiven",
        Text(
            "Tệp không hoàn toàn đúng chuẩn PDF; đã đọc được sau khi bỏ qua một số lỗi.",
            "The file does not fully follow the PDF standard; it could be read with some errors forgiven.",
        ),
    ),
    Check.HEADER_FIRST: Caution(
        "bytes-before-header",
        Text(
            "Có dữ liệu lạ đứng trước phần đầu của tệp PDF.",
            "There are foreign bytes before the beginning of the PDF.",
        ),
    ),
    Check.NOTHING_AFTER_END: Caution(
        "bytes-after-end",
        Text(
            "Có dữ liệu lạ đứng sau phần cuối của tệp PDF; chữ ký không bao trùm dữ liệu này.",
            "There are foreign bytes after the end of the PDF; no signature covers them.",
        ),
    ),
    Check.NO_OBJECTS_AFTER_END: Caution(
        "objects-after-end",
        Text(
            "Sau phần cuối của tệp có nội dung PDF mà một số phần mềm có thể hiển thị.",
            "There is PDF content after the end of the file, which some programs may show.",
        ),
    ),
    Check.VALUE_SHOWN: Caution(
        "value-not-shown",
        Text(
            "Số hoặc ngày lưu trong tệp khác với số hoặc ngày hiển thị trên trang.",
            "The number or date stored in the file differs from the one shown on the page.",
        ),
    ),
    Check.FIELDS_SHOWN: Caution(
        "field-not-shown",
        Text(
            "Có trường biểu mẫu hiển thị khác với giá trị lưu trong tệp; người đọc và phần mềm có thể hiểu khác nhau.",
            "A form field shows something else than the file stores in it; people and programs may read otherwise.",
        ),
    ),
    Check.ENDS_WITH_SIGNATURE: Caution(
        "changed-after-last-signature",
        Text(
            "Tệp có thay đổi sau chữ ký cuối cùng.",
            "The file was changed after the last signature.",
        ),
    ),
    Check.PAGES_COUNTED: Caution(
        "page-count-differs",
        Text(
            "Tệp khai số trang khác với số trang có thật; các phần mềm có thể hiển thị khác nhau.",
            "The file says another number of pages than it holds; programs may show it differently.",
        ),
    ),
    Check.SIGNATURES_BESIDE_TEXT: Caution(
        "signature-over-text",
        Text(
            "Một chữ ký thêm vào sau nằm đè lên nội dung đã ký trước đó. Hãy so sánh với bản đã ký đầu tiên.",
            "A signature that was added later stands on text that had been signed before. "
            "Compare with the first signed version.",
        ),
    ),
    Check.SIGNATURE_AS_STANDARD: Caution(
        "signature-not-as-standard",
        Text(
            "Chữ ký được ghi không hoàn toàn đúng chuẩn (CMS, PAdES); phần mềm khác có thể không đọc được.",
            "A signature is not written quite as its standards ask (CMS, PAdES); other programs may fail to read it.",
        ),
    ),
    Check.PAGES_AS_SIGNED: Caution(
        "page-differs",
        Text(
            "Có trang hiển thị khác với trang đã được ký.",
            "A page looks otherwise than it was signed.",
        ),
    ),
    Check.PAGES_COMPARED: Caution(
        "pages-not-compared",
        Text(
            "Không so sánh được hình ảnh của mọi trang với bản đã ký.",
            "Not all pages could be compared, as pictures, with what was signed.",
        ),
    ),
    Check.LETTERS_AGREED: Caution(
        "letters-differ",
        Text(
            "Hai phần mềm đọc ra chữ khác nhau trên cùng một trang; các phần mềm có thể hiển thị khác nhau.",
            "Two programs read different letters on one page; programs may show it differently.",
        ),
    ),
    Check.SIGNATURES_IN_FIELDS: Caution(
        "signature-without-field",
        Text(
            "Tệp chứa một chữ ký hoặc dấu thời gian không nằm trong trường chữ ký nào đọc được.",
            "The file holds a signature or time-stamp that is in no signature field that can be read.",
        ),
    ),
}
_TIMESTAMP_NOT_TRUSTED = Caution(
    "document-timestamp-not-relied-on",
    Text(
        "Có dấu thời gian lưu trữ chưa kiểm tra được đầy đủ nên không được dùng làm bằng chứng.",
        "A document timestamp could not be fully checked and was not used as proof.",
    ),
)
