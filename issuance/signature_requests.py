"""What the register keeps between the halves of a signature: a part of :class:`issuance.ports.Repositories`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Purpose
    from issuance.ports import Credential, SignatureRequest


class SignatureRequests(Protocol):
    """Signatures that were prepared and may wait for their value or their timestamp, in the open transaction."""

    def save_signature_request(self, request: SignatureRequest) -> None:
        """Insert or replace; there is one for each document, purpose and turn."""
        ...

    def signature_request(self, document_id: UUID, purpose: Purpose, *, turn: int = 0) -> SignatureRequest | None:
        """The request, or None."""
        ...

    def signature_request_by_id(self, request_id: UUID) -> SignatureRequest | None:
        """The one that was handed out under this id, or None."""
        ...

    def redeem_signature_request(self, request: SignatureRequest) -> bool:
        """Write it back with its value if it had none; False where somebody was faster, and then nothing changes."""
        ...

    def signature_requests(self, document_id: UUID) -> list[SignatureRequest]:
        """Every request of the document, signatures before the seal, in the order of turns."""
        ...

    def stamped_signatures(self, document_id: UUID) -> list[tuple[Credential, bytes]]:
        """Whose key made each signature that has its timestamp, and that token as DER; in the order of requests."""
        ...

    def forget_signature_requests(self, document_id: UUID) -> None:
        """Remove them: they were for a file that is no longer the document's."""
        ...
