"""``kyso doctor``: look at everything this machine needs, and say what to do about what is missing."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.clock import SystemClock
from api.configuration.settings import Settings, SettingsInvalid, TokenSettings, read_settings
from api.notifying.herald import Undelivered
from api.problems.error_classes import BASES, hint_of
from api.wiring import blobs_of
from certs.trust_store import read_trust_store
from hsm.client import SignerClient
from hsm.errors import HsmError
from hsm.life import Urgency, expiry_warnings
from hsm.provisioning import SOFTHSM_MODULE
from signing.typeface import Style, TypefaceMissing, demand_vietnamese
from storage.database import connect, transaction
from verification.office import installed_libreoffice, is_libreoffice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.notifying.smtp import MailServer

_LEAST_FREE = 2 * 1024**3
_OLDEST = (3, 11)
_OF_THE_SIGNER = ("KYSO_PKCS11_MODULES", "KYSO_SIGNER_SOCKET")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``advice`` is empty where all is well."""

    name: str
    said: str
    advice: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is to be done."""
        return not self.advice

    @property
    def as_json(self) -> str:
        """One JSON object on one line."""
        members = {"name": self.name, "well": self.well, "said": self.said, "advice": self.advice}
        return json.dumps(members, ensure_ascii=False)


def examine() -> Iterator[Finding]:
    """Everything in turn; what needs settings is looked at only where there are some."""
    yield _python()
    yield _disk()
    yield _typeface()
    yield _softhsm()
    if not any(name.startswith("KYSO_") for name in os.environ):
        yield _libreoffice("auto")
        yield Finding("Cấu hình (settings)", "chưa có biến KYSO_* (none set; enough for `kyso demo` and `kyso up`)")
        return
    try:
        settings = read_settings(Settings)
    except SettingsInvalid as error:
        yield Finding("Cấu hình (settings)", "chưa đúng (invalid)", "; ".join(error.problems))
        if any(name in os.environ for name in _OF_THE_SIGNER):  # a machine that holds nothing but tokens
            yield from _keys(SignerClient(read_settings(TokenSettings).signer_socket))
        return
    yield Finding("Cấu hình (settings)", "ok")
    yield _libreoffice(settings.libreoffice)
    yield from _parts(settings)


def _parts(settings: Settings) -> Iterator[Finding]:
    yield _asked("Chứng thư gốc (trust anchors)", lambda: read_trust_store(settings.trust_dir))
    yield _asked("Cơ sở dữ liệu (database)", lambda: _touch(settings))
    yield _asked("Kho tệp (object store)", lambda: blobs_of(settings).put(b"kyso readiness probe\n"))
    yield from _keys(SignerClient(settings.signer_socket))
    if settings.mail_server is not None:
        yield _mail(settings.mail_server)
    if not settings.tsa_urls:
        yield Finding("Dấu thời gian (timestamps)", "chưa cấu hình (not set)", "Set KYSO_TSA_URLS.")


def _keys(signer: SignerClient) -> Iterator[Finding]:
    """The signer, each token that it cannot use, and each certificate that ends within 90 days."""
    name = "Dịch vụ ký (signer)"
    try:
        held, health = signer.credentials(), signer.health()
    except HsmError as error:
        yield Finding(name, str(error), error.hint)
        return
    yield Finding(name, "ok")
    for token in held:
        if token.problem is not None:
            yield Finding(f"Thiết bị (token) {token.name}", token.problem, hint_of(token.problem))
    retired = [key.uri for key in health.keys if key.retired is not None]
    keys = [key for token in held for key in token.keys]
    for warning in expiry_warnings(keys, at=SystemClock().now(), retired=retired):
        said = f"chứng thư hết hạn (certificate ends) {warning.expires:%F}: {warning.urgency.name}"
        advice = "" if warning.urgency is Urgency.NOTICE else "Replace the key: docs/operations/keys.md, 6."
        yield Finding(f"Khóa (key) {warning.key.object}", said, advice)


def _mail(server: MailServer) -> Finding:
    name = "Máy chủ thư (mail server)"
    try:
        server.greet()
    except Undelivered as error:
        return Finding(name, error.code, "See KYSO_SMTP_SERVER, _TLS, _USER and _PASSWORD: docs/letters.md.")
    return Finding(name, "ok")


def _asked(name: str, question: Callable[[], object]) -> Finding:
    try:
        question()
    except BASES as error:
        return Finding(name, str(error), error.hint or error.code)
    return Finding(name, "ok")


def _touch(settings: Settings) -> None:
    engine = connect(settings.database_url.get_secret_value())
    with transaction(engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()


def _python() -> Finding:
    said = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("Python", said, "" if sys.version_info >= _OLDEST else "Install Python 3.11 or newer.")


def _disk() -> Finding:
    free = shutil.disk_usage(".").free
    advice = "" if free > _LEAST_FREE else "Free at least 2 GB on this disk."
    return Finding("Đĩa trống (free disk)", f"{free / 1024**3:.1f} GB", advice)


def _typeface() -> Finding:
    try:
        demand_vietnamese(Style.UPRIGHT)
    except TypefaceMissing as error:
        return Finding("Phông chữ (typeface)", str(error), "apt-get install fonts-liberation2, or set KYSO_FONT_DIR.")
    return Finding("Phông chữ (typeface)", "Liberation Serif")


def _softhsm() -> Finding:
    advice = "" if SOFTHSM_MODULE.exists() else "For the demonstration: apt-get install softhsm2."
    return Finding("SoftHSM", str(SOFTHSM_MODULE), advice)


def _libreoffice(wanted: str) -> Finding:
    """It is a choice, so that its lack is no fault."""
    program = installed_libreoffice() if wanted == "auto" else Path(wanted)
    if wanted == "off" or program is None:
        said = "không có: tệp DOCX, ODT, DOC bị từ chối kèm hướng dẫn (none: office documents are refused)"
        return Finding("LibreOffice", said)
    advice = "" if is_libreoffice(program) else "Name LibreOffice's folder `program` in KYSO_LIBREOFFICE, or `off`."
    return Finding("LibreOffice", str(program), advice)
