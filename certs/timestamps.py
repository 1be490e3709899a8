"""Timestamps: a token with what it says, and the authorities that are asked for one (RFC 3161)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.serialization import Encoding

from certs import tsp
from certs.authorities import Authorities, Places, PlacesHere, TimestampLimits
from certs.certificate import SigningCertificate
from certs.errors import (
    AddressForbidden,
    OnlineUnavailable,
    TimestampRefused,
    TimestampUnavailable,
    TimestampUnreadable,
)
from certs.paths import is_issued_by, key_identifier, load_readable
from certs.timestamp_trust import objection

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from certs.anchors import AnchorSource
    from certs.online import OnlineClient

_FARTHEST_CLOCK = timedelta(minutes=5)
_NONCE_BITS = 64
_TIME_NOT_AVAILABLE, _SYSTEM_FAILURE = 14, 25


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


@dataclass(frozen=True)
class TimeStampToken:
    """A ``TimeStampToken`` as DER; parsed when first asked, and believed only by :mod:`certs.timestamp_trust`.

    Every property raises :class:`TimestampUnreadable` where the bytes are no such thing.
    """

    der: bytes

    @cached_property
    def contents(self) -> tsp.TokenContents:
        """All that the token says."""
        return tsp.read_token(self.der)

    @property
    def gen_time(self) -> datetime:
        """When the authority says that it saw the digest; aware, UTC."""
        return self.contents.gen_time

    @property
    def message_imprint(self) -> bytes:
        """The digest that the token covers, made with :attr:`imprint_algorithm`."""
        return self.contents.message_imprint

    @property
    def imprint_algorithm(self) -> str:
        """``sha256``, ``sha384`` or ``sha512``; for any other, its dotted OID."""
        return tsp.DIGEST_NAMES.get(self.contents.imprint_algorithm, self.contents.imprint_algorithm)

    @property
    def policy(self) -> str:
        """The dotted OID of the policy under which the authority works."""
        return self.contents.policy

    @cached_property
    def signer(self) -> SigningCertificate:
        """The authority's certificate, with those of its issuers that the token carries, nearest first."""
        return _signer_among(self.contents.certificates, self.contents.signer)


class HttpTimestamper:
    """Asks timestamp authorities over HTTP, one after the other until one answers well (RFC 3161, 3.4).

    With a clock, a token more than five minutes away from it is refused; without one, that is left to the caller.
    ``online`` must bear with an authority for as long as the ``limits`` say. Without shared ``places`` the limit is
    this process's alone.
    """

    def __init__(
        self,
        urls: tuple[str, ...],
        online: OnlineClient,
        anchors: AnchorSource,
        clock: Clock | None = None,
        *,
        limits: TimestampLimits | None = None,
        places: Places | None = None,
    ) -> None:
        self._authorities = Authorities(urls, limits or TimestampLimits())
        self._places = places or PlacesHere(limits or TimestampLimits())
        self._online = online
        self._anchors = anchors
        self._clock = clock

    def stamp(self, digest: bytes) -> TimeStampToken:
        """A checked token over this SHA-256 digest.

        Raises :class:`TimestampRefused` where an authority answered with what is not to be believed and no other did
        better, and :class:`TimestampUnavailable` where none answered at all, or too many questions are open.
        """
        refusals: list[TimestampRefused] = []
        silent: list[str] = []
        with self._places.place():
            for url in self._authorities.awake():
                try:
                    return self._stamp_at(url, digest=digest)
                except TimestampRefused as refusal:
                    refusals.append(refusal)
                except (OnlineUnavailable, AddressForbidden) as error:
                    silent.append(str(error))
        if refusals:
            raise refusals[0]
        raise TimestampUnavailable("; ".join(silent) or "no timestamp authority is configured")

    def _stamp_at(self, url: str, *, digest: bytes) -> TimeStampToken:
        nonce = secrets.randbits(_NONCE_BITS)
        question = tsp.write_request(digest, nonce=nonce)
        with self._authorities.asking(url):
            answer = self._online.post(url, question, content_type="application/timestamp-query")
        try:
            response = tsp.read_response(answer)
        except TimestampUnreadable as error:
            raise TimestampRefused(url=url, reason=str(error)) from error
        if response.failures & {_TIME_NOT_AVAILABLE, _SYSTEM_FAILURE}:
            raise OnlineUnavailable(url=url, reason=f"the authority is out of order {response.explanation}".rstrip())
        if response.status not in tsp.GRANTED or response.token is None:
            raise TimestampRefused(url=url, reason=f"status {response.status} {response.explanation}".rstrip())
        token = TimeStampToken(response.token)
        found = objection(token, anchors=self._anchors.timestamping) or self._objection_to_answer(
            token.contents, digest=digest, nonce=nonce
        )
        if found is not None:
            raise TimestampRefused(url=url, reason=found)
        return token

    def _objection_to_answer(self, contents: tsp.TokenContents, *, digest: bytes, nonce: int) -> str | None:
        if contents.imprint_algorithm != tsp.SHA256 or contents.message_imprint != digest:
            return "it covers another digest"
        if contents.nonce != nonce:
            return "it answers another question (nonce)"
        if self._clock is not None and abs(contents.gen_time - self._clock.now()) > _FARTHEST_CLOCK:
            return "its time and the clock of this machine differ by more than five minutes"
        return None


@lru_cache(maxsize=256)
def _signer_among(certificates: tuple[bytes, ...], signer: tsp.SignerIdentifier) -> SigningCertificate:
    """Remembered, since an authority's tokens carry the same few certificates."""
    carried = load_readable(certificates)
    matching = [certificate for certificate in carried if _is_signer(certificate, signer)]
    if not matching:
        msg = "the token does not carry its signer's certificate"
        raise TimestampUnreadable(msg)
    chain = _issuers(matching[0], carried)
    return SigningCertificate(
        der=matching[0].public_bytes(Encoding.DER),
        chain=tuple(issuer.public_bytes(Encoding.DER) for issuer in chain),
    )


def _is_signer(certificate: x509.Certificate, signer: tsp.SignerIdentifier) -> bool:
    if signer.key_identifier is not None:
        return key_identifier(certificate) == signer.key_identifier
    return certificate.serial_number == signer.serial_number and certificate.issuer.public_bytes() == signer.issuer


def _issuers(certificate: x509.Certificate, carried: tuple[x509.Certificate, ...]) -> list[x509.Certificate]:
    chain = [certificate]
    while issuer := next((each for each in carried if each not in chain and is_issued_by(chain[-1], each)), None):
        chain.append(issuer)
    return chain[1:]
