"""What an order names in its body belongs to the caller's agency, or is not there: no way around the matrix."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

import pytest

from api.callers.secret_hashes import SecretHashes
from api.client import Client, Refused, multipart
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SERIES, SIGNATORY, SIGNATORY_CREDENTIAL
from issuance.calendar import vietnam_date
from issuance.numbers import NumberSeries
from issuance.ports import Account, Agency, Role
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import Bucket

OTHER = "999.00.00.H00"
SECRET = "secret-of-the-matrix"
YEAR = vietnam_date(datetime.now(UTC)).year
REASON = {"reason": "Mẫu"}
PAPER = {"type": "Quyết định", "subject": "Mẫu", "signer": "Mẫu", "series": SERIES}
SLIP = {"agency": AGENCY, "type": "Giấy mời", "subject": "Mẫu", "signatory": SIGNATORY}
LATE = {"applicant": "Mẫu", "procedure": "Mẫu", "reason": "Mẫu", "new_due_at": f"{YEAR + 1}-01-01T00:00:00Z"}
DELEGATION = {"document_types": ["Thông báo"], "reference": "01/GUQ"}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@pytest.fixture(scope="module")
def foreign(service: Service) -> dict[str, str]:
    """What belongs to the other agency: an official, a key and a seal, a series, a document."""
    hashed = SecretHashes().hash(SECRET)
    with service.uow() as register:
        register.add_agency(Agency(OTHER, "Cơ quan khác", None, "Mẫu", 36.0, b"\x89PNG"))
        for agency, role in product((AGENCY, OTHER), Role):
            account = Account(f"{role.value}@{agency}", agency, "Người Mẫu", None, frozenset({role}))
            register.add_account(account, secret_hash=hashed)
        for name, holder in ((SIGNATORY_CREDENTIAL, f"signatory@{OTHER}"), (SEAL_CREDENTIAL, None)):
            credential = register.credential(name)
            assert credential is not None
            other = replace(credential, name=f"{name}.{OTHER}", agency=OTHER, holder=holder, key=f"{credential.key}x")
            register.add_credential(other, activation_hash="")
        register.add_series(NumberSeries(agency=OTHER, name="KHÁC", year=YEAR, symbol="KH-KHAC"))
        register.add_series(NumberSeries(agency=OTHER, name=SERIES, year=YEAR, symbol="TB-KHAC"))
    metadata = service.metadata(agency=OTHER, signatory=f"signatory@{OTHER}")
    client = service.public().with_token(client_id=f"submitter@{OTHER}", secret=SECRET)
    made = client.create_document(service.notice.pdf, metadata)
    return {"document": str(made.id), "official": f"signatory@{OTHER}", "series": "KHÁC"}


def described(service: Service, **changes: object) -> tuple[bytes, str]:
    text = service.metadata(**changes).model_dump_json(exclude_none=True)
    return multipart({"metadata": text}, file=service.notice.pdf, name="x.pdf")


def test_no_order_reaches_into_another_agency_by_what_it_names(service: Service, foreign: dict[str, str]) -> None:
    """Every place of a body where something is named, with another agency's in it, by one who may do all the rest."""
    official, cosigner = foreign["official"], {"account": foreign["official"], "part": "initial"}
    slip = SLIP | {"signatory": SIGNATORY, "body": ["Mẫu"]}
    day = {"first_day": f"{YEAR}-01-01", "last_day": f"{YEAR}-12-31"}
    made = (service.signed(), service.submitted(), service.issued())
    issue, sign, issued = (f"/v1/documents/{document.id}" for document in made)
    numbers = f"/v1/registers/{AGENCY}/numbers"
    late = f"{sign}/apology"
    seal = {"credential": f"{SEAL_CREDENTIAL}.{OTHER}"}
    key = {"credential": f"{SIGNATORY_CREDENTIAL}.{OTHER}", "activation": service.secrets.activation}
    orders: list[tuple[Client, str, object]] = [
        *(
            (service.submitter(), "/v1/documents", described(service, **change))
            for change in ({"signatory": official}, {"cosigners": [cosigner]}, {"series": foreign["series"]})
        ),
        (service.submitter(), "/v1/documents", described(service, agency=OTHER, signatory=official)),
        (service.submitter(), "/v1/documents/typeset", slip | {"signatory": official}),
        (service.submitter(), "/v1/documents/typeset", slip | {"cosigners": [cosigner]}),
        (service.submitter(), "/v1/documents/typeset", slip | {"agency": OTHER}),
        (service.submitter(), late, SLIP | LATE | {"signatory": official}),
        (service.signatory(), f"{sign}/signature", key),
        (service.clerk(), f"{issue}/issue", seal),
        *((service.clerk(), f"{issued}/{step}", REASON | {"by": foreign["document"]}) for step in AFTERWARDS),
        *(
            (service.clerk(), "/v1/delegations", DELEGATION | day | pair)
            for pair in (
                {"delegator": SIGNATORY, "delegate": official},
                {"delegator": official, "delegate": f"signatory@{AGENCY}"},
            )
        ),
        (service.clerk(), numbers, PAPER | {"series": foreign["series"]}),
    ]
    before = everything(service)
    for client, path, order in orders:
        body, kind = order if isinstance(order, tuple) else (json.dumps(order).encode(), "application/json")
        with pytest.raises(Refused) as refused:
            client.call("POST", path, body=body, headers={"Content-Type": kind})
        assert (refused.value.status, refused.value.code) in UNSEEN, (path, order)
    assert everything(service) == before


UNSEEN = {(404, "not-found"), (422, "metadata-invalid")}
AFTERWARDS = ("correct", "replace", "recall")


def everything(service: Service) -> tuple[object, ...]:
    """What a refused call must leave as it is."""
    with service.uow() as register:
        found = register.documents(agency=AGENCY, state=None, dossier_code=None, after=None, limit=200)
        taken = frozenset(register.taken_numbers(agency=AGENCY, year=YEAR))
        return tuple(found), taken, tuple(register.delegations(AGENCY))
