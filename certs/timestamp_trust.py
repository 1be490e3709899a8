"""Whether a timestamp token is to be believed (RFC 3161, 2.2 and 2.3; RFC 5652, 5.4 to 5.6; RFC 5816)."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs import der, tsp
from certs.certificate import parse_certificate
from certs.errors import CertificateUnreadable, TimestampUnreadable
from certs.paths import load_readable, path_to_anchor
from certs.signature_values import is_signed_by

if TYPE_CHECKING:
    from certs.timestamps import TimeStampToken


def objection(token: TimeStampToken, *, anchors: tuple[bytes, ...]) -> str | None:
    """Why the token proves no time, or None where it does.

    Checked in this order: its form and its signer's certificate, the signed attributes, the certificate's purpose, its
    path to one of the DER ``anchors`` at the token's own time, the signature. What the token covers is the caller's.
    """
    try:
        contents = token.contents
        certificate = parse_certificate(token.signer.der)
        others = load_readable(token.signer.chain)
        found = _objection_to_attributes(contents, certificate=token.signer.der)
    except (TimestampUnreadable, CertificateUnreadable) as error:
        return str(error)
    if found is not None:
        return found
    if not _is_for_timestamping(certificate):
        return "the certificate's extended key usage is not critical, or not timeStamping alone"
    trusted = load_readable(anchors)
    if path_to_anchor(certificate, candidates=others, anchors=trusted, at=contents.gen_time) is None:
        return "no valid path from its certificate to a timestamping anchor"
    if not is_signed_by(
        certificate.public_key(),
        message=contents.signed_attributes,
        signature=contents.signature,
        algorithm=contents.signature_algorithm,
        digest_algorithm=contents.digest_algorithm.oid,
    ):
        return "the signature is wrong or its algorithm is not accepted"
    return None


def _objection_to_attributes(contents: tsp.TokenContents, *, certificate: bytes) -> str | None:
    digest_name = tsp.DIGEST_NAMES.get(contents.digest_algorithm.oid)
    if digest_name is None:
        return "its digest algorithm is not accepted"
    if contents.attributes.get(tsp.CONTENT_TYPE) != der.oid(tsp.TST_INFO):
        return "the content-type attribute is missing or wrong"
    digest = hashlib.new(digest_name, contents.tst_info).digest()
    if contents.attributes.get(tsp.MESSAGE_DIGEST) != der.octet_string(digest):
        return "the message digest is not that of its content"
    bound = 0
    for kind in (tsp.SIGNING_CERTIFICATE, tsp.SIGNING_CERTIFICATE_V2):
        if (attribute := contents.attributes.get(kind)) is None:
            continue
        bound += 1
        hashed = tsp.certificate_hashes(attribute, version=kind)
        if not hashed or not _is_hash_of(certificate, *hashed[0]):
            return "the signing-certificate attribute names another certificate"
    return None if bound else "the signing-certificate attribute is missing (RFC 5816, 2.2)"


def _is_hash_of(certificate: bytes, digest_name: str, digest: bytes) -> bool:
    if digest_name not in {"sha1", "sha256", "sha384", "sha512"}:
        return False
    # SHA-1 only ever comes from the older form of the attribute (RFC 5035, 5); no collision helps against a hash that
    # merely picks one certificate among those trusted.
    return hashlib.new(digest_name, certificate, usedforsecurity=False).digest() == digest


@lru_cache(maxsize=256)
def _is_for_timestamping(certificate: x509.Certificate) -> bool:
    """RFC 3161, 2.3: the extended key usage is critical and timeStamping only; and the key may make signatures."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    if not purposes.critical or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment
