"""The demonstration timestamp authority: tokens from a template (RFC 3161, RFC 5816).

Only imprint, serial number, time, nonce and signature differ between tokens; all else is encoded once, at the start.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs import der, tsp
from certs.algorithms import DigestAlgorithm, SignatureAlgorithm
from certs.demonstration.certificates import TIMESTAMP_POLICY
from certs.errors import TimestampUnreadable
from certs.identifiers import digest_identifier, signature_identifier

if TYPE_CHECKING:
    from datetime import datetime

    from certs.demonstration.certificates import Issuer

_SET = 0x31
_GRANTED, _REJECTED = 0, 2
_BAD_ALGORITHM, _BAD_REQUEST, _UNACCEPTED_POLICY = 0, 2, 15
_SERIAL_BITS = 120
_OCTET_BITS = 8


class TimestampAuthority:
    """Answers ``TimeStampReq`` with signed tokens, good to one second.

    Serial numbers are drawn from 120 bits, so that they never repeat, not even after a restart (RFC 3161, 2.4.2).
    """

    def __init__(self, tsa: Issuer) -> None:
        self._key = tsa.key
        certificate = tsa.certificate.public_bytes(Encoding.DER)
        sha256 = digest_identifier(DigestAlgorithm.SHA256)
        certificate_id = der.sequence(der.sequence(der.octet_string(hashlib.sha256(certificate).digest())))
        self._fixed_attributes = (
            _attribute(tsp.CONTENT_TYPE, der.oid(tsp.TST_INFO)),
            _attribute(tsp.SIGNING_CERTIFICATE_V2, der.sequence(certificate_id)),
        )
        self._certificates = der.context(0, certificate)
        self._digest_algorithms = der.set_of(sha256)
        issuer = tsa.certificate.issuer.public_bytes()
        signer = der.sequence(issuer, der.integer(tsa.certificate.serial_number))
        self._signer_head = der.integer(1) + signer + sha256
        self._signature_algorithm = signature_identifier(SignatureAlgorithm.ECDSA_SHA256)

    def answer(self, request: bytes, *, at: datetime) -> bytes:
        """The ``TimeStampResp`` to a ``TimeStampReq``."""
        try:
            asked = tsp.read_request(request)
        except TimestampUnreadable:
            return _rejection(_BAD_REQUEST)
        digest_name = tsp.DIGEST_NAMES.get(asked.imprint_algorithm)
        if digest_name is None or len(asked.message_imprint) != hashlib.new(digest_name).digest_size:
            return _rejection(_BAD_ALGORITHM)
        if asked.policy not in {None, TIMESTAMP_POLICY}:
            return _rejection(_UNACCEPTED_POLICY)
        return der.sequence(der.sequence(der.integer(_GRANTED)), self._token(asked, at=at))

    def _token(self, asked: tsp.TimeStampRequest, *, at: datetime) -> bytes:
        content = _tst_info(asked, at=at)
        digest = der.octet_string(hashlib.sha256(content).digest())
        attributes = b"".join(sorted((*self._fixed_attributes, _attribute(tsp.MESSAGE_DIGEST, digest))))
        signature = self._key.sign(der.tlv(_SET, attributes), ec.ECDSA(hashes.SHA256()))
        signer = der.sequence(
            self._signer_head, der.context(0, attributes), self._signature_algorithm, der.octet_string(signature)
        )
        signed = der.sequence(
            der.integer(3),
            self._digest_algorithms,
            der.sequence(der.oid(tsp.TST_INFO), der.context(0, der.octet_string(content))),
            self._certificates if asked.wants_certificates else b"",
            der.set_of(signer),
        )
        return der.sequence(der.oid(tsp.SIGNED_DATA), der.context(0, signed))


def _tst_info(asked: tsp.TimeStampRequest, *, at: datetime) -> bytes:
    algorithm = der.sequence(der.oid(asked.imprint_algorithm), der.null())
    return der.sequence(
        der.integer(1),
        der.oid(TIMESTAMP_POLICY),
        der.sequence(algorithm, der.octet_string(asked.message_imprint)),
        der.integer(secrets.randbits(_SERIAL_BITS)),
        der.generalized_time(at.replace(microsecond=0)),
        der.sequence(der.integer(1)),
        b"" if asked.nonce is None else der.integer(asked.nonce),
    )


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def _rejection(failure: int) -> bytes:
    """``PKIStatusInfo`` with one bit of ``PKIFailureInfo``; trailing zero bits are left off (X.690, 11.2.2)."""
    place, bit = divmod(failure, _OCTET_BITS)
    octets = bytes(place) + bytes([0x80 >> bit])
    bits = der.tlv(0x03, bytes([_OCTET_BITS - 1 - bit]) + octets)
    return der.sequence(der.sequence(der.integer(_REJECTED), bits))
