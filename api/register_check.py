"""What the register says about a file's bytes: the second half of a public verification."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from api.public_facts import PublicFacts, is_published, public_facts
from issuance.documents import PUBLISHED
from issuance.lookup_code import parse_lookup_code
from issuance.proofs import was_issued

if TYPE_CHECKING:
    from issuance.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class RegisterCheck:
    """Whether these bytes, or the code that was given with them, are known, and whether both belong together."""

    facts: PublicFacts | None
    same_bytes: bool | None
    code_given: bool
    attachment: int | None = None
    """The place of the file that goes out with the document, where it is one."""

    @property
    def is_issued_file(self) -> bool:
        """Whether the bytes are exactly a file that was issued, whatever came after."""
        return bool(self.same_bytes) and self.facts is not None and self.facts.state in PUBLISHED

    def as_json(self) -> dict[str, object]:
        """The ``register`` member of a verification report."""
        facts = self.facts
        events = facts.events if facts else ()
        return {
            "known": facts is not None,
            "state": facts.state.value if facts else None,
            "lookup_code": facts.code if facts else None,
            "number": facts.number if facts else None,
            "same_bytes": self.same_bytes,
            "attachment": self.attachment,
            "copy_of": facts.copy.as_json() if facts and facts.copy else None,
            "in_force": facts.in_force if facts else None,
            "events": [asdict(event) | {"state": event.state.value, "at": event.at.isoformat()} for event in events],
        }


def check_register(uow: UnitOfWork, *, sha256: str, lookup_code: str | None = None) -> RegisterCheck:
    """Look the digest up; with a code, compare it with that very document.

    Of a type that the agency does not publish only those learn anything who hold a file that was issued.
    """
    code = parse_lookup_code(lookup_code) if lookup_code else None
    with uow() as register:
        document = register.document_by_lookup_code(code) if code else register.document_by_sha256(sha256)
        attachment, issued = None, document is not None and was_issued(register, document, sha256)
        if document is None or (code and not issued):
            attachment = register.attachment_by_sha256(sha256)
        if document is None and attachment is not None and not code:
            document = register.document(attachment.document_id)
        if document is None:
            return RegisterCheck(facts=None, same_bytes=None, code_given=bool(lookup_code))
        ours = attachment if attachment is not None and attachment.document_id == document.id else None
        same_bytes = issued or (ours is not None and sha256 != ours.given.sha256)
        holds_it = same_bytes and document.state in PUBLISHED
        if not holds_it and not is_published(register, document):
            return RegisterCheck(facts=None, same_bytes=None, code_given=bool(lookup_code))
        return RegisterCheck(
            facts=public_facts(register, document),
            same_bytes=same_bytes,
            code_given=code is not None,
            attachment=ours.place if ours else None,
        )
