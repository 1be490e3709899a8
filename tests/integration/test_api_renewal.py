"""Proofs renewed by the operator in a running service, and what the public sees of older and newer files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import Bucket


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def test_the_operator_renews_ahead_of_time_and_older_files_are_still_known(service: Service) -> None:
    document = service.issued()
    older = service.clerk().file(document.id)
    told = [json.loads(line) for line in _renew(service, "--due-by", "2199-01-01", "--json").splitlines()]
    assert told == [{"document_id": str(document.id), "renewed": True, "code": None}]
    newer = service.clerk().file(document.id)
    assert newer.startswith(older)
    assert len(newer) > len(older)
    for pdf in (older, newer):
        report = service.public().verify(pdf)
        register = report["register"]
        assert isinstance(register, dict)
        assert (report["indication"], register["number"], register["same_bytes"]) == (
            "TOTAL_PASSED",
            document.number,
            True,
        )
    assert "0 văn bản" in _renew(service)


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
