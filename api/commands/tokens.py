"""What an operator does with tokens and keys over their life. A PIN is never an argument: it is configured or typed."""

from __future__ import annotations

import os
import secrets
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.commands.certificate_files import certificates_in
from api.commands.typed import NothingTyped, typed, typed_twice
from api.configuration.settings import TokenSettings, read_settings
from certs.certificate import parse_certificate
from certs.paths import is_issued_by
from hsm import provisioning
from hsm.breaker import PinBreaker
from hsm.client import SignerClient
from hsm.consent import Consents, Operator
from hsm.errors import ConsentRefused, KeyAbsent, PinUnavailable, TokenAbsent
from hsm.life import key_in_use, urgency_of
from hsm.pin import Pin, read_pin, write_pin_file
from hsm.provisioning import TokenAccess
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from pathlib import Path

    from hsm.inventory import KeyDescription, KeyHealth, KeyKind, KeyPlace

_STATE = "signer"  # the signer's folder below the home folder, as in api/commands/processes.py


@dataclass(frozen=True, slots=True)
class Told:
    """What a command has to say: the members of a JSON object, and the lines for people."""

    members: dict[str, object]
    lines: tuple[str, ...]


def listed() -> tuple[tuple[Told, ...], bool]:
    """Every token with its keys, and whether all is well: each token usable, no certificate ending within 30 days."""
    client = _client()
    held, health = client.credentials(), {key.uri: key for key in client.health().keys}
    well = all(token.problem is None for token in held)
    told = []
    for token in held:
        keys = [_key_members(key, health.get(key.uri)) for key in token.keys]
        lines = [f"{token.name}: {token.problem or 'sẵn sàng (ready)'}"]
        lines += [line for key in keys for line in _key_lines(key)]
        told.append(Told({"token": token.name, "problem": token.problem, "keys": keys}, tuple(lines)))
        well = well and not any(key["renewal"] in {"SOON", "URGENT", "EXPIRED"} and not key["retired"] for key in keys)
    return tuple(told), well


def made_token(label: str, *, directory: Path) -> Told:
    """A SoftHSM token with PINs that nobody has seen, in files of mode 0600 beside it."""
    pin, officer = Pin(secrets.token_hex(8)), Pin(secrets.token_hex(8))
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    access = provisioning.initialise_softhsm_token(directory=directory, label=label, so_pin=officer, pin=pin)
    file = directory.absolute() / f"{access.uri.serial}.pin"
    write_pin_file(file, pin)
    write_pin_file(file.with_suffix(".so-pin"), officer)
    uri = str(replace(access.uri, pin_source=f"file:{file}"))
    configuration = access.environment["SOFTHSM2_CONF"]
    return Told(
        {"token": label, "uri": uri, "SOFTHSM2_CONF": configuration},
        ("✓ Đã tạo (made). Cấu hình (configure):", f'KYSO_PKCS11_MODULES="{uri}"', f"SOFTHSM2_CONF={configuration}"),
    )


def made_key(label: str, *, token: str, kind: KeyKind, place: KeyPlace) -> Told:
    """A key on the token, that cannot leave it."""
    key = provisioning.generate_key(_access(token), kind=kind, label=label, place=place)
    return _told_key("✓ Đã tạo khóa (key made)", key)


def signing_request(label: str, *, token: str, subject: x509.Name) -> Told:
    """PEM PKCS #10, signed by the token."""
    der = provisioning.certificate_signing_request(_access(token), label=label, subject=subject)
    pem = x509.load_der_x509_csr(der).public_bytes(Encoding.PEM).decode("ascii")
    return Told({"csr": pem}, (pem.rstrip(),))


def subject_of(*, common_name: str, organization: str | None, country: str) -> x509.Name:
    """The subject that a signing request asks for; raises :class:`typer.BadParameter`."""
    names = [(x509.NameOID.COUNTRY_NAME, country), (x509.NameOID.ORGANIZATION_NAME, organization)]
    names += [(x509.NameOID.COMMON_NAME, common_name)]
    try:
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in names if text is not None])
    except ValueError as error:
        msg = f"no certificate can have this subject (RFC 5280, appendix A.1): {error}"
        raise typer.BadParameter(msg) from error


def imported(label: str, *, token: str, file: Path) -> Told:
    """The certificate in this file, stored with its key, and the issuers that are in it, too."""
    found = [parse_certificate(der) for der in certificates_in(file)]
    ends = [c for c in found if not any(is_issued_by(other, c) for other in found if other != c)]
    certificate, *chain = [c.public_bytes(Encoding.DER) for c in (*ends, *(c for c in found if c not in ends))]
    key = provisioning.import_certificate(
        _access(token), label=label, certificate=certificate, chain=tuple(dict.fromkeys(chain))
    )
    return _told_key("✓ Đã nạp chứng thư (certificate imported)", key)


def tested(uri: str) -> Told:
    """A signature over random octets that are no document, checked by the signer with the key's public half.

    A name that fits several keys means the one in use, as at a rollover; one key on several tokens is a pool.
    """
    client, name = _client(), Pkcs11Uri.parse(uri)
    found = [key for token in client.credentials() for key in token.keys if name.names_key(key.uri)]
    if not found:
        raise KeyAbsent(token=name.token or "any", key=uri, reason="no token shows it")
    key, called = found[0], uri
    if any(other.public_key != key.public_key for other in found):
        retired = [each.uri for each in client.health().keys if each.retired is not None]
        key = key_in_use(found, name, at=datetime.now(UTC), retired=retired)
        called = str(key.uri)
    algorithm = key.algorithms[0]
    started = time.monotonic()
    client.sign(key=called, dtbs=b"kyso tokens test " + secrets.token_bytes(32), algorithm=algorithm)
    took = round((time.monotonic() - started) * 1000, 1)
    said = f"✓ Ký thử tốt (test signature verified): {algorithm.name}, {took} ms"
    return Told({"key": called, "algorithm": algorithm.name, "milliseconds": took}, (said,))


def retired(uri: str, *, reason: str) -> Told:
    """A key that signs no more."""
    key = str(_client().retire(key=uri, reason=reason))
    return Told({"key": key, "retired": True}, (f"✓ Đã ngừng dùng (retired): {key}",))


def enrolled(name: str) -> Told:
    """An operator who may request or confirm."""
    _consents().enrol(Operator(name, Pin(typed_twice(_phrase_of(name)))), at=datetime.now(UTC))
    return Told({"operator": name}, (f"✓ Đã ghi nhận (enrolled): {name}",))


def destruction_requested(uri: str, *, operator: str, reason: str) -> Told:
    """The first operator's word for the destruction of a retired key."""
    key = _demand_retired(Pkcs11Uri.parse(uri)).uri
    code = _consents().request(_operator(operator), key=key, reason=reason, at=datetime.now(UTC))
    said = f"Người thứ hai xác nhận trong 24 giờ (the second operator confirms within 24 h): {code}"
    return Told({"key": str(key), "code": code}, (said,))


def destroyed(code: str, *, operator: str) -> Told:
    """The second operator's word, and the end of the key."""
    consents = _consents()
    key = consents.confirm(_operator(operator), code=code, at=datetime.now(UTC))
    _demand_retired(key)
    provisioning.destroy_key(_access(key.token or ""), key)
    consents.destroyed(code=code, at=datetime.now(UTC))
    return Told({"key": str(key), "destroyed": True}, (f"✓ Đã hủy (destroyed): {key}",))


def permitted(token: str) -> Told:
    """One login attempt with the PIN as it is configured now."""
    uri = _configured(token)
    found = [t for t in provisioning.tokens(_module(uri), os.environ) if uri.names_token(t)]
    if len(found) != 1:
        raise TokenAbsent(token=token, reason=f"{len(found)} tokens match")
    PinBreaker(_state()).permit(found[0])
    said = f"✓ Cho thử PIN một lần, có hiệu lực sau 5 giây (one attempt, from 5 seconds on): {token}"
    return Told({"token": token, "permitted": True}, (said,))


def _client() -> SignerClient:
    """Any operator's view of the running signer; it needs none of the signer's own settings."""
    return SignerClient(_settings().signer_socket)


def _settings() -> TokenSettings:
    return read_settings(TokenSettings)


def _state() -> Path:
    return _settings().home / _STATE


def _consents() -> Consents:
    return Consents(_state())


def _configured(token: str) -> Pkcs11Uri:
    uris = [Pkcs11Uri.parse(text) for text in _settings().pkcs11_modules]
    found = [uri for uri in uris if token in (uri.token, uri.serial)]
    if len(found) != 1:
        known = ", ".join(uri.name for uri in uris) or "none"
        raise TokenAbsent(token=token, reason=f"KYSO_PKCS11_MODULES names {known}; {len(found)} of them match")
    return found[0]


def _access(token: str) -> TokenAccess:
    uri = _configured(token)
    try:
        pin = read_pin(uri, os.environ)
    except PinUnavailable as missing:
        pin = _typed_pin(uri, missing)
    return TokenAccess(uri=uri, pin=pin)


def _typed_pin(uri: Pkcs11Uri, missing: PinUnavailable) -> Pin:
    """What a person types instead, told why; raises what is missing where nobody is there."""
    if sys.stdin.isatty():
        typer.echo(str(missing), err=True)
    try:
        return Pin(typed(f"PIN của {uri.name} (PIN)"))
    except NothingTyped:
        raise missing from None


def _module(uri: Pkcs11Uri) -> Path:
    if uri.module_path is None:
        raise TokenAbsent(token=uri.name, reason="KYSO_PKCS11_MODULES gives it no module-path")
    return uri.module_path


def _operator(name: str) -> Operator:
    return Operator(name, Pin(typed(_phrase_of(name))))


def _phrase_of(name: str) -> str:
    return f"Cụm mật khẩu của {name} (pass phrase)"


def _demand_retired(name: Pkcs11Uri) -> KeyHealth:
    client = _client()
    client.credentials()  # so that the signer has looked at its tokens, even if it has only just started
    found = [key for key in client.health().keys if name.names_key(key.uri)]
    if len(found) != 1:
        raise KeyAbsent(token=name.name, key=str(name), reason=f"{len(found)} keys match")
    if found[0].retired is None:
        raise ConsentRefused(reason="the key is in use; retire it first")
    return found[0]


def _told_key(said: str, key: KeyDescription) -> Told:
    return Told(_key_members(key, None), (f"{said}:", str(key.uri)))


def _key_lines(key: dict[str, object]) -> tuple[str, ...]:
    """One key for people: what state it is in, whose it is, what it can do, and the name to call it by."""
    state = f"đã ngừng dùng (retired) {key['retired']}" if key["retired"] else "đang dùng (in use)"
    if key["expires"] is None:
        state = "chưa có chứng thư (no certificate)"
    elif not key["retired"]:
        state += f" · hết hạn (ends) {str(key['expires'])[:10]}" + (f" {key['renewal']}" if key["renewal"] else "")
    used = f"ký (signed) {key.get('signatures', 0)} · lỗi (failed) {key.get('failures', 0)}"
    algorithms = key["algorithms"] if isinstance(key["algorithms"], list) else []
    more = (key["subject"], ", ".join(algorithms), key["uri"])
    return (f"  • {state} · {used}", *(f"      {text}" for text in more if text))


def _key_members(key: KeyDescription, health: KeyHealth | None) -> dict[str, object]:
    certificate = None if key.certificate is None else parse_certificate(key.certificate)
    expires = None if certificate is None else certificate.not_valid_after_utc
    renewal = None if expires is None else urgency_of(expires, at=datetime.now(UTC))
    members: dict[str, object] = {
        "uri": str(key.uri),
        "algorithms": [algorithm.name for algorithm in key.algorithms],
        "subject": None if certificate is None else certificate.subject.rfc4514_string(),
        "expires": None if expires is None else expires.isoformat(),
        "renewal": None if renewal is None else renewal.name,
        "retired": None if health is None or health.retired is None else health.retired.isoformat(),
    }
    if health is not None:
        used = None if health.last_used is None else health.last_used.isoformat()
        members |= {"signatures": health.signatures, "failures": health.failures, "last_used": used}
    return members
