"""The demonstration OCSP responder: answers for the issuing CA, signed by its delegate (RFC 6960)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from certs.demonstration.authority import ISSUING

if TYPE_CHECKING:
    from certs.demonstration.authority import Authority
    from certs.demonstration.register import Entries

_VALIDITY = timedelta(days=1)
_FRESH = timedelta(minutes=5)
_KEPT_ANSWERS = 4096


@dataclass(frozen=True, slots=True)
class _Kept:
    """A signed answer, the state of the register it speaks of, and until when it is handed out again."""

    der: bytes
    register_version: int
    until: datetime


class OcspResponder:
    """Answers OCSP requests; an answer without nonce is signed once and handed out again while it is fresh."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._kept: dict[tuple[str, int], _Kept] = {}
        name = authority.issuing.certificate.subject.public_bytes()
        key = authority.issuing.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._issuer_hashes = {
            digest: (hashlib.new(digest, name).digest(), hashlib.new(digest, key).digest())
            for digest in ("sha1", "sha256")
        }

    def answer(self, request: bytes, *, at: datetime) -> bytes:
        """The ``OCSPResponse`` to an ``OCSPRequest``."""
        try:
            question = ocsp.load_der_ocsp_request(request)
            nonces = [each for each in question.extensions if isinstance(each.value, x509.OCSPNonce)]
            hash_algorithm = question.hash_algorithm
        except ValueError:
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if self._issuer_hashes.get(hash_algorithm.name) != (question.issuer_name_hash, question.issuer_key_hash):
            return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        entries = self._authority.register.entries()
        key = (hash_algorithm.name, question.serial_number)
        kept = self._kept.get(key)
        if not nonces and kept and kept.register_version == entries.version and at < kept.until:
            return kept.der
        der = self._signed(question, entries, nonces=nonces, at=at)
        if not nonces:
            if len(self._kept) >= _KEPT_ANSWERS:
                self._kept.clear()
            self._kept[key] = _Kept(der=der, register_version=entries.version, until=at + _FRESH)
        return der

    def _signed(
        self,
        question: ocsp.OCSPRequest,
        entries: Entries,
        *,
        nonces: list[x509.Extension[x509.ExtensionType]],
        at: datetime,
    ) -> bytes:
        key = (ISSUING, question.serial_number)
        revocation = entries.revoked.get(key)
        if revocation is not None:
            status = ocsp.OCSPCertStatus.REVOKED
        elif key in entries.issued:
            status = ocsp.OCSPCertStatus.GOOD
        else:
            status = ocsp.OCSPCertStatus.UNKNOWN
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=question.issuer_name_hash,
                issuer_key_hash=question.issuer_key_hash,
                serial_number=question.serial_number,
                algorithm=question.hash_algorithm,
                cert_status=status,
                this_update=at,
                next_update=at + _VALIDITY,
                revocation_time=revocation.at if revocation else None,
                revocation_reason=revocation.reason if revocation else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self._authority.ocsp.certificate)
            .certificates([self._authority.ocsp.certificate])
        )
        for nonce in nonces:
            builder = builder.add_extension(nonce.value, critical=False)
        return builder.sign(self._authority.ocsp.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
