"""A citizen is told by letter what becomes of a document, from the API to the mailbox and back to the stop page."""

from __future__ import annotations

import re
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from api.client import Refused
from api.demo.people import SEAL_CREDENTIAL
from tests.mail_server import Mailbox, receiving
from tests.service import Service, running_service
from tests.tables import tables_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.parts import Bucket

ADDRESS = "ba.mau@example.vn"
WHY = "Sai thể thức"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@pytest.fixture(scope="module")
def mailbox(service: Service) -> Iterator[Mailbox]:
    """From now on the service has a mail server."""
    with receiving() as one:
        service.environment |= {
            "KYSO_SMTP_SERVER": f"127.0.0.1:{one.port}",
            "KYSO_SMTP_TLS": "none",
            "KYSO_MAIL_FROM": "ky-so@tinh-mau.example.vn",
        }
        for part in ("server", "worker"):
            service.stop(part)
            service.start(part)
        service.await_ready()
        yield one


def await_letters(mailbox: Mailbox, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(mailbox.letters) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(mailbox.letters) == count


def visit(url: str, *, method: str = "GET", body: str = "") -> tuple[int, str]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, f"{parts.path}?{parts.query}", body=body or None, headers=kind)
    answer = connection.getresponse()
    told = answer.read().decode()
    connection.close()
    return answer.status, told


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.status, refused.value.code


def test_without_a_mail_server_nobody_is_promised_letters(service: Service) -> None:
    document = service.submitted()
    assert refusal(lambda: service.submitter().follow(document.id, ADDRESS)) == (409, "no-letters")
    assert service.submitter().followers(document.id) == ()


def test_a_follower_hears_of_the_issue_and_of_the_recall_and_then_stops(service: Service, mailbox: Mailbox) -> None:
    document = service.signed()
    one_stop = service.submitter()
    follower = one_stop.follow(document.id, ADDRESS)
    assert one_stop.follow(document.id, ADDRESS.upper()) == follower  # once is enough
    assert [(one.id, one.address) for one in one_stop.followers(document.id)] == [(follower.id, ADDRESS)]
    issued = service.clerk().issue(document.id, credential=SEAL_CREDENTIAL)
    await_letters(mailbox, 1)
    service.clerk().change(document.id, "recall", reason=WHY)
    await_letters(mailbox, 2)
    subjects = [letter["Subject"] for letter in mailbox.received]
    assert subjects == [f"Thông báo số {issued.number} {what}" for what in ("đã được ban hành", "đã bị thu hồi")]
    text = mailbox.received[1].get_content()
    assert WHY not in text  # it is the lookup that says why
    lookup = re.search(r"http\S+/d/\w+", text)
    assert lookup is not None
    assert WHY in visit(lookup[0])[1]

    stop = mailbox.received[1]["List-Unsubscribe"].strip(" <>")
    assert stop in text
    status, page = visit(stop)
    assert (status, 'method="post"' in page, ADDRESS in page) == (200, True, False)
    assert one_stop.followers(document.id)  # a look ends nothing
    assert tables_with(service.environment["KYSO_DATABASE_URL"], ADDRESS) == ["followers"]
    for _ in range(2):
        status, page = visit(stop, method="POST", body=mailbox.received[1]["List-Unsubscribe-Post"])
        assert (status, "Không còn thư nào" in page) == (200, True)
    assert visit(f"{stop}?lang=en")[1].count("No more letters will come") == 2  # title and heading
    assert one_stop.followers(document.id) == ()
    assert tables_with(service.environment["KYSO_DATABASE_URL"], ADDRESS) == []
    assert all(ADDRESS not in service.log(part) for part in ("server", "worker"))


def test_the_agency_takes_an_address_back(service: Service, mailbox: Mailbox) -> None:
    document = service.submitted()
    follower = service.clerk().follow(document.id, ADDRESS)
    service.submitter().unfollow(document.id, follower.id)
    assert service.clerk().followers(document.id) == ()
    assert refusal(lambda: service.clerk().unfollow(document.id, follower.id)) == (404, "not-found")
    assert refusal(lambda: service.clerk().unfollow(document.id, uuid4())) == (404, "not-found")
    del mailbox


@pytest.mark.parametrize("address", ["ba.mau", "ba.mau@example.vn\r\nBcc: ong.mau@example.vn", "Bà Mẫu <b@example.vn>"])
def test_what_is_no_address_is_refused_with_its_field(service: Service, mailbox: Mailbox, address: str) -> None:
    document = service.submitted()
    assert refusal(lambda: service.clerk().follow(document.id, address)) == (422, "metadata-invalid")
    del mailbox


def test_a_recalled_document_is_followed_by_nobody_new(service: Service, mailbox: Mailbox) -> None:
    document = service.issued()
    service.clerk().change(document.id, "recall", reason=WHY)
    assert refusal(lambda: service.clerk().follow(document.id, ADDRESS)) == (409, "wrong-state")
    del mailbox


def test_a_link_that_nobody_was_given_ends_nothing_and_says_no_more(service: Service) -> None:
    for method in ("GET", "POST"):
        status, page = visit(f"{service.url}/letters/{uuid4()}/stop", method=method)
        assert (status, "Không còn thư nào" in page) == (200, True)
    assert visit(f"{service.url}/letters/abc/stop")[0] in {404, 422}


def test_figures_tell_of_letters(service: Service, mailbox: Mailbox) -> None:
    del mailbox
    answer = service.public().call(
        "GET", "/metrics", headers={"Authorization": f"Bearer {service.environment['KYSO_METRICS_TOKEN']}"}
    )
    assert re.search(r"^kyso_letters_sent_total 2$", answer.body.decode(), re.MULTILINE)
