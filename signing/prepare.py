"""The first half of every signature: write all but its value, and say what is to be signed.

Who holds the key plays no part here: a server's HSM, an official's token and a remote service all get the same DTBS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pyhanko import (
    DocumentTimestamp,
    FieldMDPSpec,
    IncrementalPdfFileWriter,
    MDPPerm,
    PdfCMSEmbedder,
    PdfSignedData,
    SigFieldSpec,
    SigIOSetup,
    SigMDPSetup,
    SignatureObject,
    SigObjSetup,
    SigSeedSubFilter,
    dictionary,
    dictionary_at,
    increment,
    integer_at,
    reading,
)
from signing.appearances import show, shown_size
from signing.cms import signed_attributes
from signing.fields import empty_signature_field
from signing.images import embed_png
from signing.prepared import PreparedSignature, PreparedTimestamp, ReservedRegion, demand_increment
from signing.profiles import Certification

if TYPE_CHECKING:
    from io import BytesIO

    from certs.certificate import SigningCertificate
    from signing._pyhanko import DictionaryObject
    from signing.profiles import Appearance, SignatureProfile

TOKEN_ROOM = 8192
"""Bytes kept for a timestamp token with its chain; tokens of the government's TSA were seen at about 5 kB."""

_CMS_OVERHEAD = 1024
_DIGEST = "sha256"


def prepare(pdf: bytes, *, profile: SignatureProfile, certificate: SigningCertificate) -> PreparedSignature:
    """Write the signature dictionary and appearance into its existing, empty field, with room for the CMS object.

    Raises :class:`signing.errors.FieldUnavailable`, :class:`signing.errors.AppearanceUnfit` or
    :class:`signing.errors.DocumentUnfit`.
    """
    writer = increment(pdf)
    field = empty_signature_field(writer, profile.field_name)
    if profile.appearance is not None:
        _show(writer, field, profile.appearance)
    lock = dictionary_at(field, "/Lock")
    permission = MDPPerm(integer_at(lock, "/P", default=2)) if lock is not None and "/P" in lock else None
    certify = profile.certification is not Certification.NONE
    setup = SigMDPSetup(
        md_algorithm=profile.algorithm.digest.value,
        certify=certify,
        field_lock=FieldMDPSpec.from_pdf_object(lock) if lock is not None else None,
        docmdp_perms=_PERMISSIONS[profile.certification] if certify else permission,
    )
    signature = SignatureObject(
        timestamp=profile.claimed_signing_time,
        subfilter=SigSeedSubFilter.PADES,
        reason=profile.reason,
        location=profile.location,
        bytes_reserved=2 * _room(certificate),
    )
    reserved, digest, prepared = _embed(
        writer, profile.field_name, signature, mdp=setup, digest=profile.algorithm.digest.value, new_field=None
    )
    demand_increment(old=pdf, new=prepared)
    return PreparedSignature(
        pdf=prepared,
        reserved=reserved,
        document_digest=digest,
        signed_attributes=signed_attributes(
            document_digest=digest, certificate=certificate.der, algorithm=profile.algorithm
        ),
        certificate=certificate,
        algorithm=profile.algorithm,
    )


def prepare_document_timestamp(pdf: bytes, *, field_name: str) -> PreparedTimestamp:
    """Append an empty document timestamp in a new, invisible field (ISO 32000-2, 12.8.5)."""
    writer = increment(pdf)
    reserved, digest, prepared = _embed(
        writer,
        field_name,
        DocumentTimestamp(bytes_reserved=2 * TOKEN_ROOM),
        mdp=None,
        digest=_DIGEST,
        new_field=SigFieldSpec(field_name),
    )
    demand_increment(old=pdf, new=prepared)
    return PreparedTimestamp(pdf=prepared, reserved=reserved, document_digest=digest)


_PERMISSIONS = {
    Certification.FILL_FORMS: MDPPerm.FILL_FORMS,
    Certification.NO_CHANGES: MDPPerm.NO_CHANGES,
}


def _room(certificate: SigningCertificate) -> int:
    """How many bytes the CMS object may take: certificates, signature value, attributes and the timestamp token."""
    certificates = len(certificate.der) + sum(len(issuer) for issuer in certificate.chain)
    return _CMS_OVERHEAD + certificates + 512 + TOKEN_ROOM


def _embed(
    writer: IncrementalPdfFileWriter,
    field_name: str,
    placeholder: PdfSignedData,
    *,
    mdp: SigMDPSetup | None,
    digest: str,
    new_field: SigFieldSpec | None,
) -> tuple[ReservedRegion, bytes, bytes]:
    with reading():
        protocol = PdfCMSEmbedder(new_field_spec=new_field).write_cms(
            field_name=field_name, writer=writer, existing_fields_only=new_field is None
        )
        next(protocol)
        protocol.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=mdp))
        prepared, output = protocol.send(SigIOSetup(md_algorithm=digest, in_place=True))
    stream: BytesIO = output
    region = ReservedRegion(start=prepared.reserved_region_start, end=prepared.reserved_region_end)
    return region, prepared.document_digest, stream.getvalue()


def _show(writer: IncrementalPdfFileWriter, field: DictionaryObject, appearance: Appearance) -> None:
    """Centre the picture in the field's box, as large as its proportions allow."""
    width, height = shown_size(field)
    image, proportion = embed_png(writer, appearance.png)
    shown_width = min(width, height * proportion)
    shown_height = shown_width / proportion
    left, bottom = (width - shown_width) / 2, (height - shown_height) / 2
    content = f"q {shown_width:.3f} 0 0 {shown_height:.3f} {left:.3f} {bottom:.3f} cm /Picture Do Q"
    show(
        writer,
        field,
        content=content.encode(),
        resources=dictionary({"/XObject": dictionary({"/Picture": image})}),
    )
    writer.update_container(field)
