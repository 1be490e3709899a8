"""Every top-level package is shipped and has a layer, so that a new folder cannot slip past the import contracts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


NOT_SHIPPED = {"bench"}  # run from the project's folder only, and free to use any library


def packages() -> list[str]:
    return sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")


def shipped() -> list[str]:
    return sorted(set(packages()) - NOT_SHIPPED)


def layers() -> list[str]:
    contract = next(c for c in PROJECT["importlinter"]["contracts"] if c["type"] == "layers")
    return sorted(name.strip() for layer in contract["layers"] for name in layer.split("|"))


def test_every_package_has_exactly_one_layer() -> None:
    assert layers() == packages()


def test_every_package_that_is_shipped_is_in_the_wheel() -> None:
    assert sorted(PROJECT["hatch"]["build"]["targets"]["wheel"]["packages"]) == shipped()


def test_every_package_is_typed_and_watched_by_the_import_linter() -> None:
    assert sorted(PROJECT["importlinter"]["root_packages"]) == packages()
    assert sorted(set(PROJECT["mypy"]["files"]) - {"tests"}) == packages()


def test_every_contract_about_libraries_holds_for_every_package_that_may_not_use_them() -> None:
    allowed = {"PKCS#11 only in hsm": "hsm", "Databases, queues and object stores only in storage": "storage"}
    allowed["The web framework only in api"] = "api"
    for contract in PROJECT["importlinter"]["contracts"]:
        if contract["type"] == "forbidden":
            expected = set(shipped()) - {allowed.get(contract["name"], "")}
            assert set(contract["source_modules"]) == expected, contract["name"]


def test_pyhanko_has_doors_only_where_the_name_says_so() -> None:
    contract = next(c for c in PROJECT["importlinter"]["contracts"] if c["name"].startswith("pyHanko"))
    for door in contract["ignore_imports"]:
        assert re.fullmatch(r"(certs|signing|verification)\._pyhanko\w* -> pyhanko(_certvalidator)?", door)
