"""Which algorithms a good answer leans on, noted so that the answer can be judged again when one of them has fallen."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from verification._pyhanko_trust import key_bits, scheme_and_digest
from verification.facts import AlgorithmUse

if TYPE_CHECKING:
    from datetime import datetime

    from asn1crypto import cms, x509


def uses_of(
    signed_data: cms.SignedData, path: tuple[x509.Certificate, ...], *, at: datetime
) -> tuple[AlgorithmUse, ...]:
    """Those of a signature and of the chain below its anchor, each once; ``path`` leads from signer to anchor."""
    signer = signed_data["signer_infos"][0]
    uses = [AlgorithmUse(str(signer["digest_algorithm"]["algorithm"].native), 0, at)]
    made = [(signer["signature_algorithm"], path[0]), *((c["signature_algorithm"], i) for c, i in pairwise(path))]
    for algorithm, maker in made:
        scheme, digest = scheme_and_digest(algorithm)
        uses.append(AlgorithmUse(scheme, key_bits(maker.public_key), at))
        if digest is not None:
            uses.append(AlgorithmUse(digest, 0, at))
    return tuple(dict.fromkeys(uses))
