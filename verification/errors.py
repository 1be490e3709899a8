"""What verification cannot do. A negative verdict is never one of these: it is an answer, not an error."""

from __future__ import annotations

from typing import ClassVar


class VerificationError(Exception):
    """Anything that kept this package from answering at all."""

    code: ClassVar[str] = "verification-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class SandboxFailed(VerificationError):
    """The child that held the file died, exceeded a limit, or answered with something that is no answer."""

    code = "sandbox-failed"
    hint = "Export the file again from its program. If it happens to good files, give the sandbox more memory or time."

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the sandboxed child gave no answer: {reason}")
        self.reason = reason


class SandboxBusy(VerificationError):
    """More callers wait for a child than may."""

    code = "sandbox-busy"
    hint = "Repeat the call in a moment; if it lasts, start more children."
    transient = True

    def __init__(self, *, waiting: int) -> None:
        super().__init__(f"{waiting} callers wait for a sandboxed child already")
        self.waiting = waiting


class OfficeUnreadable(VerificationError):
    """An office document is no text document, has a password, or is damaged."""

    code = "office-unreadable"
    hint = "Send DOCX, ODT or DOC without a password, or export the document as PDF (PDF/A) and send that."

    def __init__(self) -> None:
        super().__init__("the file could not be read as a text document")


class PolicyUnreadable(VerificationError):
    """A validation policy is not written as it should be."""

    code = "policy-unreadable"
    hint = "Correct the named entry of the policy."


class FactsInsufficient(VerificationError):
    """A report cannot be judged again under a policy that differs in what only the file can answer."""

    code = "facts-insufficient"
    hint = "Verify the file itself under this policy, or give the new policy the old value of this entry."

    def __init__(self, *, entry: str) -> None:
        super().__init__(f"the facts were found out under another {entry}")
        self.entry = entry


class FactsUnreadable(VerificationError):
    """Bytes that should be the stored facts about a file are not."""

    code = "facts-unreadable"
    hint = "Give a file that `kyso verify --facts` wrote."
