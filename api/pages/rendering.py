"""Jinja2 templates with escaping on, and the style sheet under a name that changes with its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.language import Language
from api.pages.texts import TEXTS

if TYPE_CHECKING:
    from fastapi import Request

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of ours that pages use; ``name`` carries a piece of its digest, so that it can be kept for ever."""

    name: str
    content: bytes
    media_type: str


class Pages:
    """Renders the public pages."""

    def __init__(self) -> None:
        files = [_static(path) for path in sorted((_HERE / "static").iterdir())]
        self.static = {file.name: file for file in files}
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["stylesheet"] = next(name for name in self.static if name.endswith(".css"))
        self._environment.globals["icon"] = next(name for name in self.static if name.endswith(".svg"))

    def page(
        self, request: Request, template: str, *, status: int = 200, indexed: bool = False, **values: object
    ) -> Response:
        """The page in the language of ``?lang=``."""
        language = page_language(request)
        other = Language.EN if language is Language.VI else Language.VI
        body = self._environment.get_template(template).render(
            values,
            t=TEXTS[language],
            language=language.value,
            other_language=other.value,
            other_language_address=_other_address(request, other),
            query="" if language is Language.VI else f"?lang={language.value}",
            indexed=indexed,
            here=values.get("here", ""),
        )
        headers = {"Cache-Control": "no-store", "Content-Language": language.value}
        if not indexed:
            headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


def page_language(request: Request) -> Language:
    """Vietnamese, unless ``?lang=en`` asks for English."""
    return Language.EN if request.query_params.get("lang") == Language.EN.value else Language.VI


def _other_address(request: Request, other: Language) -> str:
    """The same page in the other language; what answers a form cannot be shown again, so it leads back to that."""
    path = "/" + request.url.path.lstrip("/\\")  # with two of them in front it would name another host
    return path if other is Language.VI else f"{path}?lang={other.value}"


def _static(path: Path) -> StaticFile:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(name=f"{path.stem}-{digest}{path.suffix}", content=content, media_type=_TYPES[path.suffix])
