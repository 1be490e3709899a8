"""The composition root: the only place that knows which class stands behind which protocol.

``joined`` builds everything a process needs from its settings, and closes it again. Nothing happens at import time.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from api.callers.activation import LOCK, WRONG_CODES
from api.clock import SystemClock
from api.commands.keys import chosen_key
from api.configuration.settings import SettingsInvalid
from api.living_trust import LivingTrust
from api.verification_pdf.seal import ReportSeal
from certs.authorities import TimestampLimits
from certs.kept_answers import AnswersInMemory
from certs.online import OnlineClient
from certs.revocation import RevocationGatherer
from certs.revocation_search import RevocationSearch
from certs.timestamps import HttpTimestamper
from certs.trust_store import read_trust_store
from hsm.client import SignerClient
from issuance.document_types import DAYS_A_YEAR
from issuance.outside import Outside, SigningMeans
from storage.announcements import Announcements
from storage.blobs import RetentionMode, S3Blobs
from storage.database import connect
from storage.idempotency import IdempotencyKeys
from storage.outbox import Outbox, Way
from storage.revocation_answers import RevocationAnswers
from storage.secret_tries import SecretTries
from storage.sessions import Sessions
from storage.standing import standing
from storage.timestamp_places import SharedPlaces
from storage.trusted_lists import TrustedLists
from storage.unit_of_work import PostgresUnitOfWork
from verification.office import OfficeConverter, installed_libreoffice, is_libreoffice
from verification.policy import DEFAULT_POLICY
from verification.policy_file import read_policy
from verification.sandbox import Sandbox
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.configuration.settings import Settings
    from issuance.sweep import Shelf
    from storage.standing import Standing
    from verification.policy import ValidationPolicy

_AHEAD = timedelta(hours=2)  # twice as far as the next look (storage/jobs.py)
_HEALTH_WITHIN = timedelta(seconds=3)
_REPORT_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Application:
    """What a process of this service works with; ``outside`` is what the use cases and the worker reach for.

    ``calls`` and ``letters`` are what waits to be told. ``trust`` is whom we trust now, ``lists`` is where trusted
    lists are kept; ``search`` looks for revocation data of strangers' chains; ``ahead`` renews our own before it ends.
    ``office`` converts office documents where LibreOffice is installed; ``standing`` counts what waits in the
    register; ``announcements`` tell when a worker is done with a document; ``report_seal`` signs verification reports.
    """

    settings: Settings
    outside: Outside
    shelf: Shelf
    calls: Outbox
    letters: Outbox
    standing: Callable[[], Standing]
    online: OnlineClient
    signer: SignerClient
    trust: LivingTrust
    lists: TrustedLists
    search: RevocationSearch
    ahead: RevocationGatherer
    sessions: Sessions
    idempotency: IdempotencyKeys
    tries: SecretTries
    office: OfficeConverter | None
    report_seal: ReportSeal
    announcements: Announcements


@contextmanager
def joined(settings: Settings) -> Iterator[Application]:
    """The application for these settings; its children and connections end with the block.

    Raises ``certs.errors.CertificateUnreadable`` where the trust directory holds no anchors.
    """
    with ExitStack() as stack:
        store, clock = read_trust_store(settings.trust_dir), SystemClock()
        online = OnlineClient(frozenset(settings.online_allowed))
        stack.callback(online.close)
        limits = TimestampLimits(at_once=settings.tsa_concurrency, patience=timedelta(seconds=settings.tsa_seconds))
        patient = OnlineClient(frozenset(settings.online_allowed), limits.online)
        stack.callback(patient.close)
        engine = connect(settings.database_url.get_secret_value())
        stack.callback(engine.dispose)
        places = SharedPlaces(settings.database_url.get_secret_value(), limits)
        stack.callback(places.close)
        announcements = Announcements(settings.database_url.get_secret_value())
        stack.callback(announcements.close)
        kept, lists = AnswersInMemory(RevocationAnswers(engine)), TrustedLists(engine)
        trust = LivingTrust(store, lists, clock)
        workshop = stack.enter_context(Workshop(Sandbox()))
        blobs = blobs_of(settings)
        outside = Outside(
            uow=PostgresUnitOfWork(engine),
            blobs=blobs,
            workshop=workshop,
            device=SignerClient(settings.signer_socket),
            timestamper=HttpTimestamper(settings.tsa_urls, patient, trust, clock, limits=limits, places=places),
            revocation=RevocationGatherer(online, trust, kept),
            anchors=trust,
            policy=policy_of(settings),
            clock=clock,
            retention=timedelta(days=settings.retention_years * DAYS_A_YEAR),
            archive_after=timedelta(hours=settings.archive_after_hours),
        )
        yield Application(
            settings=settings,
            outside=outside,
            shelf=blobs,
            calls=Outbox(engine, Way.CALL),
            letters=Outbox(engine, Way.LETTER),
            standing=partial(standing, engine),
            online=online,
            signer=SignerClient(settings.signer_socket, limit=_HEALTH_WITHIN),
            trust=trust,
            lists=lists,
            search=RevocationSearch(online, trust, kept),
            ahead=RevocationGatherer(online, trust, kept, ahead=_AHEAD),
            sessions=Sessions(engine),
            idempotency=IdempotencyKeys(engine),
            tries=SecretTries(engine, most=WRONG_CODES, lock=LOCK),
            office=office_of(settings),
            report_seal=report_seal_of(settings, outside),
            announcements=announcements,
        )


def report_seal_of(settings: Settings, outside: Outside) -> ReportSeal:
    """Who signs verification reports: the key that ``KYSO_REPORT_CREDENTIAL`` names, or nobody."""
    name, device = settings.report_credential, SignerClient(settings.signer_socket, limit=_REPORT_WITHIN)
    means = SigningMeans(
        workshop=outside.workshop,
        device=device,
        timestamper=outside.timestamper,
        revocation=outside.revocation,
        anchors=outside.anchors,
        policy=outside.policy,
        clock=outside.clock,
    )
    return ReportSeal((lambda at: chosen_key(name, device, at=at)) if name else None, means)


def policy_of(settings: Settings) -> ValidationPolicy:
    """The validation policy of ``KYSO_POLICY``, or the one of the program; raises ``PolicyUnreadable``."""
    if settings.policy is None:
        return DEFAULT_POLICY
    return read_policy(settings.policy.read_text(encoding="utf-8"))


def office_of(settings: Settings) -> OfficeConverter | None:
    """LibreOffice where it is installed and wanted (``KYSO_LIBREOFFICE``); raises :class:`SettingsInvalid`."""
    if settings.libreoffice in {"auto", "off"}:
        program = installed_libreoffice() if settings.libreoffice == "auto" else None
    else:
        program = Path(settings.libreoffice)
        if not is_libreoffice(program):
            raise SettingsInvalid(problems=(f"KYSO_LIBREOFFICE: {program} holds no LibreOffice",))
    return OfficeConverter(program) if program is not None else None


def blobs_of(settings: Settings) -> S3Blobs:
    """The object store."""
    return S3Blobs(
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        mode=RetentionMode[settings.object_lock_mode.name],
    )
