"""Role by action by own or other agency, for every route that there is: nothing passes that has no right to.

The routes are read from the application. A new one needs a row in ``ORDERS`` with a request that would succeed for the
right person, so that a refusal says something.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute

from api.app import bare_app
from api.callers.authorization import RULES, Public, is_public
from api.callers.secret_hashes import SecretHashes
from api.client import Answer, Client, Refused, multipart
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SERIES, SIGNATORY, SIGNATORY_CREDENTIAL
from api.forms.copies import CopyKind, PaperCopyForm
from api.types.toml_form import read_types
from issuance.calendar import vietnam_date
from issuance.copies import TYPES
from issuance.numbers import NumberingRule, NumberSeries
from issuance.ports import Account, Agency, Role
from issuance.type_decisions import decide_types
from signing.copy_form import CopyForm
from tests.service import Service, enrolled_token, running_service
from tests.set_clock import SetClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.routing import BaseRoute

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket

OTHER = "999.00.00.H00"
SECRET = "secret-of-the-matrix"
YEAR = vietnam_date(datetime.now(UTC)).year
PAPER = {"type": "Quyết định", "subject": "Mẫu", "signer": "Mẫu", "series": SERIES}
REASON = {"reason": "Mẫu"}
COPY = {"form": "extract", "signatory": "x", "credential": SEAL_CREDENTIAL}
PAPER_ORIGINAL = {"type": "Quyết định", "number": "12/QĐ-TTg", "issued_on": "2026-01-05", "agency": "Mẫu"}
SLIP = {"agency": AGENCY, "type": "Giấy mời", "subject": "Mẫu", "signatory": "x"}
LATE = {"applicant": "Mẫu", "procedure": "Mẫu", "reason": "Mẫu", "new_due_at": f"{YEAR + 1}-01-01T00:00:00Z"}
DELEGATION: dict[str, object] = {
    "delegator": "x",
    "delegate": "y",
    "first_day": "2026-01-01",
    "last_day": "2026-01-02",
    "document_types": ["Thông báo"],
    "reference": "01/GUQ",
}
# operation: the state that its document must be in, and its body; None where there is no document, or no body
ORDERS: Mapping[str, tuple[str | None, Mapping[str, object] | None]] = {
    "createDocument": (None, None),
    "typesetDocument": (None, SLIP | {"body": ["Mẫu"]}),
    "apologise": ("submitted", SLIP | LATE),
    "listDocuments": (None, None),
    "readDocument": ("issued", None),
    "readDocumentFile": ("issued", None),
    "reviseDocument": ("draft", None),
    "copyDocument": ("issued", None),
    "copyPaper": (None, None),
    "listCopies": ("issued", None),
    "printDocument": ("issued", None),
    "numberPaperCopy": ("issued", {"form": "true_copy", "signatory": "x"}),
    "printPaperCopy": ("issued", None),
    "attachFile": ("draft", None),
    "detachFile": ("draft", {}),
    "listAttachments": ("issued", None),
    "readAttachmentFile": ("issued", None),
    "submitDocument": ("draft", {}),
    "withdrawDocument": ("draft", REASON),
    "numberDocument": ("submitted", {}),
    "signDocument": ("submitted", {"credential": SIGNATORY_CREDENTIAL}),
    "returnDocument": ("submitted", REASON),
    "rejectDocument": ("submitted", REASON),
    "listCredentials": (None, None),
    "requestTokenSignature": ("submitted", {}),
    "requestTokenSignatures": (None, {}),
    "readSignatureRequest": (None, None),
    "readFileToSign": (None, None),
    "redeemSignatureRequest": (None, {"signature": "AAAA"}),
    "redeemSignatureRequests": (None, {}),
    "redeemWithSignedFile": (None, None),
    "issueDocument": ("signed", {"credential": SEAL_CREDENTIAL}),
    "voidDocument": ("issued", REASON),
    "deliverDocument": ("issued", REASON),
    "makeLink": ("issued", {}),
    "followDocument": ("issued", {"address": "ba.mau@example.vn"}),
    "listFollowers": ("issued", None),
    "unfollowDocument": ("issued", {}),
    "recallDocument": ("issued", REASON),
    "replaceDocument": ("issued", REASON),
    "correctDocument": ("issued", REASON),
    "listTypes": (None, None),
    "readCalendar": (None, None),
    "keepCalendar": (None, {"days": []}),
    "readDeadlines": (None, None),
    "listDelegations": (None, None),
    "registerDelegation": (None, DELEGATION),
    "revokeDelegation": (None, REASON),
    "readRegister": (None, None),
    "takePaperNumber": (None, PAPER),
    "voidPaperNumber": (None, REASON),
    "importRegister": (None, {"entries": [PAPER | {"number": "99/QĐ", "issued_on": f"{YEAR}-01-01"}]}),
}


def routes_of(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner.routes)
        elif isinstance(route, APIRoute):
            yield route


ROUTES = {str(route.operation_id): route for route in routes_of(bare_app(public_url="http://127.0.0.1:8000").routes)}
CLOSED = sorted(operation for operation in RULES if not is_public(operation))
READS = {
    "readCalendar",
    "readDeadlines",
    "listCredentials",
    "listDelegations",
    "listAttachments",
    "listCopies",
    "listDocuments",
    "listFollowers",
    "listTypes",
    "readDocument",
    "printDocument",
    "printPaperCopy",
    "readDocumentFile",
    "readRegister",
}


def opens(operation: str, role: Role) -> bool:
    """Whether the table has this role for the operation."""
    rule = RULES[operation]
    return isinstance(rule, Public) or role in rule


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    letters = {"KYSO_SMTP_SERVER": "127.0.0.1:1", "KYSO_SMTP_TLS": "none", "KYSO_MAIL_FROM": "ky-so@example.vn"}
    home = tmp_path_factory.mktemp("s")
    with running_service(home, database_url=module_database_url, bucket=module_bucket, settings=letters) as one:
        yield one


@pytest.fixture(scope="module")
def clients(service: Service) -> dict[tuple[str, Role], Client]:
    """An account for each agency and role."""
    hashed = SecretHashes().hash(SECRET)
    made = {}
    with service.uow() as register:
        register.add_agency(Agency(OTHER, "Cơ quan khác", None, "Mẫu", 36.0, b"\x89PNG"))
        for agency, role in product((AGENCY, OTHER), Role):
            account = Account(f"{role.value}@{agency}", agency, "Người Mẫu", None, frozenset({role}))
            register.add_account(account, secret_hash=hashed)
    for agency, role in product((AGENCY, OTHER), Role):
        made[agency, role] = service.public().with_token(client_id=f"{role.value}@{agency}", secret=SECRET)
    return made


@pytest.fixture(scope="module")
def documents(service: Service) -> dict[str, DocumentAnswer]:
    """One document of the first agency in each state that is needed."""
    draft = service.submitter().create_document(service.notice.pdf, service.metadata())
    return {
        "draft": draft,
        "submitted": service.submitted(),
        "signed": service.signed(),
        "issued": service.issued_with(service.notice.pdf),
    }


@pytest.fixture(scope="module")
def names(
    service: Service, documents: dict[str, DocumentAnswer], clients: dict[tuple[str, Role], Client]
) -> dict[str, str]:
    """More that belongs to the first agency: numbers for paper, and what its official's own token has to sign."""
    answer = service.clerk().call(
        "POST",
        f"/v1/registers/{AGENCY}/numbers",
        body=json.dumps(PAPER).encode(),
        headers={"Content-Type": "application/json"},
    )
    now = datetime.now(UTC)
    delegated = {"delegate": f"signatory@{AGENCY}", "delegator": SIGNATORY, "last_day": f"{YEAR + 1}-01-01"}
    delegation = sent(service.clerk(), "POST", "/v1/delegations", DELEGATION | delegated)
    sent(
        service.clerk(),
        "PUT",
        f"/v1/calendar/{YEAR}",
        {"days": [{"day": f"{YEAR}-09-02", "kind": "holiday", "name": "Quốc khánh"}]},
    )
    service.submitted(due_at=now - timedelta(days=3))
    certificate = enrolled_token(service).pasted
    handed_out = service.signatory().ask_token(documents["submitted"].id, certificate=certificate)
    with service.uow() as register:
        register.add_series(NumberSeries(agency=AGENCY, name="sao", year=YEAR, symbol="SY-UBND"))
        register.add_numbering_rule(NumberingRule(AGENCY, TYPES[CopyForm.TRUE_COPY], "sao", "SY-UBND"))
    order = PaperCopyForm(form=CopyKind.TRUE_COPY, signatory=SIGNATORY)
    copy = service.clerk().paper_copy(documents["issued"].id, order)
    decided = read_types('[[type]]\nname = "Giấy mời"\nseries = "GM"\nsymbol = "GM-{agency}"')
    rule = [form.decision(agency=AGENCY, abbreviation="UBND") for form in decided]
    decide_types(uow=service.uow, clock=SetClock(now), operator="kyso", agency=AGENCY, decisions=rule, year=YEAR)
    return {
        "entry": str(answer.json()["id"]),
        "request": str(handed_out.id),
        "certificate": certificate,
        "delegation": str(delegation.json()["id"]),
        "paper copy": str(copy.id),
        "follower": str(service.clerk().follow(documents["issued"].id, "ong.mau@example.vn").id),
    }


def sent(client: Client, method: str, path: str, order: Mapping[str, object]) -> Answer:
    return client.call(method, path, body=json.dumps(order).encode(), headers={"Content-Type": "application/json"})


def added(
    service: Service,
    operation: str,
    order: Mapping[str, object],
    documents: dict[str, DocumentAnswer],
    names: dict[str, str],
) -> dict[str, object]:
    """What an order needs that is known only when the service runs."""
    more: dict[str, object] = {}
    if operation == "signDocument":
        more["activation"] = service.secrets.activation
    if operation in {"requestTokenSignature", "requestTokenSignatures"}:
        more["certificate"] = names["certificate"]
    if operation == "requestTokenSignatures":
        more["documents"] = [str(documents["submitted"].id)]
    if operation == "redeemSignatureRequests":
        more["values"] = [{"id": names["request"], "signature": "AAAA"}]
    if operation in {"replaceDocument", "correctDocument"}:
        more["by"] = str(documents["issued"].id)
    if operation == "importRegister":
        more["entries"] = [one | {"id": str(uuid.uuid4())} for one in order["entries"]]  # type: ignore[attr-defined]
    return more


def ask(
    service: Service, client: Client, operation: str, documents: dict[str, DocumentAnswer], names: dict[str, str]
) -> tuple[int, str, Answer | None]:
    """Status and problem code of one call upon what belongs to the first agency."""
    state, order = ORDERS[operation]
    route = ROUTES[operation]
    with service.uow() as register:
        (attachment,) = (one.id for one in register.attachments(documents["issued"].id))
    path = route.path.format(
        document_id=documents[state].id if state else "",
        agency=AGENCY,
        year=YEAR,
        entry_id=names["entry"],
        request_id=names["request"],
        delegation_id=names["delegation"],
        attachment_id=attachment,
        copy_id=names["paper copy"],
        follower_id=names["follower"],
    )
    body, kind = None, "application/json"
    if operation == "createDocument":
        described = service.metadata().model_dump_json(exclude_none=True)
        body, kind = multipart({"metadata": described}, file=service.notice.pdf, name="x.pdf")
    elif operation in {"copyDocument", "copyPaper"}:
        copied = COPY | ({"original": PAPER_ORIGINAL} if operation == "copyPaper" else {})
        body, kind = multipart({"metadata": json.dumps(copied)}, file=service.notice.pdf, name="x.pdf")
    elif operation == "attachFile":
        body, kind = multipart({"title": "Phụ lục"}, file=service.notice.pdf, name="x.pdf")
    elif operation in {"reviseDocument", "redeemWithSignedFile"}:
        body, kind = multipart({}, file=service.notice.pdf, name="x.pdf")
    elif order is not None:
        more = added(service, operation, order, documents, names)
        body = json.dumps({**order, **more}).encode()
    headers = {"Content-Type": kind} if body else {}
    try:
        answer = client.call(min(route.methods or ()), path, body=body, headers=headers)
    except Refused as refused:
        return refused.status, refused.code, None
    return answer.status, "", answer


def test_every_closed_route_is_in_the_matrix() -> None:
    assert sorted(ORDERS) == CLOSED


@pytest.mark.parametrize("operation", CLOSED)
def test_nobody_passes_without_a_token(
    service: Service, documents: dict[str, DocumentAnswer], names: dict[str, str], operation: str
) -> None:
    assert ask(service, service.public(), operation, documents, names)[:2] == (401, "unauthenticated")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("operation", CLOSED)
def test_nobody_reaches_what_belongs_to_another_agency(
    service: Service,
    clients: dict[tuple[str, Role], Client],
    documents: dict[str, DocumentAnswer],
    names: dict[str, str],
    operation: str,
    role: Role,
) -> None:
    before = everything(service)
    status, code, answer = ask(service, clients[OTHER, role], operation, documents, names)
    if not opens(operation, role):
        assert (status, code) == (403, "role-missing")
    elif operation in {"requestTokenSignatures", "redeemSignatureRequests"}:
        assert answer is not None
        assert [one["problem"]["code"] for one in json.loads(answer.body)["items"]] == ["not-found"]
    elif operation in {"listCredentials", "listDelegations", "listDocuments", "listTypes"}:
        assert answer is not None
        assert answer.json()["items"] == []
    elif operation in {"readCalendar", "keepCalendar"}:
        assert (status, answer and answer.json()) == (200, {"days": []})  # it is the caller's own
    elif operation == "readDeadlines":
        assert answer is not None
        assert answer.json()["overdue"] == answer.json()["due_soon"] == []
    elif operation == "registerDelegation":
        # It names nobody of the caller's agency.
        assert (status, code) == (422, "metadata-invalid")
    else:
        assert (status, code) == (404, "not-found")
    assert everything(service) == before


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        (operation, role)
        for operation, role in product(CLOSED, Role)
        if operation in READS or not opens(operation, role)
    ],
)
def test_in_the_own_agency_only_the_named_roles_pass_the_door(
    service: Service,
    clients: dict[tuple[str, Role], Client],
    documents: dict[str, DocumentAnswer],
    names: dict[str, str],
    operation: str,
    role: Role,
) -> None:
    # That those who may act do pass is shown by the tests of each operation.
    before = everything(service)
    status, code, _ = ask(service, clients[AGENCY, role], operation, documents, names)
    assert (status, code) == ((200, "") if opens(operation, role) else (403, "role-missing"))
    assert everything(service) == before


@pytest.mark.parametrize(
    "operation",
    [
        *("signDocument", "returnDocument", "rejectDocument", "requestTokenSignature", "readSignatureRequest"),
        *("readFileToSign", "redeemSignatureRequest", "redeemWithSignedFile"),
    ],
)
def test_a_signatory_has_no_say_over_what_names_a_colleague(
    service: Service,
    clients: dict[tuple[str, Role], Client],
    documents: dict[str, DocumentAnswer],
    names: dict[str, str],
    operation: str,
) -> None:
    before = everything(service)
    status, code, _ = ask(service, clients[AGENCY, Role.SIGNATORY], operation, documents, names)
    assert (status, code) == (403, "not-competent")
    assert everything(service) == before


def test_what_others_do_not_see_is_there(service: Service, names: dict[str, str]) -> None:
    # An empty list says something only where the own agency's is none.
    clerk = service.clerk()
    assert names["delegation"] in {one["id"] for one in read(clerk, "/v1/delegations")["items"]}
    for path in ("/v1/credentials", "/v1/documents", "/v1/types"):
        assert read(clerk, path)["items"], path
    assert read(clerk, f"/v1/calendar/{YEAR}")["days"]
    assert read(clerk, "/v1/deadlines")["overdue"]


def read(client: Client, path: str) -> dict[str, Any]:
    return client.call("GET", path).json()


def everything(service: Service) -> tuple[object, ...]:
    """What a refused call must leave as it is."""
    with service.uow() as register:
        found = register.documents(agency=AGENCY, state=None, dossier_code=None, after=None, limit=200)
        delegations = tuple(register.delegations(AGENCY))
        followers = tuple(one for document in found for one in register.followers(document.id))
        return tuple(found), frozenset(register.taken_numbers(agency=AGENCY, year=YEAR)), delegations, followers
