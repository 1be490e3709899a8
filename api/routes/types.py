"""The types of documents that the caller's agency issues."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import Actor, Parts
from api.problems.descriptions import SIGNED_IN, problem_answers
from api.types.toml_form import TypeForm
from issuance.type_decisions import types_of

router = APIRouter(tags=["register"])


class TypesAnswer(BaseModel):
    """All types, by name; none for an agency that has not laid any down and takes what it is sent."""

    items: tuple[TypeForm, ...]


@router.get("/v1/types", operation_id="listTypes", response_model=TypesAnswer, responses=problem_answers(*SIGNED_IN))
def list_types(application: Parts, actor: Actor) -> TypesAnswer:
    """Name, series, symbol, template, who may sign and how, retention, publication, and what comes first."""
    decisions = types_of(uow=application.outside.uow, agency=actor.agency)
    return TypesAnswer(items=tuple(TypeForm.of(one) for one in decisions))
