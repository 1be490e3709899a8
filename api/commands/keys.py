"""The key that a name means, for commands that sign: a PKCS#11 URI, or a key's label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.batch.errors import KeyWithoutCertificate
from certs.certificate import SigningCertificate, parse_certificate
from hsm.errors import CertificateMismatch, KeyAbsent, KeyRetired
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


def key_for_register(
    name: str, signer: SignerClient, *, certificates: tuple[bytes, ...] = (), at: datetime
) -> ChosenKey:
    """The key that a credential is to keep, by a name that means no other key later.

    Its certificate is the first of ``certificates`` (DER, its issuers behind it), or where there are none the one on
    the token. Raises ``CertificateMismatch`` where the certificate is another key's, ``KeyRetired``, and as
    :func:`chosen_key`.
    """
    uri = Pkcs11Uri.parse(name) if name.startswith("pkcs11:") else Pkcs11Uri(object=name)
    held = [key for token in signer.credentials() for key in token.keys if uri.names_key(key.uri)]
    if not certificates:
        chosen = chosen_key(name, signer, at=at)
        on_token = next(key for key in held if key.certificate == chosen.certificate.der)
        return replace(chosen, uri=_lasting_name(on_token, held))
    if not held:
        raise KeyAbsent(token=uri.token or "any", key=name, reason="no token shows it")
    own, *issuers = certificates
    public = parse_certificate(own).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = next((key for key in held if key.public_key == public), None)
    if key is None:
        raise CertificateMismatch(token=uri.name, key=name, reason="its public key is another one")
    if any(known.retired is not None and known.uri == key.uri for known in signer.health().keys):
        raise KeyRetired(token=uri.name, key=str(key.uri))
    certificate = SigningCertificate(der=own, chain=(*issuers, *key.chain))
    return ChosenKey(_lasting_name(key, held), certificate, tuple(key.algorithms))


def _lasting_name(key: KeyDescription, held: list[KeyDescription]) -> str:
    """Its whole name; where several tokens hold it under one id, without the tokens, so that any of them is used."""
    same = [other for other in held if other.public_key == key.public_key]
    if len(same) > 1 and all(other.uri.id == key.uri.id for other in same):
        return str(Pkcs11Uri(object=key.uri.object, id=key.uri.id))
    return str(key.uri)


def _callable_name(name: Pkcs11Uri, chosen: KeyDescription, held: list[KeyDescription]) -> str:
    """The name as it was given where it means one key, so that all tokens of a pool are used; else the one chosen."""
    if len(held) > 1 and all(key.public_key == chosen.public_key for key in held):
        return str(Pkcs11Uri(token=name.token, object=name.object, id=name.id))
    return str(chosen.uri)
