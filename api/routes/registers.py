"""The outgoing register: read it as of any day, take numbers for paper documents, take over what others numbered."""

from __future__ import annotations

from enum import Enum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from api.dependencies import Actor, Parts
from api.forms.days import Day
from api.forms.documents import ReasonOrder
from api.forms.plain_text import Name
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.registers.csv_form import csv_of
from api.registers.forms import BookAnswer, EntryAnswer, ImportAnswer, ImportOrder, PaperOrder
from api.registers.pdf_form import pdf_of
from issuance.errors import MetadataInvalid, UnknownName
from issuance.numbering import import_entries, number_paper, void_paper_number
from issuance.ports import Account
from issuance.register_book import RegisterBook, end_of_day, read_book

router = APIRouter(prefix="/v1/registers/{agency}", tags=["register"])

Year = Annotated[int, Path(ge=1945, le=9999)]


class BookFormat(Enum):
    """How the register is answered."""

    JSON = "json"
    CSV = "csv"
    PDF = "pdf"


_MEDIA_TYPES = {
    BookFormat.JSON: "application/json",
    BookFormat.CSV: "text/csv; charset=utf-8",
    BookFormat.PDF: "application/pdf",
}
_BODIES: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/pdf": {"schema": {"type": "string"}}}}
}


@router.get(
    "/{year}",
    operation_id="readRegister",
    response_model=BookAnswer,
    responses=_BODIES | problem_answers("not-found", "not-competent", *SIGNED_IN),
)
def read_register(
    request: Request,
    application: Parts,
    actor: Actor,
    agency: Name,
    year: Year,
    on: Annotated[
        Day | None, Query(description="as it stood at the end of this day in Vietnam; now by default")
    ] = None,
    form: Annotated[BookFormat | None, Query(alias="format", description="by default as `Accept` asks")] = None,
) -> Response:
    """Every number of the year with its ten columns, voided ones with their reasons, gaps and duplicates."""
    now = application.outside.clock.now()
    as_of = min(end_of_day(on), now) if on else now
    book = read_book(uow=application.outside.uow, actor=actor, agency=agency, year=year, as_of=as_of)
    chosen = form or _asked_for(request.headers.get("accept", ""))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="register-{year}.{chosen.value}"',
        "Vary": "Accept",
    }
    return Response(_written(book, chosen), media_type=_MEDIA_TYPES[chosen], headers=headers)


@router.post(
    "/numbers",
    operation_id="takePaperNumber",
    status_code=201,
    response_model=EntryAnswer,
    responses=problem_answers("not-found", "not-competent", "date-invalid", "already-there", *SIGNED_IN, *REPEATED),
)
def take_paper_number(request: Request, application: Parts, actor: Actor, agency: Name, order: PaperOrder) -> Response:
    """Take the next number for a paper document; paper and electronic documents share their series."""
    _demand_own(agency, actor)
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        entry = number_paper(
            uow=application.outside.uow,
            clock=application.outside.clock,
            actor=actor,
            entry_id=ticket.effect,
            series=order.series,
            issued_on=order.issued_on,
            registered=order.registered(),
        )
        return ticket.keep(_json(EntryAnswer.of(entry).model_dump_json(), status=201))


@router.post(
    "/numbers/{entry_id}/void",
    operation_id="voidPaperNumber",
    status_code=204,
    response_class=Response,
    responses=problem_answers("not-found", "not-competent", *SIGNED_IN, *REPEATED),
)
def void_number(
    request: Request, application: Parts, actor: Actor, agency: Name, entry_id: UUID, order: ReasonOrder
) -> Response:
    """Give the number of a paper document up; it stays in the register, void, with the reason."""
    _demand_own(agency, actor)
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump())
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        void_paper_number(uow=outside.uow, clock=outside.clock, actor=actor, entry_id=entry_id, reason=order.reason)
        return ticket.keep(Response(status_code=204))


@router.post(
    "/{year}/import",
    operation_id="importRegister",
    response_model=ImportAnswer,
    responses=problem_answers(
        "not-found", "not-competent", "metadata-invalid", "number-taken", "already-there", *SIGNED_IN, *REPEATED
    ),
)
def import_register(
    request: Request, application: Parts, actor: Actor, agency: Name, year: Year, order: ImportOrder
) -> Response:
    """Take over numbers that were given elsewhere, all or none; those that the register has already are named."""
    _demand_own(agency, actor)
    if any(entry.issued_on.year != year for entry in order.entries):
        raise MetadataInvalid(problems={"entries": f"must all be of {year}"})
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    now = outside.clock.now()
    with ticket:
        count = import_entries(
            uow=outside.uow,
            clock=outside.clock,
            actor=actor,
            year=year,
            entries=[entry.entry(agency=agency, at=now, actor=actor.id) for entry in order.entries],
        )
        return ticket.keep(_json(ImportAnswer(imported=count).model_dump_json(), status=200))


def _demand_own(agency: str, actor: Account) -> None:
    if agency != actor.agency:
        raise UnknownName(kind="agency", name=agency)


def _asked_for(accept: str) -> BookFormat:
    if "text/csv" in accept:
        return BookFormat.CSV
    return BookFormat.PDF if "application/pdf" in accept else BookFormat.JSON


def _written(book: RegisterBook, form: BookFormat) -> bytes:
    match form:
        case BookFormat.CSV:
            return csv_of(book)
        case BookFormat.PDF:
            return pdf_of(book)
        case BookFormat.JSON:
            return BookAnswer.of(book).model_dump_json().encode()


def _json(body: str, *, status: int) -> Response:
    return Response(body, status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})
