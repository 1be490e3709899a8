"""PINs: a type that never shows itself, and the places it is read from; it is held in memory only, and briefly."""

from __future__ import annotations

import os
import re
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


def read_pin(uri: Pkcs11Uri, environment: Mapping[str, str]) -> Pin:
    """The PIN of a token: ``pin-source``, else ``KYSO_PIN_<LABEL>_FILE``, else ``KYSO_PIN_<LABEL>``.

    Raises :class:`PinUnavailable`, which names the place but not what stood there.
    """
    path = _pin_file(uri, environment)
    if path is not None:
        return _from_file(path, token=uri.name)
    variable = pin_variable(uri.name)
    text = environment.get(variable)
    if not text:
        raise PinUnavailable(token=uri.name, reason=f"neither pin-source nor {variable} nor {variable}_FILE is given")
    return Pin(text)


def pin_evidence(uri: Pkcs11Uri, environment: Mapping[str, str]) -> tuple[int, ...]:
    """What changes when somebody rewrites the PIN file: inode, size and time of writing; empty without a file."""
    path = _pin_file(uri, environment)
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
        raise PinUnavailable(token=uri.name, reason="pin-source is not file:/absolute/path")
    return Path(path)


def _from_file(path: Path, *, token: str) -> Pin:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & _OTHERS:
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
