"""The door to pyHanko's policies: anchors, revocation rules and algorithms, put together for one file.

Nothing is ever fetched. Revocation data counts if it was fresh at the time that matters, or is younger: for a signature
that is the best signature time, for a time-stamp token the time it gives (EN 319 102-1, 5.2.5 and 5.5.4). Whether it is
still fresh at the moment of looking is no question then, and a file stays checkable without a network.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from asn1crypto import x509
from cryptography.x509 import load_der_x509_crl
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.fetchers import FetcherBackend
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo, ValidationTimingParams
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    REQUIRE_REVINFO,
    AlgorithmUsageConstraint,
    CertRevTrustPolicy,
    FreshnessReqType,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import RevinfoUsabilityRating

from certs.certificate import UNREADABLE
from verification._pyhanko_plain import plain_digest
from verification._pyhanko_store import ValidationMaterial
from verification._pyhanko_values import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from asn1crypto import algos, keys
    from pyhanko_certvalidator.fetchers import Fetchers
    from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer, RevinfoContainer

    from certs.anchors import TrustAnchors
    from verification.policy import ValidationPolicy

_NAME_DIGESTS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""By which OCSP names an issuer (RFC 6960, 4.1.1)."""
_AS_IT_SAYS = CertRevTrustPolicy(REQUIRE_REVINFO)
"""Usable from thisUpdate to nextUpdate."""
_AT_ANY_AGE = CertRevTrustPolicy(
    REQUIRE_REVINFO,
    freshness=timedelta(days=36525),
    freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
)
_FRESH = frozenset({RevinfoUsabilityRating.OK})
_FRESH_OR_YOUNGER = _FRESH | {RevinfoUsabilityRating.TOO_NEW}
_UNASKED = CertRevTrustPolicy(NO_REVOCATION)


class _NoFetching(FetcherBackend):
    """Stands where pyHanko would make an HTTP client of its own, and refuses."""

    def get_fetchers(self) -> Fetchers:
        msg = "validation never fetches"
        raise RuntimeError(msg)


_OFFLINE = RevocationInfoGatheringSpec(
    RevinfoOnlineFetchingRule.LOCAL_ONLY,
    fetcher_backend=_NoFetching(),
    certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
)


@dataclass(frozen=True)
class Trust:
    """Anchors, policy and material for one file, in the shapes that pyHanko's engines take."""

    anchors: TrustAnchors
    policy: ValidationPolicy
    material: ValidationMaterial

    def judging_at(self, time: datetime, material: ValidationMaterial) -> SignatureValidationSpec:
        """For validation now, with revocation data of this material that was fresh at this time or is younger."""
        return self._specification(_AT_ANY_AGE, self._fresh_at(time, material))

    def judging_now(self, time: datetime, material: ValidationMaterial) -> SignatureValidationSpec:
        """The same, but with revocation data that is not dated after this time."""
        return self._specification(_AT_ANY_AGE, self._fresh_at(time, material, usable=_FRESH))

    def judging_the_past(self) -> SignatureValidationSpec:
        """For past validation (EN 319 102-1, 5.6.2), which finds the right moment by itself."""
        return self._specification(_AS_IT_SAYS, self.material)

    def judging_the_chain_alone(self, material: ValidationMaterial) -> SignatureValidationSpec:
        """Without revocation: tells whether a failed chain failed only for lack of usable revocation data."""
        return self._specification(_UNASKED, material)

    def _specification(self, revocation: CertRevTrustPolicy, material: ValidationMaterial) -> SignatureValidationSpec:
        signing = replace(self._certificates, revinfo_policy=revocation)
        return SignatureValidationSpec(
            cert_validation_policy=signing,
            ts_cert_validation_policy=replace(signing, trust_manager=self._timestamping_anchors),
            revinfo_gathering_policy=_OFFLINE,
            local_knowledge=LocalKnowledge(
                # A path needs its anchor among the certificates as well where the past is judged.
                known_certs=[*self._anchors, *material.certificates],
                known_ocsps=list(material.ocsps),
                known_crls=list(material.crls),
            ),
            key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}),
            signature_algorithm_policy=self.algorithms,
        )

    @cached_property
    def _anchors(self) -> list[x509.Certificate]:
        return [_load(der) for der in dict.fromkeys(self.anchors.signing + self.anchors.timestamping)]

    @cached_property
    def algorithms(self) -> Algorithms:
        """The policy's table of algorithms."""
        return Algorithms(self.policy)

    @cached_property
    def _certificates(self) -> CertValidationPolicySpec:
        return CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=[_load(der) for der in self.anchors.signing]),
            revinfo_policy=_AS_IT_SAYS,
            time_tolerance=self.policy.clock_tolerance,
            algorithm_usage_policy=self.algorithms,
            signature_validator=VALUES,
        )

    @cached_property
    def _timestamping_anchors(self) -> SimpleTrustManager:
        return SimpleTrustManager.build(trust_roots=[_load(der) for der in self.anchors.timestamping])

    def _fresh_at(
        self,
        time: datetime,
        material: ValidationMaterial,
        *,
        usable: frozenset[RevinfoUsabilityRating] = _FRESH_OR_YOUNGER,
    ) -> ValidationMaterial:
        timing = ValidationTimingParams(
            ValidationTimingInfo(validation_time=time, best_signature_time=time, point_in_time_validation=True),
            time_tolerance=self.policy.clock_tolerance,
        )

        oldest = time - self.policy.freshness if self.policy.freshness is not None else None

        def is_fresh(container: RevinfoContainer) -> bool:
            if oldest is not None and (container.issuance_date is None or container.issuance_date < oldest):
                return False
            return container.usable_at(_AS_IT_SAYS, timing).rating in usable

        crls = tuple(filter(is_fresh, material.crls))
        ocsps = (one for one in material.ocsps if is_fresh(one) and not _is_overtaken(one, crls))
        return ValidationMaterial(certificates=material.certificates, ocsps=tuple(ocsps), crls=crls)


def _is_overtaken(answer: OCSPContainer, crls: Iterable[CRLContainer]) -> bool:
    """Whether a younger list of the same issuer names the certificate; pyHanko would believe the older answer."""
    single = answer.extract_single_response()
    if single is None:
        return False
    named, since = single["cert_id"], single["this_update"].native
    for crl in crls:
        content = crl.crl_data["tbs_cert_list"]
        if content["this_update"].native <= since:
            continue
        algorithm = named["hash_algorithm"]["algorithm"].native
        if algorithm not in _NAME_DIGESTS:
            continue
        digest = hashlib.new(algorithm, content["issuer"].dump(), usedforsecurity=False).digest()
        if digest == named["issuer_name_hash"].native and _lists(crl, named["serial_number"].native):
            return True
    return False


def _lists(crl: CRLContainer, serial_number: int) -> bool:
    try:
        listed = load_der_x509_crl(crl.crl_data.dump())
        return listed.get_revoked_certificate_by_serial_number(serial_number) is not None
    except UNREADABLE:
        return False


class Algorithms(CMSAlgorithmUsagePolicy):
    """The policy's dated table of algorithms, asked by pyHanko for certificates, revocation data and signatures."""

    def __init__(self, policy: ValidationPolicy) -> None:
        self._policy = policy

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        return self._judge(algo["algorithm"].native, 0, moment)

    def signature_algorithm_allowed(
        self, algo: algos.SignedDigestAlgorithm, moment: datetime | None, public_key: keys.PublicKeyInfo | None
    ) -> AlgorithmUsageConstraint:
        scheme, digest = scheme_and_digest(algo)
        size = key_bits(public_key) if public_key is not None else _ANY_SIZE
        by_scheme = self._judge(scheme, size, moment)
        return by_scheme if digest is None or not by_scheme else self._judge(digest, 0, moment)

    def knows(self, algorithm: algos.SignedDigestAlgorithm) -> bool:
        """Whether the policy has ever allowed this scheme; what it does not name may be right or wrong."""
        return self._policy.usable_until(scheme_and_digest(algorithm)[0], bits=_ANY_SIZE) is not None

    def _judge(self, name: str, bits: int, moment: datetime | None) -> AlgorithmUsageConstraint:
        end = self._policy.usable_until(name, bits=bits)
        if end is not None and (moment is None or moment <= end):
            return AlgorithmUsageConstraint(allowed=True)
        return AlgorithmUsageConstraint(allowed=False, not_allowed_after=end, failure_reason=f"{name}, {bits} bits")


_ANY_SIZE = 1 << 20


def scheme_and_digest(algorithm: algos.SignedDigestAlgorithm) -> tuple[str, str | None]:
    """``("rsassa_pss", "sha256")``; the digest is None where the scheme has its own or CMS names it elsewhere."""
    if (digest := plain_digest(algorithm)) is not None:
        return "ecdsa", digest
    try:
        scheme = str(algorithm.signature_algo)
    except ValueError:
        scheme = str(algorithm["algorithm"].native)
    try:
        digest = str(algorithm.hash_algo)
    except ValueError:
        return scheme, None
    return scheme, None if scheme in {"ed25519", "ed448"} else digest


def key_bits(key: keys.PublicKeyInfo) -> int:
    """The size of a public key, as certificates give it."""
    fixed = {"ed25519": 256, "ed448": 456}
    return fixed.get(key.algorithm) or int(key.bit_size)


@lru_cache(maxsize=64)
def _load(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der)
