"""The JSON of documents: what a sender describes, what the steps take, what is answered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from api.forms.copies import CopyAnswer
from api.forms.plain_text import Line, Name, WebAddress
from issuance.capacity import Capacity
from issuance.cosigners import MOST_COSIGNERS, Cosigner, Part
from issuance.document_types import NumberingOrder
from issuance.documents import CopyOf, Document, DocumentState, Draft, Revision
from issuance.ports import TimelineStep
from signing.layout import CODE_BOX, Box, OpenCells
from signing.lint import Finding

_A0_LENGTH = 1189.0
Millimetres = Annotated[float, Field(ge=0, le=_A0_LENGTH, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, le=_A0_LENGTH, allow_inf_nan=False)]


class _Form(BaseModel):
    """Requests name exactly their fields: a misspelt one is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BoxForm(_Form):
    """A rectangle in millimetres from the top left corner of a page; pages count from 1."""

    page: int = Field(ge=1, le=10_000)
    left: Millimetres
    top: Millimetres
    width: Size
    height: Size

    def box(self) -> Box:
        """The rectangle as the core knows it."""
        return Box(page=self.page, left=self.left, top=self.top, width=self.width, height=self.height)


class LayoutForm(_Form):
    """The cells that the sender left open. The seal's place follows from the signature's (Decree 30/2020, II.8.a)."""

    number: BoxForm = Field(description="cell 3: behind “Số:”")
    date: BoxForm = Field(description="cell 4: place and date of issue")
    signature: BoxForm = Field(description="cell 7c: the picture of the signature, between title and name")
    code: BoxForm | None = Field(default=None, description="lookup code and QR; by default in page 1's bottom margin")

    def cells(self, *, cosigners: tuple[Box | None, ...] = ()) -> OpenCells:
        """The cells as the core knows them, with the places of those who sign before the signatory."""
        return OpenCells(
            number=self.number.box(),
            date=self.date.box(),
            signature=self.signature.box(),
            code=self.code.box() if self.code else CODE_BOX,
            cosigners=cosigners,
        )


class CosignerForm(_Form):
    """One who signs before the signatory: an initial (ký nháy), or a signatory beside him."""

    account: Name
    part: Part
    capacity: tuple[Capacity, ...] = Field(default=(), max_length=2)
    box: BoxForm | None = Field(default=None, description="where the signature shows; nowhere by default")

    def cosigner(self) -> Cosigner:
        """The one as the core knows them; the box goes into the layout."""
        return Cosigner(account=self.account, part=self.part, capacity=self.capacity)


class DescriptionForm(_Form):
    """What the sending system says of a document; names as in Decree 30/2020, Annex VI."""

    agency: Name = Field(examples=["000.00.00.H62"])
    type: Name = Field(examples=["Thông báo"])
    subject: Line
    signatory: Name = Field(description="the account of the official who signs")
    series: Name | None = Field(
        default=None, examples=["TB"], description="the series of numbers; by default as the agency numbers this type"
    )
    dossier_code: Name | None = Field(default=None, examples=["000.00.15.H62-230405-0012"])
    procedure_code: Name | None = Field(default=None, examples=["1.004194"])
    recipients: tuple[Line, ...] = Field(default=(), max_length=500)
    due_at: AwareDatetime | None = None
    callback_url: WebAddress | None = None
    external_id: Name | None = None
    drafting_unit: Name | None = Field(
        default=None,
        pattern=r"^[^\s/{}]{1,20}$",
        examples=["VX"],
        description="the unit's abbreviation, for a symbol with it",
    )
    capacity: tuple[Capacity, ...] = Field(
        default=(), max_length=2, examples=[["TL", "KT"]], description="what stands above the signature, line by line"
    )
    cosigners: tuple[CosignerForm, ...] = Field(
        default=(), max_length=MOST_COSIGNERS, description="who signs before the signatory, in order"
    )

    def cosigner_boxes(self) -> tuple[Box | None, ...]:
        """Where those who sign before the signatory show."""
        return tuple(one.box.box() if one.box else None for one in self.cosigners)

    def draft(self) -> Draft:
        """The description as the core knows it."""
        return Draft(
            agency=self.agency,
            document_type=self.type,
            subject=self.subject,
            signatory=self.signatory,
            series=self.series or "",
            dossier_code=self.dossier_code,
            procedure_code=self.procedure_code,
            recipients=self.recipients,
            due_at=self.due_at,
            callback_url=self.callback_url,
            external_id=self.external_id,
            drafting_unit=self.drafting_unit,
            capacity=self.capacity,
            cosigners=tuple(one.cosigner() for one in self.cosigners),
        )


class MetadataForm(DescriptionForm):
    """The description of an uploaded draft, and where its open cells lie."""

    layout: LayoutForm

    def cells(self) -> OpenCells:
        """The open cells as the core knows them."""
        return self.layout.cells(cosigners=self.cosigner_boxes())


class SignatureOrder(_Form):
    """Sign with a key that the server holds; ``activation`` is the holder's consent to this one use."""

    credential: Name
    activation: SecretStr = Field(min_length=1, max_length=200)


class IssueOrder(_Form):
    """Number, date and seal; ``issued_on`` defaults to today in Vietnam."""

    credential: Name
    activation: SecretStr | None = Field(default=None, min_length=1, max_length=200)
    issued_on: date | None = None


class NumberOrder(_Form):
    """Number and date before the signature; ``issued_on`` defaults to today in Vietnam."""

    issued_on: date | None = None


class ReasonOrder(_Form):
    """Why; kept in the timeline."""

    reason: Line


class WithdrawalOrder(_Form):
    """Why, where the sender wants to say it."""

    reason: Line | None = None


class PublicReasonOrder(_Form):
    """Why, in words for the public (no names), and through which issued document."""

    reason: Line = Field(description="shown to everyone who looks the document up")
    by: UUID


class RecallOrder(_Form):
    """Why, in words for the public (no names), and through which notice, where that was issued here."""

    reason: Line = Field(description="shown to everyone who looks the document up")
    by: UUID | None = None


class FindingAnswer(BaseModel):
    """Something about the file that the sender should know."""

    code: str
    severity: Literal["refuse", "warn"]
    vi: str
    en: str


class RevisionAnswer(BaseModel):
    """One revision of the PDF; ``revision`` counts from 1 and goes into `?revision=`."""

    revision: int
    sha256: str
    length: int
    predecessor: str | None


class CosignerAnswer(BaseModel):
    """One who signs before the signatory, and whether that has happened."""

    account: str
    part: Part
    capacity: tuple[Capacity, ...]
    signed: bool


class TimelineAnswer(BaseModel):
    """When the document reached a state, through which account, and why, where a reason is asked for.

    `other` is the document that corrects, replaces or recalls this one.
    """

    state: DocumentState
    at: datetime
    actor: str
    reason: str | None = None
    other: UUID | None = None


class SignatureAnswer(BaseModel):
    """A signature that is in the file."""

    kind: Literal["signature", "seal"]
    by: str
    at: datetime


class ObstacleAnswer(BaseModel):
    """Why the step under way has not been finished."""

    code: str
    text: str
    at: datetime


class DocumentSummary(BaseModel):
    """A row of the register."""

    id: UUID
    lookup_code: str = Field(examples=["7K3MQX9P2BDFHT5W4"])
    state: DocumentState
    agency: str
    type: str
    subject: str
    signatory: str
    series: str
    dossier_code: str | None
    external_id: str | None
    number: str | None = Field(examples=["05/TB-UBND"])
    issued_on: date | None
    sha256: str
    created_at: datetime
    due_at: datetime | None
    obstacle: ObstacleAnswer | None

    @classmethod
    def of(cls, document: Document) -> DocumentSummary:
        """The document as a list shows it."""
        return cls.model_validate(_summary(document))


class DocumentAnswer(DocumentSummary):
    """A document with its whole story."""

    procedure_code: str | None
    recipients: tuple[str, ...]
    callback_url: str | None
    drafting_unit: str | None
    capacity: tuple[Capacity, ...]
    order: NumberingOrder
    cosigners: tuple[CosignerAnswer, ...]
    issue_by: date | None = Field(description="the last day to issue it in time, once it is signed")
    reappointed_to: datetime | None = Field(description="the later date that an apology promised")
    created_by: str
    timeline: tuple[TimelineAnswer, ...]
    revisions: tuple[RevisionAnswer, ...]
    signatures: tuple[SignatureAnswer, ...]
    copy_of: CopyAnswer | None = Field(description="of a copy, its form and what it was made from")
    attachments: int = Field(description="how many files go out with it")


class CreatedAnswer(DocumentAnswer):
    """A new draft, with what was noticed about its file."""

    findings: tuple[FindingAnswer, ...]


class DocumentPage(BaseModel):
    """Newest first; ask again with ``cursor`` = ``next_cursor`` for older ones."""

    items: tuple[DocumentSummary, ...]
    next_cursor: str | None


class CopiesAnswer(BaseModel):
    """Every copy that was made from a document or paper of the register, oldest first."""

    items: tuple[DocumentSummary, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A document with everything that is told of it, as of one moment."""

    document: Document
    timeline: list[TimelineStep]
    revisions: list[Revision]
    issue_by: date | None
    reappointed_to: datetime | None
    attachments: int


def document_answer(story: Story) -> DocumentAnswer:
    """The document with its timeline and revisions."""
    return DocumentAnswer.model_validate(_story(story))


def created_answer(story: Story, *, findings: tuple[Finding, ...]) -> CreatedAnswer:
    """The same with the findings of the first look at the file."""
    noticed = [{"code": f.code, "severity": f.severity.value, "vi": f.vi, "en": f.en} for f in findings]
    return CreatedAnswer.model_validate(_story(story) | {"findings": noticed})


def _copy(copy: CopyOf | None) -> dict[str, object] | None:
    if copy is None:
        return None
    original = asdict(copy.original)
    return {"form": copy.form.name.lower(), "original": {"type": original.pop("document_type"), **original}}


_SIGNATURE_STATES = {
    DocumentState.PARTLY_SIGNED: "signature",
    DocumentState.SIGNED: "signature",
    DocumentState.SEALED: "seal",
}


def _summary(document: Document) -> dict[str, object]:
    draft, obstacle = document.draft, document.obstacle
    return {
        "id": document.id,
        "lookup_code": document.lookup_code,
        "state": document.state,
        "agency": draft.agency,
        "type": draft.document_type,
        "subject": draft.subject,
        "signatory": draft.signatory,
        "series": draft.series,
        "dossier_code": draft.dossier_code,
        "external_id": draft.external_id,
        "number": str(document.number) if document.number else None,
        "issued_on": document.issued_on,
        "sha256": document.current.sha256,
        "created_at": document.created_at,
        "due_at": draft.due_at,
        "obstacle": {"code": obstacle.code, "text": obstacle.text, "at": obstacle.at} if obstacle else None,
    }


def _story(story: Story) -> dict[str, object]:
    document, timeline, revisions = story.document, story.timeline, story.revisions
    return _summary(document) | {
        "procedure_code": document.draft.procedure_code,
        "recipients": document.draft.recipients,
        "callback_url": document.draft.callback_url,
        "drafting_unit": document.draft.drafting_unit,
        "capacity": document.draft.capacity,
        "order": document.draft.order,
        "cosigners": [
            asdict(one) | {"signed": place < document.cosigned} for place, one in enumerate(document.draft.cosigners)
        ],
        "issue_by": story.issue_by,
        "reappointed_to": story.reappointed_to,
        "attachments": story.attachments,
        "copy_of": _copy(document.draft.copy),
        "created_by": document.created_by,
        "timeline": [
            {"state": step.state, "at": step.at, "actor": step.actor, "reason": step.reason, "other": step.other}
            for step in timeline
        ],
        "revisions": [
            {"revision": count, "sha256": one.sha256, "length": one.length, "predecessor": one.predecessor}
            for count, one in enumerate(revisions, start=1)
        ],
        "signatures": [
            {"kind": _SIGNATURE_STATES[step.state], "by": step.actor, "at": step.at}
            for step in timeline
            if step.state in _SIGNATURE_STATES
        ],
    }
