"""What the HTTP edge itself refuses, in the same form as the errors of the packages below it."""

from __future__ import annotations

from typing import ClassVar


class ApiError(Exception):
    """Anything that the edge refuses before a use case is asked."""

    code: ClassVar[str] = "api-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class RequestInvalid(ApiError):
    """The request does not have the form that ``/openapi.json`` describes; ``problems`` maps a field to a sentence."""

    code = "request-invalid"
    hint = "Correct the named fields; /openapi.json describes every request."

    def __init__(self, *, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


class FileTooLarge(ApiError):
    """An uploaded file is larger than the service takes; reading stopped at the limit."""

    code = "file-too-large"
    hint = "Send a smaller file."

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"the file is larger than {limit // (1024 * 1024)} MB")
        self.limit = limit


class BodyTooLarge(ApiError):
    """A request body is larger than this call needs; reading stopped at the limit."""

    code = "body-too-large"
    hint = "Send only the fields that /openapi.json names; files go as multipart/form-data to the calls that take one."

    def __init__(self, *, limit: int) -> None:
        super().__init__(f"the request body is larger than {limit} bytes")
        self.limit = limit


class BodyTooSlow(ApiError):
    """The client did not finish its request body in time."""

    code = "body-too-slow"
    hint = "Check the connection and send the request again."
    transient = True


class MediaTypeUnsupported(ApiError):
    """The request body has a media type that this call does not take."""

    code = "media-type-unsupported"
    hint = "Send one of the media types that /openapi.json names for this call."

    def __init__(self, *, wanted: str) -> None:
        super().__init__(f"this call takes {wanted}")
        self.wanted = wanted


class Unauthenticated(ApiError):
    """There is no valid bearer token: missing, unknown, expired. Which of these is not told."""

    code = "unauthenticated"
    hint = "Ask /oauth2/token for a token and send it as `Authorization: Bearer`."


class ClientRefused(ApiError):
    """The client id or its secret is wrong; which of the two is not told (RFC 6749, 5.2 ``invalid_client``)."""

    code = "invalid-client"
    hint = "Check the client id and its secret."


class GrantUnsupported(ApiError):
    """The token request asks for another grant than client credentials (RFC 6749, 4.4)."""

    code = "unsupported-grant-type"
    hint = "Send grant_type=client_credentials."


class RoleMissing(ApiError):
    """The account has none of the roles that this call is for."""

    code = "role-missing"
    hint = "Use an account with one of the named roles."

    def __init__(self, *, roles: tuple[str, ...]) -> None:
        super().__init__(f"this call is for {', '.join(roles)}" if roles else "this call is open to nobody")
        self.roles = roles


class ActivationRefused(ApiError):
    """The activation code of a credential is missing or wrong; the key was not used."""

    code = "activation-refused"
    hint = "Enter the activation code of this credential; after five wrong ones it is locked for 15 minutes."


class ActivationLocked(ApiError):
    """Too many wrong activation codes were given for a credential; none is looked at until the lock ends."""

    code = "activation-locked"
    hint = "Wait until the lock ends, then enter the right activation code."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"locked for another {retry_after} s")
        self.retry_after = retry_after


class TooManyRequests(ApiError):
    """The caller's address or account has used up what it may ask in this time."""

    code = "too-many-requests"
    hint = "Wait as long as Retry-After says, then ask again."
    transient = True

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"ask again in {retry_after} s")
        self.retry_after = retry_after


class Busy(ApiError):
    """All places for this costly call are taken at the moment."""

    code = "busy"
    hint = "Ask again in a few seconds."
    transient = True

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"ask again in {retry_after} s")
        self.retry_after = retry_after


class RangeUnsatisfiable(ApiError):
    """The bytes asked for lie outside the file (RFC 9110, 15.5.17)."""

    code = "range-unsatisfiable"
    hint = "Ask for bytes inside the file; Content-Range gives its length."

    def __init__(self, *, length: int) -> None:
        super().__init__(f"the file has {length} bytes")
        self.length = length


class IdempotencyKeyInvalid(ApiError):
    """The ``Idempotency-Key`` is not 1 to 255 visible ASCII characters."""

    code = "idempotency-key-invalid"
    hint = "Use a UUID as Idempotency-Key."


class IdempotencyMismatch(ApiError):
    """The same ``Idempotency-Key`` was used before with another request."""

    code = "idempotency-mismatch"
    hint = "Use a new key for a new request; repeat a request only with the same body."


class IdempotencyInFlight(ApiError):
    """The first request with this ``Idempotency-Key`` has not been answered yet."""

    code = "idempotency-in-flight"
    hint = "Wait a few seconds and repeat the same request."
    transient = True


class NoLetters(ApiError):
    """This installation has no mail server, so nobody can be written to."""

    code = "no-letters"
    hint = "Have the operator set KYSO_SMTP_SERVER: docs/letters.md."

    def __init__(self) -> None:
        super().__init__("no letters are sent here")


class CodeUnknown(ApiError):
    """No document has this lookup code; one answer for all codes, whether mistyped or never given."""

    code = "not-found"
    hint = "Check every character of the code."

    def __init__(self) -> None:
        super().__init__("no document has this code")
