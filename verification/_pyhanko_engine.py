"""The door to pyHanko's AdES engine: one signature or time-stamp token, judged as EN 319 102-1 says.

First the basic validation at the moment of looking (clauses 5.3 and 5.4). Where that is not enough but something proves
that the signature is older, its best signature time decides (5.5.4) or the validation in the past (5.6.2). pyHanko's
own combination of these steps asks the machine's clock for proofs of existence and knows no signature without a
time-stamp inside; here each step is called for itself, with the time given.
"""

from __future__ import annotations

import asyncio
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.ades import ades_basic_validation, ades_timestamp_validation
from pyhanko.sign.validation.policy_decl import bootstrap_validation_data_handlers
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from verification._pyhanko_past import PastQuestion, judge_in_the_past
from verification.report import Indication, SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from asn1crypto import cms, x509
    from pyhanko.sign.validation import EmbeddedPdfSignature
    from pyhanko.sign.validation.ades import AdESBasicValidationResult
    from pyhanko.sign.validation.policy_decl import SignatureValidationSpec
    from pyhanko.sign.validation.status import SignatureStatus
    from pyhanko_certvalidator.context import ValidationDataHandlers
    from pyhanko_certvalidator.ltv.poe import POEManager

    from verification._pyhanko_trust import Trust

    _Basic = AdESBasicValidationResult[SignatureStatus]

_Answer = TypeVar("_Answer")
_OLDER_MAY_PASS = frozenset(
    {
        AdESIndeterminate.REVOKED_NO_POE,
        AdESIndeterminate.REVOKED_CA_NO_POE,
        AdESIndeterminate.OUT_OF_BOUNDS_NO_POE,
        AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED,
        AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE,
        AdESIndeterminate.TRY_LATER,
    }
)
"""What a proof that the signature is older may overcome (EN 319 102-1, 5.6.3.4)."""


@dataclass(frozen=True)
class Finding:
    """The standard's answer: ``sub_indication`` is None exactly when passed; ``path`` leads from signer to anchor.

    ``intact`` and ``valid``: digest and value are right; None where that was not reached.
    """

    indication: Indication
    sub_indication: SubIndication | None
    path: tuple[x509.Certificate, ...]
    intact: bool | None = None
    valid: bool | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing stands against it."""
        return self.sub_indication is None

    @property
    def sound(self) -> bool:
        """Whether the mathematics are right, whoever made it and whenever."""
        return bool(self.intact and self.valid)


@dataclass(frozen=True)
class Existence:
    """When something is proven to have existed, and by when its revocation data must have been fresh."""

    since: datetime
    fresh_at: datetime


class Engine:
    """Judges for one file at one moment; a context manager, since pyHanko's engine is made of coroutines."""

    def __init__(self, trust: Trust, *, at: datetime) -> None:
        self._trust = trust
        self._at = at
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def judge_signature(self, signature: EmbeddedPdfSignature, *, proofs: POEManager, existence: Existence) -> Finding:
        """Basic signature validation (5.3), then what proofs of existence can add (5.5, 5.6)."""

        def basic(specification: SignatureValidationSpec) -> Coroutine[object, object, _Basic]:
            return ades_basic_validation(
                signature.signed_data,
                specification,
                timing_info=self._moment(existence),
                raw_digest=signature.compute_digest(),
                validation_data_handlers=self._handlers(specification, proofs, existence),
            )

        return self._judge(signature.signed_data, basic, proofs=proofs, existence=existence)

    def judge_token(
        self, token: cms.SignedData, *, imprint: Callable[[str], bytes], proofs: POEManager, existence: Existence
    ) -> Finding:
        """Time-stamp validation (5.4) against the digest that the token must carry, then the same additions.

        The digest's own algorithm must have been good when the token is proven to exist: whoever can make two documents
        with one digest has a time for both.
        """
        algorithm = token["encap_content_info"]["content"].parsed["message_imprint"]["hash_algorithm"]
        usable = self._trust.algorithms.digest_algorithm_allowed(algorithm, existence.since)
        if not usable:
            return Finding(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, path=())

        def basic(specification: SignatureValidationSpec) -> Coroutine[object, object, _Basic]:
            return ades_timestamp_validation(
                token,
                specification,
                imprint,
                timing_info=self._moment(existence),
                validation_data_handlers=self._handlers(specification, proofs, existence),
            )

        return self._judge(token, basic, proofs=proofs, existence=existence)

    def _judge(
        self,
        signed_data: cms.SignedData,
        basic: Callable[[SignatureValidationSpec], Coroutine[object, object, _Basic]],
        *,
        proofs: POEManager,
        existence: Existence,
    ) -> Finding:
        result = self._run(basic(self._trust.judging_at(existence.fresh_at)))
        sub_indic, status = result.ades_subindic, result.api_status
        if sub_indic is AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE:
            # pyHanko has one word for every defect of a chain; lack of revocation data is the one that may pass.
            alone = self._run(basic(self._trust.judging_the_chain_alone()))
            if alone.ades_subindic is AdESPassed.OK:
                sub_indic, status = AdESIndeterminate.TRY_LATER, alone.api_status
            elif alone.ades_subindic in _OLDER_MAY_PASS:
                sub_indic, status = alone.ades_subindic, alone.api_status
        path = _path_of(status)
        if path and existence.since < path[0].not_valid_before:
            sub_indic = AdESIndeterminate.NOT_YET_VALID
        elif isinstance(sub_indic, AdESIndeterminate) and sub_indic in _OLDER_MAY_PASS and existence.since < self._at:
            sub_indic = self._judge_older(signed_data, result, sub_indic, proofs=proofs, existence=existence)
        return Finding(
            *_in_our_words(sub_indic),
            path=path,
            intact=bool(status.intact) if status else None,
            valid=bool(status.valid) if status else None,
        )

    def _judge_older(
        self,
        signed_data: cms.SignedData,
        result: _Basic,
        sub_indic: AdESIndeterminate,
        *,
        proofs: POEManager,
        existence: Existence,
    ) -> AdESSubIndic:
        revocation = result.api_status.revocation_details if result.api_status else None
        if sub_indic is AdESIndeterminate.REVOKED_NO_POE and revocation is not None:
            # 5.5.4: a revocation after the best signature time does not touch the signature.
            return AdESPassed.OK if existence.since < revocation.revocation_date else sub_indic
        expiry = extract_certificate_info(signed_data).signer_cert.not_valid_after
        question = PastQuestion(
            finding=sub_indic,
            since=existence.since,
            proofs=proofs,
            # Behind the expiry nothing is to be found; starting there spares the sliding (5.6.2.2) from ending behind
            # it, where no chain holds.
            start=min(self._at, expiry),
        )
        specification = self._trust.judging_the_past()
        return self._run(judge_in_the_past(signed_data, question, specification))

    def _moment(self, existence: Existence) -> ValidationTimingInfo:
        return ValidationTimingInfo(
            validation_time=self._at, best_signature_time=existence.since, point_in_time_validation=True
        )

    def _handlers(
        self, specification: SignatureValidationSpec, proofs: POEManager, existence: Existence
    ) -> ValidationDataHandlers:
        return bootstrap_validation_data_handlers(
            specification, timing_info=self._moment(existence), poe_manager_override=copy(proofs)
        )

    def _run(self, step: Coroutine[object, object, _Answer]) -> _Answer:
        return self._runner.run(step)


def _path_of(status: object) -> tuple[x509.Certificate, ...]:
    path = getattr(status, "validation_path", None)
    return tuple(reversed(list(path.iter_certs(include_root=True)))) if path is not None else ()


def _in_our_words(sub_indic: AdESSubIndic) -> tuple[Indication, SubIndication | None]:
    if isinstance(sub_indic, AdESPassed):
        return Indication.TOTAL_PASSED, None
    if isinstance(sub_indic, AdESFailure):
        return Indication.TOTAL_FAILED, SubIndication[sub_indic.name]
    if sub_indic is AdESIndeterminate.GENERIC:
        return Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE
    return Indication.INDETERMINATE, SubIndication[sub_indic.standard_name]
