"""Bad time-stamp tokens: none of them proves a time.

The signer's certificate was revoked a month after the signature, and the file is checked another month later. Whoever
takes the token for a proof of an early time says TOTAL_PASSED; without that proof the signature is INDETERMINATE
(EN 319 102-1, 5.4 and 5.5.4; RFC 3161, 2.3 and 2.4.2). A token that is there must hold: that is this policy's
constraint in step 3 b of 5.5.4, and why its own reason is given rather than REVOKED_NO_POE.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from certs.der import boolean_true, context, integer, null, octet_string, oid, sequence, tlv
from tests.vectors.chamber import SIGNED_AT
from tests.vectors.envelope import (
    DATA,
    MESSAGE_DIGEST,
    SIGNATURE_TIMESTAMP,
    SIGNING_CERTIFICATE_V2,
    attribute,
    certificate_set,
    der_set,
    digest_algorithm,
    ess_certificate,
    signing_certificate,
)
from tests.vectors.stamps import TstInfo, info, stamped, token
from tests.vectors.vector import CRYPTO, FORMAT, HASH, PASSED, TOO_EARLY, Case, Expected, Vector, unsure
from tests.vectors.workbench import Workbench, waiting
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.vectors.chamber import Chamber
    from tests.vectors.envelope import Envelope

LATER = datetime(2025, 5, 5, 12, 0, tzinfo=UTC)
_CLAUSE = "EN 319 102-1, 5.4 and 5.5.4; RFC 3161, 2.3 and 2.4.2"
_INVALID = unsure(SubIndication.SIG_CONSTRAINTS_FAILURE)
_UNTRUSTED = unsure(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
_NOT_FOR_TIME = unsure(SubIndication.CHAIN_CONSTRAINTS_FAILURE)
_REVOKED = unsure(SubIndication.REVOKED_NO_POE)
_WEAK = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)


def _case(chamber: Chamber, *, make: Callable[[Chamber, Envelope], bytes]) -> Case:
    """The revoked signer's signature with whatever is made for it."""
    signature = Workbench(chamber).sign(who="compromised")
    return Case(waiting().filled(make(chamber, signature)), chamber.crls(at=LATER))


def _one(chamber: Chamber, signature: Envelope, *, build: Callable[[Chamber, bytes], bytes]) -> bytes:
    """The signature with one token, built over its value."""
    return stamped(signature, build(chamber, signature.signer.signature))


def _said(chamber: Chamber, value: bytes, *, change: Callable[[TstInfo], TstInfo]) -> bytes:
    """A token that is right but for what it says; the authority has signed it like this."""
    return token(chamber, change(info(value))).der()


def _by(chamber: Chamber, value: bytes, *, who: str, at: datetime = SIGNED_AT) -> bytes:
    """A token by another authority, at another time."""
    return token(chamber, info(value, at=at), who=who).der()


def _forged(chamber: Chamber, value: bytes, *, change: Callable[[TstInfo], TstInfo]) -> bytes:
    """What the token says changed after it was signed."""
    said = info(value)
    content = token(chamber, change(said)).content
    return replace(token(chamber, said), content=content).der()


def _reworked(chamber: Chamber, value: bytes) -> bytes:
    """Time and message-digest changed after signing; only the signature value gives it away."""
    genuine = token(chamber, info(value, at=SIGNED_AT + timedelta(days=40)))
    wanted = token(chamber, info(value))
    return wanted.with_signer(signature=genuine.signer.signature).der()


def _attribute(chamber: Chamber, value: bytes, *, name: str, make: Callable[[Chamber], bytes]) -> bytes:
    """One signed attribute of the token replaced, or left out where it is empty; the value is right."""
    return token(chamber, info(value), attributes={name: make(chamber)}).der()


def _part(chamber: Chamber, value: bytes, *, change: Callable[[Envelope], Envelope]) -> bytes:
    """A part outside of what the authority signs replaced."""
    return change(token(chamber, info(value))).der()


def _response(chamber: Chamber, value: bytes) -> bytes:
    """The whole answer of the authority instead of the token in it."""
    return sequence(sequence(integer(0)), token(chamber, info(value)).der())


def _detached(envelope: Envelope) -> Envelope:
    return replace(envelope, content=sequence(oid("1.2.840.113549.1.9.16.1.4")))


def _time(text: bytes) -> Callable[[TstInfo], TstInfo]:
    return lambda said: replace(said, gen_time=tlv(0x18, text))


def _extension(critical: bytes) -> bytes:
    return context(1, sequence(oid("1.2.3.4"), critical, octet_string(null())))


_BUILT: dict[str, tuple[str, Expected, Callable[[Chamber, bytes], bytes]]] = {
    "right": ("A right token: the signature is older than the revocation and passes.", PASSED,
        partial(_by, who="tsa")),
    "another-value": ("The token is over another value.", _INVALID,
        partial(_said, change=lambda said: replace(said, imprint=bytes(32)))),
    "over-the-document": ("The token is over the document instead of the signature value.", _INVALID,
        lambda chamber, _: token(chamber, info(waiting().covered())).der()),
    "over-another-signature": ("The token is over another signature's value.", _INVALID,
        lambda chamber, _: token(chamber, info(Workbench(chamber).sign().signer.signature)).der()),
    "imprint-mislabelled": ("The imprint is SHA-256 and said to be SHA-512.", _INVALID,
        partial(_said, change=lambda said: replace(said, algorithm=digest_algorithm("sha512")))),
    "imprint-empty": ("The imprint is empty.", _INVALID, partial(_said, change=lambda said: replace(said, imprint=b""))),
    "imprint-md5": ("The imprint is MD5.", _WEAK,
        lambda chamber, value: token(chamber, info(value, digest="md5")).der()),
    "imprint-sha1": ("The imprint is SHA-1, in 2025.", _WEAK,
        lambda chamber, value: token(chamber, info(value, digest="sha1")).der()),
    "no-purpose": ("The authority's certificate has no extended key usage.", _NOT_FOR_TIME,
        partial(_by, who="tsa-bare")),
    "soft-purpose": ("The authority's extended key usage is not critical.", _NOT_FOR_TIME,
        partial(_by, who="tsa-soft")),
    "many-purposes": ("The authority's certificate is for signing code as well.", _NOT_FOR_TIME,
        partial(_by, who="tsa-many")),
    "made-by-a-signer": ("A citizen's certificate has made the token.", _NOT_FOR_TIME, partial(_by, who="citizen")),
    "made-by-the-signer": ("The signer has made the token himself.", _NOT_FOR_TIME, partial(_by, who="compromised")),
    "expired-authority": ("The authority's certificate had expired at the time it gives.",
        unsure(SubIndication.OUT_OF_BOUNDS_NO_POE), partial(_by, who="tsa-old")),
    "expired-authority-antedated": ("The authority's certificate has expired since the time it gives, and nothing "
        "proves that the token is older.", unsure(SubIndication.OUT_OF_BOUNDS_NO_POE),
        partial(_by, who="tsa-old", at=datetime(2024, 12, 20, tzinfo=UTC))),
    "authority-of-the-future": ("The authority's certificate begins after the time it gives.",
        unsure(SubIndication.NOT_YET_VALID), partial(_by, who="tsa2")),
    "revoked-authority": ("The authority's certificate had been revoked.", _REVOKED, partial(_by, who="tsa-revoked")),
    "untrusted-authority": ("Nobody has certified the authority.", _UNTRUSTED, partial(_by, who="tsa-stranger")),
    "time-changed": ("The time is changed after signing.", _INVALID,
        partial(_forged, change=_time(b"20240101000000Z"))),
    "policy-changed": ("The policy is changed after signing.", _INVALID,
        partial(_forged, change=lambda said: replace(said, policy=oid("1.2.3.4.6")))),
    "imprint-changed": ("The imprint is changed after signing.", _INVALID,
        lambda chamber, value: replace(token(chamber, info(b"else")), content=token(chamber, info(value)).content).der()),
    "time-and-digest-changed": ("The time is changed after signing, and message-digest with it.", _INVALID, _reworked),
    "wrong-key": ("The token's value was made with another key.", _INVALID,
        lambda chamber, value: token(chamber, info(value), key="citizen").der()),
    "empty-value": ("The token's value is empty.", _INVALID,
        partial(_part, change=lambda envelope: envelope.with_signer(signature=b""))),
    "time-in-the-future": ("The token is from tomorrow: it is our clock that may be slow, but this is no early time.", _REVOKED,
        partial(_by, who="tsa", at=LATER + timedelta(days=1))),
    "time-before-the-certificate": ("The token is older than the signer's certificate.",
        TOO_EARLY,
        partial(_by, who="tsa", at=datetime(2009, 6, 1, tzinfo=UTC))),
    "time-after-revocation": ("The token is right, but younger than the revocation.", _REVOKED,
        partial(_by, who="tsa", at=datetime(2025, 4, 2, tzinfo=UTC))),
    "time-without-zone": ("The time is local.", _INVALID, partial(_said, change=_time(b"20250303090000"))),
    "time-with-offset": ("The time has an offset.", _INVALID, partial(_said, change=_time(b"20250303090000+0700"))),
    "time-without-seconds": ("The time has no seconds.", _INVALID, partial(_said, change=_time(b"202503030900Z"))),
    "time-impossible": ("The time is no time.", _INVALID, partial(_said, change=_time(b"20251399999999Z"))),
    "time-as-number": ("The time is an INTEGER.", _INVALID,
        partial(_said, change=lambda said: replace(said, gen_time=integer(20250303)))),
    "version-2": ("TSTInfo has version 2.", _INVALID,
        partial(_said, change=lambda said: replace(said, version=integer(2)))),
    "critical-extension": ("TSTInfo has a critical extension that nobody knows.", _INVALID,
        partial(_said, change=lambda said: replace(said, rest=_extension(boolean_true())))),
    "extension": ("TSTInfo has an extension that nobody needs to know.", PASSED,
        partial(_said, change=lambda said: replace(said, rest=_extension(b"")))),
    "nonce": ("TSTInfo has a nonce; who asked for the token has compared it.", PASSED,
        partial(_said, change=lambda said: replace(said, rest=integer(4242)))),
    "no-signing-certificate": ("The token does not name its certificate.", _INVALID,
        partial(_attribute, name=SIGNING_CERTIFICATE_V2, make=lambda _: b"")),
    "signing-certificate-of-another": ("The token names another certificate.",
        _INVALID,
        partial(_attribute, name=SIGNING_CERTIFICATE_V2,
            make=lambda chamber: signing_certificate(ess_certificate(chamber.certificate("tsa-many"))))),
    "digest-of-another": ("message-digest of the token is that of something else.", _INVALID,
        partial(_attribute, name=MESSAGE_DIGEST, make=lambda _: attribute(MESSAGE_DIGEST, octet_string(bytes(32))))),
    "no-message-digest": ("message-digest of the token is missing.", _INVALID,
        partial(_attribute, name=MESSAGE_DIGEST, make=lambda _: b"")),
    "content-type-data": ("The content is said to be plain data.", _INVALID,
        lambda chamber, value: token(chamber, info(value), content_type=DATA).der()),
    "without-content": ("The token holds no TSTInfo.", _INVALID, partial(_part, change=_detached)),
    "without-certificate": ("The authority's certificate is not in the token.",
        _INVALID,
        partial(_part, change=lambda envelope: replace(envelope, certificates=b""))),
    "two-signers": ("Two authorities have signed the token.", _INVALID,
        partial(_part, change=lambda envelope: replace(envelope, signers=envelope.signers * 2))),
    "no-signers": ("Nobody has signed the token.", _INVALID,
        partial(_part, change=lambda envelope: replace(envelope, signers=()))),
    "whole-response": ("The authority's whole answer instead of the token.", FORMAT, _response),
    "truncated": ("The token's second half is missing.", FORMAT,
        lambda chamber, value: token(chamber, info(value)).der()[:300] + bytes(800)),
}  # fmt: skip


def _bad_and_good(chamber: Chamber, signature: Envelope) -> bytes:
    """A token over another value before a right one."""
    value = signature.signer.signature
    return stamped(signature, token(chamber, info(b"else")).der(), token(chamber, info(value)).der())


def _two_values(chamber: Chamber, signature: Envelope) -> bytes:
    """Two right tokens in one attribute."""
    right = token(chamber, info(signature.signer.signature)).der()
    other = token(chamber, info(signature.signer.signature), who="tsa").der()
    return signature.with_signer(unsigned=(attribute(SIGNATURE_TIMESTAMP, right, other),)).der()


def _among_signed(chamber: Chamber, _: Envelope) -> bytes:
    """A token over nothing that exists yet, among the signed attributes."""
    bench = Workbench(chamber)
    signed = {**bench.attributes("compromised")}
    signed[SIGNATURE_TIMESTAMP] = attribute(SIGNATURE_TIMESTAMP, token(chamber, info(b"")).der())
    return bench.sign(tlv(0x31, b"".join(sorted(signed.values()))), who="compromised").der()


def _broken_value(chamber: Chamber, signature: Envelope) -> bytes:
    """A right token over a signature value that is wrong."""
    value = signature.signer.signature
    wrong = value[:-1] + bytes([value[-1] ^ 1])
    return stamped(signature.with_signer(signature=wrong), token(chamber, info(wrong)).der())


def _other_document(chamber: Chamber, _: Envelope) -> bytes:
    """A right token over a right signature of another document."""
    bench = Workbench(chamber)
    attributes = bench.attributes("compromised")
    attributes[MESSAGE_DIGEST] = attribute(MESSAGE_DIGEST, octet_string(bytes(32)))
    other = bench.sign(der_set(attributes), who="compromised")
    return stamped(other, token(chamber, info(other.signer.signature)).der())


def _without(_: Chamber, signature: Envelope) -> bytes:
    return signature.der()


def _intermediate(chamber: Chamber, signature: Envelope) -> bytes:
    """Certificates that nobody needs in the token."""
    right = token(chamber, info(signature.signer.signature))
    more = [chamber.certificate(name) for name in ("tsa", "root", "interm")]
    return stamped(signature, replace(right, certificates=certificate_set(more)).der())


_ATTACHED: dict[str, tuple[str, Expected, Callable[[Chamber, Envelope], bytes]]] = {
    "none": ("No token at all: the revocation stands against the signature.", _REVOKED, _without),
    "right-over-broken-value": ("A right token over a wrong signature value: an early time mends nothing.", CRYPTO,
        _broken_value),
    "right-over-other-document": ("A right token over a right signature of another document.", HASH, _other_document),
    "bad-before-good": ("A token over another value before a right one; one is enough.", PASSED, _bad_and_good),
    "two-in-one-attribute": ("Two right tokens in one attribute, as it may be.", PASSED, _two_values),
    "among-signed-attributes": ("A token among the signed attributes proves nothing.", _REVOKED, _among_signed),
    "more-certificates": ("A right token with certificates that nobody needs.", PASSED, _intermediate),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    vector = partial(Vector, clause=_CLAUSE, at=LATER)
    for name, (about, expected, build) in _BUILT.items():
        make = partial(_case, make=partial(_one, build=build))
        yield vector(name=f"tokens/{name}", about=about, expected=expected, make=make)
    for name, (about, expected, attach) in _ATTACHED.items():
        yield vector(name=f"tokens/{name}", about=about, expected=expected, make=partial(_case, make=attach))


VECTORS = tuple(_vectors())
