"""A verification report as XML after ETSI TS 119 102-2 V1.4.1, for programs that read the standard's form.

One ``SignatureValidationReport`` for each signature. What concerns the file as a whole (changes behind the last
signature, a hidden one) has no place of its own in the standard: it is a constraint of its own in every signature's
report, and where it is graver than what stands against any of them, it is their status.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from verification.foreign_text import printable
from verification.report import Indication, moment

if TYPE_CHECKING:
    from datetime import datetime

    from verification.report import SignatureReport, Signer, Timestamp, ValidationReport, Verdict

_VR = "http://uri.etsi.org/19102/v1.4.1#"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ETSI, _OWN = "urn:etsi:019102", "urn:kyso:19102"
_INDICATIONS = {
    Indication.TOTAL_PASSED: f"{_ETSI}:mainindication:total-passed",
    Indication.TOTAL_FAILED: f"{_ETSI}:mainindication:total-failed",
    Indication.INDETERMINATE: f"{_ETSI}:mainindication:indeterminate",
    Indication.NO_SIGNATURE_FOUND: f"{_OWN}:mainindication:no-signature-found",
}
_GRAVITY = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)


def etsi_report(report: ValidationReport) -> str:
    """The report in one line of XML, ended by a line break."""
    for prefix, namespace in (("vr", _VR), ("ds", _DS), ("xades", _XADES)):
        ET.register_namespace(prefix, namespace)
    root = ET.Element(f"{{{_VR}}}ValidationReport")
    own = [signature for signature in report.signatures if signature.signer]
    ids = {id(signature): f"certificate-{number}" for number, signature in enumerate(own, start=1)}
    for signature in report.signatures:
        _add_signature(root, report, signature, certificate=ids.get(id(signature)))
    if not report.signatures:
        alone = _add(root, "SignatureValidationReport")
        _add_constraints(alone, report)
        _add_times(alone, report, best=None)
        _add_document(alone, report)
        _add_status(_add(alone, "SignatureValidationStatus"), report.verdict)
    if own:
        _add_objects(root, [(ids[id(signature)], signature.signer) for signature in own if signature.signer])
    return ET.tostring(root, encoding="unicode", xml_declaration=True).replace("\n", "") + "\n"


def _add_signature(
    root: ET.Element, report: ValidationReport, signature: SignatureReport, *, certificate: str | None
) -> None:
    element = _add(root, "SignatureValidationReport")
    identifier = _add(element, "SignatureIdentifier")
    _add(identifier, "HashOnly", "false")
    _add(identifier, "DocHashOnly", "false")
    _add(identifier, "DAIdentifier", signature.field)
    _add_constraints(element, report)
    _add_times(element, report, best=signature.best_signature_time)
    _add_document(element, report)
    _add_attributes(element, signature)
    if certificate is not None and signature.signer is not None:
        who = _add(element, "SignerInformation")
        _add(who, "SignerCertificate", VOReference=certificate)
        _add(who, "Signer", signature.signer.subject)
    status = _add(element, "SignatureValidationStatus")
    _add_status(status, _weighed(signature, report))
    extra = _add(_add(status, "AssociatedValidationReportData"), "AdditionalValidationReportData")
    for name, value in (
        ("level", signature.level.value),
        ("kind", signature.kind.value),
        ("coverage", signature.coverage.value),
        ("changes-after", signature.changes_after.change_class.value),
        ("reason:vi", signature.reason.vi),
        ("reason:en", signature.reason.en),
    ):
        item = _add(extra, "ReportData")
        _add(item, "Type", f"{_OWN}:{name}")
        _add(item, "Value", value)


def _weighed(signature: SignatureReport, report: ValidationReport) -> Verdict:
    """The signature's own verdict, unless the file's is graver than that of every signature."""
    own = max(_GRAVITY.index(each.indication) for each in report.signatures)
    return report.verdict if _GRAVITY.index(report.indication) > own else signature.verdict


def _add_constraints(element: ET.Element, report: ValidationReport) -> None:
    """The policy, and the verdict on the whole file (TS 119 102-2, 4.3.5)."""
    constraints = _add(element, "ValidationConstraintsEvaluationReport")
    policy = _add(constraints, "SignatureValidationPolicy")
    ET.SubElement(_add(policy, "SignaturePolicyIdentifier"), f"{{{_XADES}}}SignaturePolicyImplied")
    _add(policy, "PolicyName", report.policy)
    whole = _add(constraints, "ValidationConstraint")
    _add(whole, "ValidationConstraintIdentifier", f"{_OWN}:constraint:whole-file")
    _add(_add(whole, "ConstraintStatus"), "Status", f"{_ETSI}:constraintStatus:applied")
    _add_status(_add(whole, "ValidationStatus"), report.verdict)


def _add_times(element: ET.Element, report: ValidationReport, *, best: datetime | None) -> None:
    """Where nothing proves an earlier time, the best signature time is that of validation (EN 319 102-1, 5.5.4)."""
    times = _add(element, "ValidationTimeInfo")
    _add(times, "ValidationTime", moment(report.validated_at))
    proof = _add(times, "BestSignatureTime")
    _add(proof, "POETime", moment(best or report.validated_at))
    _add(proof, "TypeOfProof", f"{_ETSI}:poetype:validation")


def _add_document(element: ET.Element, report: ValidationReport) -> None:
    """The digest of the whole file, as it was given to the validator."""
    _add_digest(_add(element, "SignersDocument"), report.sha256)


def _add_attributes(element: ET.Element, signature: SignatureReport) -> None:
    if not (signature.claimed_signing_time or signature.timestamps or signature.sub_filter):
        return
    attributes = _add(element, "SignatureAttributes")
    if signature.claimed_signing_time is not None:
        _add(_add(attributes, "SigningTime"), "Time", moment(signature.claimed_signing_time))
    for timestamp in signature.timestamps:
        _add(_add(attributes, _kind(timestamp)), "TimeStampValue", moment(timestamp.time))
    if signature.sub_filter:
        _add(_add(attributes, "SubFilter"), "SubFilterElement", signature.sub_filter)


def _kind(timestamp: Timestamp) -> str:
    return "SignatureTimeStamp" if timestamp.field is None else "DocTimeStamp"


def _add_status(element: ET.Element, verdict: Verdict) -> None:
    _add(element, "MainIndication", _INDICATIONS[verdict.indication])
    if verdict.sub_indication is not None:
        _add(element, "SubIndication", f"{_ETSI}:subindication:{verdict.sub_indication.value}")


def _add_objects(root: ET.Element, signers: list[tuple[str, Signer]]) -> None:
    objects = _add(root, "SignatureValidationObjects")
    for name, signer in signers:
        item = _add(objects, "ValidationObject", id=name)
        _add(item, "ObjectType", f"{_ETSI}:validationObject:certificate")
        _add_digest(_add(item, "ValidationObjectRepresentation"), signer.certificate_sha256)


def _add_digest(element: ET.Element, sha256: str) -> None:
    digest = _add(element, "DigestAlgAndValue")
    ET.SubElement(digest, f"{{{_DS}}}DigestMethod", Algorithm=_SHA256)
    ET.SubElement(digest, f"{{{_DS}}}DigestValue").text = base64.b64encode(bytes.fromhex(sha256)).decode()


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """A child in the report's namespace; what XML cannot hold is shown as a question mark."""
    child = ET.SubElement(parent, f"{{{_VR}}}{name}", attributes)
    child.text = printable(text) if text is not None else None
    return child
