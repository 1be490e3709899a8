"""The first half of every signature: write all but its value, and say what is to be signed.

Who holds the key plays no part here: a server's HSM, an official's token and a remote service all get the same DTBS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.revocation import EMPTY
from signing._pyhanko import (
    DocumentTimestamp,
    FieldMDPSpec,
    MDPPerm,
    SigMDPSetup,
    SignatureObject,
    SigSeedSubFilter,
    dictionary_at,
    ensure_sig_flags,
    increment,
    integer_at,
    reading,
)
from signing.augment import supply_validation_data
from signing.cms import signed_attributes
from signing.fields import empty_signature_field
from signing.new_field import open_field
from signing.prepared import PreparedSignature, PreparedTimestamp
from signing.profiles import Certification
from signing.source import Source
from signing.stamps import show_appearance

if TYPE_CHECKING:
    from certs.certificate import SigningCertificate
    from certs.revocation import RevocationInfo
    from signing._pyhanko import DictionaryObject, PdfSignedData, Writer
    from signing.profiles import SignatureProfile

TOKEN_ROOM = 8192
"""Bytes kept for a timestamp token with its chain; tokens of the government's TSA were seen at about 5 kB."""

_CMS_OVERHEAD = 1024
_DIGEST = "sha256"


def prepare(base: bytes | Source, *, profile: SignatureProfile, certificate: SigningCertificate) -> PreparedSignature:
    """Write the signature dictionary and appearance into its existing, empty field, with room for the CMS object.

    Raises :class:`signing.errors.FieldUnavailable`, :class:`signing.errors.AppearanceUnfit` or
    :class:`signing.errors.DocumentUnfit`.
    """
    source = Source.over(base)
    writer = increment(source)
    field = empty_signature_field(writer, profile.field_name)
    if profile.appearance is not None:
        show_appearance(writer, field, profile.appearance)
    signature = SignatureObject(
        timestamp=profile.claimed_signing_time,
        subfilter=SigSeedSubFilter.PADES,
        reason=profile.reason,
        location=profile.location,
        bytes_reserved=2 * (_room(certificate) + profile.extra_room),
    )
    _enter(writer, field, signature, mdp=_protection(field, profile))
    with reading():
        placeholder = writer.appended_with(signature)
    digest = source.digest(profile.algorithm.digest.value, *placeholder.pieces())
    return PreparedSignature(
        placeholder=placeholder,
        document_digest=digest,
        signed_attributes=signed_attributes(
            document_digest=digest, certificate=certificate.der, algorithm=profile.algorithm
        ),
        certificate=certificate,
        algorithm=profile.algorithm,
    )


def prepare_document_timestamp(
    base: bytes | Source, *, field_name: str, revocation: RevocationInfo = EMPTY
) -> PreparedTimestamp:
    """Append validation data and, over all of it, an empty document timestamp in a new, invisible field.

    Both are one revision (EN 319 142-1, 5.4; ISO 32000-2, 12.8.4.3 and 12.8.5), so that the file is read and written
    once. What the document security store already has is not repeated.
    """
    source = Source.over(base)
    writer = increment(source)
    if revocation != EMPTY:
        supply_validation_data(writer, revocation)
    timestamp = DocumentTimestamp(bytes_reserved=2 * TOKEN_ROOM)
    _enter(writer, open_field(writer, field_name, box=None), timestamp, mdp=None)
    with reading():
        placeholder = writer.appended_with(timestamp)
    return PreparedTimestamp(placeholder=placeholder, document_digest=source.digest(_DIGEST, *placeholder.pieces()))


_PERMISSIONS = {
    Certification.FILL_FORMS: MDPPerm.FILL_FORMS,
    Certification.NO_CHANGES: MDPPerm.NO_CHANGES,
}


def _room(certificate: SigningCertificate) -> int:
    """How many bytes the CMS object may take: certificates, signature value, attributes and the timestamp token."""
    certificates = len(certificate.der) + sum(len(issuer) for issuer in certificate.chain)
    return _CMS_OVERHEAD + certificates + 512 + TOKEN_ROOM


def _protection(field: DictionaryObject, profile: SignatureProfile) -> SigMDPSetup:
    """What the signature forbids from now on: the field's own lock, and certification (ISO 32000-2, 12.8.2)."""
    lock = dictionary_at(field, "/Lock")
    permission = MDPPerm(integer_at(lock, "/P", default=2)) if lock is not None and "/P" in lock else None
    certify = profile.certification is not Certification.NONE
    return SigMDPSetup(
        md_algorithm=profile.algorithm.digest.value,
        certify=certify,
        field_lock=FieldMDPSpec.from_pdf_object(lock) if lock is not None else None,
        docmdp_perms=_PERMISSIONS[profile.certification] if certify else permission,
    )


def _enter(writer: Writer, field: DictionaryObject, signature: PdfSignedData, *, mdp: SigMDPSetup | None) -> None:
    """Give the field its value; the form then says that there are signatures, to be appended to only (12.7.3)."""
    with reading():
        reference = writer.add_object(signature)
        field["/V"] = reference
        writer.update_container(field)
        if mdp is not None:
            mdp.apply(reference, writer)
        ensure_sig_flags(writer, lock_sig_flags=True)
