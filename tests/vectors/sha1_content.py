"""``adbe.pkcs7.sha1``: the CMS object encapsulates the SHA-1 digest of the byte range as its content.

ISO 32000-1, 12.8.3.3.1. Two digests stand in a row, and each can be put wrong: the content must be that of the file, and
what is signed must be that of the content. SHA-1 ended with 2013, so that such a signature is good only where something
proves that it is older (EN 319 102-1, 5.2.8 and 5.5.4, step 4 c).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from certs.der import context, octet_string, oid, sequence, set_of
from tests.vectors.envelope import (
    DATA,
    MESSAGE_DIGEST,
    TST_INFO,
    Envelope,
    SignerInfo,
    attribute,
    baseline_attributes,
    certificate_set,
    der_set,
    digest_algorithm,
    issuer_and_serial,
    rsa_pkcs1,
    sealed,
)
from tests.vectors.revocation import LATER
from tests.vectors.slot import HEAD, Slot, slot
from tests.vectors.stamps import info, stamped, token
from tests.vectors.vector import CRYPTO, FORMAT, HASH, PASSED, Case, Expected, Vector, unsure
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.vectors.chamber import Chamber

_CLAUSE = "ISO 32000-1, 12.8.3.3.1; RFC 5652, 5.4; EN 319 102-1, 5.2.7, 5.2.8 and 5.5.4"
_HEAD = HEAD.replace(b"ETSI.CAdES.detached", b"adbe.pkcs7.sha1")
_EARLY, _BETWEEN = (datetime(year, 3, 3, 9, tzinfo=UTC) for year in (2012, 2016))
_ENDED = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
_NEVER = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)


@cache
def _waiting(head: bytes = _HEAD) -> Slot:
    return slot(head=head)


@dataclass(frozen=True, slots=True)
class Desk:
    """The PKI and the document; each way of signing is right unless told otherwise."""

    chamber: Chamber

    @property
    def content(self) -> bytes:
        """What the object must encapsulate."""
        return _waiting().digest("sha1")

    def bare(self, content: bytes | None = None, *, digest: str = "sha1") -> Envelope:
        """The value is made over the content itself, without signed attributes, as the older products do."""
        content = self.content if content is None else content
        certificate, scheme = self.chamber.certificate("signatory"), rsa_pkcs1(digest)
        signer = SignerInfo(
            sid=issuer_and_serial(certificate),
            attributes=None,
            signature_algorithm=scheme.identifier,
            signature=scheme.sign(self.chamber.keys["signatory"], content),
            digest_algorithm=digest_algorithm(digest),
        )
        return Envelope(
            signers=(signer,),
            certificates=certificate_set((certificate, self.chamber.certificate("interm"))),
            digest_algorithms=set_of(digest_algorithm(digest)),
            content=_holding(content),
        )

    def signed(self, content: bytes | None = None, *, digest: str = "sha1", of: bytes | None = None) -> Envelope:
        """With signed attributes; ``of`` is what their digest is made of, if not of the content."""
        content = self.content if content is None else content
        certificate = self.chamber.certificate("signatory")
        imprint = hashlib.new(digest, content if of is None else of).digest()
        envelope = sealed(
            der_set(baseline_attributes(certificate, imprint)),
            certificate=certificate,
            key=self.chamber.keys["signatory"],
            scheme=rsa_pkcs1(digest),
            chain=[self.chamber.certificate("interm")],
            digest=digest,
        )
        return replace(envelope, content=_holding(content))

    def stamped(self, envelope: Envelope, at: datetime = _EARLY) -> bytes:
        """The object with a token of this time over its value."""
        return stamped(envelope, token(self.chamber, info(envelope.signer.signature, at=at)).der())


def _holding(content: bytes) -> bytes:
    return sequence(oid(DATA), context(0, octet_string(content)))


def _in_pieces(content: bytes) -> bytes:
    """An OCTET STRING in pieces of no declared length, as streaming writers do (ITU-T X.690, 8.1.3.6 and 8.7.3)."""
    pieces = b"\x24\x80" + octet_string(content[:9]) + octet_string(content[9:]) + b"\x00\x00"
    return sequence(oid(DATA), context(0, pieces))


def _foreign() -> bytes:
    """What another document would have as its content."""
    return hashlib.sha1(b"another document", usedforsecurity=False).digest()


def _flipped(desk: Desk, envelope: Envelope) -> bytes:
    value = envelope.signer.signature
    return desk.stamped(envelope.with_signer(signature=value[:-1] + bytes([value[-1] ^ 1])))


def _with_other_attributes(desk: Desk) -> bytes:
    """The right value beside a digest that was not signed."""
    certificate = desk.chamber.certificate("signatory")
    forged = baseline_attributes(certificate, hashlib.sha1(desk.content, usedforsecurity=False).digest())
    forged[MESSAGE_DIGEST] = attribute(MESSAGE_DIGEST, octet_string(hashlib.sha1(_foreign()).digest()))
    return desk.stamped(desk.signed().with_signer(attributes=der_set(forged)))


_HONEST: dict[str, tuple[str, Expected, Callable[[Desk], bytes]]] = {
    "bare-stamped-2012": ("Right, without signed attributes; a token of 2012 proves it older than the end of SHA-1.",
        PASSED, lambda d: d.stamped(d.bare())),
    "signed-stamped-2012": ("Right, with signed attributes and a token of 2012.", PASSED, lambda d: d.stamped(d.signed())),
    "sha256-stamped-2012": ("The content is digested and signed with SHA-256; a token of 2012.",
        PASSED, lambda d: d.stamped(d.signed(digest="sha256"))),
    "bare-stamped-2016": ("Right, but the token is younger than the end of SHA-1.",
        _ENDED, lambda d: d.stamped(d.bare(), at=_BETWEEN)),
    "bare-not-stamped": ("Right, but nothing proves when.", _ENDED, lambda d: d.bare().der()),
    "signed-not-stamped": ("Right, with signed attributes, but nothing proves when.", _ENDED, lambda d: d.signed().der()),
    "sha256-not-stamped": ("The content is signed with SHA-256, but stands for the file by SHA-1 alone.",
        _ENDED, lambda d: d.signed(digest="sha256").der()),
    "sha256-stamped-2016": ("The content is signed with SHA-256; SHA-1 had ended when the token was made.",
        _ENDED, lambda d: d.stamped(d.signed(digest="sha256"), at=_BETWEEN)),
    "md5-stamped-2012": ("The content is digested and signed with MD5, which was never allowed.",
        _NEVER, lambda d: d.stamped(d.bare(digest="md5"))),
    "content-in-pieces": ("The content is written in two pieces, as BER allows and streaming writers do.",
        PASSED.with_caution("signature-not-as-standard"),
        lambda d: d.stamped(replace(d.bare(), content=_in_pieces(d.content)))),
}  # fmt: skip
_FORGED: dict[str, tuple[str, Expected, Callable[[Desk], bytes]]] = {
    "rewrapped-bare": ("A genuine object of another document, without signed attributes.",
        HASH, lambda d: d.stamped(d.bare(_foreign()))),
    "rewrapped-signed": ("A genuine object of another document, with signed attributes.",
        HASH, lambda d: d.stamped(d.signed(_foreign()))),
    "rewrapped-not-stamped": ("A genuine object of another document; that SHA-1 has ended does not hide it.",
        HASH, lambda d: d.bare(_foreign()).der()),
    "content-exchanged-bare": ("An object of another document into which the digest of this one was put.",
        CRYPTO, lambda d: d.stamped(replace(d.bare(_foreign()), content=_holding(d.content)))),
    "content-exchanged-signed": ("The same with signed attributes, whose digest is still that of the other content.",
        HASH, lambda d: d.stamped(replace(d.signed(_foreign()), content=_holding(d.content)))),
    "content-foreign-attributes-of-this": ("The attributes sign this document's digest, the content is another's.",
        HASH, lambda d: d.stamped(replace(d.signed(), content=_holding(_foreign())))),
    "digest-of-the-file": ("The signed digest is that of the file, where it must be that of the content.",
        HASH, lambda d: d.stamped(d.signed(of=_waiting().covered()))),
    "attributes-exchanged": ("The signed attributes were exchanged for others behind the value.",
        HASH, _with_other_attributes),
    "value-flipped-bare": ("One bit of the value is flipped.", CRYPTO, lambda d: _flipped(d, d.bare())),
    "value-flipped-signed": ("One bit of the value is flipped; with signed attributes.",
        CRYPTO, lambda d: _flipped(d, d.signed())),
    "value-flipped-not-stamped": ("One bit of the value is flipped, and nothing proves when.", CRYPTO,
        lambda d: d.bare().with_signer(signature=bytes(256)).der()),
    "content-absent": ("The object encapsulates nothing: it is a detached one under this name.",
        FORMAT, lambda d: d.stamped(replace(d.signed(of=_waiting().covered()), content=sequence(oid(DATA))))),
    "content-empty": ("The content is empty.", FORMAT, lambda d: d.stamped(d.bare(b""))),
    "content-sha256": ("The content is a SHA-256 digest, which the format does not know.",
        FORMAT, lambda d: d.stamped(d.bare(_waiting().digest()))),
    "content-the-file": ("The content is the file itself and not its digest.",
        FORMAT, lambda d: d.stamped(d.bare(_waiting().covered()))),
    "content-of-another-type": ("The content is said to be a time-stamp's.",
        FORMAT, lambda d: d.stamped(replace(d.bare(), content=sequence(oid(TST_INFO), context(0, octet_string(d.content)))))),
}  # fmt: skip


def _vector(name: str, about: str, expected: Expected, make: Callable[[Desk], Case]) -> Vector:
    def case(chamber: Chamber) -> Case:
        return make(Desk(chamber))

    return Vector(name=f"sha1-content/{name}", about=about, clause=_CLAUSE, expected=expected, at=LATER, make=case)


def _filled(make: Callable[[Desk], bytes]) -> Callable[[Desk], Case]:
    return lambda desk: Case(_waiting().filled(make(desk)), desk.chamber.crls(at=LATER))


def _tampered(*, proven: bool) -> Callable[[Desk], Case]:
    """A letter of the page is another than when it was signed."""

    def make(desk: Desk) -> Case:
        envelope = desk.bare()
        pdf = _waiting().filled(desk.stamped(envelope) if proven else envelope.der())
        return Case(pdf.replace(b"(Sample notice", b"(Simple notice", 1), desk.chamber.crls(at=LATER))

    return make


def _archived(desk: Desk) -> Case:
    """No token inside, but a document timestamp over the whole file."""
    pdf = _waiting().filled(desk.bare().der())
    return Case(desk.chamber.archive(pdf, at=_EARLY), desk.chamber.crls(at=LATER))


def _detached_by_name(desk: Desk) -> Case:
    """The same object under the name of a detached one."""
    waits = _waiting(HEAD.replace(b"ETSI.CAdES.detached", b"adbe.pkcs7.detached"))
    return Case(waits.filled(desk.stamped(desk.bare(waits.digest("sha1")))), desk.chamber.crls(at=LATER))


VECTORS = (
    *(
        _vector(name, about, expected, _filled(make))
        for name, (about, expected, make) in (*_HONEST.items(), *_FORGED.items())
    ),
    _vector("archived-2012", "Right, with a document timestamp of 2012 over the file.", PASSED, _archived),
    _vector("tampered-stamped-2012", "A letter of the page was changed after signing.", HASH, _tampered(proven=True)),
    _vector(
        "tampered-not-stamped",
        "A letter was changed; that SHA-1 has ended does not hide it.",
        HASH,
        _tampered(proven=False),
    ),
    _vector(
        "named-detached", "A right object of this format under the name of a detached one.", FORMAT, _detached_by_name
    ),
)
