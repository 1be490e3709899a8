"""Documents that are made from fields: results whose type has a template, and the apology for a late one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from api.dependencies import Actor, Parts
from api.forms.documents import CreatedAnswer, DescriptionForm
from api.forms.plain_text import Line, Name, Paragraph
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.telling import answer, told_new
from api.templates.apology import TYPE, Delay, apology_body
from api.templates.typesetting import PAPERS, Fields, typeset
from api.wiring import Application
from issuance.calendar import vietnam_date
from issuance.errors import MetadataInvalid, UnknownName
from issuance.numbering import series_for
from issuance.ports import Account
from issuance.reappointment import reappoint
from issuance.submit import create_draft, submit
from signing.layout import OpenCells

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.numbers import NumberSeries
    from issuance.ports import Agency
    from signing.lint import Finding

router = APIRouter(tags=["documents"])

_PROBLEMS = ("not-found", "not-competent", "metadata-invalid", "no-place", "object-storage-unavailable")


class TypesetForm(DescriptionForm):
    """A document whose type has a template, as fields."""

    body: tuple[Paragraph, ...] = Field(min_length=1, max_length=500, description="cell 6, paragraph by paragraph")
    authority: tuple[Line, ...] = Field(
        default=(), max_length=4, description="cell 7a, line by line; by default the signatory's position"
    )


class ApologyForm(DescriptionForm):
    """An apology: whose result is late, why, and until when; the description is that of the slip."""

    type: Name = TYPE
    subject: Line = "Về việc hẹn lại ngày trả kết quả"
    applicant: Line = Field(examples=["Ông Trần Văn Mẫu"])
    procedure: Line = Field(examples=["cấp giấy phép xây dựng"])
    reason: Line
    new_due_at: AwareDatetime
    authority: tuple[Line, ...] = Field(default=(), max_length=4)


@router.post(
    "/v1/documents/typeset",
    operation_id="typesetDocument",
    status_code=201,
    response_model=CreatedAnswer,
    responses=problem_answers(*_PROBLEMS, *SIGNED_IN, *REPEATED),
)
def typeset_document(request: Request, application: Parts, actor: Actor, order: TypesetForm) -> Response:
    """Make a draft from fields, as PDF/A-2b by the layout rules of Decree 30/2020."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        made = _made(application, actor, order, body=order.body, authority=order.authority, identifier=ticket.effect)
        return ticket.keep(answer(told_new(application.outside.uow, *made), status=201))


@router.post(
    "/v1/documents/{document_id}/apology",
    operation_id="apologise",
    status_code=201,
    response_model=CreatedAnswer,
    responses=problem_answers(*_PROBLEMS, "wrong-state", *SIGNED_IN, *REPEATED),
)
def apologise(request: Request, application: Parts, actor: Actor, document_id: UUID, order: ApologyForm) -> Response:
    """Put the return of a result off, once: the apology is made, and submitted to its signatory."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    uow, clock = application.outside.uow, application.outside.clock
    with ticket:
        late = reappoint(
            uow=uow,
            clock=clock,
            actor=actor,
            document_id=document_id,
            slip=ticket.effect,
            new_due_at=order.new_due_at,
            reason=order.reason,
        )
        body = apology_body(_delay(application, late, order))
        slip, findings = _made(
            application, actor, order, body=body, authority=order.authority, identifier=ticket.effect
        )
        slip = submit(uow=uow, clock=clock, actor=actor, document_id=slip.id)
        return ticket.keep(answer(told_new(uow, slip, findings), status=201))


def _delay(application: Application, late: Document, order: ApologyForm) -> Delay:
    with application.outside.uow() as register:
        agency = register.agency(late.draft.agency)
    return Delay(
        applicant=order.applicant,
        procedure=order.procedure,
        dossier_code=late.draft.dossier_code or late.lookup_code,
        agency=agency.name if agency else late.draft.agency,
        due_at=late.draft.due_at or order.new_due_at,
        new_due_at=order.new_due_at,
        reason=order.reason,
    )


def _made(
    application: Application,
    actor: Account,
    order: DescriptionForm,
    *,
    body: tuple[str, ...],
    authority: tuple[str, ...],
    identifier: UUID,
) -> tuple[Document, tuple[Finding, ...]]:
    outside = application.outside
    now = outside.clock.now()
    template, fields = _fields(application, actor, order, body=body, authority=authority)
    made = typeset(template, fields, created_at=now)
    return create_draft(
        document_id=identifier,
        uow=outside.uow,
        blobs=outside.blobs,
        workshop=outside.workshop,
        clock=outside.clock,
        random_bytes=secrets.token_bytes,
        actor=actor,
        pdf=made.pdf,
        draft=order.draft(),
        cells=_with_cosigners(made.cells, order),
        public_url=application.settings.public_url,
    )


def _fields(
    application: Application,
    actor: Account,
    order: DescriptionForm,
    *,
    body: tuple[str, ...],
    authority: tuple[str, ...],
) -> tuple[str, Fields]:
    """The template of the type, and what stands on its page. Raises :class:`UnknownName`, :class:`MetadataInvalid`."""
    year = vietnam_date(application.outside.clock.now()).year
    with application.outside.uow() as register:
        agency = register.agency(order.agency)
        if agency is None or agency.id != actor.agency:
            raise UnknownName(kind="agency", name=order.agency)
        document_type = register.document_type(agency=agency.id, name=order.type)
        rule = register.numbering_rule(agency=agency.id, document_type=order.type)
        signatory = register.account(order.signatory)
        name = order.series or (rule.series if rule else "")
        series = series_for(
            register,
            agency=agency.id,
            document_type=order.type,
            unit=order.drafting_unit,
            name=name,
            year=year,
        )
    template = document_type.template if document_type else None
    if template not in PAPERS:
        raise MetadataInvalid(problems={"type": "has no template; send its PDF"})
    if series is None or signatory is None:
        raise MetadataInvalid(problems={"signatory" if series else "series": "is not known"})
    position = (signatory.position or "",)
    return template, _on_page(agency, order, series, body=body, authority=authority or position, signer=signatory)


def _on_page(
    agency: Agency,
    order: DescriptionForm,
    series: NumberSeries,
    *,
    body: tuple[str, ...],
    authority: tuple[str, ...],
    signer: Account,
) -> Fields:
    return Fields(
        parent=agency.parent,
        agency=agency.name,
        symbol=series.symbol,
        place=agency.place,
        type=order.type,
        subject=order.subject,
        body=body,
        recipients=order.recipients or ("Như trên", "Lưu: VT"),
        authority=authority,
        signer=signer.full_name,
    )


def _with_cosigners(cells: OpenCells, order: DescriptionForm) -> OpenCells:
    return OpenCells(
        number=cells.number,
        date=cells.date,
        signature=cells.signature,
        code=cells.code,
        cosigners=order.cosigner_boxes(),
    )
