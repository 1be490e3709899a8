"""Honest files at all levels and at all times: what passes, what does not yet, and under which name of the standard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from pyhanko.sign.fields import SigSeedSubFilter

from certs.anchors import TrustAnchors
from certs.revocation import EMPTY, RevocationInfo
from tests.notary import (
    ARCHIVED_AT,
    CHECKED_AT,
    DATE,
    GATHERED_AT,
    NUMBER,
    SEAL,
    SEALED_AT,
    SIGNATORY,
    SIGNED_AT,
    Notary,
    Person,
    draft,
    fill,
    supply,
)
from verification.report import (
    ChangeClass,
    Coverage,
    Indication,
    Level,
    ReadMode,
    SignatureKind,
    SubIndication,
    ValidationReport,
)
from verification.validate import validate

SHORT = Person("short", "SigSignatory")  # expires on 1 June 2025
REVOKED = Person("revoked", "SigSignatory")  # on 1 March 2025
YEARS = timedelta(days=365)


@pytest.fixture(scope="module")
def notary(tmp_path_factory: pytest.TempPathFactory) -> Notary:
    return Notary(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def issued(notary: Notary) -> bytes:
    return notary.issued()


class Check(Protocol):
    def __call__(
        self,
        pdf: bytes,
        *,
        at: datetime = CHECKED_AT,
        known: RevocationInfo = EMPTY,
        anchors: TrustAnchors | None = None,
    ) -> ValidationReport: ...


@pytest.fixture(scope="module")
def check(notary: Notary) -> Check:
    def ask(
        pdf: bytes, *, at: datetime = CHECKED_AT, known: RevocationInfo = EMPTY, anchors: TrustAnchors | None = None
    ) -> ValidationReport:
        return validate(pdf, anchors=anchors or notary.anchors, known=known, at=at)

    return ask


class TestIssuedDocument:
    def test_it_passes_with_both_signatures_and_the_archive_timestamp(self, issued: bytes, check: Check) -> None:
        report = check(issued)
        assert (report.indication, report.sub_indication) == (Indication.TOTAL_PASSED, None)
        assert report.read is ReadMode.STRICT
        assert report.warnings == ()
        assert [(s.field, s.kind, s.level, s.indication) for s in report.signatures] == [
            ("SigSignatory", SignatureKind.SIGNATURE, Level.B_LTA, Indication.TOTAL_PASSED),
            ("SigSeal", SignatureKind.SEAL, Level.B_LTA, Indication.TOTAL_PASSED),
            ("Archive1", SignatureKind.DOCUMENT_TIMESTAMP, Level.UNKNOWN, Indication.TOTAL_PASSED),
        ]

    def test_its_facts_are_reported(self, issued: bytes, check: Check) -> None:
        signatory, seal, archive = check(issued).signatures
        assert signatory.changes_after.change_class is ChangeClass.SIGNING_OR_FORM_FILLING
        assert signatory.changes_after.fields == ("DocDate", "DocNumber", "SigSeal")
        assert seal.changes_after.change_class is ChangeClass.EXTENSION
        assert (signatory.coverage, archive.coverage) == (Coverage.ENTIRE_REVISION, Coverage.ENTIRE_FILE)
        assert (signatory.best_signature_time, seal.best_signature_time) == (SIGNED_AT, SEALED_AT)
        assert signatory.signer is not None
        assert signatory.signer.common_name == "Sample Signatory"
        assert signatory.algorithms is not None
        assert (signatory.algorithms.signature, signatory.algorithms.key_bits) == ("rsassa_pkcs1v15", 2048)
        assert signatory.renew_before == datetime(2030, 1, 1, tzinfo=UTC)
        assert [t.field for t in signatory.timestamps] == [None, "Archive1"]

    def test_its_json_has_exactly_the_promised_members(self, issued: bytes, check: Check) -> None:
        report = check(issued).as_json()
        assert list(report) == [
            *("file", "sha256", "bytes", "pages", "read", "validated_at", "policy"),
            *("indication", "sub_indication", "reason", "signatures", "warnings", "register"),
        ]
        signatures = report["signatures"]
        assert isinstance(signatures, list)
        assert set(signatures[0]) == {
            *("field", "kind", "sub_filter", "level", "indication", "sub_indication", "reason", "intact", "valid"),
            *("coverage", "changes_after", "signer", "claimed_signing_time", "best_signature_time", "timestamps"),
            *("algorithms", "renew_before", "claims"),
        }

    def test_without_anchors_nobody_is_believed(self, issued: bytes, check: Check) -> None:
        report = check(issued, anchors=TrustAnchors((), ()))
        assert report.indication is Indication.INDETERMINATE
        assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
        assert all(s.intact and s.valid for s in report.signatures)

    def test_it_still_passes_years_later_without_a_network(self, issued: bytes, check: Check) -> None:
        assert check(issued, at=CHECKED_AT + 4 * YEARS).indication is Indication.TOTAL_PASSED

    def test_once_its_timestamp_authority_has_expired_it_needed_renewal(self, issued: bytes, check: Check) -> None:
        report = check(issued, at=datetime(2031, 1, 1, tzinfo=UTC))
        assert report.indication is Indication.INDETERMINATE
        assert report.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE

    def test_a_renewal_before_that_keeps_it_valid(self, issued: bytes, check: Check, notary: Notary) -> None:
        renewed_at = datetime(2029, 3, 1, tzinfo=UTC)
        fresh = RevocationInfo(crls=(notary.crl("root", at=renewed_at),))
        renewed = notary.archive(supply(issued, fresh), at=renewed_at + timedelta(minutes=1), authority="tsa2")
        report = check(renewed, at=datetime(2033, 1, 1, tzinfo=UTC))
        assert report.indication is Indication.TOTAL_PASSED
        assert [s.field for s in report.signatures][2:] == ["Archive1", "Archive2"]
        assert report.signatures[0].renew_before == datetime(2038, 1, 1, tzinfo=UTC)


class TestLevels:
    def test_a_timestamped_signature_passes_with_revocation_data_from_elsewhere(
        self, check: Check, notary: Notary
    ) -> None:
        pdf = notary.sign(draft(), SIGNATORY, at=SIGNED_AT)
        report = check(pdf, known=notary.revocation("signatory", at=GATHERED_AT))
        assert report.indication is Indication.TOTAL_PASSED
        assert report.signatures[0].level is Level.B_T

    def test_revocation_data_from_a_moment_after_our_clock_is_taken(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), SIGNATORY, at=SIGNED_AT)
        known = notary.revocation("signatory", at=SIGNED_AT + timedelta(seconds=20))
        assert check(pdf, known=known, at=SIGNED_AT + timedelta(seconds=5)).indication is Indication.TOTAL_PASSED

    def test_without_any_revocation_data_the_answer_is_try_later(self, check: Check, notary: Notary) -> None:
        report = check(notary.sign(draft(), SIGNATORY, at=SIGNED_AT))
        assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)

    def test_a_bare_signature_needs_revocation_data_that_is_fresh_now(self, check: Check, notary: Notary) -> None:
        pdf, known = notary.sign(draft(), SIGNATORY), notary.revocation("signatory", at=GATHERED_AT)
        report = check(pdf, known=known)
        assert report.indication is Indication.TOTAL_PASSED
        assert report.signatures[0].level is Level.B_B
        assert report.signatures[0].best_signature_time is None
        assert check(pdf, known=known, at=CHECKED_AT + YEARS / 6).sub_indication is SubIndication.TRY_LATER

    def test_validation_data_in_the_file_makes_it_long_term(self, check: Check, notary: Notary) -> None:
        pdf = supply(notary.sign(draft(), SIGNATORY, at=SIGNED_AT), notary.revocation("signatory", at=GATHERED_AT))
        report = check(pdf, at=CHECKED_AT + YEARS / 6)
        assert report.indication is Indication.TOTAL_PASSED
        assert report.signatures[0].level is Level.B_LT

    def test_plain_pkcs7_is_judged_and_called_so(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), SIGNATORY, at=SIGNED_AT, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
        report = check(pdf, known=notary.revocation("signatory", at=GATHERED_AT))
        assert report.indication is Indication.TOTAL_PASSED
        assert report.signatures[0].level is Level.PKCS7

    def test_an_unknown_format_is_counted_and_left_undecided(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), SIGNATORY).replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.attached")
        report = check(pdf)
        assert [(s.field, s.indication, s.level) for s in report.signatures] == [
            ("SigSignatory", Indication.INDETERMINATE, Level.UNKNOWN)
        ]
        assert report.indication is Indication.INDETERMINATE

    def test_an_unsigned_file_has_no_signature(self, check: Check) -> None:
        assert check(draft()).indication is Indication.NO_SIGNATURE_FOUND


class TestTime:
    LATER = datetime(2026, 4, 1, tzinfo=UTC)

    def _archived(self, notary: Notary, *, signed_at: datetime, archived_at: datetime) -> bytes:
        pdf = notary.sign(draft(), SHORT, at=signed_at)
        pdf = supply(pdf, notary.revocation("short", at=archived_at - timedelta(minutes=1)))
        return notary.archive(pdf, at=archived_at)

    def test_an_expired_certificate_passes_if_all_was_archived_in_time(self, check: Check, notary: Notary) -> None:
        pdf = self._archived(notary, signed_at=SIGNED_AT, archived_at=ARCHIVED_AT)
        report = check(pdf, at=self.LATER)
        assert report.indication is Indication.TOTAL_PASSED
        assert report.signatures[0].level is Level.B_LTA

    def test_even_if_it_was_archived_in_the_certificates_last_hour(self, check: Check, notary: Notary) -> None:
        last_hour = datetime(2025, 5, 31, 23, 0, tzinfo=UTC)
        pdf = self._archived(notary, signed_at=last_hour, archived_at=last_hour + timedelta(minutes=7))
        assert check(pdf, at=self.LATER).indication is Indication.TOTAL_PASSED

    def test_an_archive_made_after_the_expiry_comes_too_late(self, check: Check, notary: Notary) -> None:
        pdf = supply(notary.sign(draft(), SHORT, at=SIGNED_AT), notary.revocation("short", at=GATHERED_AT))
        late = supply(pdf, RevocationInfo(crls=(notary.crl("root", at=self.LATER),)))
        report = check(notary.archive(late, at=self.LATER), at=self.LATER + timedelta(days=1))
        assert report.indication is Indication.INDETERMINATE
        assert report.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE

    def test_a_timestamp_alone_does_not_outlive_the_certificate(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), SHORT, at=SIGNED_AT)
        report = check(pdf, known=notary.revocation("short", at=GATHERED_AT), at=self.LATER)
        assert report.indication is Indication.INDETERMINATE

    def test_the_verdict_does_not_hang_on_the_machines_clock(self, check: Check, notary: Notary) -> None:
        pdf = self._archived(notary, signed_at=SIGNED_AT, archived_at=ARCHIVED_AT)
        far_ahead = datetime(2029, 12, 1, tzinfo=UTC)
        assert check(pdf, at=far_ahead).indication is Indication.TOTAL_PASSED

    def test_a_clock_that_is_an_hour_slow_does_not_reject_timestamps(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), SIGNATORY, at=SIGNED_AT)
        known = notary.revocation("signatory", at=GATHERED_AT)
        assert check(pdf, known=known, at=SIGNED_AT - timedelta(hours=1)).indication is Indication.TOTAL_PASSED


class TestRevocation:
    def test_a_signature_after_the_revocation_does_not_pass(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), REVOKED, at=SIGNED_AT)
        report = check(pdf, known=notary.revocation("revoked", at=GATHERED_AT))
        assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE)

    def test_a_timestamp_before_the_revocation_saves_the_signature(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), REVOKED, at=datetime(2025, 2, 1, tzinfo=UTC))
        assert check(pdf, known=notary.revocation("revoked", at=GATHERED_AT)).indication is Indication.TOTAL_PASSED

    def test_without_a_timestamp_nothing_saves_it(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(draft(), REVOKED)
        report = check(pdf, known=notary.revocation("revoked", at=GATHERED_AT))
        assert report.sub_indication is SubIndication.REVOKED_NO_POE


class TestTimestampsThatDoNotHold:
    def test_a_token_of_an_authority_without_the_right_to_stamp_is_not_relied_on(
        self, check: Check, notary: Notary
    ) -> None:
        pdf = notary.sign(draft(), SIGNATORY, token=notary.authority(SIGNED_AT, label="seal"))
        report = check(pdf, known=notary.revocation("signatory", "seal", at=GATHERED_AT))
        assert report.indication is Indication.INDETERMINATE
        assert report.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE

    def _with_time(self, notary: Notary, other: bytes) -> bytes:
        """A signed file in whose token the time was overwritten."""
        pdf, time = notary.sign(draft(), SIGNATORY, at=SIGNED_AT), b"20250303090000Z".hex().upper().encode()
        assert pdf.count(time) == 1
        return pdf.replace(time, other.hex().encode())

    def test_a_token_that_cannot_be_read_is_not_just_absent(self, check: Check, notary: Notary) -> None:
        report = check(self._with_time(notary, b"X" * 15), known=notary.revocation("signatory", at=GATHERED_AT))
        assert report.indication is Indication.INDETERMINATE
        assert report.sub_indication is SubIndication.SIG_CONSTRAINTS_FAILURE

    def test_a_token_with_another_time_than_was_signed_proves_nothing(self, check: Check, notary: Notary) -> None:
        pdf = self._with_time(notary, b"20240303090000Z")
        report = check(pdf, known=notary.revocation("signatory", at=GATHERED_AT))
        assert report.indication is Indication.INDETERMINATE
        assert report.signatures[0].best_signature_time is None
        assert report.signatures[0].timestamps[0].verdict.indication is Indication.TOTAL_FAILED

    def test_a_seal_without_the_signatory_before_it_is_a_seal_all_the_same(self, check: Check, notary: Notary) -> None:
        pdf = notary.sign(fill(fill(draft(), NUMBER), DATE), SEAL, at=SEALED_AT)
        report = check(pdf, known=notary.revocation("seal", at=GATHERED_AT))
        assert [s.kind for s in report.signatures] == [SignatureKind.SEAL]
        assert report.indication is Indication.TOTAL_PASSED
