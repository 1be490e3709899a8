"""The door to validation in the past: whether a signature held while its certificate did (EN 319 102-1, 5.6.2.4).

pyHanko has this building block, but starts it at the machine's clock whatever time it is given. The steps are the
same here; path building, time sliding (5.6.2.2) and the validation at the time found are pyHanko's.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation.policy_decl import bootstrap_validation_data_handlers
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.ltv.ades_past import past_validate
from pyhanko_certvalidator.ltv.poe import digest_for_poe
from pyhanko_certvalidator.ltv.time_slide import ades_gather_prima_facie_revinfo
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import PathBuilder, SimpleTrustManager

from verification._pyhanko_certificates import certificates_of

if TYPE_CHECKING:
    from datetime import datetime

    from asn1crypto import cms, x509
    from pyhanko.sign.validation.policy_decl import SignatureValidationSpec
    from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationDataHandlers
    from pyhanko_certvalidator.ltv.poe import POEManager

_NOW_OUT_OF_BOUNDS = frozenset({AdESIndeterminate.OUT_OF_BOUNDS_NO_POE, AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED})
_NEEDS_DATED_REVOCATION = _NOW_OUT_OF_BOUNDS | {AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.TRY_LATER}
_NOBODY = SimpleTrustManager()


@dataclass(frozen=True)
class PastQuestion:
    """What was found now, since when the signature is proven, what else is proven, and where to start looking."""

    finding: AdESIndeterminate
    since: datetime
    proofs: POEManager
    start: datetime


async def judge_in_the_past(
    signed_data: cms.SignedData, question: PastQuestion, specification: SignatureValidationSpec
) -> AdESSubIndic:
    """PASSED if proofs of existence overcome the finding; otherwise the finding, or a better reason for it."""
    is_token = signed_data["encap_content_info"]["content_type"].native == "tst_info"
    policy = (specification.ts_cert_validation_policy if is_token else None) or specification.cert_validation_policy
    handlers = bootstrap_validation_data_handlers(
        specification, is_historical=True, poe_manager_override=copy(question.proofs)
    )
    certificates = certificates_of(signed_data)
    handlers.cert_registry.register_multiple(certificates.other_certs)
    leaf = certificates.signer_cert
    is_dated = await _keep_dated_revocation(leaf, handlers, policy, start=question.start)
    held_until = await _past_certificate_validation(leaf, handlers, policy, start=question.start)
    if held_until is None or question.since > held_until:
        return question.finding
    if question.since < leaf.not_valid_before:
        return AdESFailure.NOT_YET_VALID
    if question.finding in _NOW_OUT_OF_BOUNDS and question.since > leaf.not_valid_after:
        return question.finding
    if question.finding in _NEEDS_DATED_REVOCATION and not is_dated:
        return AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE
    return AdESPassed.OK


async def _past_certificate_validation(
    leaf: x509.Certificate, handlers: ValidationDataHandlers, policy: CertValidationPolicySpec, *, start: datetime
) -> datetime | None:
    """The latest time at which a chain of the certificate is known to have been good (5.6.2.1)."""
    paths = PathBuilder(policy.trust_manager, handlers.cert_registry).async_build_paths_lazy(leaf)
    try:
        async for path in paths:
            try:
                return await past_validate(path, policy, handlers, init_control_time=start)
            except ValidationError:
                continue
    except PathError:
        return None
    finally:
        await paths.cancel()
    return None


async def _keep_dated_revocation(
    leaf: x509.Certificate, handlers: ValidationDataHandlers, policy: CertValidationPolicySpec, *, start: datetime
) -> bool:
    """Whether the leaf has revocation data whose issuer is proven to have existed before the leaf expired.

    If so, data without such proof is put aside (5.6.2.4, step 1), for expired issuers could have been used to forge it.
    Anchors need no proof: they are believed as they are.
    """

    def existed(signer: x509.Certificate) -> bool:
        is_anchor = policy.trust_manager.is_root(signer)
        return is_anchor or bool(handlers.poe_manager[signer] <= leaf.not_valid_after)

    rule = policy.revinfo_policy.revocation_checking_policy.ee_certificate_rule
    proven, unproven = [], set()
    for issuer in handlers.cert_registry.find_potential_issuers(cert=leaf, trust_manager=_NOBODY):
        path = ValidationPath(trust_anchor=CertTrustAnchor(issuer), interm=[], leaf=leaf)
        crls, ocsps = await ades_gather_prima_facie_revinfo(path, handlers.revinfo_manager, start, rule)
        found = [(crl.crl.crl_data.dump(), [way.path.leaf for way in crl.prov_paths]) for crl in crls]
        found += [(ocsp.ocsp_response.ocsp_response_data.dump(), [ocsp.prov_path.leaf]) for ocsp in ocsps]
        for der, issuers in found:
            if any(existed(signer) for signer in issuers if signer is not None):
                proven.append(der)
            else:
                unproven.add(digest_for_poe(der))
    if proven:
        handlers.revinfo_manager.evict_crls(unproven)
        handlers.revinfo_manager.evict_ocsps(unproven)
    return bool(proven)
