"""Signatures between their two halves, as rows."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, Select, bindparam, select

from certs.algorithms import SignatureAlgorithm
from issuance.documents import Purpose
from issuance.ports import SignatureRequest
from signing.claims import Claims, CommitmentType
from storage.names import credential_of
from storage.open_transaction import OpenTransaction
from storage.request_tables import signature_requests
from storage.schema import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from issuance.ports import Credential

_IDENTIFYING = (
    "document_id",
    "purpose",
    "turn",
    "base",
    "reserved_start",
    "reserved_end",
    "document_digest",
    "signed_attributes",
)
_AS_THEY_ARE = tuple(field.name for field in fields(SignatureRequest) if field.name != "claims")
# Made once: to put a statement together costs more than to carry it out.
_OF_DOCUMENT = select(signature_requests).where(signature_requests.c.document_id == bindparam("document"))
_REQUEST = _OF_DOCUMENT.where(
    signature_requests.c.purpose == bindparam("for_purpose"), signature_requests.c.turn == bindparam("at_turn")
)
_REQUESTS = _OF_DOCUMENT.order_by(signature_requests.c.purpose.desc(), signature_requests.c.turn)
_BY_ID = select(signature_requests).where(signature_requests.c.id == bindparam("request"))
_CONTINUE = signature_requests.update().where(
    *(signature_requests.c[name] == bindparam(f"known_{name}") for name in _IDENTIFYING)
)
_STAMPED = (
    select(credentials, signature_requests.c.timestamp.label("stamped"))
    .join(credentials, credentials.c.name == signature_requests.c.credential)
    .where(
        signature_requests.c.document_id == bindparam("document"),
        signature_requests.c.timestamp.is_not(None),
    )
    .order_by(signature_requests.c.purpose.desc(), signature_requests.c.turn)
)


class SignatureRequestRows(OpenTransaction):
    """Reads and writes signature requests."""

    def save_signature_request(self, request: SignatureRequest) -> None:
        """Insert or replace; there is one for each document, purpose and turn."""
        if request.value is None or not self._continued(request):
            self._insert_or_replace(signature_requests, _row(request))

    def redeem_signature_request(self, request: SignatureRequest) -> bool:
        """Write it back with its value if it had none; False where somebody was faster, and then nothing changes."""
        waiting = signature_requests.update().where(
            signature_requests.c.id == request.id, signature_requests.c.value.is_(None)
        )
        return self._connection.execute(waiting.values(_row(request))).rowcount == 1

    def signature_request(self, document_id: UUID, purpose: Purpose, *, turn: int = 0) -> SignatureRequest | None:
        """The request, or None."""
        key = {"document": document_id, "for_purpose": purpose.value, "at_turn": turn}
        return self._one_request(_REQUEST, key)

    def signature_request_by_id(self, request_id: UUID) -> SignatureRequest | None:
        """The one that was handed out under this id, or None."""
        return self._one_request(_BY_ID, {"request": request_id})

    def signature_requests(self, document_id: UUID) -> list[SignatureRequest]:
        """Every request of the document, signatures before the seal, in the order of turns."""
        return [_request(row) for row in self._connection.execute(_REQUESTS, {"document": document_id}).mappings()]

    def stamped_signatures(self, document_id: UUID) -> list[tuple[Credential, bytes]]:
        """Whose key made each signature that has its timestamp, and that token as DER; in the order of requests."""
        return [
            (credential_of(row), row["stamped"])
            for row in self._connection.execute(_STAMPED, {"document": document_id}).mappings()
        ]

    def forget_signature_requests(self, document_id: UUID) -> None:
        """Remove them: they were for a file that is no longer the document's."""
        self._connection.execute(signature_requests.delete().where(signature_requests.c.document_id == document_id))

    def _continued(self, request: SignatureRequest) -> bool:
        """Write what came since it was prepared, if the same still lies there; that itself is large and is not sent."""
        row = _row(request)
        known = {*_IDENTIFYING, "increment"}  # which the digest covers
        changed = {name: value for name, value in row.items() if name not in known}
        same = {f"known_{name}": row[name] for name in _IDENTIFYING}
        return self._connection.execute(_CONTINUE, changed | same).rowcount == 1

    def _one_request(
        self, query: Select[tuple[object, ...]], parameters: Mapping[str, object]
    ) -> SignatureRequest | None:
        row = self._connection.execute(query, dict(parameters)).mappings().one_or_none()
        return _request(row) if row is not None else None


def _row(request: SignatureRequest) -> dict[str, object]:
    claims = request.claims
    return {name: getattr(request, name) for name in _AS_THEY_ARE} | {
        "purpose": request.purpose.value,
        "algorithm": request.algorithm.name,
        "commitment": claims.commitment and claims.commitment.name,
        "roles": list(claims.roles),
    }


def _request(row: RowMapping) -> SignatureRequest:
    members = dict(row)
    commitment, roles = members.pop("commitment"), members.pop("roles")
    return SignatureRequest(
        **{
            **members,
            "purpose": Purpose(row["purpose"]),
            "algorithm": SignatureAlgorithm[row["algorithm"]],
            "claims": Claims(CommitmentType[commitment] if commitment else None, tuple(roles)),
        },
    )
