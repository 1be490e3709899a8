"""CMS objects and whole PDFs that other programs return: stock pyHanko plays the program on the official's PC."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.generic import NumberObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.algorithms import SignatureAlgorithm
from signing.complete import complete
from signing.compose import compose
from signing.errors import ReturnedUnfit, RevisionBroken, SigningError, WrongSignatureValue
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD
from signing.prepare import prepare
from signing.profiles import SignatureProfile
from signing.returned_cms import complete_with_container
from signing.returned_pdf import accept_signed_pdf
from tests.material import NOW, SoftwareSigner, blank_pdf, layout, software_signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.prepared import Increment, PreparedSignature

OURS = software_signer(SignatureAlgorithm.ECDSA_SHA256)
STRANGER = software_signer(SignatureAlgorithm.ECDSA_SHA256, name="Người Lạ")


@pytest.fixture(scope="module")
def draft() -> bytes:
    return compose(blank_pdf(), layout=layout(), lookup_code="A", lookup_url="http://a/d/A")


@pytest.fixture(scope="module")
def prepared(draft: bytes) -> PreparedSignature:
    profile = SignatureProfile(field_name=SIGNATORY_FIELD, algorithm=OURS.algorithm, claimed_signing_time=NOW)
    return prepare(draft, profile=profile, certificate=OURS.certificate)


def program(signer: SoftwareSigner) -> SimpleSigner:
    key = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=x509.Certificate.load(signer.certificate.der),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),
    )


def container(digest: bytes, *, signer: SoftwareSigner = OURS, algorithm: str = "sha256") -> cms.ContentInfo:
    attributes = PdfCMSSignedAttributes(signing_time=NOW)
    return asyncio.run(program(signer).async_sign(digest, algorithm, use_pades=False, signed_attr_settings=attributes))


def signed_by_program(
    base: bytes,
    *,
    signer: SoftwareSigner = OURS,
    field: str = SIGNATORY_FIELD,
    change: Callable[[IncrementalPdfFileWriter], object] = id,
    subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(base))
    change(writer)
    metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=subfilter)
    spec = SigFieldSpec(field, box=(10, 10, 60, 40)) if field not in {SIGNATORY_FIELD, SEAL_FIELD} else None
    output = PdfSigner(metadata, program(signer), new_field_spec=spec).sign_pdf(writer, bytes_reserved=8192)
    return bytes(output.getvalue())


def accepted(returned: bytes, base: bytes) -> Increment:
    signature = accept_signed_pdf(
        returned, base=base, field_name=SIGNATORY_FIELD, certificate=OURS.certificate, algorithm=OURS.algorithm
    )
    assert signature.placeholder.has_empty_gap
    return signature.placeholder.filled(signature.container)


def test_a_right_container_is_embedded_as_it_is(prepared: PreparedSignature, draft: bytes) -> None:
    returned = container(prepared.document_digest).dump()
    signed = complete_with_container(prepared, container=returned).onto(draft)
    assert signed.startswith(draft)
    assert returned.hex().encode() in signed


def test_our_own_container_would_be_accepted_too(prepared: PreparedSignature) -> None:
    ours = complete(prepared, value=OURS.sign(prepared), token=None)
    start = prepared.placeholder.reserved.start - ours.base_length
    padded = bytes.fromhex(ours.octets[start + 1 : start + 1 + 2 * prepared.placeholder.reserved.capacity].decode())
    der = cms.ContentInfo.load(padded, strict=False).dump()
    assert complete_with_container(prepared, container=der) == ours


def test_a_container_for_other_bytes_is_refused(prepared: PreparedSignature) -> None:
    with pytest.raises(ReturnedUnfit, match="other bytes"):
        complete_with_container(prepared, container=container(bytes(32)).dump())


def test_a_container_by_another_certificate_is_refused(prepared: PreparedSignature) -> None:
    with pytest.raises(ReturnedUnfit, match="another certificate"):
        complete_with_container(prepared, container=container(prepared.document_digest, signer=STRANGER).dump())


def test_a_container_with_another_digest_is_refused(prepared: PreparedSignature) -> None:
    with pytest.raises(ReturnedUnfit, match="another digest"):
        complete_with_container(prepared, container=container(prepared.document_digest, algorithm="sha384").dump())


def test_a_container_with_a_wrong_value_is_refused(prepared: PreparedSignature) -> None:
    content = container(prepared.document_digest)
    content["content"]["signer_infos"][0]["signature"] = container(bytes(32))["content"]["signer_infos"][0]["signature"]
    with pytest.raises(WrongSignatureValue):
        complete_with_container(prepared, container=content.dump(force=True))


def test_containers_with_more_than_one_signature_in_them_are_refused(prepared: PreparedSignature) -> None:
    two = container(prepared.document_digest)
    two["content"]["signer_infos"].append(container(bytes(32))["content"]["signer_infos"][0])
    attached = container(prepared.document_digest)
    attached["content"]["encap_content_info"]["content"] = b"something else"
    countersigned = container(prepared.document_digest)
    extra = cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": NOW})]})
    countersigned["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([extra])
    for content in (two, attached, countersigned):
        with pytest.raises(ReturnedUnfit):
            complete_with_container(prepared, container=content.dump(force=True))


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_half_a_container_is_refused(cut: int, prepared: PreparedSignature) -> None:
    with pytest.raises(ReturnedUnfit):
        complete_with_container(prepared, container=container(prepared.document_digest).dump()[:cut])


def test_a_file_signed_outside_is_accepted_as_one_increment(draft: bytes) -> None:
    returned = signed_by_program(draft)
    # Only the hexadecimal digits of the signature are written anew, in lower case.
    assert accepted(returned, draft).onto(draft).lower() == returned.lower()


def test_a_file_that_is_not_ours_any_more_is_refused(draft: bytes) -> None:
    with pytest.raises(RevisionBroken):
        accepted(signed_by_program(blank_pdf()), draft)
    with pytest.raises(RevisionBroken):
        accepted(draft, draft)


def test_another_field_or_another_signer_is_refused(draft: bytes) -> None:
    with pytest.raises(ReturnedUnfit, match="expected field"):
        accepted(signed_by_program(draft, field=SEAL_FIELD), draft)
    with pytest.raises(ReturnedUnfit, match="expected field"):
        accepted(signed_by_program(draft, field="SigMore"), draft)
    with pytest.raises(ReturnedUnfit, match="another certificate"):
        accepted(signed_by_program(draft, signer=STRANGER), draft)


def test_more_than_one_revision_is_refused(draft: bytes) -> None:
    twice = signed_by_program(signed_by_program(draft), field=SEAL_FIELD)
    with pytest.raises(ReturnedUnfit):
        accepted(twice, draft)
    with pytest.raises(ReturnedUnfit, match="more was added"):
        accepted(signed_by_program(_retitled(draft)), draft)
    with pytest.raises(SigningError):
        accepted(signed_by_program(draft) + b"\n% more\n", draft)


def _retitled(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.update_root()
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _other_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.find_page_for_modification(0)[0].get_object()
    page[pdf_name("/Rotate")] = NumberObject(90)
    writer.update_container(page)


def _other_number(writer: IncrementalPdfFileWriter) -> None:
    field = next(
        each.get_object() for each in writer.root["/AcroForm"]["/Fields"] if each.get_object()["/T"] == "DocNumber"
    )
    field[pdf_name("/V")] = pdf_string("99")
    writer.update_container(field)


@pytest.mark.parametrize("change", [_other_page, _other_number])
def test_changes_beside_the_signature_are_refused(
    change: Callable[[IncrementalPdfFileWriter], None], draft: bytes
) -> None:
    with pytest.raises(ReturnedUnfit, match="changed"):
        accepted(signed_by_program(draft, change=change), draft)


def test_another_format_is_refused(draft: bytes) -> None:
    returned = signed_by_program(draft, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    with pytest.raises(ReturnedUnfit, match="another format"):
        accepted(returned, draft)


def test_something_hidden_behind_the_container_is_refused(draft: bytes) -> None:
    returned = signed_by_program(draft)
    end = returned.rindex(b"00000000>") + len(b"0000000")  # what fills the container; a file's /ID ends in 0> as well
    with pytest.raises(ReturnedUnfit, match="hidden"):
        accepted(returned[:end] + b"1>" + returned[end + 2 :], draft)
