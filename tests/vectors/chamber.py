"""The notary's chamber of the test vectors: its PKI, and the honest files that attacks begin with.

All of it is made by stock pyHanko and certomancer from a document written by hand (:mod:`tests.vectors.paper`); nothing
of ``signing`` takes part, so that signer and verifier do not share a mistake. Honest files are made once and kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

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


class Chamber(Notary):
    """The PKI of the vectors with fresh keys in ``directory``, and honest files by name."""

    def __init__(self, directory: Path) -> None:
        pki = _PKI.read_text(encoding="utf-8")
        on_p256 = partial(ec.generate_private_key, ec.SECP256R1())
        names = safe_load(pki)["pki-architectures"]["arch"]["entities"]
        super().__init__(directory, pki=pki, keys={name: _KINDS.get(name, on_p256)() for name in names})

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

    @cached_property
    def approved(self) -> bytes:
        """One approval signature with a timestamp, and no locks: everything that signatures allow is allowed."""
        return self.sign(paper.draft(), SIGNATORY, at=SIGNED_AT)

    @cached_property
    def locked(self) -> bytes:
        """One approval signature whose field locks all others but number, date, seal and archive (FieldMDP)."""
        return self.sign(paper.draft(lock=paper.LOCK_ALL_BUT_CELLS), SIGNATORY, at=SIGNED_AT)

    @cached_property
    def certified_1(self) -> bytes:
        """Certified, no changes allowed (DocMDP P=1)."""
        return self._certified(MDPPerm.NO_CHANGES)

    @cached_property
    def certified_2(self) -> bytes:
        """Certified, form filling and signing allowed (P=2)."""
        return self._certified(MDPPerm.FILL_FORMS)

    @cached_property
    def certified_2_locked(self) -> bytes:
        """P=2, and FieldMDP leaves only number, date, seal and archive open: the signatory's half of our documents."""
        return self._certified(MDPPerm.FILL_FORMS, lock=paper.LOCK_ALL_BUT_CELLS)

    @cached_property
    def certified_3(self) -> bytes:
        """Certified, annotations allowed as well (P=3)."""
        return self._certified(MDPPerm.ANNOTATE)

    @cached_property
    def sealed(self) -> bytes:
        """Signed, number and date filled in, sealed with P=1: our documents before validation data are added."""
        draft = paper.draft(lock=paper.LOCK_ALL_BUT_CELLS, seal_lock=paper.LOCK_NOTHING_MORE)
        pdf = self.sign(draft, SIGNATORY, at=SIGNED_AT, certify=True)
        return self.sign(fill(fill(pdf, NUMBER), DATE), SEAL, at=SEALED_AT)

    @cached_property
    def issued(self) -> bytes:
        """The same with validation data and a document timestamp."""
        pdf = supply(self.sealed, self.revocation("signatory", "seal", at=GATHERED_AT))
        return self.archive(pdf, at=ARCHIVED_AT)

    def _certified(self, permission: MDPPerm, *, lock: bytes = b"") -> bytes:
        return self.sign(paper.draft(lock=lock), SIGNATORY, at=SIGNED_AT, certify=True, permission=permission)
