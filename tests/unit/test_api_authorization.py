"""Nothing is open by accident: every route has a rule, and every role opens only its own doors."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from api.app import bare_app
from api.callers.authorization import RULES, Public, demand_role, is_public
from api.errors import RoleMissing
from api.forms.documents import CreatedAnswer, DocumentAnswer, IssueOrder, MetadataForm, SignatureOrder
from api.openapi import description_of
from issuance.ports import Account, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI
    from starlette.routing import BaseRoute

    from api.openapi import Node


URL = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def application() -> FastAPI:
    return bare_app(public_url=URL)


@pytest.fixture(scope="module")
def description(application: FastAPI) -> Node:
    return description_of(application, public_url=URL)


def operations(routes: Iterable[BaseRoute]) -> list[str]:
    """Every operation id, also of routers that were included; a route of another kind is a mistake."""
    found: list[str] = []
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            found += operations(inner.routes)
            continue
        assert isinstance(route, APIRoute), f"{route} is not held to the table"
        assert route.operation_id is not None, route.path
        found.append(route.operation_id)
    return found


def test_every_route_has_a_rule_and_every_rule_a_route(application: FastAPI) -> None:
    found = operations(application.routes)
    assert sorted(found) == sorted(RULES)


@pytest.mark.parametrize(("operation", "role"), list(product(sorted(RULES), Role)))
def test_a_role_opens_what_the_table_says(operation: str, role: Role) -> None:
    account = Account("a", "H00", "A", None, frozenset({role}))
    rule = RULES[operation]
    if isinstance(rule, Public) or role in rule:
        demand_role(account, operation)
    else:
        with pytest.raises(RoleMissing):
            demand_role(account, operation)


def test_what_has_no_rule_is_open_to_nobody() -> None:
    assert not is_public("newThing")
    with pytest.raises(RoleMissing):
        demand_role(Account("a", "H00", "A", None, frozenset(Role)), "newThing")


def test_only_these_calls_are_public() -> None:
    pages = {"homePage", "lookupPage", "documentPage", "verifyPage", "resultPage", "staticFile", "robotsFile"}
    links = {"linkPage", "linkedFile", "stopLettersPage", "stopLetters"}  # behind a token of their own
    calls = {
        "createToken",
        "lookUpDocument",
        "readStatistics",
        "verifyFile",
        "readHealth",
        "readReadiness",
        "readMetrics",
        "readOpenApi",
    }
    assert {operation for operation in RULES if is_public(operation)} == pages | links | calls


def test_the_description_names_the_same_security(description: Node) -> None:
    paths = description["paths"]
    assert isinstance(paths, dict)
    for path in paths.values():
        for operation in path.values():
            assert (operation["security"] == []) is is_public(operation["operationId"])


def test_the_description_points_nowhere_into_the_void_and_its_examples_hold(description: Node) -> None:
    written = json.dumps(description)
    components = description["components"]
    assert isinstance(components, dict)
    pointed_at = set(re.findall(r'"#/components/schemas/([^"]+)"', written))
    assert pointed_at <= set(components["schemas"])
    for form in (MetadataForm, SignatureOrder, IssueOrder, DocumentAnswer, CreatedAnswer):
        for example in components["schemas"][form.__name__]["examples"]:
            form.model_validate(example)
