"""Who may call what: one row for every operation, and nothing without a row.

Roles open the door; what lies behind it is narrowed further in the use cases and queries: only the caller's own agency,
only the named signatory, only the clerk. ``tests/unit/test_api_authorization.py`` fails on a route without a row.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from api.errors import RoleMissing
from issuance.ports import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuance.ports import Account


class Public(Enum):
    """A call that needs no account."""

    ANYONE = "anyone"


Rule = Public | frozenset[Role]

_EVERY_ROLE = frozenset(Role)

RULES: Mapping[str, Rule] = {
    # operation id: who
    "createToken": Public.ANYONE,
    "createDocument": frozenset({Role.SUBMITTER}),
    "typesetDocument": frozenset({Role.SUBMITTER}),
    "apologise": frozenset({Role.SUBMITTER}),
    "listDocuments": _EVERY_ROLE,
    "readDocument": _EVERY_ROLE,
    "readDocumentFile": _EVERY_ROLE,
    "reviseDocument": frozenset({Role.SUBMITTER}),
    "copyDocument": frozenset({Role.CLERK}),
    "copyPaper": frozenset({Role.CLERK}),
    "listCopies": _EVERY_ROLE,
    "printDocument": _EVERY_ROLE,
    "numberPaperCopy": frozenset({Role.CLERK}),
    "printPaperCopy": _EVERY_ROLE,
    "attachFile": frozenset({Role.SUBMITTER}),
    "detachFile": frozenset({Role.SUBMITTER}),
    "listAttachments": _EVERY_ROLE,
    "readAttachmentFile": _EVERY_ROLE,
    "submitDocument": frozenset({Role.SUBMITTER}),
    "signDocument": frozenset({Role.SIGNATORY}),
    "requestTokenSignature": frozenset({Role.SIGNATORY}),
    "requestTokenSignatures": frozenset({Role.SIGNATORY}),
    "readSignatureRequest": frozenset({Role.SIGNATORY}),
    "readFileToSign": frozenset({Role.SIGNATORY}),
    "redeemSignatureRequest": frozenset({Role.SIGNATORY}),
    "redeemSignatureRequests": frozenset({Role.SIGNATORY}),
    "redeemWithSignedFile": frozenset({Role.SIGNATORY}),
    "listCredentials": frozenset({Role.SIGNATORY, Role.CLERK}),
    "issueDocument": frozenset({Role.CLERK}),
    "returnDocument": frozenset({Role.SIGNATORY}),
    "rejectDocument": frozenset({Role.SIGNATORY, Role.CLERK}),
    "withdrawDocument": frozenset({Role.SUBMITTER}),
    "voidDocument": frozenset({Role.CLERK}),
    "deliverDocument": frozenset({Role.SUBMITTER, Role.CLERK}),
    "makeLink": frozenset({Role.SUBMITTER, Role.CLERK}),
    "followDocument": frozenset({Role.SUBMITTER, Role.CLERK}),
    "listFollowers": frozenset({Role.SUBMITTER, Role.CLERK}),
    "unfollowDocument": frozenset({Role.SUBMITTER, Role.CLERK}),
    "recallDocument": frozenset({Role.CLERK}),
    "replaceDocument": frozenset({Role.CLERK}),
    "correctDocument": frozenset({Role.CLERK}),
    "numberDocument": frozenset({Role.CLERK}),
    "listTypes": _EVERY_ROLE,
    "readCalendar": _EVERY_ROLE,
    "keepCalendar": frozenset({Role.CLERK}),
    "readDeadlines": _EVERY_ROLE,
    "listDelegations": frozenset({Role.CLERK, Role.SIGNATORY}),
    "registerDelegation": frozenset({Role.CLERK}),
    "revokeDelegation": frozenset({Role.CLERK}),
    "readRegister": frozenset({Role.CLERK, Role.SIGNATORY}),
    "takePaperNumber": frozenset({Role.CLERK}),
    "voidPaperNumber": frozenset({Role.CLERK}),
    "importRegister": frozenset({Role.CLERK}),
    "lookUpDocument": Public.ANYONE,
    "readStatistics": Public.ANYONE,
    "verifyFile": Public.ANYONE,
    "readHealth": Public.ANYONE,
    "readReadiness": Public.ANYONE,
    "readMetrics": Public.ANYONE,  # no account, but a secret of its own: api/routes/metrics.py
    "readOpenApi": Public.ANYONE,
    # pages
    "homePage": Public.ANYONE,
    "lookupPage": Public.ANYONE,
    "documentPage": Public.ANYONE,
    "linkPage": Public.ANYONE,
    "linkedFile": Public.ANYONE,
    "stopLettersPage": Public.ANYONE,
    "stopLetters": Public.ANYONE,
    "verifyPage": Public.ANYONE,
    "resultPage": Public.ANYONE,
    "staticFile": Public.ANYONE,
    "robotsFile": Public.ANYONE,
}


def is_public(operation: str) -> bool:
    """Whether the operation needs no account; one without a row does, and is then refused."""
    return RULES.get(operation) is Public.ANYONE


def demand_role(account: Account, operation: str) -> None:
    """Raise :class:`RoleMissing` unless the account has a role that the operation is for."""
    rule = RULES.get(operation, frozenset[Role]())
    if isinstance(rule, Public) or account.roles & rule:
        return
    raise RoleMissing(roles=tuple(sorted(role.value for role in rule)))
