"""Signatures between their two halves, as rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from certs.algorithms import SignatureAlgorithm
from issuance.ports import SignatureRequest
from storage.open_transaction import OpenTransaction
from storage.schema import signature_requests

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Purpose


class SignatureRequestRows(OpenTransaction):
    """Reads and writes signature requests."""

    def save_signature_request(self, request: SignatureRequest) -> None:
        """Insert or replace; there is one for each document and purpose."""
        row = asdict(request) | {"purpose": request.purpose.value, "algorithm": request.algorithm.name}
        self._insert_or_replace(signature_requests, row)

    def signature_request(self, document_id: UUID, purpose: Purpose) -> SignatureRequest | None:
        """The request, or None."""
        row = (
            self._connection.execute(
                select(signature_requests).where(
                    signature_requests.c.document_id == document_id, signature_requests.c.purpose == purpose.value
                )
            )
            .mappings()
            .one_or_none()
        )
        if row is None:
            return None
        return SignatureRequest(
            **{**row, "purpose": purpose, "algorithm": SignatureAlgorithm[row["algorithm"]]},
        )
