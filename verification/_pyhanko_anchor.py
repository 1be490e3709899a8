"""The door to an anchor that issues revocation lists itself without being self-signed.

Trusted lists name issuing authorities, not roots (TS 119 612, 5.5.3). pyHanko looks for the issuer of a CRL below its
issuer, and so never at the anchor itself where that has an issuer of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.path import ValidationPath

if TYPE_CHECKING:
    from collections.abc import Callable

    from asn1crypto import x509

_below_its_issuer: Callable[[ValidationPath, x509.Certificate], ValidationPath]
_below_its_issuer = ValidationPath.truncate_to_issuer_and_append


def path_to_issuer(path: ValidationPath, issuer: x509.Certificate) -> ValidationPath:
    """The path from the same anchor to this issuer of a CRL, which may be the anchor; ``LookupError`` if neither."""
    authority = path.trust_anchor.authority
    if isinstance(authority, AuthorityWithCert) and authority.certificate.sha256 == issuer.sha256:
        return ValidationPath(path.trust_anchor, interm=[], leaf=None)
    return _below_its_issuer(path, issuer)


def use_it() -> None:
    """Have pyHanko look for issuers here; it offers no other way in (pinned, and tested)."""
    ValidationPath.truncate_to_issuer_and_append = path_to_issuer  # type: ignore[assignment, method-assign]
