"""What can go wrong with keys on tokens: one class per thing an operator would do differently.

Each error carries its arguments as fields, a stable ``code``, a ``hint`` and whether the same call may succeed later
(``transient``). The fields are plain text and never hold a PIN or data to be signed, so that an error may cross the
signer's socket and be logged as it is.
"""

from __future__ import annotations

from typing import ClassVar, Self


class HsmError(Exception):
    """Anything that this package refuses or cannot get; ``str`` of it is one sentence."""

    code: ClassVar[str] = "hsm-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False
    sentence: ClassVar[str] = ""

    def __init__(self, **fields: str) -> None:
        super().__init__(self.sentence.format_map(fields))
        self.fields = fields

    def __reduce__(self) -> tuple[object, ...]:
        """Errors travel between our own processes; keyword arguments are not rebuilt by the default."""
        return _rebuilt, (type(self), self.fields)

    def again(self) -> Self:
        """The same answer as a new exception, for the next caller who gets it."""
        return type(self)(**self.fields)


class SignerUnavailable(HsmError):
    """The signer process does not listen, does not answer in time, or broke off; nothing was signed for this caller."""

    code = "signer-unavailable"
    hint = "Start `kyso signer`, or wait until it is back; the same call may be repeated."
    transient = True
    sentence = "the signer at {socket} does not answer: {reason}"

    def __init__(self, *, socket: str, reason: str) -> None:
        super().__init__(socket=socket, reason=reason)


class SignerRefusedStart(HsmError):
    """The signer will not start: another one runs, or its folder or address is not safe."""

    code = "signer-refused-start"
    hint = "Give KYSO_SIGNER_SOCKET a folder of its own with mode 0700, at most 107 bytes of path, one signer each."
    sentence = "no signer at {socket}: {reason}"

    def __init__(self, *, socket: str, reason: str) -> None:
        super().__init__(socket=socket, reason=reason)


class CallerRefused(HsmError):
    """A process of another user asked the signer."""

    code = "signer-caller-refused"
    hint = "Run the service and the signer under the same user."
    sentence = "the signer does not serve user id {uid}"

    def __init__(self, *, uid: str) -> None:
        super().__init__(uid=uid)


class RequestInvalid(HsmError):
    """A frame is not a request of this protocol."""

    code = "signer-request-invalid"
    hint = "Use the client that belongs to this signer's version."
    sentence = "not a request: {reason}"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


class UriInvalid(HsmError):
    """Text is not a PKCS#11 URI that may be used here (RFC 7512)."""

    code = "pkcs11-uri-invalid"
    hint = "Write pkcs11:token=LABEL;object=KEY, and for a token ?module-path=/abs/module.so&pin-source=file:/abs/pin."
    sentence = "not a usable PKCS#11 URI: {reason}"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


class TokenAbsent(HsmError):
    """The token is not plugged in, not configured, or not unique; it is looked for again at the next call."""

    code = "token-absent"
    hint = "Plug the token in or correct KYSO_PKCS11_MODULES; the same call may be repeated."
    transient = True
    sentence = "token {token!r} is not there: {reason}"

    def __init__(self, *, token: str, reason: str) -> None:
        super().__init__(token=token, reason=reason)


class TokenExists(HsmError):
    """A token of this label is there already and is not overwritten."""

    code = "token-exists"
    hint = "Choose another label, or remove the old token with its vendor's tool."
    sentence = "a token {token!r} is there already"

    def __init__(self, *, token: str) -> None:
        super().__init__(token=token)


class PinUnavailable(HsmError):
    """No PIN is configured for the token, or its file may not be used."""

    code = "pin-unavailable"
    hint = "Give ?pin-source=file:/abs/path (mode 0600), ask: or keypad:, or KYSO_PIN_<TOKEN LABEL> or its _FILE."
    sentence = "no PIN for token {token!r}: {reason}"

    def __init__(self, *, token: str, reason: str) -> None:
        super().__init__(token=token, reason=reason)


class PinRefused(HsmError):
    """The PIN was wrong, or trying it could lock the token. Nothing tries again until an operator acts."""

    code = "pin-refused"
    hint = "Correct the PIN file; the new PIN is tried once. See `reason` if the file was right."
    sentence = "token {token!r} is not logged in to: {reason}"

    def __init__(self, *, token: str, reason: str) -> None:
        super().__init__(token=token, reason=reason)


class KeyAbsent(HsmError):
    """The token has no such key, or several."""

    code = "key-absent"
    hint = "List the keys of the token and name one by object or id."
    sentence = "no single key {key!r} on token {token!r}: {reason}"

    def __init__(self, *, token: str, key: str, reason: str) -> None:
        super().__init__(token=token, key=key, reason=reason)


class KeyExists(HsmError):
    """A key of this label is on the token already and is not replaced."""

    code = "key-exists"
    hint = "Choose another label, or make the key that follows it: kyso tokens keygen LABEL --successor."
    sentence = "token {token!r} has a key {key!r} already"

    def __init__(self, *, token: str, key: str) -> None:
        super().__init__(token=token, key=key)


class KeyRetired(HsmError):
    """An operator retired the key: it does not sign any more."""

    code = "key-retired"
    hint = "Sign with the key that follows it."
    sentence = "key {key!r} on token {token!r} is retired"

    def __init__(self, *, token: str, key: str) -> None:
        super().__init__(token=token, key=key)


class KeyWeak(HsmError):
    """A key that protects nothing is not used, and a certificate for one is not imported."""

    code = "key-weak"
    hint = "Generate another key, on another device if this one made it, and have that certified."
    sentence = "key {key!r} on token {token!r} is weak: {reason}"

    def __init__(self, *, token: str, key: str, reason: str) -> None:
        super().__init__(token=token, key=key, reason=reason)


class ConsentRefused(HsmError):
    """Destroying a key takes two people, and this was not the second one's word."""

    code = "consent-refused"
    hint = "One operator requests, another confirms within 24 hours; both are written down."
    sentence = "not agreed: {reason}"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


class CertificateMismatch(HsmError):
    """A certificate is not one for this key."""

    code = "certificate-mismatch"
    hint = "Import the certificate that was issued for this key's own signing request, and none but its issuers."
    sentence = "the certificate does not fit key {key!r} on token {token!r}: {reason}"

    def __init__(self, *, token: str, key: str, reason: str) -> None:
        super().__init__(token=token, key=key, reason=reason)


class MechanismUnsupported(HsmError):
    """The token or the key cannot sign with this algorithm."""

    code = "mechanism-unsupported"
    hint = "Choose an algorithm that the list of keys shows for this key."
    sentence = "token {token!r} cannot sign with {algorithm}: {reason}"

    def __init__(self, *, token: str, algorithm: str, reason: str) -> None:
        super().__init__(token=token, algorithm=algorithm, reason=reason)


class DeviceFailed(HsmError):
    """The device or its module failed, crashed or hung; no value left the token."""

    code = "device-failed"
    hint = "Check the device; the same call may be repeated."
    transient = True
    sentence = "token {token!r} failed: {reason}"

    def __init__(self, *, token: str, reason: str) -> None:
        super().__init__(token=token, reason=reason)


class DeviceAnsweredWrongly(HsmError):
    """The device gave a value that does not verify with the key's certificate; it was thrown away, not repeated."""

    code = "device-answered-wrongly"
    hint = "The certificate on the token may belong to another key; test the token before it is used again."
    sentence = "token {token!r} gave a wrong value for key {key!r}"

    def __init__(self, *, token: str, key: str) -> None:
        super().__init__(token=token, key=key)


def _rebuilt(kind: type[HsmError], fields: dict[str, str]) -> HsmError:
    return kind(**fields)


def _by_code(root: type[HsmError]) -> dict[str, type[HsmError]]:
    return {kind.code: kind for kind in root.__subclasses__()}


def error_of(code: str, fields: dict[str, str]) -> HsmError | None:
    """The error that another process reported; None where this version has no such error with such fields."""
    kind = _by_code(HsmError).get(code)
    try:
        return None if kind is None else kind(**fields)
    except TypeError:
        return None
