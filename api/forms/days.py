"""Days that callers name."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

Day = Annotated[date, Field(ge=date(1945, 1, 1), le=date(2200, 12, 31))]
"""From the first year that a register can have on, and so that a span around it can be reckoned with."""
