"""The notary's chamber of the test vectors: its PKI, and the honest files that attacks begin with.

All of it is made by stock pyHanko and certomancer from a document written by hand (:mod:`tests.vectors.paper`); nothing
of ``signing`` takes part, so that signer and verifier do not share a mistake. Honest files are made once and kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pyhanko.sign.fields import MDPPerm
from yaml import safe_load

from certs.revocation import RevocationInfo
from tests.notary import DATE, NUMBER, Notary, Person, fill, supply
from tests.vectors import paper

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.notary import Key

SIGNED_AT = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
SEALED_AT = SIGNED_AT + timedelta(minutes=5)
GATHERED_AT = SIGNED_AT + timedelta(minutes=6)
ARCHIVED_AT = SIGNED_AT + timedelta(minutes=7)
CHECKED_AT = SIGNED_AT + timedelta(hours=1)

SIGNATORY = Person("signatory", "SigSignatory")
SEAL = Person("seal", "SigSeal")

_PKI = Path(__file__).with_name("pki.yml")
_KINDS: dict[str, Callable[[], Key]] = {
    "signatory": partial(rsa.generate_private_key, 65537, 2048),
    "rsa1024": partial(rsa.generate_private_key, 65537, 1024),
    "p192": partial(ec.generate_private_key, ec.SECP192R1()),
    "edwards": ed25519.Ed25519PrivateKey.generate,
}
"""Keys are on P-256 unless said otherwise here."""


class Base(Enum):
    """The honest files, and what their signatures allow (ISO 32000-2, 12.8.2)."""

    APPROVED = "one approval signature without locks"
    LOCKED = "one approval signature, FieldMDP leaves only number, date, seal and archive open"
    P1 = "certified with P=1, no changes allowed"
    P2 = "certified with P=2, form filling and signing allowed"
    P2_LOCKED = "certified with P=2, FieldMDP leaves only number, date, seal and archive open"
    P3 = "certified with P=3, annotations allowed"
    SEALED = "signed, numbered, dated and sealed with P=1"
    ISSUED = "signed, numbered, dated, sealed with P=1, validation data, document timestamp"


class Chamber(Notary):
    """The PKI of the vectors with fresh keys in ``directory``, and honest files by name."""

    def __init__(self, directory: Path) -> None:
        pki = _PKI.read_text(encoding="utf-8")
        on_p256 = partial(ec.generate_private_key, ec.SECP256R1())
        names = safe_load(pki)["pki-architectures"]["arch"]["entities"]
        super().__init__(directory, pki=pki, keys={name: _KINDS.get(name, on_p256)() for name in names})
        self._made: dict[Base, bytes] = {}

    def crls(self, *, at: datetime) -> RevocationInfo:
        """What a verifier with a cache has at this time: the issuing CAs, and the CRLs of all."""
        return RevocationInfo(
            certificates=tuple(self.certificate(name).dump() for name in ("interm", "fallen")),
            ocsps=(),
            crls=tuple(self.crl(name, at=at) for name in ("root", "interm", "fallen")),
        )

    @cached_property
    def known(self) -> RevocationInfo:
        """What is known when most files are checked."""
        return self.crls(at=CHECKED_AT)

    def honest(self, base: Base) -> bytes:
        """An honest file; made once."""
        if base not in self._made:
            self._made[base] = self._make(base)
        return self._made[base]

    def _make(self, base: Base) -> bytes:
        match base:
            case Base.APPROVED:
                return self.sign(paper.draft(), SIGNATORY, at=SIGNED_AT)
            case Base.LOCKED:
                return self.sign(paper.draft(lock=paper.LOCK_ALL_BUT_CELLS), SIGNATORY, at=SIGNED_AT)
            case Base.P1:
                return self._certified(MDPPerm.NO_CHANGES)
            case Base.P2:
                return self._certified(MDPPerm.FILL_FORMS)
            case Base.P2_LOCKED:
                return self._certified(MDPPerm.FILL_FORMS, lock=paper.LOCK_ALL_BUT_CELLS)
            case Base.P3:
                return self._certified(MDPPerm.ANNOTATE)
            case Base.SEALED:
                draft = paper.draft(lock=paper.LOCK_ALL_BUT_CELLS, seal_lock=paper.LOCK_NOTHING_MORE)
                pdf = self.sign(draft, SIGNATORY, at=SIGNED_AT, certify=True)
                return self.sign(fill(fill(pdf, NUMBER), DATE), SEAL, at=SEALED_AT)
            case Base.ISSUED:
                pdf = supply(self.honest(Base.SEALED), self.revocation("signatory", "seal", at=GATHERED_AT))
                return self.archive(pdf, at=ARCHIVED_AT)
        assert_never(base)

    def _certified(self, permission: MDPPerm, *, lock: bytes = b"") -> bytes:
        return self.sign(paper.draft(lock=lock), SIGNATORY, at=SIGNED_AT, certify=True, permission=permission)
