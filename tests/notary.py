"""Signed PDFs for the tests of ``verification``, made by another hand: stock pyHanko and a certomancer PKI.

The files look like ours (two signature fields, number and date filled between them, validation data, a document
timestamp) but no line of ``signing`` has touched them, so that signer and validator do not share a mistake. Everything
happens at times that the caller names; :data:`SIGNED_AT` is when the signatory signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from asn1crypto import algos, ocsp, tsp, x509
from asn1crypto.crl import CertificateList
from certomancer.registry import ArchLabel, CertLabel, KeyLabel, ServiceLabel
from certomancer.registry.config import CertomancerConfig
from certomancer.services import TimeStamper as Authority
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.anchors import TrustAnchors
from certs.revocation import RevocationInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyhanko.pdf_utils.writer import BasePdfFileWriter
    from pyhanko.sign.signers.pdf_signer import PdfSigningSession

SIGNED_AT = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
SEALED_AT = SIGNED_AT + timedelta(minutes=5)
GATHERED_AT = SIGNED_AT + timedelta(minutes=6)
ARCHIVED_AT = SIGNED_AT + timedelta(minutes=7)
CHECKED_AT = SIGNED_AT + timedelta(hours=1)

_KEYS = ("root", "interm", "signatory", "seal", "short", "revoked", "tsa", "tsa2", "ocsp", "stranger")
_PKI = """
external-url-prefix: "http://notary.test"
keysets:
  ks: {keys: KEYS}
pki-architectures:
  arch:
    keyset: ks
    entity-defaults: {country-name: VN, organization-name: Sample Agency}
    entities:
      root: {common-name: Test Root}
      interm: {common-name: Test Issuing CA}
      signatory: {common-name: Sample Signatory}
      seal: {common-name: Sample Seal}
      short: {common-name: Short Lived Signatory}
      revoked: {common-name: Revoked Signatory}
      tsa: {common-name: Test TSA}
      tsa2: {common-name: Test TSA 2}
      ocsp: {common-name: Test OCSP}
      stranger: {common-name: Stranger}
    certs:
      root:
        subject: root
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}
        profiles: [{id: simple-ca, params: {max-path-len: 1, crl-repo: root-crl}}]
      interm:
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}
        profiles: [{id: simple-ca, params: {max-path-len: 0, crl-repo: interm-crl, ocsp-service: interm-ocsp}}]
      signatory: &ee
        issuer: interm
        validity: {valid-from: "2024-01-01T00:00:00+0000", valid-to: "2035-01-01T00:00:00+0000"}
        profiles: [digsig-commitment]
      seal: {<<: *ee}
      short:
        <<: *ee
        validity: {valid-from: "2024-01-01T00:00:00+0000", valid-to: "2025-06-01T00:00:00+0000"}
      revoked:
        <<: *ee
        revocation: {revoked-since: "2025-03-01T00:00:00+0000", reason: key_compromise}
      stranger:
        subject: stranger
        issuer: stranger
        validity: {valid-from: "2024-01-01T00:00:00+0000", valid-to: "2035-01-01T00:00:00+0000"}
        profiles: [digsig-commitment]
      tsa: &tsa
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2030-01-01T00:00:00+0000"}
        extensions:
          - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: [digital_signature]}}
          - {id: extended_key_usage, critical: true, value: [time_stamping]}
      tsa2:
        <<: *tsa
        validity: {valid-from: "2028-01-01T00:00:00+0000", valid-to: "2038-01-01T00:00:00+0000"}
      ocsp:
        issuer: interm
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2040-01-01T00:00:00+0000"}
        profiles: [ocsp-responder]
    services:
      crl-repo:
        root-crl: {for-issuer: root, signing-key: root, simulated-update-schedule: "P90D"}
        interm-crl: {for-issuer: interm, signing-key: interm, simulated-update-schedule: "P30D"}
      ocsp:
        interm-ocsp: {for-issuer: interm, responder-cert: ocsp, signing-key: ocsp, validity-period: {days: 1}}
"""


def pki_with(*labels: str) -> str:
    """The test PKI with more signers of the same kind, for ``Notary(…, pki=…)``; their keys are the caller's."""
    entity, certificate = "      seal: {common-name: Sample Seal}\n", "      seal: {<<: *ee}\n"
    entities = "".join(f"      {label}: {{common-name: Sample {label}}}\n" for label in labels)
    certificates = "".join(f"      {label}: {{<<: *ee}}\n" for label in labels)
    return _PKI.replace(entity, entity + entities).replace(certificate, certificate + certificates)


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs: the label of the certificate in the test PKI, and the field."""

    label: str
    field: str


SIGNATORY = Person("signatory", "SigSignatory")
SEAL = Person("seal", "SigSeal")


Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def fresh_keys() -> dict[str, Key]:
    """Keys for the test PKI: the signatory's is RSA, the others are on P-256."""
    keys: dict[str, Key] = {name: ec.generate_private_key(ec.SECP256R1()) for name in _KEYS}
    return keys | {"signatory": rsa.generate_private_key(65537, 2048)}


class Notary:
    """A PKI, and what can be made with it: the test PKI with fresh keys unless another one is given."""

    def __init__(self, directory: Path, *, pki: str = _PKI, keys: Mapping[str, Key] | None = None) -> None:
        """``pki`` is a certomancer configuration with ``KEYS`` where its keys are listed; they go to ``directory``."""
        self.keys = keys or fresh_keys()
        for name, key in self.keys.items():
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (directory / f"{name}.pem").write_bytes(pem)
        listed = ", ".join(f"{name}: {{path: {name}.pem}}" for name in self.keys)
        self._arch = CertomancerConfig.from_yaml(
            pki.replace("KEYS", "{" + listed + "}"), key_search_dir=str(directory)
        ).get_pki_arch(ArchLabel("arch"))

    def certificate(self, label: str) -> x509.Certificate:
        """A certificate of the PKI."""
        return self._arch.get_cert(CertLabel(label))

    @property
    def anchors(self) -> TrustAnchors:
        """The root, for signatures and for time."""
        root = self.certificate("root").dump()
        return TrustAnchors(signing=(root,), timestamping=(root,))

    def authority(self, at: datetime, *, label: str = "tsa") -> TimeStamper:
        """A timestamp authority whose clock stands still."""
        cert = self.certificate(label)
        return _StoppedClock(
            Authority(
                cert,
                self._arch.key_set.get_private_key(KeyLabel(label)),
                signature_algo=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                fixed_dt=at,
            )
        )

    def ocsp(self, label: str, *, at: datetime) -> bytes:
        """An OCSP response for a certificate of the issuing CA, good for a day."""
        responder = self._arch.service_registry.summon_responder(ServiceLabel("interm-ocsp"), at_time=at)
        issuer, cert = self.certificate("interm"), self.certificate(label)
        wanted = ocsp.CertId(
            {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1"}),
                "issuer_name_hash": issuer.subject.sha1,
                "issuer_key_hash": issuer.public_key.sha1,
                "serial_number": cert.serial_number,
            }
        )
        request = ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": wanted}]}})
        return bytes(responder.build_ocsp_response(request).dump())

    def crl(self, repository: str, *, at: datetime) -> bytes:
        """The CRL of ``root`` (90 days) or ``interm`` (30 days) that was current at this time."""
        return bytes(self._arch.service_registry.get_crl(ServiceLabel(f"{repository}-crl"), at_time=at).dump())

    def revocation(self, *labels: str, at: datetime) -> RevocationInfo:
        """All that is needed to judge these signers and the authorities of time."""
        return RevocationInfo(
            certificates=tuple(self.certificate(label).dump() for label in ("interm", "ocsp", *labels)),
            ocsps=tuple(self.ocsp(label, at=at) for label in labels),
            crls=(self.crl("root", at=at),),
        )

    def sign(
        self,
        pdf: bytes,
        person: Person,
        *,
        at: datetime | None = None,
        subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES,
        certify: bool = False,
        permission: fields.MDPPerm = fields.MDPPerm.FILL_FORMS,
        token: TimeStamper | None = None,
    ) -> bytes:
        """Sign in the person's field; with a signature timestamp of time ``at`` unless it is None.

        ``permission`` is what a certification leaves open (ISO 32000-2, Table 257).
        """
        signer = SimpleSigner(
            signing_cert=self.certificate(person.label),
            signing_key=self._arch.key_set.get_private_key(KeyLabel(person.label)),
            cert_registry=SimpleCertificateStore.from_certs([self.certificate("interm")]),
        )
        metadata = PdfSignatureMetadata(
            field_name=person.field,
            md_algorithm="sha256",
            subfilter=subfilter,
            certify=certify,
            docmdp_permissions=permission if certify else fields.MDPPerm.NO_CHANGES,
        )
        stamper = token or (self.authority(at) if at else None)
        punctual = _PunctualSigner(metadata, signer, timestamper=stamper)
        punctual.claims = at or SIGNED_AT
        output = punctual.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), bytes_reserved=16384)
        return bytes(output.getvalue())

    def archive(self, pdf: bytes, *, at: datetime, authority: str = "tsa") -> bytes:
        """Add a document timestamp."""
        stamper = PdfTimeStamper(self.authority(at, label=authority), field_name=_unused_archive_name(pdf))
        output = stamper.timestamp_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), "sha256", None, bytes_reserved=16384)
        return bytes(output.getvalue())

    def issued(self) -> bytes:
        """An honest document: signed, numbered, dated, sealed, with validation data and a document timestamp."""
        pdf = self.sign(draft(), SIGNATORY, at=SIGNED_AT, certify=True)
        pdf = self.sign(fill(fill(pdf, NUMBER), DATE), SEAL, at=SEALED_AT)
        pdf = supply(pdf, self.revocation("signatory", "seal", at=GATHERED_AT))
        return self.archive(pdf, at=ARCHIVED_AT)


class _PunctualSigner(PdfSigner):
    """Claims to sign at a time that is given; pyHanko itself asks the machine's clock."""

    claims = SIGNED_AT

    def init_signing_session(self, pdf_out: BasePdfFileWriter, *options: bool, **more: bool) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, *options, **more)
        session.system_time = self.claims
        return session


class _StoppedClock(TimeStamper):
    """The certomancer authority as pyHanko wants one."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(include_nonce=False)  # type: ignore[no-untyped-call] # pyHanko leaves it untyped
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return self._authority.request_tsa_response(req)


@dataclass(frozen=True, slots=True)
class Cell:
    """A text field: its value, and what its appearance shows."""

    field: str
    value: str
    shown: str


NUMBER = Cell("DocNumber", "123", "123")
DATE = Cell("DocDate", "03", "03")


def draft(*, content: bytes = b"BT /F 12 Tf 72 720 Td (Sample notice) Tj ET") -> bytes:
    """One page with both signature fields and both text fields, still empty."""
    writer = PdfFileWriter()
    font = writer.add_object(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Font"),
                pdf_name("/Subtype"): pdf_name("/Type1"),
                pdf_name("/BaseFont"): pdf_name("/Helvetica"),
                pdf_name("/Encoding"): pdf_name("/WinAnsiEncoding"),
            }
        )
    )
    resources = generic.DictionaryObject({pdf_name("/Font"): generic.DictionaryObject({pdf_name("/F"): font})})
    stream = writer.add_object(generic.StreamObject(stream_data=content))
    page = PageObject(contents=stream, media_box=(0, 0, 595, 842), resources=resources)
    writer.insert_page(page)
    archives = [f"Archive{n}" for n in range(1, 9)]
    left_open = ["DocNumber", "DocDate", "SigSeal", *archives]
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.EXCLUDE, left_open)
    fields.append_signature_field(
        writer, fields.SigFieldSpec("SigSignatory", box=(300, 100, 400, 150), field_mdp_spec=lock)
    )
    fields.append_signature_field(
        writer,
        fields.SigFieldSpec(
            "SigSeal",
            box=(250, 100, 330, 180),
            field_mdp_spec=fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, []),
            doc_mdp_update_value=fields.MDPPerm.NO_CHANGES,
        ),
    )
    for name, left in (("DocNumber", 72), ("DocDate", 300)):
        _append_text_field(writer, name, left)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _append_text_field(writer: PdfFileWriter, name: str, left: int) -> None:
    field = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): pdf_string(name),
            pdf_name("/F"): generic.NumberObject(4),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (left, 760, left + 80, 780))),
        }
    )
    ref = writer.add_object(field)
    writer.root["/AcroForm"]["/Fields"].append(ref)
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Annots"].append(ref)


def fill(pdf: bytes, cell: Cell) -> bytes:
    """Write a value and an appearance into a text field, by an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    ref = next(ref for ref in writer.root["/AcroForm"]["/Fields"] if ref.get_object()["/T"] == cell.field)
    field = ref.get_object()
    font = writer.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"].raw_get("/F")
    appearance = RawContent(
        f"/Tx BMC q BT /F 12 Tf 2 4 Td ({cell.shown}) Tj ET Q EMC".encode(), box=BoxConstraints(width=80, height=20)
    ).as_form_xobject()
    appearance["/Resources"] = generic.DictionaryObject(
        {pdf_name("/Font"): generic.DictionaryObject({pdf_name("/F"): font})}
    )
    field["/V"] = pdf_string(cell.value)
    field["/Ff"] = generic.NumberObject(1)
    field["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(appearance)})
    writer.mark_update(ref)
    return increment_of(writer)


def supply(pdf: bytes, revocation: RevocationInfo) -> bytes:
    """Add validation data to the document security store."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(der) for der in revocation.certificates],
        ocsps=[ocsp.OCSPResponse.load(der) for der in revocation.ocsps],
        crls=[CertificateList.load(der) for der in revocation.crls],
    )
    return increment_of(writer)


def increment_of(writer: IncrementalPdfFileWriter) -> bytes:
    """The old file with the writer's changes appended."""
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _unused_archive_name(pdf: bytes) -> str:
    return f"Archive{1 + pdf.count(b'/DocTimeStamp')}"
