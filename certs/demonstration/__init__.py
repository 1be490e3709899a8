"""A demonstration public key infrastructure with real responders, because trying the product needs certificates.

A root with an issuing CA and its OCSP signer, and a separate root with a timestamp authority; every name says that it
is a sample ("MẪU"). ``make_authority`` writes it into a folder, ``issue_certificate`` answers certificate requests,
``revoke`` takes certificates back, and ``python -m certs.demonstration FOLDER --port N`` serves OCSP, CRLs,
certificates and timestamps on loopback. Never trust it for anything real: its keys lie in plain files.
"""

from __future__ import annotations

from certs.demonstration.authority import issue_certificate, make_authority, responder_url_of, revoke
from certs.demonstration.certificates import CertificateKind

__all__ = ["CertificateKind", "issue_certificate", "make_authority", "responder_url_of", "revoke"]
