"""Time-stamp tokens as their parts (RFC 3161, 2.4.2): a TSTInfo in an envelope of the authority."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from certs.der import context, generalized_time, integer, octet_string, oid, sequence
from tests.vectors.chamber import SIGNED_AT
from tests.vectors.envelope import (
    SIGNATURE_TIMESTAMP,
    TST_INFO,
    Envelope,
    attribute,
    baseline_attributes,
    der_set,
    digest_algorithm,
    sealed,
)
from tests.vectors.workbench import digest_of, scheme_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.vectors.chamber import Chamber

_POLICY = oid("1.2.3.4.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class TstInfo:
    """What the authority says: this imprint existed at this time."""

    imprint: bytes
    gen_time: bytes
    algorithm: bytes = digest_algorithm("sha256")
    version: bytes = integer(1)
    policy: bytes = _POLICY
    serial: bytes = integer(4711)
    rest: bytes = b""

    def der(self) -> bytes:
        """The TSTInfo."""
        imprint = sequence(self.algorithm, octet_string(self.imprint))
        return sequence(self.version, self.policy, imprint, self.serial, self.gen_time, self.rest)


def info(value: bytes, *, at: datetime = SIGNED_AT, digest: str = "sha256") -> TstInfo:
    """A right TSTInfo over these bytes."""
    return TstInfo(imprint=digest_of(value, digest), gen_time=generalized_time(at), algorithm=digest_algorithm(digest))


def token(
    chamber: Chamber,
    said: TstInfo,
    *,
    who: str = "tsa",
    key: str | None = None,
    attributes: dict[str, bytes] | None = None,
    content_type: str = TST_INFO,
) -> Envelope:
    """The authority's envelope around a TSTInfo; ``attributes`` replace the signed ones of the same type."""
    certificate, text = chamber.certificate(who), said.der()
    right = baseline_attributes(certificate, digest_of(text), content_type=content_type)
    signed = {kind: value for kind, value in {**right, **(attributes or {})}.items() if value}
    envelope = sealed(der_set(signed), certificate=certificate, key=chamber.keys[key or who], scheme=scheme_of(who))
    content = sequence(oid(content_type), context(0, octet_string(text)))
    return replace(envelope, version=integer(3), content=content)


def stamped(envelope: Envelope, *tokens: bytes) -> bytes:
    """A signature with these tokens as its signature timestamps (EN 319 122-1, 5.3)."""
    return envelope.with_signer(unsigned=tuple(attribute(SIGNATURE_TIMESTAMP, each) for each in tokens)).der()
