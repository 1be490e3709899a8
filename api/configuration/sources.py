"""Settings beyond plain variables: secrets in files, and names that nobody knows."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_settings import PydanticBaseSettingsSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_PREFIX = "KYSO_"
_ELSEWHERE = frozenset({"KYSO_CONFIG", "KYSO_DEBUG", "KYSO_FONT_DIR", "KYSO_SOFTHSM_MODULE"})
_ELSEWHERE_PREFIXES = ("KYSO_PIN_", "KYSO_SANDBOX_")


class SecretFiles(PydanticBaseSettingsSource):
    """``KYSO_<NAME>_FILE`` for every secret: the file's text without the line end, as container secrets are mounted."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        """The text of the file that is named for this field."""
        variable = f"{_PREFIX}{field_name.upper()}"
        path = os.environ.get(f"{variable}_FILE")
        if path is None or field.annotation is not SecretStr:
            return None, field_name, False
        if variable in os.environ:
            msg = f"{variable} and {variable}_FILE are both set; keep one"
            raise ValueError(msg)
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), field_name, False

    def __call__(self) -> dict[str, object]:
        """Every secret that was given as a file."""
        found: dict[str, object] = {}
        for name, field in self.settings_cls.model_fields.items():
            text, _, _ = self.get_field_value(field, name)
            if text is not None:
                found[name] = text
        return found


def unknown_names(known: frozenset[str]) -> Iterator[str]:
    """One sentence for each ``KYSO_*`` variable or TOML key that means nothing, with the nearest name."""
    variables = {f"{_PREFIX}{name.upper()}" for name in known}
    variables |= {f"{name}_FILE" for name in variables} | _ELSEWHERE
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in variables and not name.startswith(_ELSEWHERE_PREFIXES):
            yield _unknown(name, variables)
    config = os.environ.get("KYSO_CONFIG")
    if config:
        yield from _unknown_in_file(Path(config), known)


def _unknown_in_file(config: Path, known: frozenset[str]) -> Iterator[str]:
    try:
        names = tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"KYSO_CONFIG: {config} cannot be read: {error}"
        return
    for name in names:
        if name not in known:
            yield f"{config}: {_unknown(name, set(known))}"


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "")
