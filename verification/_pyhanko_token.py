"""The door to what RFC 3161 asks of a time-stamp token beyond what pyHanko looks at.

pyHanko takes any certificate whose extended key usage names time-stamping, and reads the rest of a token as it comes. A
token proves a time only if nobody but an authority for time can have made it, and if all that it says is understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyhanko.sign.validation.generic_cms import get_signing_cert_attr

from verification._pyhanko_certificates import certificates_of
from verification.report import SubIndication

if TYPE_CHECKING:
    from asn1crypto import cms, tsp, x509

_TIME = re.compile(rb"\d{14}(\.\d*[1-9])?Z")


def objection_to_token(token: cms.SignedData) -> SubIndication | None:
    """Why the token cannot prove a time, whoever made it; None where nothing stands against it.

    A time in the future is no reason: it is our clock that may be slow, and the authority's that is trusted.
    """
    certificate = certificates_of(token).signer_cert
    if not _is_for_time_alone(certificate):
        return SubIndication.CHAIN_CONSTRAINTS_FAILURE
    said = token["encap_content_info"]["content"].parsed
    is_named = get_signing_cert_attr(token["signer_infos"][0]["signed_attrs"]) is not None
    return None if is_named and _is_understood(said) else SubIndication.SIG_CONSTRAINTS_FAILURE


def _is_for_time_alone(certificate: x509.Certificate) -> bool:
    """RFC 3161, 2.3: one extended key usage, time-stamping, and critical."""
    usage = certificate.extended_key_usage_value
    return (
        usage is not None
        and usage.native == ["time_stamping"]
        and "extended_key_usage" in certificate.critical_extensions
    )


def _is_understood(said: tsp.TSTInfo) -> bool:
    """RFC 3161, 2.4.2: version 1, a time in UTC with seconds (X.690, 11.7), no critical extension (none is known)."""
    critical = (extension["critical"].native for extension in said["extensions"] or ())
    right_time = _TIME.fullmatch(said["gen_time"].contents) is not None
    return said["version"].native == "v1" and right_time and not any(critical)
