"""``kyso sign``: join device, authorities and sandbox, sign the files, and end with an exit code."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.batch.inputs import items_of
from api.batch.journal import opened
from api.batch.run import Batch
from api.clock import SystemClock
from api.commands.keys import chosen_key
from api.commands.outermost import Exit
from certs.certificate import SigningCertificate, certificates_from_bytes
from certs.online import OnlineClient
from certs.revocation import RevocationGatherer
from certs.timestamps import HttpTimestamper
from certs.trust_store import read_trust_store
from hsm.client import SignerClient
from issuance.file_signature import FileOrder
from issuance.outside import SigningMeans
from verification.policy import DEFAULT_POLICY
from verification.sandbox import Sandbox, SandboxLimits
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from api.batch.telling import Teller
    from certs.authorities import TimestampLimits
    from signing.claims import Claims
    from signing.field_place import FieldPlace
    from signing.profiles import Appearance, SignatureLevel


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to sign; ``key`` is a PKCS#11 URI or a key's label, ``chain`` a file with the issuers' certificates."""

    key: str
    level: SignatureLevel
    appearance: Appearance | None
    where: FieldPlace | None
    reason: str | None
    location: str | None
    claims: Claims
    chain: Path | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Whom to ask and whom to trust."""

    signer_socket: Path
    trust: Path
    tsa_urls: tuple[str, ...]
    tsa_limits: TimestampLimits
    online_allowed: tuple[str, ...]


def sign(
    places: tuple[Path, ...],
    *,
    output: Path,
    wishes: Wishes,
    surroundings: Surroundings,
    at_once: int,
    teller: Teller,
) -> int:
    """Sign every file that the places name; 0, FAILED, or TRY_AGAIN where all that failed may pass by itself.

    Raises :class:`api.batch.errors.BatchError`, :class:`hsm.errors.HsmError`, :class:`certs.errors.CertsError` for what
    is found before the first file is touched.
    """
    items = items_of(places, output=output)
    troubles = []
    with _means(surroundings, at_once=at_once) as means:
        now = means.clock.now()
        order = _order(wishes, SignerClient(surroundings.signer_socket), at=now)
        order.certificate.demand_fit_to_sign(at=now)  # once before the first file, instead of once for each
        means.revocation.gather(certificates=(order.certificate,), tokens=(), at=now)
        with opened(output, order=_facts(order)) as journal, teller.counting(len(items)) as tell:
            for result in Batch(order=order, means=means, journal=journal).results(items, at_once=at_once):
                tell(result)
                troubles += [result.trouble] if result.trouble is not None else []
    teller.sum_up()
    if not troubles:
        return 0
    return Exit.TRY_AGAIN if all(trouble.transient for trouble in troubles) else Exit.FAILED


@contextmanager
def _means(surroundings: Surroundings, *, at_once: int) -> Iterator[SigningMeans]:
    with ExitStack() as stack:
        anchors, clock = read_trust_store(surroundings.trust).anchors, SystemClock()
        online = OnlineClient(frozenset(surroundings.online_allowed))
        stack.callback(online.close)
        limits = surroundings.tsa_limits
        patient = OnlineClient(frozenset(surroundings.online_allowed), limits.online)
        stack.callback(patient.close)
        yield SigningMeans(
            workshop=stack.enter_context(Workshop(Sandbox(SandboxLimits(children=at_once)))),
            device=SignerClient(surroundings.signer_socket),
            timestamper=HttpTimestamper(surroundings.tsa_urls, patient, anchors, clock, limits=limits),
            revocation=RevocationGatherer(online, anchors),
            anchors=anchors,
            policy=DEFAULT_POLICY,
            clock=clock,
        )


def _order(wishes: Wishes, signer: SignerClient, *, at: datetime) -> FileOrder:
    """The key that the name means now, with its certificate."""
    chosen = chosen_key(wishes.key, signer, at=at)
    issuers = () if wishes.chain is None else certificates_from_bytes(wishes.chain.read_bytes())
    chain = tuple(dict.fromkeys((*chosen.certificate.chain, *issuers)))
    return FileOrder(
        key=chosen.uri,
        certificate=SigningCertificate(der=chosen.certificate.der, chain=chain),
        algorithm=chosen.algorithms[0],
        level=wishes.level,
        appearance=wishes.appearance,
        where=wishes.where,
        reason=wishes.reason,
        location=wishes.location,
        claims=wishes.claims,
    )


def _facts(order: FileOrder) -> dict[str, str]:
    """What must stay the same over all runs into one folder."""
    picture = (order.appearance.png if order.appearance else None) or b""
    claims = order.claims
    # Only where there are any, so that a folder of an earlier version can be gone on with.
    claimed = {"commitment": claims.commitment.name} if claims.commitment else {}
    claimed |= {f"role {place}": role for place, role in enumerate(claims.roles)}
    return claimed | {
        "certificate": order.certificate.sha256,
        "algorithm": order.algorithm.name,
        "level": order.level.value,
        "appearance": hashlib.sha256(picture).hexdigest(),
        "place": str(order.where),
        "reason": order.reason or "",
        "location": order.location or "",
    }
