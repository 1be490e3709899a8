"""The description of the HTTP interface: OpenAPI 3.1 with security, problem documents and the request id."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi.openapi.utils import get_openapi

from api.callers.authorization import is_public
from api.forms.copies import CopyMetadata, OutsideCopyMetadata
from api.forms.documents import MetadataForm
from api.forms.examples import OF_FORMS
from api.problems.descriptions import PROBLEM_SCHEMA

if TYPE_CHECKING:
    from fastapi import FastAPI

VERSION = "1.0.0"
_DESCRIPTION = """\
Ký Số signs, numbers, seals, issues, keeps and verifies the results of administrative procedures.

* Errors are problem documents (RFC 9457) with a stable `code` and, in `vi`, a Vietnamese sentence for people.
* POST takes an `Idempotency-Key`: the same request with the same key has one effect.
* Every answer carries `X-Request-Id`; one that is sent is kept if it is short and plain.
* Times are UTC; the register counts days in Vietnam (UTC+07:00).
"""
_SECURITY = {
    "clientCredentials": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}},
    }
}
_REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    "description": "kept and echoed; a new one is made where it is missing",
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "one effect and one answer for each key and account, for 72 hours",
}

Node = dict[str, object]


def description_of(app: FastAPI, *, public_url: str) -> Node:
    """The whole description as a JSON object."""
    document = cast(
        "Node",
        get_openapi(
            title="Ký Số",
            version=VERSION,
            openapi_version="3.1.0",
            description=_DESCRIPTION,
            routes=app.routes,
            servers=[{"url": public_url}],
        ),
    )
    components = cast("dict[str, Node]", document.setdefault("components", {}))
    components["securitySchemes"] = cast("Node", _SECURITY)
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    schemas |= _metadata_schemas()
    for name, example in OF_FORMS.items():
        cast("Node", schemas[name])["examples"] = [example]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in cast("dict[str, dict[str, Node]]", document["paths"]).values():
        for method, operation in path.items():
            _complete(method, operation)
    return document


def _metadata_schemas() -> Node:
    """Descriptions that travel inside a form, and so are not found by the framework."""
    found: Node = {}
    for form in (MetadataForm, CopyMetadata, OutsideCopyMetadata):
        schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= {**schema.pop("$defs"), form.__name__: schema}
    return found


def _complete(method: str, operation: Node) -> None:
    parameters = cast("list[object]", operation.setdefault("parameters", []))
    parameters.append(_REQUEST_ID)
    if is_public(str(operation["operationId"])):
        operation["security"] = []
        return
    operation["security"] = [{"clientCredentials": []}]
    if method == "post":
        parameters.append(_IDEMPOTENCY)
