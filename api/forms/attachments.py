"""The JSON of files that go out with a document."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms.documents import FindingAnswer

if TYPE_CHECKING:
    from issuance.companions import Attachment
    from signing.lint import Finding


class AttachmentAnswer(BaseModel):
    """A file in its place; ``sha256`` is that of the newest state, which is the sealed one once ``sealed``."""

    id: UUID
    place: int = Field(ge=1)
    title: str
    sealed: bool
    sha256: str
    length: int
    given_sha256: str = Field(description="what was sent in; the sealed file begins with these bytes")

    @classmethod
    def of(cls, attachment: Attachment) -> AttachmentAnswer:
        """The attachment as it is answered."""
        return cls.model_validate(_told(attachment))


class AttachedAnswer(AttachmentAnswer):
    """A new attachment, with what was noticed about its file."""

    findings: tuple[FindingAnswer, ...]

    @classmethod
    def with_findings(cls, attachment: Attachment, findings: tuple[Finding, ...]) -> AttachedAnswer:
        """The attachment with the findings of the first look at it."""
        noticed = [{"code": one.code, "severity": one.severity.value, "vi": one.vi, "en": one.en} for one in findings]
        return cls.model_validate(_told(attachment) | {"findings": noticed})


class AttachmentsAnswer(BaseModel):
    """Every attachment of a document, by place."""

    items: tuple[AttachmentAnswer, ...]


def _told(attachment: Attachment) -> dict[str, object]:
    return {
        "id": attachment.id,
        "place": attachment.place,
        "title": attachment.title,
        "sealed": attachment.sealed is not None,
        "sha256": attachment.current.sha256,
        "length": attachment.current.length,
        "given_sha256": attachment.given.sha256,
    }
