"""Reports in the form of ETSI TS 119 102-2, against the schema that EU DSS brings along.

The schema is not ours to keep in the repository; it is taken from the libraries that `make interop` installs, and
without them these tests are skipped.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.vectors.catalogue import VECTORS
from tests.vectors.chamber import Chamber
from verification.etsi_report import etsi_report
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from verification.report import ValidationReport

LIBRARIES = Path("~/.m2/repository/eu/europa/ec/joinup/sd-dss").expanduser()
SPACES = {"vr": "http://uri.etsi.org/19102/v1.4.1#"}
# Only one branch that we never write needs the trusted lists' schema.
_NO_LISTS = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://uri.etsi.org/02231/v2#">
    <xs:complexType name="DigitalIdentityType"/><xs:complexType name="TSPInformationType"/></xs:schema>"""


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


def _schema(library: str, name: str) -> bytes:
    found = sorted(LIBRARIES.glob(f"{library}/*/*.jar"))
    if not found:
        pytest.skip(f"{library} is not installed (make interop)")
    with zipfile.ZipFile(found[-1]) as archive:
        return archive.read(f"xsd/{name}")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> etree.XMLSchema:
    """The schema with those that it imports beside it, each import leading there."""
    folder = tmp_path_factory.mktemp("schemas")
    signature = re.sub(rb"<!DOCTYPE.*?\]>", b"", _schema("specs-xmldsig", "xmldsig-core-schema.xsd"), flags=re.DOTALL)
    for name, text in {
        "report.xsd": _schema("specs-validation-report", "TS119102-2-v141.xsd"),
        "XAdES.xsd": _schema("specs-xades", "XAdES01903v132-202407.xsd"),
        "xmldsig-core-schema.xsd": signature,
        "ts_119612v020201_201601xsd.xsd": _NO_LISTS,
    }.items():
        (folder / name).write_bytes(re.sub(rb'schemaLocation="[^"]*/', b'schemaLocation="', text))
    return etree.XMLSchema(file=str(folder / "report.xsd"))


def _report(name: str, chamber: Chamber) -> ValidationReport:
    (vector,) = (vector for vector in VECTORS if vector.name == name)
    case = vector.make(chamber)
    return validate(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)


def test_reports_on_vectors_of_every_family_are_valid(schema: etree.XMLSchema, chamber: Chamber) -> None:
    for vector in VECTORS[::25]:
        text = etsi_report(_report(vector.name, chamber))
        assert text.count("\n") == 1
        schema.assertValid(etree.fromstring(text.encode()))


def test_a_passed_signature_says_so_in_the_words_of_the_standard(chamber: Chamber) -> None:
    report = _report("honest/chain-renewed-twice", chamber)
    root = etree.fromstring(etsi_report(report).encode())
    parts = root.findall("vr:SignatureValidationReport", SPACES)
    assert len(parts) == len(report.signatures)
    status = {part.findtext("vr:SignatureValidationStatus/vr:MainIndication", None, SPACES) for part in parts}
    assert status == {"urn:etsi:019102:mainindication:total-passed"}
    assert root.findtext(".//vr:PolicyName", None, SPACES) == report.policy


def test_what_speaks_against_the_whole_file_is_no_signature_s_pass(chamber: Chamber) -> None:
    only_the_file = [
        report
        for vector in VECTORS[::3]
        if vector.expected.indication is Indication.TOTAL_FAILED and vector.family in {"saving", "confusion"}
        for report in [_report(vector.name, chamber)]
        if report.signatures and all(signature.verdict.passed for signature in report.signatures)
    ]
    assert only_the_file
    for report in only_the_file:
        text = etsi_report(report)
        assert "mainindication:total-passed" not in text
        assert "subindication:FORMAT_FAILURE" in text


def test_names_that_xml_cannot_hold_do_no_harm(chamber: Chamber) -> None:
    report = _report("honest/ours", chamber)
    (first, *rest) = report.signatures
    hostile = replace(report, signatures=(replace(first, field="a\x00\x1b]<&\ufffe"), *rest))
    etree.fromstring(etsi_report(hostile).encode())
