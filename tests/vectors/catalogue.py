"""All vectors, and their texts as they stand in the repository."""

from __future__ import annotations

import json
from datetime import UTC
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from tests.vectors import (
    algorithms,
    cells,
    certified,
    cms_algorithms,
    cms_attributes,
    cms_encoding,
    confusion,
    forgery,
    form_fields,
    honest,
    revocation,
    rewriting,
    saving,
    sha1_content,
    shadow,
    tokens,
    wrapping,
)
from tests.vectors.disagreements import DISAGREEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.vectors.vector import Vector

TEXTS = Path(__file__).with_name("texts")
_FAMILIES = (
    forgery,
    saving,
    wrapping,
    shadow,
    certified,
    cells,
    confusion,
    form_fields,
    rewriting,
    cms_encoding,
    cms_attributes,
    cms_algorithms,
    tokens,
    revocation,
    algorithms,
    sha1_content,
    honest,
)

VECTORS: tuple[Vector, ...] = tuple(vector for family in _FAMILIES for vector in family.VECTORS)
ATTACKS = frozenset({"forgery", "saving", "wrapping", "shadow", "certified", "cells", "confusion"})
"""The families whose files someone has tampered with; a few files in them are harmless and say so."""


def text(vector: Vector) -> str:
    """What the vector is and what is expected of it, as one entry of a TOML array of tables.

    Where EU DSS says something else, the text tells what, why, and the clause that decides.
    """
    expected = vector.expected
    entries = {
        "name": vector.name,
        "about": vector.about,
        "clause": vector.clause,
        "indication": expected.indication.value,
        "sub_indication": expected.sub_indication.value if expected.sub_indication else "",
        "cautions": sorted(expected.cautions),
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    lines.append(f"at = {vector.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    if (other := DISAGREEMENTS.get(vector.name)) is not None:
        said = {"dss": other.theirs, "dss_because": other.because, "dss_clause": other.clause}
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said.items()]
    return "[[vector]]\n" + "\n".join(lines) + "\n"


def texts() -> Mapping[str, str]:
    """The text files by name: one for each family, its vectors in the order in which they are declared."""
    by_family = groupby(VECTORS, key=lambda vector: vector.family)
    return {f"{family}.toml": "\n".join(text(vector) for vector in vectors) for family, vectors in by_family}
