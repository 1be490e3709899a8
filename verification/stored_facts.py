"""The facts about a file as a JSON text to keep, so that its report can be made again under another policy.

They hold what the report holds and nothing of the file's content; whoever keeps them keeps signers' names.
"""

from __future__ import annotations

import json

from verification.errors import FactsUnreadable
from verification.facts import FileFacts
from verification.wire import WireError, pack, unpack

_FORMAT = "kyso-facts@1"


def written_facts(facts: FileFacts) -> str:
    """The text, one line."""
    return json.dumps({"format": _FORMAT, "facts": pack(facts, [])}, ensure_ascii=False) + "\n"


def read_facts(text: str | bytes) -> FileFacts:
    """The facts in such a text; raises :class:`FactsUnreadable`."""
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = "not JSON"
        raise FactsUnreadable(msg) from error
    if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
        msg = f"not {_FORMAT}"
        raise FactsUnreadable(msg)
    try:
        facts = unpack(stored.get("facts"), FileFacts, ())
    except (WireError, RecursionError) as error:
        raise FactsUnreadable(str(error)) from error
    if not isinstance(facts, FileFacts):
        raise TypeError(type(facts).__name__)
    return facts
