"""Which credentials the caller may sign or seal with, and where their keys are."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.dependencies import Actor, Parts
from api.problems.descriptions import SIGNED_IN, problem_answers
from issuance.documents import Purpose
from issuance.own_tokens import usable_credentials
from issuance.ports import Credential

router = APIRouter(tags=["own tokens"])


class CredentialAnswer(BaseModel):
    """A certificate with its key; `key` says whether the server signs with it, or the holder's own token does."""

    name: str
    purpose: Literal["signature", "seal"]
    key: Literal["server", "holder"]
    algorithm: str = Field(examples=["RSA_SHA256"])
    certificate_sha256: str
    common_name: str
    not_after: datetime

    @classmethod
    def of(cls, credential: Credential) -> CredentialAnswer:
        """The credential as it is answered."""
        certificate = credential.certificate
        return cls(
            name=credential.name,
            purpose="seal" if credential.purpose is Purpose.SEAL else "signature",
            key="holder" if credential.key is None else "server",
            algorithm=credential.algorithm.name,
            certificate_sha256=certificate.sha256,
            common_name=certificate.common_name,
            not_after=certificate.x509.not_valid_after_utc,
        )


class CredentialsAnswer(BaseModel):
    """By name."""

    items: tuple[CredentialAnswer, ...]


@router.get(
    "/v1/credentials",
    operation_id="listCredentials",
    response_model=CredentialsAnswer,
    responses=problem_answers(*SIGNED_IN),
)
def list_credentials(application: Parts, actor: Actor) -> CredentialsAnswer:
    """An official's own ones; for the clerk, the agency's seals too. What was withdrawn is not among them."""
    found = usable_credentials(uow=application.outside.uow, actor=actor)
    return CredentialsAnswer(items=tuple(CredentialAnswer.of(one) for one in found))
