"""What tokens and keys look like from outside, as plain values that travel between processes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from certs.algorithms import SignatureAlgorithm
    from hsm.uri import Pkcs11Uri, TokenIdentity


class KeyKind(Enum):
    """Kinds of signing keys that may be generated."""

    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"
    P_256 = "P-256"
    P_384 = "P-384"
    P_521 = "P-521"
    ED25519 = "Ed25519"


class KeyPlace(Enum):
    """Where a generated key belongs: it is the first of its label, or follows one under the same label (rollover)."""

    NEW = "new"
    SUCCESSOR = "successor"


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """A private key on a token. ``uri`` is what callers sign with; ``public_key`` is DER SubjectPublicKeyInfo.

    ``certificate`` (DER) is the newest one on the token with the key's id; None where there is none. ``chain`` are the
    certificates of its issuers that lie on the token, nearest first.
    """

    uri: Pkcs11Uri
    public_key: bytes
    algorithms: tuple[SignatureAlgorithm, ...]
    certificate: bytes | None
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenInventory:
    """A configured token: what it is and holds, or the ``code`` of the error that keeps it from being used."""

    name: str
    identity: TokenIdentity | None
    keys: tuple[KeyDescription, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class TokenHealth:
    """How a configured token has fared in this signer: values released, children started, its last problem's code.

    ``failures`` are calls that a device ended without a value; ``logins`` sessions that were logged in; ``durations``
    how many signatures took how long (:data:`hsm.latency.BOUNDS`), ``milliseconds`` all of them together.
    """

    name: str
    problem: str | None
    signatures: int
    children: int
    failures: int = 0
    logins: int = 0
    milliseconds: int = 0
    durations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """What the signer knows of a key without asking its token; counts are those of all its life in this signer.

    ``expires`` is the end of the certificate that was on the token when it was last read.
    """

    uri: Pkcs11Uri
    signatures: int
    failures: int
    last_used: datetime | None
    retired: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class SignerHealth:
    """The signer process, its tokens and their keys."""

    pid: int
    tokens: tuple[TokenHealth, ...]
    keys: tuple[KeyHealth, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether every token can be used."""
        return all(token.problem is None for token in self.tokens)
