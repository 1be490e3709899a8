"""Proofs renewed by the operator in a running service, and what the public sees of older and newer files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from issuance.calendar import VIETNAM
from tests.material import blank_pdf
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def test_the_operator_renews_ahead_of_time_and_older_files_are_still_known(service: Service) -> None:
    document = service.issued_with(blank_pdf(pages=2))
    (appendix,) = service.clerk().attachments(document.id)
    older = files_of(service, document, appendix.id)
    told = [json.loads(line) for line in _renew(service, "--due-by", "2199-01-01", "--json").splitlines()]
    assert {(one["document_id"], one["attachment_id"], one["code"]) for one in told} == {
        (str(document.id), None, None),
        (str(document.id), str(appendix.id), None),
    }
    newer = files_of(service, document, appendix.id)
    for old, new in zip(older, newer, strict=True):
        assert new.startswith(old)
        assert len(new) > len(old)
    for pdf in (*older, *newer):
        report = service.public().verify(pdf)
        register = report["register"]
        assert isinstance(register, dict)
        assert (report["indication"], register["number"], register["same_bytes"]) == (
            "TOTAL_PASSED",
            document.number,
            True,
        )
    assert "0 tệp" in _renew(service)


def test_a_document_that_is_to_be_archived_later_is_issued_at_b_t_and_raised_when_it_is_due(service: Service) -> None:
    service.stop("worker")
    service.environment["KYSO_ARCHIVE_AFTER_HOURS"] = "1"
    service.start("worker")
    document = service.issued()
    issued = service.clerk().file(document.id)
    assert levels_of(service, issued) == {"B_T"}
    assert "0 tệp" in _renew(service), "nothing is due in the first hour"
    tomorrow = datetime.now(VIETNAM) + timedelta(days=1)
    assert "1 tệp" in _renew(service, "--due-by", f"{tomorrow:%Y-%m-%d}")
    archived = service.clerk().file(document.id)
    assert archived.startswith(issued)
    assert levels_of(service, archived) == {"B_LTA"}
    assert levels_of(service, issued) == {"B_T"}, "whoever fetched it before has a file that is known"


def levels_of(service: Service, pdf: bytes) -> set[str]:
    """Of signature and seal, as the public is told of a file that passes and that the register knows."""
    report = service.public().verify(pdf)
    register, signatures = report["register"], report["signatures"]
    assert isinstance(register, dict)
    assert isinstance(signatures, list)
    assert (report["indication"], register["same_bytes"]) == ("TOTAL_PASSED", True)
    return {one["level"] for one in signatures if one["kind"] != "document_timestamp"}


def files_of(service: Service, document: DocumentAnswer, appendix: UUID) -> tuple[bytes, bytes]:
    """The document's own file, and the one that went out with it."""
    return service.clerk().file(document.id), service.clerk().attachment_file(document.id, appendix)


def _renew(service: Service, *options: str) -> str:
    finished = subprocess.run(
        [str(Path(sys.executable).with_name("kyso")), "renew", *options],
        env={**os.environ, **service.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
