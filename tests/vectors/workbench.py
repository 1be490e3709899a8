"""One document that waits for its CMS object, and everything at hand to make right and wrong ones for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.vectors.chamber import CHECKED_AT
from tests.vectors.envelope import (
    Envelope,
    Scheme,
    baseline_attributes,
    der_set,
    ecdsa,
    ed25519_pure,
    rsa_pkcs1,
    sealed,
)
from tests.vectors.slot import Slot, slot
from tests.vectors.vector import Case, Expected, Vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from asn1crypto.x509 import Certificate

    from tests.notary import Key
    from tests.vectors.chamber import Chamber


@dataclass(frozen=True, slots=True)
class Workbench:
    """The PKI and the document: ``digest`` is what its signature is to carry."""

    chamber: Chamber

    def digest(self, name: str = "sha256") -> bytes:
        """The digest over the document's byte range."""
        return waiting().digest(name)

    def certificate(self, who: str = "signatory") -> Certificate:
        """A certificate of the PKI."""
        return self.chamber.certificate(who)

    def key(self, who: str = "signatory") -> Key:
        """Its key."""
        return self.chamber.keys[who]

    def attributes(self, who: str = "signatory", digest: str = "sha256") -> dict[str, bytes]:
        """Right signed attributes, by type."""
        return baseline_attributes(self.certificate(who), self.digest(digest))

    def sign(
        self,
        attributes: bytes | None = None,
        *,
        who: str = "signatory",
        scheme: Scheme | None = None,
        digest: str = "sha256",
        key: str | None = None,
    ) -> Envelope:
        """An envelope that is right but for what is given: the attributes as a whole SET, the scheme, another key."""
        return sealed(
            der_set(self.attributes(who, digest)) if attributes is None else attributes,
            certificate=self.certificate(who),
            key=self.key(key or who),
            scheme=scheme or scheme_of(who, digest),
            chain=[self.certificate("interm")],
            digest=digest,
        )


def scheme_of(who: str, digest: str = "sha256") -> Scheme:
    """How this person usually signs."""
    if who in {"signatory", "rsa1024"}:
        return rsa_pkcs1(digest)
    return ed25519_pure() if who == "edwards" else ecdsa(digest)


@cache
def waiting() -> Slot:
    """The document; it holds no keys and is the same for all."""
    return slot()


def mutation(name: str, about: str, clause: str, expected: Expected, make: Callable[[Workbench], bytes]) -> Vector:
    """A vector whose CMS object is made like this."""

    def case(chamber: Chamber) -> Case:
        return Case(waiting().filled(make(Workbench(chamber))), chamber.known)

    return Vector(name=name, about=about, clause=clause, expected=expected, at=CHECKED_AT, make=case)


def digest_of(octets: bytes, name: str = "sha256") -> bytes:
    """A digest, by the name of its algorithm."""
    return hashlib.new(name, octets).digest()
