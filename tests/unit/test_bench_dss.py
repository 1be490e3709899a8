"""The rows of EU DSS on a machine where it cannot be had: they say what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from bench import signing_dss, verification_dss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.figures import Row
    from bench.ground import Ground

UNUSED = cast("Ground", None)  # nothing is prepared for a measurement that cannot be made


@pytest.mark.parametrize(
    "measure",
    [signing_dss.measure, signing_dss.measure_lta, signing_dss.measure_large, verification_dss.measure],
)
def test_a_row_without_java_says_what_is_missing(
    measure: Callable[[Ground], Iterator[Row]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = list(measure(UNUSED))
    assert rows
    assert all(row.value is None and "Java 17" in row.note for row in rows)


@pytest.mark.parametrize("measure", [signing_dss.measure, signing_dss.measure_lta, signing_dss.measure_large])
def test_what_dss_does_is_a_peer_of_which_nothing_is_asked(
    measure: Callable[[Ground], Iterator[Row]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not any(row.missed for row in measure(UNUSED))
