"""What can go wrong with certificates, revocation data and timestamps.

Each error carries its arguments as fields, a stable ``code`` that the API maps to a problem document, a ``hint`` that
says what the operator does next, and whether the same call may succeed later (``transient``).
"""

from __future__ import annotations

from typing import ClassVar


class CertsError(Exception):
    """Anything that this package refuses or cannot get."""

    code: ClassVar[str] = "certs-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class CertificateUnreadable(CertsError):
    """Bytes that should be a certificate are not one."""

    code = "certificate-unreadable"
    hint = "Give one X.509 certificate in PEM or DER."


class AnchorsUnreadable(CertsError):
    """The list of pinned anchors is not written as it should be, or a file is not what the list says."""

    code = "anchors-unreadable"
    hint = "Compare the file's SHA-256 with what its authority publishes, then correct anchors.toml or the file."

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class TrustedListRefused(CertsError):
    """A trusted list is not to be believed: its form, its signer, its signature, its number or its dates."""

    code = "trusted-list-refused"
    hint = "Compare lists.toml (address and signers' SHA-256) with what the list's operator publishes."

    def __init__(self, *, name: str, reason: str) -> None:
        super().__init__(f"trusted list {name}: {reason}")
        self.name = name
        self.reason = reason


class CertificateUnfit(CertsError):
    """The certificate may not sign now: expired, not yet valid, revoked, wrong key usage, or no trusted path.

    ``subject`` is a person's name and stays out of the message, which is logged and kept.
    """

    code = "certificate-unfit"
    hint = "Renew or replace the certificate, then repeat the call."

    def __init__(self, *, subject: str, reason: str) -> None:
        super().__init__(f"the certificate cannot be used: {reason}")
        self.subject = subject
        self.reason = reason


class AddressForbidden(CertsError):
    """A URL points where this service never connects to (a private, loopback or otherwise special address)."""

    code = "address-forbidden"
    hint = "If the host is a trusted part of your own network, add it to KYSO_ONLINE_ALLOWED."

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(f"refused to connect to {url}: {reason}")
        self.url = url
        self.reason = reason


class OnlineUnavailable(CertsError):
    """A responder did not answer, or not as its protocol asks."""

    code = "responder-unavailable"
    hint = "Check the network and the responder; the same call may be repeated."
    transient = True

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class RevocationUnavailable(CertsError):
    """No OCSP response or CRL that is trustworthy and fresh could be had; ``subject`` stays out of the message, too."""

    code = "revocation-unavailable"
    hint = "Check that the OCSP and CRL addresses of the issuing CA can be reached; the same call may be repeated."
    transient = True

    def __init__(self, *, subject: str, reason: str) -> None:
        super().__init__(f"no revocation data: {reason}")
        self.subject = subject
        self.reason = reason


class TimestampUnreadable(CertsError):
    """Bytes that should be a timestamp token, request or response are not one (RFC 3161, in DER)."""

    code = "timestamp-unreadable"
    hint = "Give one RFC 3161 TimeStampToken in DER."


class TimestampUnavailable(CertsError):
    """No configured timestamp authority answered."""

    code = "timestamp-unavailable"
    hint = (
        "The document waits for its timestamp and goes on by itself, or by the same call, once the authority answers."
    )
    transient = True


class TimestampRefused(CertsError):
    """A timestamp authority answered with something that is not a trustworthy token for what was asked."""

    code = "timestamp-refused"
    hint = "Check KYSO_TSA_URLS and the timestamp anchors (trust directory, tsa/)."

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(f"timestamp from {url} refused: {reason}")
        self.url = url
        self.reason = reason
