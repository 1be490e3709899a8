"""Where EU DSS 6.4 judges a vector otherwise than we do: what it says, why, and the clause that decides.

Found and held to their word by ``make interop``: a disagreement that is not here fails there, and so does one that is
here and is none any more. DSS judges by its default policy with what that leaves open decided as ours decides it
(``deploy/interop``, ``Policy.java``), so that what remains is one of three things: DSS does not look at something, one of the
two cannot read something, or the two policies weigh it differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.vectors.disagreements_bytes import IN_BYTES
from tests.vectors.disagreements_changes import IN_CHANGES
from tests.vectors.disagreements_cms import IN_CMS
from tests.vectors.disagreements_time import IN_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.vectors.disagreement import Disagreement

GROUPS = (IN_BYTES, IN_CHANGES, IN_CMS, IN_TIME)
DISAGREEMENTS: Mapping[str, Disagreement] = {
    name: disagreement for group in GROUPS for disagreement in group for name in disagreement.vectors
}
"""By the vector's name."""
