"""What the way from B-B to B-LTA costs, with the responders' share of it told apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.checking import demand_passed
from bench.figures import Row
from bench.ground import now
from bench.product import signed_bb
from bench.rounds import Work, milliseconds, ratio, take_turns
from certs.revocation import EMPTY
from signing.complete import complete, complete_document_timestamp
from signing.compose import ARCHIVE_FIELDS
from signing.fill import fill_cells
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD
from signing.linted import lint, lint_timestamp
from signing.prepare import prepare, prepare_document_timestamp
from signing.profiles import Appearance, Certification, SignatureProfile
from signing.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Ground
    from certs.revocation import RevocationGatherer, RevocationInfo
    from certs.timestamps import HttpTimestamper, TimeStampToken

_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Archivist:
    """The product's steps from a draft to B-LTA, with clients that live as long as a worker's."""

    ground: Ground
    timestamper: HttpTimestamper
    gatherer: RevocationGatherer

    @classmethod
    def on(cls, ground: Ground) -> Archivist:
        """With its own clients."""
        return cls(ground=ground, timestamper=ground.timestamper(), gatherer=ground.gatherer())

    def one_signature(self) -> bytes:
        """The signatory's signature alone, raised to B-LTA."""
        signed, token = self.signed(self.ground.draft, field_name=SIGNATORY_FIELD, picture=self.ground.signature_image)
        return self.archived(signed, tokens=(token,), field_name=ARCHIVE_FIELDS[0])

    def two_signatures(self, draft: bytes) -> bytes:
        """Signature, number and date, seal, validation data, and two document timestamps."""
        signed, first = self.signed(draft, field_name=SIGNATORY_FIELD, picture=self.ground.signature_image)
        filled = fill_cells(signed, number="05", issued_on=now().date())
        sealed, second = self.signed(filled, field_name=SEAL_FIELD, picture=self.ground.seal_image)
        archived = self.archived(sealed, tokens=(first, second), field_name=ARCHIVE_FIELDS[0])
        return self.timestamped(archived, field_name=ARCHIVE_FIELDS[1])

    def signed(self, base: bytes, *, field_name: str, picture: bytes) -> tuple[bytes, TimeStampToken]:
        """B-T in this field, and the token that it carries."""
        certify = Certification.FILL_FORMS if field_name == SIGNATORY_FIELD else Certification.NONE
        profile = SignatureProfile(
            field_name=field_name,
            certification=certify,
            appearance=Appearance(picture),
            claimed_signing_time=now(),
        )
        prepared = lint(prepare(base, profile=profile, certificate=self.ground.token.certificate), base=base).prepared
        value = self.ground.device.sign(prepared.dtbs)
        token = self.timestamper.stamp(hashlib.sha256(value.octets).digest())
        return complete(prepared, value=value, token=token).onto(base), token

    def archived(self, signed: bytes, *, tokens: tuple[TimeStampToken, ...], field_name: str) -> bytes:
        """Validation data, then a document timestamp over all of it."""
        revocation = self.gatherer.gather(certificates=(self.ground.token.certificate,), tokens=tokens, at=now())
        return self.timestamped(signed, field_name=field_name, revocation=revocation)

    def timestamped(self, base: bytes, *, field_name: str, revocation: RevocationInfo = EMPTY) -> bytes:
        """One more document timestamp, over validation data that is new."""
        source = Source(base)
        prepared = lint_timestamp(
            prepare_document_timestamp(source, field_name=field_name, revocation=revocation), base=source
        )
        return complete_document_timestamp(prepared, token=self.timestamper.stamp(prepared.document_digest)).onto(base)


def measure(ground: Ground) -> Iterator[Row]:
    """B-LTA by B-B and by ``C_Sign``: our process only, with the responders' CPU in the note.

    The three take turns call by call: whoever waited for a responder finds the processor's caches cold, and a signature
    that is measured right behind itself would not.
    """
    archivist = Archivist.on(ground)
    demand_passed(archivist.one_signature(), ground=ground)
    before = ground.responders.cpu_seconds()
    readings = take_turns(
        {
            "C_Sign": Work(ground.device.raw()),
            "B-B": Work(lambda: _visible_bb(ground)),
            "B-LTA": Work(archivist.one_signature),
        },
        rounds=_ROUNDS,
    )
    apart = (ground.responders.cpu_seconds() - before) / (_ROUNDS + 1)
    aside = f"responders {apart * 1000:.1f} ms apart"
    note = f"{milliseconds(readings, 'B-LTA')} by {{}}; {aside}"
    yield Row("sign_lta_cpu_per_bb", ratio(readings, "B-LTA", "B-B"), note=note.format(milliseconds(readings, "B-B")))
    yield Row(
        "sign_lta_cpu_per_csign",
        ratio(readings, "B-LTA", "C_Sign"),
        note=note.format(milliseconds(readings, "C_Sign")),
    )


def _visible_bb(ground: Ground) -> bytes:
    return signed_bb(
        ground.draft,
        certificate=ground.token.certificate,
        device=ground.device,
        appearance=Appearance(ground.signature_image),
    )
