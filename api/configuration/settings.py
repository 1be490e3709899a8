"""What an operator sets: ``KYSO_*`` environment variables, or a TOML file named by ``KYSO_CONFIG``.

Secrets may also be given as a file (``KYSO_S3_SECRET_KEY_FILE``). An unknown name, a missing one or a value that would
be unsafe in production stops the start with one sentence for each mistake.
"""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Annotated, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from api.configuration.sources import SecretFiles, unknown_names
from api.configuration.unsafe import endpoint_is_safe, is_loopback, secret_is_weak
from api.notifying.smtp import MailServer, SmtpTls
from issuance.followers import is_mail_address


class SettingsInvalid(Exception):
    """The service does not start with these settings; ``problems`` has one sentence for each mistake."""

    def __init__(self, *, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ObjectLockMode(Enum):
    """How the bucket keeps what was issued: GOVERNANCE can be lifted by a privileged operator, COMPLIANCE by nobody."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


def _words(value: object) -> object:
    """Several values in one variable, apart by white space."""
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class _Settings(BaseSettings):
    """Where settings come from: environment first, then secret files, then TOML."""

    model_config = SettingsConfigDict(env_prefix="KYSO_", extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class calls it so
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class calls it so
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the strongest first."""
        sources = (init_settings, env_settings, SecretFiles(settings_cls))
        config = os.environ.get("KYSO_CONFIG")
        return (*sources, TomlConfigSettingsSource(settings_cls, toml_file=Path(config))) if config else sources


class SignerSettings(_Settings):
    """What `kyso signer` needs: the tokens, with their PINs, its socket, and a folder for what it remembers."""

    pkcs11_modules: Words = Field(min_length=1)
    signer_socket: Path = Path("/run/kyso/signer.sock")
    home: Path = Path("var/kyso")


class TokenSettings(_Settings):
    """What `kyso tokens` needs: the signer's socket, and for work on a token its URI and the signer's folder."""

    pkcs11_modules: Words = ()
    signer_socket: Path = Path("/run/kyso/signer.sock")
    home: Path = Path("var/kyso")


class SignSettings(_Settings):
    """What `kyso sign` needs: the signer's socket, and what its options do not say."""

    signer_socket: Path = Path("/run/kyso/signer.sock")
    trust_dir: Path | None = None
    tsa_urls: Words = ()
    tsa_concurrency: int = Field(default=4, ge=1, le=64)
    tsa_seconds: int = Field(default=60, ge=1, le=240)
    online_allowed: Words = ()


class OneMachineSettings(_Settings):
    """What the operator of `kyso up` may have set; a database or an object store that is not named is embedded."""

    database_url: SecretStr = SecretStr("")
    s3_endpoint: str = ""
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    s3_bucket: str = "kyso"
    object_lock_mode: ObjectLockMode = ObjectLockMode.GOVERNANCE
    pkcs11_modules: Words = ()
    trust_dir: Path | None = None
    public_url: str = ""
    listen: str = "127.0.0.1:8000"


class Settings(_Settings):
    """What `kyso serve` and `kyso worker` need; neither of them sees a PIN."""

    database_url: SecretStr
    s3_endpoint: str = "http://127.0.0.1:8333"
    s3_access_key: SecretStr
    s3_secret_key: SecretStr
    s3_bucket: str = Field(default="kyso", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    object_lock_mode: ObjectLockMode = ObjectLockMode.GOVERNANCE
    retention_years: int = Field(default=20, ge=1, le=100)
    archive_after_hours: int = Field(default=0, ge=0, le=720)
    public_url: str = "http://127.0.0.1:8000"
    tsa_urls: Words = ()
    tsa_concurrency: int = Field(default=4, ge=1, le=64)
    tsa_seconds: int = Field(default=60, ge=1, le=240)
    trust_dir: Path
    policy: Path | None = None
    report_credential: str = ""
    online_allowed: Words = ()
    signer_socket: Path = Path("/run/kyso/signer.sock")
    home: Path = Path("var/kyso")
    listen: str = "127.0.0.1:8000"
    workers: int = Field(default=1, ge=1, le=64)
    trusted_proxies: Words = ()
    metrics_token: SecretStr = SecretStr("")
    webhook_secret: SecretStr | None = Field(default=None, min_length=16)
    smtp_server: str = ""
    smtp_tls: SmtpTls = SmtpTls.STARTTLS
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    mail_from: str = ""
    libreoffice: str = Field(default="auto", min_length=1)
    deadline_warning_days: int = Field(default=1, ge=0, le=30)

    @field_validator("public_url", "s3_endpoint", mode="after")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            msg = "must be an address like https://host"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("listen", "smtp_server", mode="after")
    @classmethod
    def _host_and_port(cls, value: str, field: ValidationInfo) -> str:
        if not value and field.field_name == "smtp_server":
            return value
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest port
            msg = "must be host:port"
            raise ValueError(msg)
        return value

    @field_validator("mail_from", mode="after")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if value and not is_mail_address(value):
            msg = "must be a mail address like ky-so@example.vn"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _letters_can_go_out(self) -> Self:
        """A mail server needs a sender, and no password or citizen's address goes through a network in clear text."""
        if not self.smtp_server:
            return self
        if not self.mail_from:
            msg = "KYSO_MAIL_FROM must name the address that letters come from"
            raise ValueError(msg)
        in_clear = self.smtp_tls is SmtpTls.NONE
        if in_clear and (self.smtp_user or not endpoint_is_safe(f"smtp://{self.smtp_server}")):
            msg = "KYSO_SMTP_TLS may be none only for a server in your own network that asks for no login"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        """A service that others reach: no clear text, no secret that everybody knows."""
        if is_loopback(self.public_url):
            return self
        mistakes = []
        if not self.public_url.startswith("https://"):
            mistakes.append("KYSO_PUBLIC_URL must be https:// for a service that others reach")
        if not endpoint_is_safe(self.s3_endpoint):
            mistakes.append("KYSO_S3_ENDPOINT must be https:// outside your own network")
        mistakes += [
            f"{name} is short or well known; set a random one"
            for name, secret in (("KYSO_S3_ACCESS_KEY", self.s3_access_key), ("KYSO_S3_SECRET_KEY", self.s3_secret_key))
            if secret_is_weak(secret.get_secret_value())
        ]
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    @property
    def mail_server(self) -> MailServer | None:
        """Where letters are handed in; None where none are sent."""
        if not self.smtp_server:
            return None
        host, _, port = self.smtp_server.rpartition(":")
        password = self.smtp_password.get_secret_value()
        return MailServer(host.strip("[]"), int(port), self.smtp_tls, user=self.smtp_user, password=password)

    @property
    def listen_host(self) -> str:
        """The address that `kyso serve` binds to."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port that `kyso serve` binds to; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


Chosen = TypeVar("Chosen", bound=_Settings)


def read_settings(kind: type[Chosen]) -> Chosen:
    """The settings of this process; raises :class:`SettingsInvalid` with every mistake at once."""
    known = frozenset(Settings.model_fields) | frozenset(SignerSettings.model_fields)
    problems = list(unknown_names(known))
    try:
        settings = kind()
    except ValidationError as error:
        problems += [_sentence(item["loc"], str(item["msg"])) for item in error.errors(include_input=False)]
    except (SettingsError, OSError, ValueError) as error:
        problems.append(str(error))
    else:
        if not problems:
            return settings
    raise SettingsInvalid(problems=tuple(problems))


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"KYSO_{str(location[0]).upper()}: {text[0].lower()}{text[1:]}" if location else text
