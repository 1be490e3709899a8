"""What the register refuses: wrong actor, wrong state, unknown names. Nothing changes when one of these is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from signing.lint import Finding


class IssuanceError(Exception):
    """Anything that the register refuses."""

    code: ClassVar[str] = "issuance-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False


class UnknownName(IssuanceError):
    """An agency, account, credential, series or document that does not exist, or that the caller may not see."""

    code = "not-found"
    hint = "Check the name; documents of other agencies are not shown."

    def __init__(self, *, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r}")
        self.kind = kind
        self.name = name


class CredentialExists(IssuanceError):
    """A credential of this name is on file already, with another key; each certificate is one of its own."""

    code = "credential-exists"
    hint = "Choose another name; take the old credential back when nobody needs it: kyso credentials withdraw NAME."

    def __init__(self, *, name: str) -> None:
        super().__init__(f"the credential {name!r} stands for another key")
        self.name = name


class NameTaken(IssuanceError):
    """An agency, account or series of this name is on file with other facts; ``differing`` names them."""

    code = "name-taken"
    hint = "Compare with what is on file (the `list` beside this command); choose another name for what is new."

    def __init__(self, *, kind: str, name: str, differing: tuple[str, ...]) -> None:
        super().__init__(f"the {kind} {name!r} is on file with another {', '.join(differing)}")
        self.kind = kind
        self.name = name
        self.differing = differing


class AccountClosed(IssuanceError):
    """The account was closed; it is not opened again, so that what was done under its name stays one person's."""

    code = "account-closed"
    hint = "Add an account under another name: kyso accounts add."

    def __init__(self, *, name: str) -> None:
        super().__init__(f"the account {name!r} was closed")
        self.name = name


class WrongState(IssuanceError):
    """The document is not in a state from which this step is possible."""

    code = "wrong-state"
    hint = "Look at the document's state and timeline; repeat the step that is due."

    def __init__(self, *, state: str, step: str) -> None:
        super().__init__(f"a document in state {state!r} cannot take the step {step!r}")
        self.state = state
        self.step = step


class NotCompetent(IssuanceError):
    """The actor, or the credential, is not the one whom the law or the agency appointed for this step."""

    code = "not-competent"
    hint = "Only the named signatory signs, only the agency's clerk seals, each with their own credential."

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MetadataInvalid(IssuanceError):
    """The description of a draft breaks a rule; ``problems`` maps a field to one sentence."""

    code = "metadata-invalid"
    hint = "Correct the named fields and submit again."

    def __init__(self, *, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


class DraftRefused(IssuanceError):
    """The uploaded file cannot be signed; ``findings`` says why in both languages."""

    code = "draft-refused"
    hint = "Correct the file as the findings say and send it again."

    def __init__(self, *, findings: tuple[Finding, ...]) -> None:
        super().__init__(" ".join(finding.en for finding in findings))
        self.findings = findings


class DateInvalid(IssuanceError):
    """The date of issue is not allowed: in the future, or before the newest one of the same series."""

    code = "date-invalid"
    hint = "Issue with today's date; the register's dates never run backwards."

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NumbersTaken(IssuanceError):
    """Numbers that the agency's register has already in this year, or that come twice; nothing was taken over."""

    code = "number-taken"
    hint = "Look for the named numbers in the register; correct the list and send it again."

    def __init__(self, *, numbers: tuple[str, ...]) -> None:
        super().__init__(", ".join(numbers))
        self.numbers = numbers


class NotPassed(IssuanceError):
    """Our own validator did not say TOTAL_PASSED; the document stays where it was and nothing left."""

    code = "not-passed"
    hint = "See the report's reason; usually an anchor or revocation data is missing. The same call may be repeated."

    def __init__(self, *, indication: str, sub_indication: str | None, reason: str) -> None:
        super().__init__(f"{indication}/{sub_indication}: {reason}")
        self.indication = indication
        self.sub_indication = sub_indication
        self.reason = reason


class NotExamined(IssuanceError):
    """A sandboxed child did not finish with a file of our own: the machine is busy. It is repeated until it does."""

    code = "not-examined"
    hint = "The service repeats it by itself. If it lasts, the machine has too little processor time or memory."
    transient = True


class ClockSkewed(IssuanceError):
    """The server's clock and the timestamp authority's differ by more than five minutes; nothing was issued."""

    code = "clock-skewed"
    hint = "Correct the server's clock (NTP), then repeat the call."

    def __init__(self, *, seconds: float) -> None:
        super().__init__(f"the clock differs from the timestamp authority's by {seconds:+.0f} s")
        self.seconds = seconds


class CopyRefused(IssuanceError):
    """A copy that the rules do not know: form, original and medium do not go together (Decree 30/2020, art. 25)."""

    code = "copy-refused"
    hint = "See which copies there are in docs/copies.md."

    def __init__(self, *, reason: str, vi: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.vi = vi


class LinkSpent(IssuanceError):
    """A download link whose time is over, or that was used before."""

    code = "link-spent"
    hint = "Make a new link for the document and send it to the one it is for."


class Overtaken(IssuanceError):
    """Another worker took the step first; nothing is wrong and nothing was done twice."""

    code = "overtaken"
    hint = "Read the document again."


class CertificateNotEnrolled(IssuanceError):
    """The certificate is not one that is on file for this official."""

    code = "certificate-not-enrolled"
    hint = "Have the operator enrol it: kyso credentials enrol ACCOUNT --certificate FILE."


class KeyElsewhere(IssuanceError):
    """The credential's key is on a token that the official keeps; the service cannot use it."""

    code = "key-elsewhere"
    hint = "Ask for a signature request, let the token sign its data, and send the value."


class RequestRedeemed(IssuanceError):
    """A value for this signature request has been accepted already."""

    code = "signature-request-redeemed"
    hint = "Read the document: the first value counts."


class RequestExpired(IssuanceError):
    """The value came too late; nothing was signed."""

    code = "signature-request-expired"
    hint = "Ask for a new signature request and sign its data."
