"""The door to pyHanko's AdES engine: one signature or time-stamp token, judged as EN 319 102-1 says.

First the basic validation at the moment of looking (clauses 5.3 and 5.4). Where that is not enough but something proves
that the signature is older, its best signature time decides (5.5.4) or the validation in the past (5.6.2). pyHanko's
own combination of these steps asks the machine's clock for proofs of existence and knows no signature without a
time-stamp inside; here each step is called for itself, with the time given.
"""

from __future__ import annotations

import asyncio
import threading
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation.ades import ades_basic_validation, ades_timestamp_validation
from pyhanko.sign.validation.policy_decl import bootstrap_validation_data_handlers
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from certs.revocation_lack import Lack, lack_of
from verification._pyhanko_certificates import certificates_of
from verification._pyhanko_past import PastQuestion, judge_in_the_past
from verification._pyhanko_plain import with_der_value
from verification._pyhanko_sha1 import SHA1, encapsulated, is_encapsulated, with_both_digests
from verification._pyhanko_store import as_known
from verification._pyhanko_token import objection_to_token
from verification.facts import AlgorithmUse
from verification.reliance import uses_of
from verification.report import Indication, SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from asn1crypto import cms, x509
    from pyhanko.sign.validation import EmbeddedPdfSignature
    from pyhanko.sign.validation.ades import AdESBasicValidationResult
    from pyhanko.sign.validation.policy_decl import SignatureValidationSpec
    from pyhanko.sign.validation.status import RevocationDetails, SignatureStatus
    from pyhanko_certvalidator.context import ValidationDataHandlers
    from pyhanko_certvalidator.ltv.poe import POEManager

    from certs.anchors import TrustAnchors
    from verification._pyhanko_store import ValidationMaterial
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
_REVOKED = frozenset({AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE})
_HOLD = "certificate_hold"


@dataclass(frozen=True)
class Finding:
    """The standard's answer: ``sub_indication`` is None exactly when passed; ``path`` leads from signer to anchor.

    ``intact`` and ``valid``: digest and value are right; None where that was not reached. ``uses`` are the algorithms
    that a passed answer leans on; ``lack`` says what keeps revocation open where that is the finding.
    """

    indication: Indication
    sub_indication: SubIndication | None
    path: tuple[x509.Certificate, ...]
    intact: bool | None = None
    valid: bool | None = None
    uses: tuple[AlgorithmUse, ...] = ()
    lack: Lack | None = None

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
    """When something is proven to have existed, and by when its revocation data must have been fresh.

    ``is_proven``: a trusted authority for time says so, not only the moment of looking.
    """

    since: datetime
    fresh_at: datetime
    is_proven: bool


class _Thread(threading.local):
    """The loop in which this thread runs pyHanko's coroutines, which wait for nothing, since nothing is fetched.

    It is kept: to make one for every file takes longer than the coroutines' own switching.
    """

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()


_THREAD = _Thread()


class Engine:
    """Judges for one file at one moment; a context manager, so that nothing of it goes on with the next file."""

    def __init__(self, trust: Trust, *, at: datetime) -> None:
        self._trust = trust
        self._at = at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Cancel what pyHanko began beside something else that failed."""
        for task in asyncio.all_tasks(_THREAD.loop):
            task.cancel()

    def judge_signature(self, signature: EmbeddedPdfSignature, *, proofs: POEManager, existence: Existence) -> Finding:
        """Basic signature validation (5.3), then what proofs of existence can add (5.5, 5.6)."""
        return self._in_its_time(
            lambda engine: engine._judge_signature(signature, proofs=proofs, existence=existence),  # noqa: SLF001
            existence,
        )

    def judge_token(
        self, token: cms.SignedData, *, imprint: Callable[[str], bytes], proofs: POEManager, existence: Existence
    ) -> Finding:
        """Time-stamp validation (5.4) against the digest that the token must carry, then the same additions."""
        return self._in_its_time(
            lambda engine: engine._judge_token(token, imprint=imprint, proofs=proofs, existence=existence),  # noqa: SLF001
            existence,
        )

    def _in_its_time(self, judge: Callable[[Engine], Finding], existence: Existence) -> Finding:
        """With the anchors that counted when the signature is proven to exist, or when the token says it was made.

        A chain that only an anchor completes which had ceased to count by then is one without proof (5.1.3).
        """
        anchors = self._trust.anchors.at(existence.fresh_at)
        if anchors == self._trust.anchors:
            return judge(self)
        finding = judge(self._trusting(anchors))
        if finding.sub_indication is not SubIndication.NO_CERTIFICATE_CHAIN_FOUND:
            return finding
        ever = judge(self._trusting(replace(self._trust.anchors, periods=())))
        if not ever.path or ever.indication is Indication.TOTAL_FAILED:
            return ever
        reason = SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE
        return replace(ever, indication=Indication.INDETERMINATE, sub_indication=reason, uses=(), lack=None)

    def _trusting(self, anchors: TrustAnchors) -> Engine:
        """The same engine for other anchors."""
        other = copy(self)
        other._trust = replace(self._trust, anchors=anchors)  # noqa: SLF001
        return other

    def _judge_signature(self, signature: EmbeddedPdfSignature, *, proofs: POEManager, existence: Existence) -> Finding:
        content = encapsulated(signature) if is_encapsulated(signature) else None
        signed_data = with_der_value(content.signed_data if content else signature.signed_data)
        digest = content.digest if content else signature.compute_digest()

        def basic(specification: SignatureValidationSpec, at: datetime) -> Coroutine[object, object, _Basic]:
            return ades_basic_validation(
                signed_data,
                specification,
                timing_info=_moment(at, existence),
                raw_digest=digest,
                validation_data_handlers=_handlers(specification, proofs, _moment(self._at, existence)),
            )

        finding = self._judge(signed_data, basic, proofs=proofs, existence=existence)
        if content is not None:
            usable = self._trust.algorithms.digest_algorithm_allowed(SHA1, existence.since)
            finding = with_both_digests(finding, content, usable=usable, at=existence.since)
        if finding.sub_indication is SubIndication.NOT_YET_VALID:
            # Final for a signature, whose proofs can only get older (EN 319 102-1, 5.5.4, step 4 b).
            return replace(finding, indication=Indication.TOTAL_FAILED)
        algorithm = signed_data["signer_infos"][0]["signature_algorithm"]
        if finding.sub_indication is SubIndication.SIG_CRYPTO_FAILURE and not self._trust.algorithms.knows(algorithm):
            # Nothing was computed: the value may be right, but not by an algorithm that the policy relies on (5.2.8).
            return replace(
                finding, indication=Indication.INDETERMINATE, sub_indication=SubIndication.CRYPTO_CONSTRAINTS_FAILURE
            )
        return finding

    def _judge_token(
        self, token: cms.SignedData, *, imprint: Callable[[str], bytes], proofs: POEManager, existence: Existence
    ) -> Finding:
        # The digest's own algorithm must have been good when the token is proven to exist: whoever can make two
        # documents with one digest has a time for both.
        algorithm = token["encap_content_info"]["content"].parsed["message_imprint"]["hash_algorithm"]
        usable = self._trust.algorithms.digest_algorithm_allowed(algorithm, existence.since)
        if not usable:
            return Finding(Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, path=())

        def basic(specification: SignatureValidationSpec, at: datetime) -> Coroutine[object, object, _Basic]:
            return ades_timestamp_validation(
                token,
                specification,
                imprint,
                timing_info=_moment(at, existence),
                validation_data_handlers=_handlers(specification, proofs, _moment(self._at, existence)),
            )

        finding = self._judge(token, basic, proofs=proofs, existence=existence)
        if finding.passed:
            imprinted = AlgorithmUse(algorithm["algorithm"].native, 0, existence.since)
            finding = replace(finding, uses=(*finding.uses, imprinted))
        objection = objection_to_token(token)
        if objection is None or finding.indication is Indication.TOTAL_FAILED:
            return finding
        return replace(finding, indication=Indication.INDETERMINATE, sub_indication=objection)

    def _judge(
        self,
        signed_data: cms.SignedData,
        basic: Callable[[SignatureValidationSpec, datetime], Coroutine[object, object, _Basic]],
        *,
        proofs: POEManager,
        existence: Existence,
    ) -> Finding:
        material = self._trust.material.about(choice.chosen for choice in signed_data["certificates"])
        sub_indic, status = self._judge_at(basic, self._at, material=material, existence=existence)
        path = _path_of(status)
        revocation = status.revocation_details if status else None
        if path and existence.since < path[0].not_valid_before:
            sub_indic = AdESIndeterminate.NOT_YET_VALID
        elif sub_indic in _REVOKED and revocation is not None:
            sub_indic = self._judge_revoked(signed_data, sub_indic, revocation, existence=existence)
            if isinstance(sub_indic, AdESPassed) and revocation.ca_revoked:
                # pyHanko stops at the first revocation, from the anchor down: what else stood against it then?
                sub_indic, _ = self._judge_at(basic, existence.since, material=material, existence=existence)
        elif isinstance(sub_indic, AdESIndeterminate) and sub_indic in _OLDER_MAY_PASS and existence.since < self._at:
            sub_indic = self._judge_older(signed_data, sub_indic, proofs=proofs, existence=existence)
        elif sub_indic is AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE and not path and _is_self_issued(signed_data):
            # pyHanko calls a certificate that nobody else has issued unfit, before it looks for a chain.
            sub_indic = AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND
        return Finding(
            *_in_our_words(sub_indic),
            path=path,
            intact=bool(status.intact) if status else None,
            valid=bool(status.valid) if status else None,
            uses=uses_of(signed_data, path, at=existence.since) if isinstance(sub_indic, AdESPassed) else (),
            lack=self._lack(path, existence) if sub_indic is AdESIndeterminate.TRY_LATER else None,
        )

    def _lack(self, path: tuple[x509.Certificate, ...], existence: Existence) -> Lack | None:
        known = as_known(self._trust.material)
        return lack_of(tuple(certificate.dump() for certificate in path), known, at=existence.fresh_at, now=self._at)

    def _judge_at(
        self,
        basic: Callable[[SignatureValidationSpec, datetime], Coroutine[object, object, _Basic]],
        at: datetime,
        *,
        material: ValidationMaterial,
        existence: Existence,
    ) -> tuple[AdESSubIndic, SignatureStatus | None]:
        """The basic validation as of a moment."""
        # Without proof of a time, what is dated after our own has yet to be issued. With one, our clock may be slow.
        judging = self._trust.judging_at if existence.is_proven else self._trust.judging_now
        result = self._run(basic(judging(existence.fresh_at, material), at))
        if result.ades_subindic is AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE:
            # pyHanko has one word for every defect of a chain; lack of revocation data is the one that may pass.
            alone = self._run(basic(self._trust.judging_the_chain_alone(material), at))
            if alone.ades_subindic is AdESPassed.OK:
                return AdESIndeterminate.TRY_LATER, alone.api_status
            if alone.ades_subindic in _OLDER_MAY_PASS:
                return alone.ades_subindic, alone.api_status
        return result.ades_subindic, result.api_status

    def _judge_revoked(
        self,
        signed_data: cms.SignedData,
        sub_indic: AdESSubIndic,
        revocation: RevocationDetails,
        *,
        existence: Existence,
    ) -> AdESSubIndic:
        """A revocation or suspension after the best signature time does not touch the signature (5.5.4, 4 a and 7)."""
        if existence.since < revocation.revocation_date:
            if existence.since > certificates_of(signed_data).signer_cert.not_valid_after:
                return AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED
            return self._outlived_algorithm(signed_data, existence) or AdESPassed.OK
        # 5.2.6.4: a suspension may end.
        return AdESIndeterminate.TRY_LATER if revocation.revocation_reason.native == _HOLD else sub_indic

    def _outlived_algorithm(self, signed_data: cms.SignedData, existence: Existence) -> AdESSubIndic | None:
        """The finding that an algorithm of the signature had ended by its best signature time (5.5.4, 4 c and 8)."""
        signer, algorithms = signed_data["signer_infos"][0], self._trust.algorithms
        key = certificates_of(signed_data).signer_cert.public_key
        usable = algorithms.digest_algorithm_allowed(
            signer["digest_algorithm"], existence.since
        ) and algorithms.signature_algorithm_allowed(signer["signature_algorithm"], existence.since, key)
        return None if usable else AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE

    def _judge_older(
        self,
        signed_data: cms.SignedData,
        sub_indic: AdESIndeterminate,
        *,
        proofs: POEManager,
        existence: Existence,
    ) -> AdESSubIndic:
        if (outlived := self._outlived_algorithm(signed_data, existence)) is not None:
            return outlived
        expiry = certificates_of(signed_data).signer_cert.not_valid_after
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

    def _run(self, step: Coroutine[object, object, _Answer]) -> _Answer:
        return _THREAD.loop.run_until_complete(step)


def _moment(at: datetime, existence: Existence) -> ValidationTimingInfo:
    return ValidationTimingInfo(validation_time=at, best_signature_time=existence.since, point_in_time_validation=True)


def _handlers(
    specification: SignatureValidationSpec, proofs: POEManager, moment: ValidationTimingInfo
) -> ValidationDataHandlers:
    return bootstrap_validation_data_handlers(specification, timing_info=moment, poe_manager_override=copy(proofs))


def _is_self_issued(signed_data: cms.SignedData) -> bool:
    return bool(certificates_of(signed_data).signer_cert.self_issued)


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
