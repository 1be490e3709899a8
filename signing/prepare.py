"""The first half of every signature: write all but its value, and say what is to be signed.

Who holds the key plays no part here: a server's HSM, an official's token and a remote service all get the same DTBS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.revocation import EMPTY
from signing.augment import supply_validation_data
from signing.cms import signed_attributes
from signing.fields import empty_signature_field, say_that_there_are_signatures
from signing.new_field import open_field
from signing.pdf.values import Name, date_string, text_string
from signing.placeholder import with_placeholder
from signing.prepared import PreparedSignature, PreparedTimestamp
from signing.profiles import Certification
from signing.protection import Permission, references, scope_of
from signing.revision import building_on
from signing.source import Source
from signing.stamps import show_appearance

if TYPE_CHECKING:
    from certs.certificate import SigningCertificate
    from certs.revocation import RevocationInfo
    from signing.pdf.document import Document, Node
    from signing.pdf.values import Dictionary
    from signing.prepared import Placeholder
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
    room = _room(certificate, profile)
    placeholder = building_on(source, lambda document: _with_signature(document, profile, room=room))
    digest = source.digest(profile.algorithm.digest.value, *placeholder.pieces())
    return PreparedSignature(
        placeholder=placeholder,
        document_digest=digest,
        signed_attributes=signed_attributes(
            document_digest=digest, certificate=certificate.der, algorithm=profile.algorithm, claims=profile.claims
        ),
        certificate=certificate,
        algorithm=profile.algorithm,
        claims=profile.claims,
    )


def prepare_document_timestamp(
    base: bytes | Source, *, field_name: str, revocation: RevocationInfo = EMPTY
) -> PreparedTimestamp:
    """Append validation data and, over all of it, an empty document timestamp in a new, invisible field.

    Both are one revision (EN 319 142-1, 5.4; ISO 32000-2, 12.8.4.3 and 12.8.5), so that the file is read and written
    once. What the document security store already has is not repeated.
    """
    source = Source.over(base)

    def with_timestamp(document: Document) -> Placeholder:
        supply_validation_data(document, revocation)
        field = open_field(document, field_name, box=None)
        return _entered(field, {"/Type": Name("/DocTimeStamp"), "/SubFilter": Name("/ETSI.RFC3161")}, room=TOKEN_ROOM)

    placeholder = building_on(source, with_timestamp)
    return PreparedTimestamp(placeholder=placeholder, document_digest=source.digest(_DIGEST, *placeholder.pieces()))


_PERMISSIONS = {
    Certification.NONE: None,
    Certification.FILL_FORMS: Permission.FILL_FORMS,
    Certification.NO_CHANGES: Permission.NO_CHANGES,
}


def _room(certificate: SigningCertificate, profile: SignatureProfile) -> int:
    """How many bytes the CMS object may take: certificates, signature value, attributes and the timestamp token."""
    certificates = len(certificate.der) + sum(len(issuer) for issuer in certificate.chain)
    claimed = sum(map(len, profile.claims.attributes))
    return _CMS_OVERHEAD + certificates + claimed + 512 + TOKEN_ROOM + profile.extra_room


def _with_signature(document: Document, profile: SignatureProfile, *, room: int) -> Placeholder:
    field = empty_signature_field(document, profile.field_name)
    if profile.appearance is not None:
        show_appearance(field, profile.appearance)
    certifies = _PERMISSIONS[profile.certification]
    protected = references(certifies=certifies, scope=scope_of(field), root=document.root.ref)
    texts = {"/Reason": profile.reason, "/Location": profile.location}
    signature: Dictionary = {
        "/Type": Name("/Sig"),
        "/SubFilter": Name("/ETSI.CAdES.detached"),
        **{key: text_string(text) for key, text in texts.items() if text},
        **({"/M": date_string(profile.claimed_signing_time)} if profile.claimed_signing_time is not None else {}),
        **({"/Reference": protected} if protected else {}),
    }
    return _entered(field, signature, room=room, certifies=certifies)


def _entered(field: Node, signature: Dictionary, *, room: int, certifies: Permission | None = None) -> Placeholder:
    """Give the field its value; the catalogue then says which signature certifies the document (12.8.6)."""
    document = field.document
    ref = document.add(None)
    field.put("/V", ref)
    if certifies is not None:
        permissions = document.root.dictionary("/Perms")
        if permissions is None:
            document.root.put("/Perms", {"/DocMDP": ref})
        else:
            permissions.put("/DocMDP", ref)
    say_that_there_are_signatures(document)
    return with_placeholder(document, ref, {"/Filter": Name("/Adobe.PPKLite"), **signature}, room=room)
