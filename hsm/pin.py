"""PINs: a type that never shows itself, and the places it is read from; it is held in memory only, and briefly."""

from __future__ import annotations

import os
import re
import resource
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hsm.errors import PinUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hsm.uri import Pkcs11Uri

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_THAN_THE_SERVICE = stat.S_IWGRP | stat.S_IRWXO  # systemd gives it access by an ACL, whose mask shows as group
_LONGEST = 4096  # bytes of a PIN file; no token takes a PIN as long


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN; whatever shows it shows ``***``."""

    secret: str = field(repr=False)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _specification: str) -> str:
        return "***"


KEYPAD = Pin("")
"""Stands for a PIN that a person types at the token itself, so that it never comes here (``pin-source=keypad:``).

PKCS#11 3.0, 5.6.8: a token with a protected authentication path is logged in to without a PIN.
"""


def forbid_core_dumps() -> None:
    """Let this process and its children leave no image of their memory behind: it would hold PINs."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_AT_KEYPAD, _AT_START = "keypad:", "ask:"


def read_pin(uri: Pkcs11Uri, environment: Mapping[str, str]) -> Pin:
    """The PIN of a token: ``pin-source``, else ``KYSO_PIN_<LABEL>_FILE``, else ``KYSO_PIN_<LABEL>``.

    Where none of them is given it is the systemd credential ``kyso-pin-<label>``. Raises :class:`PinUnavailable`,
    which names the place but not what stood there.
    """
    if is_typed_at_token(uri):
        return KEYPAD
    if is_asked_for(uri):
        raise PinUnavailable(token=uri.name, reason="pin-source=ask: and nobody typed it at the start")
    path, variable = _pin_file(uri, environment), pin_variable(uri.name)
    if path is None and (text := environment.get(variable)):
        return Pin(text)
    credential = _credential(uri, environment)
    if path is None and credential is None:
        raise PinUnavailable(token=uri.name, reason=f"neither pin-source nor {variable} nor {variable}_FILE is given")
    if path is not None:
        return _from_file(path, token=uri.name, forbidden=_OTHERS)
    return _from_file(credential or Path(), token=uri.name, forbidden=_OTHERS_THAN_THE_SERVICE)


def is_typed_at_token(uri: Pkcs11Uri) -> bool:
    """Whether a person types the PIN at the token's own keypad, at every login (``pin-source=keypad:``)."""
    return uri.pin_source == _AT_KEYPAD


def is_asked_for(uri: Pkcs11Uri) -> bool:
    """Whether a person types this token's PIN when the signer starts (``pin-source=ask:``)."""
    return uri.pin_source == _AT_START


def pin_evidence(uri: Pkcs11Uri, environment: Mapping[str, str]) -> tuple[int, ...]:
    """What changes when somebody rewrites the PIN file: inode, size and time of writing; empty without a file."""
    if is_typed_at_token(uri) or is_asked_for(uri):
        return ()
    path = _pin_file(uri, environment) or _credential(uri, environment)
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return ()
    return () if found is None else (found.st_ino, found.st_size, found.st_mtime_ns)


def pin_variable(label: str) -> str:
    """The environment variable for a token's PIN: ``Ký số 1`` is ``KYSO_PIN_KY_SO_1``."""
    plain = unicodedata.normalize("NFD", label.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "KYSO_PIN_" + re.sub(r"[^A-Z0-9]+", "_", letters.upper()).strip("_")


def pin_credential(label: str) -> str:
    """The name of the systemd credential for a token's PIN: ``Ký số 1`` is ``kyso-pin-ky-so-1``."""
    return pin_variable(label).lower().replace("_", "-")


def write_pin_file(path: Path, pin: Pin) -> None:
    """Write a PIN file that :func:`read_pin` accepts: mode 0600 from its first moment, never over an old one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(pin.secret + "\n")


def _pin_file(uri: Pkcs11Uri, environment: Mapping[str, str]) -> Path | None:
    source = uri.pin_source
    if source is None:
        named = environment.get(pin_variable(uri.name) + "_FILE")
        return Path(named) if named else None
    path = source.removeprefix("file://").removeprefix("file:")
    if not source.startswith("file:") or not path.startswith("/"):
        raise PinUnavailable(token=uri.name, reason="pin-source is neither file:/absolute/path nor keypad: nor ask:")
    return Path(path)


def _credential(uri: Pkcs11Uri, environment: Mapping[str, str]) -> Path | None:
    """What ``LoadCredential=`` or ``LoadCredentialEncrypted=`` of the unit gave (systemd.exec(5), CREDENTIALS)."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / pin_credential(uri.name) if folder else None
    return path if path is not None and path.exists() else None


def _from_file(path: Path, *, token: str, forbidden: int) -> Pin:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & forbidden:
                raise PinUnavailable(token=token, reason=f"{path} must be a file of mode 0600")
            if status.st_uid not in (0, os.geteuid()):
                raise PinUnavailable(token=token, reason=f"{path} belongs to another user")
            octets = file.read(_LONGEST + 1)
    except OSError as error:
        raise PinUnavailable(token=token, reason=f"{path}: {error.strerror}") from error
    return _pin_of(octets, path=path, token=token)


def _pin_of(octets: bytes, *, path: Path, token: str) -> Pin:
    try:
        text = octets.decode()
    except UnicodeDecodeError:  # without `from`: the exception would carry the PIN
        text = ""
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret or len(octets) > _LONGEST:
        raise PinUnavailable(token=token, reason=f"{path} holds no PIN")
    return Pin(secret)
