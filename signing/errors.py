"""What signing refuses. A refusal happens before a byte leaves; nothing is half-signed."""

from __future__ import annotations

import zlib
from typing import ClassVar

ESCAPING = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
    OSError,
    RecursionError,
    zlib.error,
)
"""What was seen to escape from parsers of other people on damaged files and on bombs, besides their own errors."""


class SigningError(Exception):
    """Anything that this package refuses."""

    code: ClassVar[str] = "signing-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class DocumentUnfit(SigningError):
    """The file cannot be prepared for signing; ``reasons`` says why, one sentence each."""

    code = "document-unfit"
    hint = "Correct the file as the reasons say and submit it again."

    def __init__(self, *, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class DocumentDamaged(DocumentUnfit):
    """The file is not what the standard says a PDF is, where that cannot be passed over."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reasons=(f"the PDF is damaged: {reason}",))
        self.reason = reason


class DocumentEncrypted(DocumentUnfit):
    """The file is encrypted, which nothing that is appended could be."""

    def __init__(self) -> None:
        super().__init__(reasons=("the PDF is encrypted; remove the password",))


class NoPlace(SigningError):
    """There is no room on the page for a cell (number, date, signature, seal, code)."""

    code = "no-place"
    hint = "Give the place of the cell in millimetres in `layout`, inside the page."

    def __init__(self, *, cell: str, reason: str) -> None:
        super().__init__(f"no place for the {cell}: {reason}")
        self.cell = cell
        self.reason = reason


class FieldUnavailable(SigningError):
    """The field to fill or sign is not there or already filled."""

    code = "field-unavailable"
    hint = "Only drafts composed by this service carry the fields it signs and fills."

    def __init__(self, *, field_name: str, reason: str) -> None:
        super().__init__(f"field {field_name!r}: {reason}")
        self.field_name = field_name
        self.reason = reason


class WrongSignatureValue(SigningError):
    """The value does not verify against the data to be signed and the certificate; it was not embedded."""

    code = "wrong-signature-value"
    hint = "The key on the token does not belong to the registered certificate, or the device answered wrongly."


class RevisionBroken(SigningError):
    """A new revision is not the old bytes plus an increment; it was discarded."""

    code = "revision-broken"
    hint = "This is a defect of the service; the document keeps its last good revision."


class ReservedRegionTooSmall(SigningError):
    """The CMS object does not fit into the room kept for it in ``/Contents``."""

    code = "reserved-region-too-small"
    hint = "The chain or the timestamp token is larger than announced; raise the reserve and repeat."


class AppearanceUnfit(SigningError):
    """The picture for a signature or seal cannot be used."""

    code = "appearance-unfit"
    hint = "Give a PNG with a transparent background (Decree 30/2020, Annex I, II.7 and II.8)."

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"signature image: {reason}")
        self.reason = reason


class LintFailed(SigningError):
    """What was prepared is not what should be signed; no key was used."""

    code = "lint-failed"
    hint = "The file may be hostile or the service defective; keep the file and tell the operator."

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReturnedUnfit(SigningError):
    """What somebody else's program gave back is not the signature that was asked for; nothing of it was kept."""

    code = "returned-unfit"
    hint = "Sign the document that was handed out, unchanged, with the registered certificate, and send that back."

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"what was returned cannot be used: {reason}")
        self.reason = reason
