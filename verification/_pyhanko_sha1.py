"""The door to ``adbe.pkcs7.sha1``: a CMS object that encapsulates the SHA-1 digest of the byte range as its content.

ISO 32000-1, 12.8.3.3.1 (withdrawn in ISO 32000-2). Two digests stand in a row: the content must be the file's, and what
is signed must be the content's. pyHanko knows only the second, of objects that are detached.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asn1crypto import algos, cms, core

from verification.facts import AlgorithmUse
from verification.report import Indication, SubIndication

if TYPE_CHECKING:
    from datetime import datetime

    from pyhanko.sign.validation import EmbeddedPdfSignature
    from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint

    from verification._pyhanko_engine import Finding

SHA1_CONTENT = "/adbe.pkcs7.sha1"
SHA1 = algos.DigestAlgorithm({"algorithm": "sha1"})
_LENGTH = hashlib.sha1(usedforsecurity=False).digest_size


@dataclass(frozen=True)
class Encapsulated:
    """The object as if it were detached, the digest that was signed then, and whether the content is the file's."""

    signed_data: cms.SignedData
    digest: bytes
    is_of_file: bool
    has_attributes: bool


def is_encapsulated(signature: EmbeddedPdfSignature) -> bool:
    """Whether the signature says that it is of this kind."""
    return str(signature.sig_object["/SubFilter"]) == SHA1_CONTENT


def holds_digest(signed_data: cms.SignedData) -> bool:
    """Whether there is a content as long as a SHA-1 digest."""
    content = signed_data["encap_content_info"]["content"]
    return content is not core.VOID and len(bytes(content)) == _LENGTH


def encapsulated(signature: EmbeddedPdfSignature) -> Encapsulated:
    """Take the object apart (RFC 5652, 5.4: the content's octets are digested, without tag and length)."""
    content = bytes(signature.signed_data["encap_content_info"]["content"])
    detached = signature.signed_data.copy()
    # PKCS #7 and CMS name the type of this part differently; which it is hangs on the version (RFC 5652, 5.1).
    detached["encap_content_info"] = type(detached["encap_content_info"])({"content_type": "data"})
    return Encapsulated(
        signed_data=detached,
        digest=hashlib.new(signature.md_algorithm, content, usedforsecurity=False).digest(),
        is_of_file=content == signature.compute_digest("sha1"),
        has_attributes=bool(len(signature.signer_info["signed_attrs"])),
    )


def with_both_digests(
    finding: Finding, content: Encapsulated, *, usable: AlgorithmUsageConstraint, at: datetime
) -> Finding:
    """The engine's finding about the second digest, and what the first adds to it.

    ``usable`` says whether SHA-1 could be relied on at this time, by which the signature is proven to exist.
    """
    if finding.sub_indication is SubIndication.FORMAT_FAILURE:
        return finding
    if not content.is_of_file:
        return _broken(finding, SubIndication.HASH_FAILURE, intact=False)
    if finding.valid is False and not content.has_attributes:
        # Without attributes the engine cannot tell a wrong value from a wrong digest; here the digest is known.
        return _broken(finding, SubIndication.SIG_CRYPTO_FAILURE, intact=True)
    if finding.indication is Indication.TOTAL_FAILED:
        return finding
    if not usable:
        ended = usable.not_allowed_after is not None
        reason = SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE if ended else SubIndication.CRYPTO_CONSTRAINTS_FAILURE
        return replace(finding, indication=Indication.INDETERMINATE, sub_indication=reason, uses=(), lack=None)
    return replace(finding, uses=(*finding.uses, AlgorithmUse("sha1", 0, at))) if finding.passed else finding


def _broken(finding: Finding, reason: SubIndication, *, intact: bool) -> Finding:
    return replace(
        finding, indication=Indication.TOTAL_FAILED, sub_indication=reason, intact=intact, uses=(), lack=None
    )
