"""Everything that opens a PDF, done in the sandbox: functions and errors are the same as outside of it.

What comes back from a child is believed as little as the file it read: types are checked, a new revision is our own old
bytes with what the child appends, and certificate, algorithm and claims of a prepared signature are the caller's own.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from certs import errors as certs_errors
from certs.revocation import EMPTY
from certs.revocation_search import Chains
from signing import errors as signing_errors
from signing.errors import RevisionBroken
from signing.layout import Box
from signing.lint import Finding
from signing.prepared import Increment, PreparedSignature, PreparedTimestamp, ReservedRegion, demand_increment
from signing.returned_cms import ContainerParts
from signing.returned_pdf import ReturnedSignature, emptied
from verification.by_picture import is_worth_drawing, not_compared, revisions_to_compare, signed_revisions
from verification.errors import SandboxFailed
from verification.facts import Comparison, FileFacts
from verification.frames import Frame
from verification.judgement import facts_of_unreadable, judge
from verification.policy import DEFAULT_POLICY
from verification.reasons import Cause
from verification.report import ReadMode
from verification.structure import from_header
from verification.views import PageView
from verification.wire import WireError, pack, type_hints, unpack

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import TypeVar

    from certs.algorithms import SignatureAlgorithm
    from certs.anchors import TrustAnchors
    from certs.certificate import SigningCertificate
    from certs.revocation import RevocationInfo
    from certs.timestamps import TimeStampToken
    from signing.field_place import FieldPlace
    from signing.layout import Layout
    from signing.prepared import Placeholder
    from signing.profiles import SignatureProfile
    from verification.policy import ValidationPolicy
    from verification.report import ValidationReport
    from verification.sandbox import Sandbox

    _Answer = TypeVar("_Answer")


_OURS = "document.pdf"


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
        return self._grown("compose", pdf, {"layout": layout, "lookup_code": lookup_code, "lookup_url": lookup_url})

    def compose_copy(self, pdf: bytes, *, lookup_code: str, lookup_url: str) -> bytes:
        """:func:`signing.compose.compose_copy`."""
        return self._grown("compose_copy", pdf, {"lookup_code": lookup_code, "lookup_url": lookup_url})

    def inspect_scan(self, pdf: bytes) -> tuple[Finding, ...]:
        """:func:`signing.scan.inspect_scan`."""
        return self._ask("inspect_scan", pdf, {}, tuple[Finding, ...])

    def print_out(self, pdf: bytes, *, sheet: bytes) -> bytes:
        """:func:`signing.printout.print_out`; what comes back is for a printer and never kept."""
        return self._ask("print_out", pdf, {"sheet": sheet}, bytes)

    def demand_transparent(self, png: bytes) -> None:
        """:func:`signing.images.demand_transparent`."""
        self._ask("demand_transparent", png, {}, bytes)

    def fill_cells(self, pdf: bytes, *, number: str, issued_on: date) -> bytes:
        """:func:`signing.fill.fill_cells`."""
        return self._grown("fill_cells", pdf, {"number": number, "issued_on": issued_on})

    def append_field(self, pdf: bytes, *, field_name: str, where: FieldPlace | None) -> bytes:
        """:func:`signing.field_place.append_field`."""
        return self._grown("append_field", pdf, {"field_name": field_name, "where": where})

    def prepare(self, pdf: bytes, *, profile: SignatureProfile, certificate: SigningCertificate) -> PreparedSignature:
        """:func:`signing.prepare.prepare`."""
        prepared = self._ask("prepare", pdf, {"profile": profile, "certificate": certificate}, PreparedSignature)
        _demand_base(prepared.placeholder, pdf)
        return replace(prepared, certificate=certificate, algorithm=profile.algorithm, claims=profile.claims)

    def embed_validation_data(self, pdf: bytes, *, revocation: RevocationInfo) -> bytes:
        """:func:`signing.augment.embed_validation_data`."""
        return pdf + self._ask("embed_validation_data", pdf, {"revocation": revocation}, bytes)

    def prepare_document_timestamp(
        self, pdf: bytes, *, field_name: str, revocation: RevocationInfo = EMPTY
    ) -> PreparedTimestamp:
        """:func:`signing.prepare.prepare_document_timestamp`."""
        arguments = {"field_name": field_name, "revocation": revocation}
        prepared = self._ask("prepare_document_timestamp", pdf, arguments, PreparedTimestamp)
        _demand_base(prepared.placeholder, pdf)
        return prepared

    def chains(self, pdf: bytes) -> Chains:
        """:func:`verification.chains.chains`; a file that its child does not survive leans on nothing."""
        try:
            return self._ask("chains", pdf, {}, Chains)
        except SandboxFailed:
            return Chains()

    def add_signature_field(self, pdf: bytes, *, field_name: str, box: Box | None) -> bytes:
        """:func:`signing.new_field.add_signature_field`."""
        return self._grown("add_signature_field", pdf, {"field_name": field_name, "box": box})

    def signature_box(self, pdf: bytes, *, title: str, signer: str) -> Box:
        """:func:`signing.placement.signature_box`."""
        return self._ask("signature_box", pdf, {"title": title, "signer": signer}, Box)

    def corner_box(self, pdf: bytes) -> Box:
        """:func:`signing.display_rules.corner_box`."""
        return self._ask("corner_box", pdf, {}, Box)

    def complete_with_container(self, prepared: PreparedSignature, *, container: bytes) -> Increment:
        """:func:`signing.returned_cms.complete_with_container`; the object is put in here, not by the child."""
        binding = {
            "document_digest": prepared.document_digest,
            "certificate": prepared.certificate,
            "algorithm": prepared.algorithm,
        }
        self._ask("demand_container", container, binding, bytes)
        return prepared.placeholder.filled(container)

    def accept_signed_pdf(
        self,
        returned: bytes,
        *,
        base: bytes,
        field_name: str,
        certificate: SigningCertificate,
        algorithm: SignatureAlgorithm,
    ) -> ReturnedSignature:
        """:func:`signing.returned_pdf.accept_signed_pdf`; only where the signature lies is taken from the child."""
        demand_increment(old=base, new=returned)
        question = {"base": base, "field_name": field_name, "certificate": certificate, "algorithm": algorithm}
        region = self._ask("accept_signed_pdf", returned, question, ReservedRegion)
        if not len(base) <= region.start < region.end <= len(returned):
            raise SandboxFailed(reason="its answer is no answer")
        return emptied(returned, base=base, region=region, algorithm=algorithm)

    def container_parts(self, container: bytes) -> ContainerParts:
        """:func:`signing.returned_cms.container_parts`."""
        return self._ask("container_parts", container, {}, ContainerParts)

    def with_timestamp(self, container: bytes, *, token: TimeStampToken) -> bytes:
        """:func:`signing.returned_cms.with_timestamp`."""
        return self._ask("with_timestamp", container, {"token": token.der}, bytes)

    def validate(
        self,
        pdf: bytes,
        *,
        anchors: TrustAnchors,
        known: RevocationInfo,
        at: datetime,
        policy: ValidationPolicy = DEFAULT_POLICY,
        file: str = _OURS,
    ) -> ValidationReport:
        """:func:`verification.validate.validate`, and then what its pages show beside what was signed.

        A file that its child does not survive is reported as unreadable; one that cannot be drawn keeps its verdict.
        """
        return judge(self.find_out(pdf, anchors=anchors, known=known, at=at, policy=policy, file=file), policy)

    def verdict_on(
        self,
        pdf: bytes,
        *,
        anchors: TrustAnchors,
        known: RevocationInfo,
        at: datetime,
        policy: ValidationPolicy = DEFAULT_POLICY,
    ) -> ValidationReport:
        """The same verdicts, and no more of the pages than can change them: for a file that nobody reads about.

        The cautions that counting pages and reading letters would add are not in the report.
        """
        facts = self._found_out(pdf, anchors=anchors, known=known, at=at, policy=policy, file=_OURS)
        if revisions_to_compare(facts):
            facts = self._with_comparison(pdf, facts, letters=False)
        return judge(facts, policy)

    def find_out(
        self,
        pdf: bytes,
        *,
        anchors: TrustAnchors,
        known: RevocationInfo,
        at: datetime,
        policy: ValidationPolicy = DEFAULT_POLICY,
        file: str = _OURS,
    ) -> FileFacts:
        """:func:`verification.validate.find_out`; of a file that its child does not survive nothing is found out."""
        facts = self._found_out(pdf, anchors=anchors, known=known, at=at, policy=policy, file=file)
        return self._with_comparison(pdf, facts, letters=True) if is_worth_drawing(facts) else facts

    def draw_revisions(self, pdf: bytes, facts: FileFacts) -> tuple[PageView, ...]:
        """:func:`verification.views.draw_revisions` of every signed revision; nothing where that fails."""
        revisions = signed_revisions(facts)
        try:
            return self._ask("draw_revisions", _as_read(pdf, facts), {"revisions": revisions}, tuple[PageView, ...])
        except SandboxFailed:
            return ()

    def _found_out(
        self,
        pdf: bytes,
        *,
        anchors: TrustAnchors,
        known: RevocationInfo,
        at: datetime,
        policy: ValidationPolicy,
        file: str,
    ) -> FileFacts:
        question = {"anchors": anchors, "known": known, "at": at, "policy": policy, "file": file}
        try:
            return self._ask("find_out", pdf, question, FileFacts)
        except SandboxFailed:
            return facts_of_unreadable(pdf, cause=Cause.NOT_READ_SAFELY, at=at, policy=policy, file=file)

    def _with_comparison(self, pdf: bytes, facts: FileFacts, *, letters: bool) -> FileFacts:
        try:
            comparison = self._compare_pages(pdf, facts, letters=letters)
        except SandboxFailed:
            comparison = not_compared(facts)
        return replace(facts, comparison=comparison)

    def _compare_pages(self, pdf: bytes, facts: FileFacts, *, letters: bool) -> Comparison:
        """:func:`verification.pictures.compare_pages`, of what was read."""
        revisions = revisions_to_compare(facts)
        read = _as_read(pdf, facts)
        # All revisions of a document have the first that was signed in common.
        first = min((revision.end for revision in signed_revisions(facts)), default=len(read))
        about = hashlib.sha256(read[:first]).digest()
        question = {"revisions": revisions, "letters": letters}
        return self._ask("compare_pages", read, question, Comparison, about=about)

    def _grown(self, task: str, pdf: bytes, arguments: dict[str, object]) -> bytes:
        """The new revision of a task that must append something; only that crosses the border."""
        return Increment(len(pdf), self._ask(task, pdf, arguments, bytes)).onto(pdf)

    def _ask(
        self, task: str, pdf: bytes, arguments: dict[str, object], expected: type[_Answer], *, about: bytes = b""
    ) -> _Answer:
        blobs = [pdf]
        packed = {name: pack(value, blobs) for name, value in arguments.items()}
        answer = self._sandbox.ask(Frame({"task": task, "arguments": packed}, tuple(blobs)), about=about)
        if "refusal" in answer.header:
            raise _refusal(answer)
        try:
            value = unpack(answer.header.get("answer"), expected, answer.blobs)
        except WireError as error:
            raise SandboxFailed(reason="its answer is no answer") from error
        return value  # type: ignore[return-value] # unpack builds what it was told to expect


def _demand_base(placeholder: Placeholder, pdf: bytes) -> None:
    if placeholder.increment.base_length != len(pdf):
        raise RevisionBroken


def _as_read(pdf: bytes, facts: FileFacts) -> bytes:
    return from_header(pdf) if facts.read is ReadMode.LAX else pdf


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
