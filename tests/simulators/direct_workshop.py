"""The workshop without its sandbox: the same functions in this process, for tests that are not about isolation."""

from __future__ import annotations

from signing.augment import embed_validation_data
from signing.compose import compose
from signing.fill import fill_cells
from signing.lint import inspect
from signing.prepare import prepare, prepare_document_timestamp
from verification.validate import validate


class DirectWorkshop:
    """Implements what ``issuance`` uses of :class:`verification.workshop.Workshop`."""

    inspect = staticmethod(inspect)
    compose = staticmethod(compose)
    fill_cells = staticmethod(fill_cells)
    prepare = staticmethod(prepare)
    prepare_document_timestamp = staticmethod(prepare_document_timestamp)
    embed_validation_data = staticmethod(embed_validation_data)
    validate = staticmethod(validate)
