"""Everything that opens a PDF, done in the sandbox: functions and errors are the same as outside of it.

What comes back from a child is believed as little as the file it read: types are checked, a new revision must begin
with the old bytes, and certificate and algorithm of a prepared signature are the caller's own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from certs import errors as certs_errors
from signing import errors as signing_errors
from signing.lint import Finding
from signing.prepared import PreparedSignature, PreparedTimestamp, demand_increment
from verification.by_picture import (
    is_worth_drawing,
    not_compared,
    revisions_to_compare,
    signed_revisions,
    with_pictures,
)
from verification.errors import SandboxFailed
from verification.frames import Frame
from verification.pictures import Comparison
from verification.policy import DEFAULT_POLICY
from verification.reasons import Cause
from verification.report import ReadMode, ValidationReport
from verification.structure import from_header
from verification.verdict import report_on_unreadable
from verification.views import PageView
from verification.wire import WireError, pack, type_hints, unpack

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import TypeVar

    from certs.anchors import TrustAnchors
    from certs.certificate import SigningCertificate
    from certs.revocation import RevocationInfo
    from signing.layout import Layout
    from signing.profiles import SignatureProfile
    from verification.policy import ValidationPolicy
    from verification.sandbox import Sandbox

    _Answer = TypeVar("_Answer")


class Workshop:
    """The sandbox with a typed face. Methods raise what the functions of the same names raise.

    A child that dies or exceeds its limits is :class:`verification.errors.SandboxFailed`; too many callers are
    :class:`verification.errors.SandboxBusy`.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        """The workshop closes the sandbox with itself."""
        self._sandbox = sandbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """What this kernel could not do to confine the children; empty when all is well."""
        return self._sandbox.missing

    def close(self) -> None:
        """End the children."""
        self._sandbox.close()

    def inspect(self, pdf: bytes) -> tuple[Finding, ...]:
        """:func:`signing.lint.inspect`."""
        return self._ask("inspect", pdf, {}, tuple[Finding, ...])

    def compose(self, pdf: bytes, *, layout: Layout, lookup_code: str, lookup_url: str) -> bytes:
        """:func:`signing.compose.compose`."""
        return self._ask(
            "compose", pdf, {"layout": layout, "lookup_code": lookup_code, "lookup_url": lookup_url}, bytes
        )

    def fill_cells(self, pdf: bytes, *, number: str, issued_on: date) -> bytes:
        """:func:`signing.fill.fill_cells`."""
        return self._grown("fill_cells", pdf, {"number": number, "issued_on": issued_on})

    def prepare(self, pdf: bytes, *, profile: SignatureProfile, certificate: SigningCertificate) -> PreparedSignature:
        """:func:`signing.prepare.prepare`."""
        prepared = self._ask("prepare", pdf, {"profile": profile, "certificate": certificate}, PreparedSignature)
        demand_increment(old=pdf, new=prepared.pdf)
        return replace(prepared, certificate=certificate, algorithm=profile.algorithm)

    def embed_validation_data(self, pdf: bytes, *, revocation: RevocationInfo) -> bytes:
        """:func:`signing.augment.embed_validation_data`."""
        return self._grown("embed_validation_data", pdf, {"revocation": revocation})

    def prepare_document_timestamp(self, pdf: bytes, *, field_name: str) -> PreparedTimestamp:
        """:func:`signing.prepare.prepare_document_timestamp`."""
        prepared = self._ask("prepare_document_timestamp", pdf, {"field_name": field_name}, PreparedTimestamp)
        demand_increment(old=pdf, new=prepared.pdf)
        return prepared

    def validate(
        self,
        pdf: bytes,
        *,
        anchors: TrustAnchors,
        known: RevocationInfo,
        at: datetime,
        policy: ValidationPolicy = DEFAULT_POLICY,
        file: str = "document.pdf",
    ) -> ValidationReport:
        """:func:`verification.validate.validate`, and then what its pages show beside what was signed.

        A file that its child does not survive is reported as unreadable; one that cannot be drawn keeps its verdict.
        """
        question = {"anchors": anchors, "known": known, "at": at, "policy": policy, "file": file}
        try:
            report = self._ask("validate", pdf, question, ValidationReport)
        except SandboxFailed:
            return report_on_unreadable(pdf, cause=Cause.NOT_READ_SAFELY, at=at, policy=policy, file=file)
        if not is_worth_drawing(report):
            return report
        try:
            comparison = self._compare_pages(pdf, report)
        except SandboxFailed:
            comparison = not_compared(report)
        return with_pictures(report, comparison, policy)

    def draw_revisions(self, pdf: bytes, report: ValidationReport) -> tuple[PageView, ...]:
        """:func:`verification.views.draw_revisions` of every signed revision; nothing where that fails."""
        revisions = signed_revisions(report)
        try:
            return self._ask("draw_revisions", _as_read(pdf, report), {"revisions": revisions}, tuple[PageView, ...])
        except SandboxFailed:
            return ()

    def _compare_pages(self, pdf: bytes, report: ValidationReport) -> Comparison:
        """:func:`verification.pictures.compare_pages`, of what was read."""
        revisions = revisions_to_compare(report)
        return self._ask("compare_pages", _as_read(pdf, report), {"revisions": revisions}, Comparison)

    def _grown(self, task: str, pdf: bytes, arguments: dict[str, object]) -> bytes:
        """The answer of a task that may only append."""
        new = self._ask(task, pdf, arguments, bytes)
        demand_increment(old=pdf, new=new)
        return new

    def _ask(self, task: str, pdf: bytes, arguments: dict[str, object], expected: type[_Answer]) -> _Answer:
        blobs = [pdf]
        packed = {name: pack(value, blobs) for name, value in arguments.items()}
        answer = self._sandbox.ask(Frame({"task": task, "arguments": packed}, tuple(blobs)))
        if "refusal" in answer.header:
            raise _refusal(answer)
        try:
            value = unpack(answer.header.get("answer"), expected, answer.blobs)
        except WireError as error:
            raise SandboxFailed(reason="its answer is no answer") from error
        return value  # type: ignore[return-value] # unpack builds what it was told to expect


def _as_read(pdf: bytes, report: ValidationReport) -> bytes:
    return from_header(pdf) if report.read is ReadMode.LAX else pdf


def _refusal(answer: Frame) -> Exception:
    """The error that the function raised in the child, with its fields, or :class:`SandboxFailed` for anything else."""
    name, message = answer.header.get("refusal"), str(answer.header.get("message"))
    bases = (signing_errors.SigningError, certs_errors.CertsError)
    known = {**vars(signing_errors), **vars(certs_errors)}
    kind = known.get(name) if isinstance(name, str) else None
    if not isinstance(kind, type) or not issubclass(kind, bases):
        return SandboxFailed(reason="its refusal is none that is known")
    if "__init__" not in vars(kind):
        return kind(message)
    given = answer.header.get("fields")
    wanted = {field: hint for field, hint in type_hints(kind.__init__).items() if field != "return"}
    try:
        fields = {field: unpack(dict(given or {})[field], hint, answer.blobs) for field, hint in wanted.items()}  # type: ignore[call-overload]
        return kind(**fields)
    except (WireError, KeyError, TypeError, ValueError) as error:
        return SandboxFailed(reason=f"its refusal cannot be read: {error}")
