"""Agencies, accounts, credentials and documents for tests of the register; every call makes other names."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from issuance.documents import Document, DocumentState, Draft, Intent, Purpose, Revision
from issuance.identifiers import document_id
from issuance.lookup_code import draw_lookup_code
from issuance.numbers import NumberSeries
from issuance.ports import Account, Agency, Credential, Role, SignatureRequest
from signing.layout import Box, OpenCells, layout_with_seal

if TYPE_CHECKING:
    from issuance.ports import UnitOfWork

NOW = datetime(2026, 11, 23, 2, 15, 42, 123456, tzinfo=UTC)
LAYOUT = layout_with_seal(
    OpenCells(
        number=Box(page=1, left=35.5, top=28, width=20, height=6),
        date=Box(page=1, left=100, top=28, width=60, height=6),
        signature=Box(page=2, left=110, top=100.25, width=50, height=25),
    ),
    seal_diameter=36,
)


@dataclass(frozen=True)
class People:
    """One agency with those who work there, their credentials and a number series, all stored."""

    agency: Agency
    submitter: Account
    signatory: Account
    clerk: Account
    signature: Credential
    seal: Credential
    series: NumberSeries


def settle_people(uow: UnitOfWork) -> People:
    """Store a new agency with everything it needs."""
    key = secrets.token_hex(4)
    agency = Agency(
        id=f"H41.{key}",
        name="Ủy ban nhân dân xã Mẫu",
        parent=None,
        place="Mẫu",
        seal_diameter=36,
        seal_image=b"\x89PNG",
    )
    submitter, signatory, clerk = (_account(agency, role, key) for role in (Role.SUBMITTER, Role.SIGNATORY, Role.CLERK))
    people = People(
        agency=agency,
        submitter=submitter,
        signatory=signatory,
        clerk=clerk,
        signature=_credential(agency, Purpose.SIGNATURE, holder=signatory.id, key=key),
        seal=_credential(agency, Purpose.SEAL, holder=None, key=key),
        series=NumberSeries(agency=agency.id, name="thông báo", year=2026, symbol="TB-UBND"),
    )
    with uow() as register:
        register.add_agency(agency)
        for account in (submitter, signatory, clerk):
            register.add_account(account, secret_hash=f"$argon2id${account.id}")
        for credential in (people.signature, people.seal):
            register.add_credential(credential, activation_hash=f"$argon2id${credential.name}")
        register.add_series(people.series)
    return people


def new_document(people: People, *, dossier_code: str | None = "H41.12-261123-0007", age: int = 0) -> Document:
    """A draft that is not stored yet; ``age`` in milliseconds makes older ones."""
    at = NOW - timedelta(milliseconds=age)
    return Document(
        id=document_id(at=at, random_bytes=secrets.token_bytes),
        lookup_code=draw_lookup_code(secrets.token_bytes),
        draft=Draft(
            agency=people.agency.id,
            document_type="TB",
            subject="Về việc thử nghiệm",
            signatory=people.signatory.id,
            series=people.series.name,
            dossier_code=dossier_code,
            procedure_code="2.000815",
            recipients=("Như trên", "Lưu: VT"),
            due_at=NOW + timedelta(days=3),
            callback_url="https://receiver.example/hook",
            external_id="A-1",
        ),
        layout=LAYOUT,
        state=DocumentState.DRAFT,
        current=Revision.of(secrets.token_bytes(64)),
        created_by=people.submitter.id,
        created_at=at,
    )


def stored_document(uow: UnitOfWork, people: People, *, dossier_code: str | None = None, age: int = 0) -> Document:
    """A draft with its first revision, stored."""
    document = new_document(people, dossier_code=dossier_code, age=age)
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
    return document


def intent_of(people: People, purpose: Purpose = Purpose.SIGNATURE) -> Intent:
    """An intent of the one who is competent for it."""
    if purpose is Purpose.SEAL:
        return Intent(purpose=purpose, actor=people.clerk.id, credential=people.seal.name, at=NOW)
    return Intent(purpose=purpose, actor=people.signatory.id, credential=people.signature.name, at=NOW)


def signing(document: Document, people: People) -> Document:
    """The document in the state in which a worker has something to do."""
    return replace(document, state=DocumentState.SIGNING, intent=intent_of(people))


def request_for(document: Document, people: People) -> SignatureRequest:
    """A prepared signature over the document's current revision."""
    return SignatureRequest(
        document_id=document.id,
        purpose=Purpose.SIGNATURE,
        base=document.current.sha256,
        increment=b"\x00increment\xff",
        reserved_start=100,
        reserved_end=20_000,
        document_digest=hashlib.sha256(b"document").digest(),
        signed_attributes=b"1\x82attributes",
        algorithm=SignatureAlgorithm.RSA_PSS_SHA256,
        credential=people.signature.name,
        created_at=NOW,
    )


def _account(agency: Agency, role: Role, key: str) -> Account:
    return Account(
        id=f"{role.value}-{key}",
        agency=agency.id,
        full_name="Nguyễn Văn Mẫu",
        position="CHỦ TỊCH" if role is Role.SIGNATORY else None,
        roles=frozenset({role}),
        signature_image=b"\x89PNG" if role is Role.SIGNATORY else None,
    )


def _credential(agency: Agency, purpose: Purpose, *, holder: str | None, key: str) -> Credential:
    return Credential(
        name=f"{purpose.value}-{key}",
        agency=agency.id,
        purpose=purpose,
        holder=holder,
        key=f"pkcs11:token=Mau;object={purpose.value}",
        algorithm=SignatureAlgorithm.RSA_SHA256,
        certificate=SigningCertificate(der=b"0\x82certificate", chain=(b"0\x82issuer", b"0\x82root")),
    )
