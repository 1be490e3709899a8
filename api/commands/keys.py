"""The key that a name means, for commands that sign: a PKCS#11 URI, or a key's label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.batch.errors import KeyWithoutCertificate
from certs.certificate import SigningCertificate
from hsm.life import key_in_use
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from datetime import datetime

    from certs.algorithms import SignatureAlgorithm
    from hsm.client import SignerClient
    from hsm.inventory import KeyDescription


@dataclass(frozen=True, slots=True)
class ChosenKey:
    """What the signer is to be asked for, the certificate with what the token holds of its chain, and its schemes."""

    uri: str
    certificate: SigningCertificate
    algorithms: tuple[SignatureAlgorithm, ...]


def chosen_key(name: str, signer: SignerClient, *, at: datetime) -> ChosenKey:
    """The key that the name means now; raises ``KeyAbsent``, ``KeyWithoutCertificate`` and the signer's errors."""
    uri = Pkcs11Uri.parse(name) if name.startswith("pkcs11:") else Pkcs11Uri(object=name)
    held = [key for token in signer.credentials() for key in token.keys if uri.names_key(key.uri)]
    retired = [key.uri for key in signer.health().keys if key.retired is not None]
    chosen = key_in_use(held, uri, at=at, retired=retired)
    if chosen.certificate is None:
        raise KeyWithoutCertificate(key=str(chosen.uri))
    return ChosenKey(
        uri=_callable_name(uri, chosen, held),
        certificate=SigningCertificate(der=chosen.certificate, chain=tuple(chosen.chain)),
        algorithms=tuple(chosen.algorithms),
    )


def _callable_name(name: Pkcs11Uri, chosen: KeyDescription, held: list[KeyDescription]) -> str:
    """The name as it was given where it means one key, so that all tokens of a pool are used; else the one chosen."""
    if len(held) > 1 and all(key.public_key == chosen.public_key for key in held):
        return str(Pkcs11Uri(token=name.token, object=name.object, id=name.id))
    return str(chosen.uri)
