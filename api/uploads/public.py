"""Files from anyone: limited in size, number and rate, held in memory for one answer, validated in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.register_check import RegisterCheck, check_register
from api.uploads.multipart import Upload, read_upload
from verification.report import Indication, ReadMode, SubIndication, Text, ValidationReport, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request

    from api.callers.guards import Guards
    from api.wiring import Application
    from certs.revocation import RevocationInfo

MOST_BYTES = 100 * 1024 * 1024
"""Larger than a draft may be, since a file grows with every signature."""

_ONLY_A_DIGEST = Text(
    vi="Chỉ có mã băm, không có tệp: chữ ký số chưa được kiểm tra; xem phần đối chiếu với sổ văn bản.",
    en="Only a digest was given and no file: signatures were not checked; see what the register says.",
)


async def public_upload(request: Request, guards: Guards, *, caller: str) -> AsyncIterator[Upload]:
    """One file of anyone's; raises ``TooManyRequests`` and ``Busy`` before a byte of it is read."""
    guards.verifications.demand(caller)
    guards.verifications.count(caller)
    with guards.public_uploads.lease() as lease:
        yield await read_upload(request, most_bytes=MOST_BYTES, lease=lease)


def validated(application: Application, upload: Upload) -> ValidationReport:
    """Our own validator's report, now, with what the file itself carries and the configured anchors.

    Only where that leaves a question of revocation open are kept answers looked at, and responders asked.
    """
    outside, at = application.outside, application.outside.clock.now()

    def report_knowing(known: RevocationInfo) -> ValidationReport:
        return outside.workshop.validate(
            upload.file, anchors=outside.anchors.snapshot, known=known, at=at, policy=outside.policy, file=upload.name
        )

    stored = application.trust.known
    report = report_knowing(stored)
    if not report.wants_revocation_data:
        return report
    chains = outside.workshop.chains(upload.file)
    found = application.search.search(chains, stored=stored.certificates, at=at)
    return report_knowing(stored.merged_with(found)) if found.ocsps or found.crls else report


def compared(
    application: Application, guards: Guards, *, caller: str, sha256: str, lookup_code: str | None
) -> RegisterCheck:
    """What the register says; a code that nobody has counts as a miss, so that this is no way to guess codes."""
    if lookup_code:
        guards.missed_lookups.demand(caller)
    check = check_register(application.outside.uow, sha256=sha256, lookup_code=lookup_code)
    if lookup_code and check.facts is None:
        guards.missed_lookups.count(caller)
    return check


def without_a_file(application: Application, sha256: str) -> ValidationReport:
    """The report where only a digest is known: the signed data could not be had (EN 319 102-1, Table 6)."""
    policy = application.outside.policy
    return ValidationReport(
        file="",
        sha256=sha256,
        length=0,
        pages=0,
        read=ReadMode.UNREADABLE,
        validated_at=application.outside.clock.now(),
        policy=f"{policy.name}@{policy.version}",
        verdict=Verdict(Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND, _ONLY_A_DIGEST),
    )
