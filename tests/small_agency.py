"""An agency with its people, keys in memory and a running demonstration authority, to walk the issuance cycle with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.algorithms import SignatureAlgorithm
from certs.demonstration.authority import issue_certificate
from certs.demonstration.certificates import CertificateKind
from certs.revocation import RevocationGatherer
from certs.timestamps import HttpTimestamper
from issuance.advance import advance
from issuance.attachments import attach, detach
from issuance.copies import TYPES, CopyOrder, request_copy
from issuance.documents import Document, Draft, Original, Purpose
from issuance.identifiers import document_id
from issuance.issue import request_issue
from issuance.numbers import NumberingRule, NumberSeries
from issuance.outside import Outside
from issuance.ports import Account, Agency, Credential, Role
from issuance.sign import request_signature
from issuance.submit import create_draft, submit
from signing.copy_form import CopyForm
from signing.prepared import SignatureValue
from tests.material import blank_pdf, open_cells, picture
from tests.simulators.blobs import MemoryBlobs
from tests.simulators.register import MemoryRegister
from verification.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from uuid import UUID

    from certs.anchors import TrustAnchors
    from issuance.companions import Attachment
    from issuance.ports import Blobs, UnitOfWork
    from signing.layout import Box
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop

AGENCY = "H00"
COPIES = "sao"


class RealClock:
    """The time."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


@dataclass
class MemoryDevice:
    """Keys in memory; ``used`` counts the signatures that each made."""

    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)

    def sign(self, *, key: str, dtbs: bytes, algorithm: SignatureAlgorithm) -> SignatureValue:
        """RSA PKCS#1 v1.5 with SHA-256, whatever is asked: these keys do nothing else."""
        assert algorithm is SignatureAlgorithm.RSA_SHA256
        self.used[key] = self.used.get(key, 0) + 1
        return SignatureValue(self.keys[key].sign(dtbs, padding.PKCS1v15(), hashes.SHA256()))


class SmallAgency:
    """The register, its people and everything outside of it; it can move to another register and object store."""

    def __init__(self, authority: Demonstration, workshop: Workshop) -> None:
        self.register = MemoryRegister()
        self.blobs = MemoryBlobs()
        self._uow: UnitOfWork = self.register
        self._store: Blobs = self.blobs
        self.callback_url: str | None = None
        self.archive_after = timedelta(0)
        self.device = MemoryDevice()
        self.clock = RealClock()
        self.workshop = workshop
        self._authority = authority
        self.submitter = Account("motcua", AGENCY, "Một cửa mẫu", None, frozenset({Role.SUBMITTER}))
        self.signatory = Account(
            "lanhdao", AGENCY, "Lãnh Đạo Mẫu", "Chánh", frozenset({Role.SIGNATORY}), picture("blue")
        )
        self.clerk = Account("vanthu", AGENCY, "Văn Thư Mẫu", None, frozenset({Role.CLERK}))
        self.signature = self.credential("chu-ky", Purpose.SIGNATURE, holder=self.signatory)
        self.seal = self.credential("con-dau", Purpose.SEAL, holder=None)
        self._settle()

    def move(self, *, uow: UnitOfWork, blobs: Blobs) -> None:
        """Go on in these, empty but for the schema."""
        self._uow, self._store = uow, blobs
        self._settle()

    @property
    def anchors(self) -> TrustAnchors:
        """Whom this agency trusts."""
        return self._authority.anchors

    def outside(self) -> Outside:
        """What a worker is given."""
        client, anchors = self._authority.client(), self.anchors
        return Outside(
            uow=self._uow,
            blobs=self._store,
            workshop=self.workshop,
            device=self.device,
            timestamper=HttpTimestamper((f"{self._authority.url}/tsa",), client, anchors),
            revocation=RevocationGatherer(client, anchors),
            anchors=anchors,
            policy=DEFAULT_POLICY,
            clock=self.clock,
            retention=timedelta(days=3650),
            archive_after=self.archive_after,
        )

    def drafted(
        self, *, identifier: UUID | None = None, boxes: tuple[Box | None, ...] = (), **changes: object
    ) -> Document:
        """A draft, named by the caller or by chance; ``boxes`` are those of cosigners, ``changes`` other fields."""
        described: dict[str, object] = {
            "document_type": "TB",
            "subject": "Thông báo mẫu",
            "signatory": self.signatory.id,
            "series": "TB",
        }
        described["callback_url"] = self.callback_url
        document, _ = create_draft(
            document_id=identifier or document_id(at=self.clock.now(), random_bytes=secrets.token_bytes),
            uow=self._uow,
            blobs=self._store,
            workshop=self.workshop,
            clock=self.clock,
            random_bytes=secrets.token_bytes,
            actor=self.submitter,
            pdf=blank_pdf(),
            draft=Draft(agency=AGENCY, **(described | changes)),  # type: ignore[arg-type]
            cells=replace(open_cells(), cosigners=boxes),
            public_url="http://127.0.0.1:8000",
        )
        return document

    def submitted(self, *, boxes: tuple[Box | None, ...] = (), **changes: object) -> Document:
        """A document that waits for its signatory."""
        return self.submit(self.drafted(identifier=None, boxes=boxes, **changes))

    def attach(self, document: Document, pdf: bytes, *, title: str, identifier: UUID | None = None) -> Attachment:
        """A file of its own goes out with the draft."""
        attached, _ = attach(
            attachment_id=identifier or document_id(at=self.clock.now(), random_bytes=secrets.token_bytes),
            uow=self._uow,
            blobs=self._store,
            workshop=self.workshop,
            clock=self.clock,
            actor=self.submitter,
            document_id=document.id,
            title=title,
            pdf=pdf,
        )
        return attached

    def detach(self, document: Document, attachment: Attachment) -> None:
        """And does not, after all."""
        detach(
            uow=self._uow,
            clock=self.clock,
            actor=self.submitter,
            document_id=document.id,
            attachment_id=attachment.id,
        )

    def copied(self, identifier: UUID, pdf: bytes) -> Document:
        """The clerk orders a true copy of somebody's paper."""
        original = Original("Quyết định", "12/QĐ-TTg", date(2026, 1, 5), "Thủ tướng Chính phủ")
        copy, _ = request_copy(
            copy_id=identifier,
            uow=self._uow,
            blobs=self._store,
            workshop=self.workshop,
            clock=self.clock,
            random_bytes=secrets.token_bytes,
            actor=self.clerk,
            order=CopyOrder(form=CopyForm.TRUE_COPY, original=original, signatory=self.signatory.id),
            pdf=pdf,
            credential=self.seal.name,
            public_url="http://127.0.0.1:8000",
        )
        return copy

    def submit(self, document: Document) -> Document:
        """The sending system hands it in."""
        return submit(uow=self._uow, clock=self.clock, actor=self.submitter, document_id=document.id)

    def ask_for_signature(self, document: Document) -> Document:
        """The signatory decides."""
        return request_signature(
            uow=self._uow,
            clock=self.clock,
            actor=self.signatory,
            document_id=document.id,
            credential=self.signature.name,
        )

    def ask_for_issue(self, document: Document) -> Document:
        """The clerk acts."""
        return request_issue(
            uow=self._uow,
            clock=self.clock,
            actor=self.clerk,
            document_id=document.id,
            credential=self.seal.name,
            issued_on=None,
        )

    def advance(self, document: Document, *, outside: Outside | None = None) -> Document:
        """What a worker does; answers the document as it then stands."""
        advance(document.id, outside=outside or self.outside())
        return self.read(document)

    def read(self, document: Document) -> Document:
        """The document as the register has it."""
        with self._uow() as register:
            found = register.document(document.id)
        assert found is not None
        return found

    def credential(self, name: str, purpose: Purpose, *, holder: Account | None) -> Credential:
        """A new key with its certificate."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        self.device.keys[name] = key
        certificate = issue_certificate(
            self._authority.directory,
            csr_der=request.public_bytes(Encoding.DER),
            common_name=holder.full_name if holder else "Cơ quan mẫu",
            organization="Cơ quan mẫu",
            title=None,
            kind=CertificateKind.SIGNATURE if holder else CertificateKind.SEAL,
        )
        return Credential(
            name=name,
            agency=AGENCY,
            purpose=purpose,
            holder=holder.id if holder else None,
            key=name,
            algorithm=SignatureAlgorithm.RSA_SHA256,
            certificate=certificate,
        )

    def use_another_seal(self, name: str) -> None:
        """The agency gets a second key for its seal, which the clerk uses from now on."""
        self.seal = self.credential(name, Purpose.SEAL, holder=None)
        with self._uow() as register:
            register.add_credential(self.seal, activation_hash="-")

    def _settle(self) -> None:
        year = self.clock.now().year
        with self._uow() as register:
            register.add_agency(Agency(AGENCY, "Cơ quan mẫu", None, "Mẫu", 36.0, picture("red")))
            for each in (year, year + 1):
                register.add_series(NumberSeries(agency=AGENCY, name="TB", year=each, symbol="TB-UBND"))
            copies = NumberSeries(agency=AGENCY, name=COPIES, year=year, symbol="SY-UBND")
            register.add_series(copies)
            register.add_numbering_rule(NumberingRule(AGENCY, TYPES[CopyForm.TRUE_COPY], COPIES, "SY-UBND"))
            for account in (self.submitter, self.signatory, self.clerk):
                register.add_account(account, secret_hash="-")
            for credential in (self.signature, self.seal):
                register.add_credential(credential, activation_hash="-")
