"""Finding a token and logging in to it, at most once: the only place that calls C_Login."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import pkcs11
from pkcs11 import TokenFlag

from hsm.breaker import Outcome, PinCounter
from hsm.errors import DeviceFailed, PinRefused, PinUnavailable, TokenAbsent, UriInvalid
from hsm.pin import KEYPAD
from hsm.protocol import Access
from hsm.uri import Pkcs11Uri, TokenIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.breaker import Breaker
    from hsm.pin import Pin

_GONE = (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised, pkcs11.DeviceRemoved, pkcs11.SlotIDInvalid)
_WRONG_PIN = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.PinExpired,
    pkcs11.UserPinNotInitialized,
)


class Module(Protocol):
    """A loaded PKCS#11 module, as far as it is used here (python-pkcs11 does not export the type)."""

    def get_slots(self, token_present: bool = ...) -> list[pkcs11.Slot]:  # noqa: FBT001 - theirs
        """The slots it shows."""
        ...


@contextmanager
def translated(token: str) -> Iterator[None]:
    """Turn what the PKCS#11 module reports into :class:`DeviceFailed`."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        raise DeviceFailed(token=token, reason=f"{type(error).__name__} {error}".strip()) from error


def open_session(uri: Pkcs11Uri, *, pin: Pin, breaker: Breaker, access: Access) -> tuple[pkcs11.Session, TokenIdentity]:
    """Open a session and log in with one attempt, if the breaker allows it.

    Raises :class:`TokenAbsent`, :class:`PinRefused`, :class:`PinUnavailable`, :class:`DeviceFailed`.
    """
    with translated(uri.name):
        token = _located(uri)
        identity = identity_of(token)
        presented = _presented(pin, token)
        breaker.begin(identity, pin, _counter(token.flags))
        try:
            session = token.open(rw=access is Access.PROVISION, user_pin=presented)
        except _WRONG_PIN as error:
            breaker.end(identity, Outcome.REFUSED)
            raise PinRefused(token=identity.label, reason=f"it answered {type(error).__name__}") from error
        except pkcs11.PKCS11Error:
            breaker.end(identity, Outcome.UNDECIDED)
            raise
        breaker.end(identity, Outcome.ACCEPTED)
        return session, identity


def load_module(uri: Pkcs11Uri) -> Module:
    """Load and initialise the PKCS#11 module of a token."""
    if uri.module_path is None:
        raise UriInvalid(reason="a token needs ?module-path=")
    if not uri.module_path.is_file():
        raise TokenAbsent(token=uri.name, reason=f"there is no PKCS#11 module {uri.module_path}")
    return pkcs11.lib(str(uri.module_path))


def tokens_of(module: Module) -> list[pkcs11.Token]:
    """Every initialised token that the module shows now."""
    tokens = []
    for slot in module.get_slots(token_present=True):
        try:
            tokens.append(slot.get_token())
        except _GONE:
            continue
    return [token for token in tokens if token.flags & TokenFlag.TOKEN_INITIALIZED]


def identity_of(token: pkcs11.Token) -> TokenIdentity:
    """The token's own words about itself; a serial number that is no text is read as Latin-1."""
    serial = token.serial.decode("latin-1").strip("\0 ")
    return TokenIdentity(label=token.label, serial=serial, manufacturer=token.manufacturer_id, model=token.model)


def _located(uri: Pkcs11Uri) -> pkcs11.Token:
    found = [token for token in tokens_of(load_module(uri)) if uri.names_token(identity_of(token))]
    if len(found) != 1:
        reason = f"{len(found)} tokens match; name it by serial" if found else "no slot holds it"
        raise TokenAbsent(token=uri.name, reason=reason)
    return found[0]


def _presented(pin: Pin, token: pkcs11.Token) -> object:
    """What C_Login is given: the PIN, or nothing where it is typed at the token."""
    if pin != KEYPAD:
        return pin.secret
    if not token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        raise PinUnavailable(token=token.label, reason="pin-source=keypad: but it has no keypad of its own")
    return pkcs11.PROTECTED_AUTH


def _counter(flags: TokenFlag) -> PinCounter:
    if flags & TokenFlag.USER_PIN_LOCKED:
        return PinCounter.LOCKED
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return PinCounter.FINAL_TRY
    if flags & TokenFlag.USER_PIN_COUNT_LOW:
        return PinCounter.COUNT_LOW
    return PinCounter.CLEAN
