"""Set up the demonstration in a home folder: first what needs no database, then the register's rows.

Everything is found again where it is there and made where it is missing, so that a set-up that was broken off is
finished by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.demo.images import SEAL_DIAMETER, seal_image, signature_image
from api.demo.keys import DemonstrationPki, HeldKey, Holder, hold_key, hold_pki, responder_port
from api.demo.notice import notice_text
from api.demo.people import (
    AGENCY,
    SEAL_CREDENTIAL,
    SERIES,
    SIGNATORY,
    SIGNATORY_CREDENTIAL,
    DemonstrationSecrets,
    demonstration_accounts,
    demonstration_secrets,
)
from certs.algorithms import SignatureAlgorithm
from certs.demonstration import CertificateKind
from hsm.inventory import KeyKind
from hsm.provisioning import softhsm_environment
from issuance.calendar import vietnam_date
from issuance.documents import Purpose
from issuance.numbers import NumberSeries
from issuance.ports import Agency, Credential

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from api.callers.secret_hashes import SecretHashes
    from issuance.ports import Account, Repositories, UnitOfWork

_NO_ACTIVATION = ""
_SEAL_TOKEN = "Ky So Seal"  # noqa: S105 - a token's label


@dataclass(frozen=True, slots=True)
class Foundations:
    """What is there before the database: the PKI, two keys on their tokens, and beside the seal that of reports.

    The responders are served from ``pki.directory`` on ``port`` (``python -m certs.demonstration``).
    """

    pki: DemonstrationPki
    port: int
    softhsm: Path
    signatory: HeldKey
    seal: HeldKey
    report: HeldKey

    def settings(self) -> dict[str, str]:
        """What the processes of the service need in their environment."""
        return {
            **self.pki.settings(),
            **softhsm_environment(self.softhsm),
            "KYSO_PKCS11_MODULES": f"{self.signatory.token} {self.seal.token}",
            "KYSO_REPORT_CREDENTIAL": str(self.report.key),
        }


def lay_foundations(home: Path, *, at: datetime) -> Foundations:
    """PKI, tokens, keys and certificates below the home folder; neither database nor network is needed.

    Raises :class:`hsm.errors.HsmError` where a token cannot be used.
    """
    home = home.absolute()
    port = responder_port(home / "pki")
    pki = hold_pki(home / "pki", port=port)
    text = notice_text()
    softhsm, pins = home / "softhsm", home / "secrets"
    signatory = Holder(
        name="signatory",
        token="Ky So Signatory",  # noqa: S106 - a token's label
        pin="signatory",
        common_name=text.signer,
        organization=text.agency,
        title=text.position,
        kind=CertificateKind.SIGNATURE,
    )
    seal = Holder(
        name="seal",
        token=_SEAL_TOKEN,
        pin="seal",
        common_name=text.agency,
        organization=text.agency,
        title=None,
        kind=CertificateKind.SEAL,
    )
    report = Holder(
        name="report",
        token=_SEAL_TOKEN,
        pin="seal",
        common_name="Dịch vụ kiểm tra chữ ký số (mẫu)",
        organization=text.agency,
        title=None,
        kind=CertificateKind.SEAL,
        key=KeyKind.P_256,
    )
    return Foundations(
        pki=pki,
        port=port,
        softhsm=softhsm,
        report=hold_key(report, pki=pki, softhsm=softhsm, pins=pins, at=at),
        signatory=hold_key(signatory, pki=pki, softhsm=softhsm, pins=pins, at=at),
        seal=hold_key(seal, pki=pki, softhsm=softhsm, pins=pins, at=at),
    )


def fill_register(
    home: Path, foundations: Foundations, *, uow: UnitOfWork, hashes: SecretHashes, at: datetime
) -> DemonstrationSecrets:
    """Agency, number series of this year and the next, accounts and credentials; answers the accounts' secrets."""
    text, secrets = notice_text(), demonstration_secrets(home.absolute())
    agency = Agency(
        id=AGENCY,
        name=text.agency,
        parent=None,
        place=text.place,
        seal_diameter=SEAL_DIAMETER,
        seal_image=seal_image(agency=text.agency),
    )
    with uow() as register:
        if register.agency(AGENCY) != agency:
            register.add_agency(agency)
        _add_series(register, symbol=text.symbol, at=at)
        for account in demonstration_accounts(text, signature_image=signature_image()):
            _keep_account(register, account, secret=secrets.accounts[account.id], hashes=hashes)
        for credential, activation in (
            (_credential(SIGNATORY_CREDENTIAL, foundations.signatory, holder=SIGNATORY), secrets.activation),
            (_credential(SEAL_CREDENTIAL, foundations.seal, holder=None), _NO_ACTIVATION),
        ):
            _keep_credential(register, credential, activation=activation, hashes=hashes)
    return secrets


def _add_series(register: Repositories, *, symbol: str, at: datetime) -> None:
    """A demonstration that runs over New Year must find the new year's series (Decree 30/2020, art. 15)."""
    this_year = vietnam_date(at).year
    for year in (this_year, this_year + 1):
        register.add_series(NumberSeries(agency=AGENCY, name=SERIES, year=year, symbol=symbol))


def _credential(name: str, held: HeldKey, *, holder: str | None) -> Credential:
    return Credential(
        name=name,
        agency=AGENCY,
        purpose=Purpose.SEAL if holder is None else Purpose.SIGNATURE,
        holder=holder,
        key=str(held.key),
        algorithm=SignatureAlgorithm.RSA_SHA256,
        certificate=held.certificate,
    )


def _keep_account(register: Repositories, account: Account, *, secret: str, hashes: SecretHashes) -> None:
    known = register.account_secret_hash(account.id)
    if register.account(account.id) != account or known is None or not hashes.matches(secret, hashed=known):
        register.add_account(account, secret_hash=hashes.hash(secret))


def _keep_credential(register: Repositories, credential: Credential, *, activation: str, hashes: SecretHashes) -> None:
    known = register.activation_hash(credential.name)
    same_code = known is not None and (hashes.matches(activation, hashed=known) if activation else not known)
    if register.credential(credential.name) != credential or not same_code:
        register.add_credential(credential, activation_hash=hashes.hash(activation) if activation else "")
