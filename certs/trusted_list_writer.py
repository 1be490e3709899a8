"""A trusted list of our own anchors, in the one format that we read from others (ETSI TS 119 612).

An agency that has decided whom to trust can so tell its other services, with dates and a signature instead of copied
folders. A new list is made from the anchors of today and the list before: what has gone is withdrawn, not forgotten.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography.x509.oid import NameOID
from lxml import etree

from certs._signed_xml import XML_ALGORITHMS, XmlSigner, signed
from certs.certificate import SigningCertificate
from certs.errors import TrustedListRefused
from certs.trusted_list import (
    COUNTING,
    GRANTED,
    NAMESPACE,
    ROOT,
    SERVICE_USES,
    WITHDRAWN,
    ListedService,
    Standing,
    TrustedList,
)
from certs.trusted_list_reader import read_trusted_list

if TYPE_CHECKING:
    from datetime import datetime

    from certs.anchors import TrustAnchors

_TYPES = "http://uri.etsi.org/TrstSvc/Svctype"
_SIGNING, _TIMESTAMPING = f"{_TYPES}/CA/QC", f"{_TYPES}/TSA/QTST"
_TAG = "http://uri.etsi.org/19612/TSLTag"
_VERSION = "5"
_FOREVER = "65535"  # 5.3.12: history is never dropped
_MIME = "application/vnd.etsi.tsl+xml"
_NEW = "the new list"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEME = "http://uri.etsi.org/TrstSvc/TrustedList"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers for the list: name, territory (``VN``), postal address in one line each, and where to ask."""

    name: str
    territory: str
    street: str
    locality: str
    email: str
    website: str


def next_services(anchors: TrustAnchors, *, before: TrustedList | None, at: datetime) -> tuple[ListedService, ...]:
    """The services of a new list: today's anchors granted, and of the list before those withdrawn that are gone.

    A service that is new counts since its certificate does: that it was not listed yet takes nothing from signatures
    that were made before.
    """
    old = {(_kind_of(service), service.certificates): service for service in (before.services if before else ())}
    today = dict.fromkeys(
        [*((_SIGNING, (der,)) for der in anchors.signing), *((_TIMESTAMPING, (der,)) for der in anchors.timestamping)]
    )
    kept = tuple(
        _granted(old[key], at=at) if key in old else _new(der, kind=kind) for key in today for kind, (der,) in (key,)
    )
    return (*kept, *(_withdrawn(service, at=at) for key, service in old.items() if key not in today))


def write_trusted_list(
    services: tuple[ListedService, ...],
    *,
    operator: Operator,
    sequence: int,
    issued_at: datetime,
    next_update: datetime,
    signer: XmlSigner,
) -> bytes:
    """The signed list; it is read back as others will read it before it is handed on.

    Raises ``TrustedListRefused`` where it would not be believed, as with dates too far apart.
    """
    if signer.algorithm not in XML_ALGORITHMS:
        raise TrustedListRefused(name=_NEW, reason=f"{signer.algorithm.name} is no algorithm for XML signatures")
    root = etree.Element(ROOT, nsmap={None: NAMESPACE.strip("{}")}, TSLTag=_TAG)
    _scheme(root, operator, sequence=sequence, issued_at=issued_at, next_update=next_update)
    if services:
        _provider(etree.SubElement(root, f"{NAMESPACE}TrustServiceProviderList"), services, operator)
    xml = signed(root, signer, at=issued_at, mime_type=_MIME)
    read_trusted_list(xml, name=_NEW, pins=frozenset({signer.certificate.sha256}))
    return xml


def _kind_of(service: ListedService) -> str:
    return service.standings[-1].kind


def _new(der: bytes, *, kind: str) -> ListedService:
    certificate = SigningCertificate(der)
    organizations = certificate.x509.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return ListedService(
        provider=str(organizations[0].value) if organizations else certificate.common_name,
        name=certificate.common_name,
        certificates=(der,),
        standings=(Standing(kind, GRANTED, certificate.x509.not_valid_before_utc),),
    )


def _granted(service: ListedService, *, at: datetime) -> ListedService:
    last = service.standings[-1]
    if last.status in COUNTING:
        return service
    return replace(service, standings=(*service.standings, Standing(last.kind, GRANTED, at)))


def _withdrawn(service: ListedService, *, at: datetime) -> ListedService:
    last = service.standings[-1]
    if last.status not in COUNTING or last.kind not in SERVICE_USES:
        return service
    return replace(service, standings=(*service.standings, Standing(last.kind, WITHDRAWN, at)))


def _scheme(
    root: etree._Element, operator: Operator, *, sequence: int, issued_at: datetime, next_update: datetime
) -> None:
    """5.3, in the order of the schema."""
    scheme = _add(root, "SchemeInformation")
    _add(scheme, "TSLVersionIdentifier", _VERSION)
    _add(scheme, "TSLSequenceNumber", str(sequence))
    _add(scheme, "TSLType", f"{_SCHEME}/TSLType/{operator.territory}generic")
    _named(scheme, "SchemeOperatorName", operator.name)
    _address(scheme, "SchemeOperatorAddress", operator)
    _named(scheme, "SchemeName", f"{operator.territory}:{operator.name}")
    _located(scheme, "SchemeInformationURI", operator.website)
    _add(scheme, "StatusDeterminationApproach", f"{_SCHEME}/StatusDetn/{operator.territory}determination")
    _located(scheme, "SchemeTypeCommunityRules", operator.website)
    _add(scheme, "SchemeTerritory", operator.territory)
    _add(_add(scheme, "PolicyOrLegalNotice"), "TSLLegalNotice", operator.name, lang="vi")
    _add(scheme, "HistoricalInformationPeriod", _FOREVER)
    _add(scheme, "ListIssueDateTime", _written(issued_at))
    _add(_add(scheme, "NextUpdate"), "dateTime", _written(next_update))


def _provider(providers: etree._Element, services: tuple[ListedService, ...], operator: Operator) -> None:
    for name in dict.fromkeys(service.provider for service in services):
        provider = _add(providers, "TrustServiceProvider")
        information = _add(provider, "TSPInformation")
        _named(information, "TSPName", name)
        # Who keeps the list can be asked about every provider in it.
        _address(information, "TSPAddress", operator)
        _located(information, "TSPInformationURI", operator.website)
        listed = _add(provider, "TSPServices")
        for service in services:
            if service.provider == name:
                _service(_add(listed, "TSPService"), service)


def _service(element: etree._Element, service: ListedService) -> None:
    *former, current = service.standings
    _state(_add(element, "ServiceInformation"), service, current)
    if former:
        history = _add(element, "ServiceHistory")
        for standing in reversed(former):
            _state(_add(history, "ServiceHistoryInstance"), service, standing)


def _state(element: etree._Element, service: ListedService, standing: Standing) -> None:
    _add(element, "ServiceTypeIdentifier", standing.kind)
    _named(element, "ServiceName", service.name)
    identity = _add(element, "ServiceDigitalIdentity")
    for der in service.certificates:
        _add(_add(identity, "DigitalId"), "X509Certificate", b64encode(der).decode())
    _add(_add(identity, "DigitalId"), "X509SubjectName", SigningCertificate(service.certificates[0]).subject)
    _add(element, "ServiceStatus", standing.status)
    _add(element, "StatusStartingTime", _written(standing.since))


def _address(parent: etree._Element, tag: str, operator: Operator) -> None:
    address = _add(parent, tag)
    postal = _add(_add(address, "PostalAddresses"), "PostalAddress", lang="vi")
    _add(postal, "StreetAddress", operator.street)
    _add(postal, "Locality", operator.locality)
    _add(postal, "CountryName", operator.territory)
    electronic = _add(address, "ElectronicAddress")
    _add(electronic, "URI", f"mailto:{operator.email}", lang="vi")
    _add(electronic, "URI", operator.website, lang="vi")


def _named(parent: etree._Element, tag: str, name: str) -> None:
    _add(_add(parent, tag), "Name", name, lang="vi")


def _located(parent: etree._Element, tag: str, uri: str) -> None:
    _add(_add(parent, tag), "URI", uri, lang="vi")


def _add(parent: etree._Element, tag: str, text: str | None = None, *, lang: str = "") -> etree._Element:
    element = etree.SubElement(parent, f"{NAMESPACE}{tag}")
    element.text = text
    if lang:
        element.set(_LANG, lang)
    return element


def _written(moment: datetime) -> str:
    """UTC to the second (5.1.3)."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
