"""The door to the form of a signature's CMS object: what its attributes and parameters must and must not be.

RFC 5652, 5.3 and 11: some attributes must be there, once, with one value; some must not be signed. pyHanko looks at
them one by one as it needs them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from asn1crypto import tsp
from pyhanko.sign.general import CMSExtractionError

from verification._pyhanko_certificates import certificates_of
from verification.cms_form import is_as_standard

if TYPE_CHECKING:
    from asn1crypto import cms
    from pyhanko.sign.validation import EmbeddedPdfSignature

_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, _COUNTER_SIGNATURE = (f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5, 6))
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_WEAK = frozenset({"md2", "md5"})


class Form(Enum):
    """How a CMS object is built: right, wrong in a way that changes nothing, or so that it says nothing for sure."""

    AS_STANDARD = "as standard"
    READABLE = "readable"
    BROKEN = "broken"


def form_of(signature: EmbeddedPdfSignature) -> Form:
    """The form of a signature's CMS object; raises what asn1crypto raises on damaged ones."""
    attributes = signature.signer_info["signed_attrs"]
    if len(attributes) and not _are_definite(attributes):
        return Form.BROKEN
    tidy = is_as_standard(signature.pkcs7_content) and _are_tidy(attributes) and _are_usual(signature.signer_info)
    return Form.AS_STANDARD if tidy else Form.READABLE


def names_another_certificate(signature: EmbeddedPdfSignature) -> bool:
    """Whether the old attribute signing-certificate contradicts the new one beside it (RFC 5035, 3 and 5).

    Alone it is what pyHanko goes by.
    """
    by_type = {attribute["type"].dotted: attribute["values"] for attribute in signature.signer_info["signed_attrs"]}
    if _SIGNING_CERTIFICATE not in by_type or _SIGNING_CERTIFICATE_V2 not in by_type:
        return False
    try:
        certificate = certificates_of(signature.signed_data).signer_cert
    except CMSExtractionError:
        return False
    named = bytes(by_type[_SIGNING_CERTIFICATE][0]["certs"][0]["cert_hash"].native)
    return named != hashlib.sha1(certificate.dump(), usedforsecurity=False).digest()


def _are_definite(attributes: cms.CMSAttributes) -> bool:
    """Content type and digest are there once, with one value each (RFC 5652, 11.1 and 11.2)."""
    times = Counter(attribute["type"].dotted for attribute in attributes)
    values = [len(a["values"]) for a in attributes if a["type"].dotted in {_CONTENT_TYPE, _MESSAGE_DIGEST}]
    return times[_CONTENT_TYPE] == times[_MESSAGE_DIGEST] == 1 and set(values) == {1}


def _are_tidy(attributes: cms.CMSAttributes) -> bool:
    """No attribute is empty, in the wrong place, or twice where it must not be (RFC 5652, 5.3, 11.3 and 11.4)."""
    times = Counter(attribute["type"].dotted for attribute in attributes)
    empty = any(len(attribute["values"]) == 0 for attribute in attributes)
    return not empty and times[_SIGNING_TIME] <= 1 and not times[_COUNTER_SIGNATURE] and _are_readable(attributes)


def _are_readable(attributes: cms.CMSAttributes) -> bool:
    """A signing time is a time, and a certificate is named by a hash that still means something."""
    for attribute in attributes:
        kind, values = attribute["type"].dotted, attribute["values"]
        try:
            if kind == _SIGNING_TIME and values[0].native is None:
                return False
            if kind == _SIGNING_CERTIFICATE_V2 and _naming_digest(values[0]) in _WEAK:
                return False
        except (ValueError, TypeError, IndexError):
            return False
    return True


def _naming_digest(named: tsp.SigningCertificateV2) -> str:
    """The algorithm by which a certificate is named, from a copy of the attribute.

    asn1crypto takes a default that was looked at for a change, and writes all around it anew whenever it is asked for
    the octets.
    """
    first = tsp.SigningCertificateV2.load(named.dump())["certs"][0]
    return str(first["hash_algorithm"]["algorithm"].native)


def _are_usual(signer: cms.SignerInfo) -> bool:
    """RSASSA-PSS has one trailer field (RFC 8017, A.2.3)."""
    algorithm = signer["signature_algorithm"]
    if algorithm["algorithm"].native != "rsassa_pss":
        return True
    return bool(algorithm["parameters"]["trailer_field"].native in {1, "trailer_field_bc"})
