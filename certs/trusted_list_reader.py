"""From the bytes of a trusted list to its values: believed because of a pinned signer, or refused (ETSI TS 119 612)."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from certs._signed_xml import NotBelieved, signed_content
from certs.anchors import fingerprint
from certs.certificate import parse_certificate
from certs.errors import CertificateUnreadable, TrustedListRefused
from certs.trusted_list import NAMESPACE, ROOT, ListedService, Standing, TrustedList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_TAG = "http://uri.etsi.org/19612/TSLTag"
_VERSIONS = frozenset({"5", "6"})
_LONGEST_LIFE = timedelta(days=186)
_MOST_SERVICES = 20_000
_LONGEST_NUMBER = 12


def read_trusted_list(xml: bytes, *, name: str, pins: frozenset[str]) -> TrustedList:
    """The list, if one of the signers with these SHA-256 fingerprints signed it while its certificate was valid.

    ``name`` is what we call it. Whether it is newer than another and still current is the caller's question. Raises
    :class:`TrustedListRefused`, and nothing else whatever the bytes.
    """
    try:
        content = signed_content(xml, root=ROOT, pins=pins)
        found = _list_of(content.root, signer=fingerprint(content.signer))
        _demand_valid_signer(content.signer, at=found.issued_at)
        return found
    except NotBelieved as error:
        raise TrustedListRefused(name=name, reason=str(error)) from error
    except (ValueError, OverflowError, CertificateUnreadable) as error:
        raise TrustedListRefused(name=name, reason=f"it is not written as TS 119 612 asks ({error})"[:300]) from error


def _demand_valid_signer(der: bytes, *, at: datetime) -> None:
    certificate = parse_certificate(der)
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise NotBelieved(reason="its signer's certificate was not valid when it was issued")


def _list_of(root: _Element, *, signer: str) -> TrustedList:
    if root.get("TSLTag") != _TAG or _text(root, "SchemeInformation/TSLVersionIdentifier") not in _VERSIONS:
        raise NotBelieved(reason="it is of another version of the format (TS 119 612, 5.2.1 and 5.3.1)")
    issued_at = _moment(root, "SchemeInformation/ListIssueDateTime")
    next_update = _next_update(root, issued_at=issued_at)
    services = tuple(_services(root))
    return TrustedList(
        operator=_text(root, "SchemeInformation/SchemeOperatorName/Name"),
        territory=_optional(root, "SchemeInformation/SchemeTerritory"),
        sequence=_number(_text(root, "SchemeInformation/TSLSequenceNumber")),
        issued_at=issued_at,
        next_update=next_update,
        signer=signer,
        services=services,
    )


def _next_update(root: _Element, *, issued_at: datetime) -> datetime:
    """A list without one is closed: nothing will be added, and it lends nothing to later times (5.3.15)."""
    if not _optional(root, "SchemeInformation/NextUpdate/dateTime"):
        return issued_at
    moment = _moment(root, "SchemeInformation/NextUpdate/dateTime")
    if not timedelta(0) < moment - issued_at <= _LONGEST_LIFE:
        raise NotBelieved(reason="its next update is not within six months of its issue (TS 119 612, 5.3.15)")
    return moment


def _services(root: _Element) -> Iterator[ListedService]:
    count = 0
    for provider in root.iterfind(_path("TrustServiceProviderList/TrustServiceProvider")):
        named = _text(provider, "TSPInformation/TSPName/Name")
        for service in provider.iterfind(_path("TSPServices/TSPService")):
            count += 1
            if count > _MOST_SERVICES:
                raise NotBelieved(reason=f"it has more than {_MOST_SERVICES} services")
            yield _service(service, provider=named)


def _service(service: _Element, *, provider: str) -> ListedService:
    current = service.find(_path("ServiceInformation"))
    if current is None:
        raise NotBelieved(reason="a service says nothing of itself")
    former = service.iterfind(_path("ServiceHistory/ServiceHistoryInstance"))
    standings = sorted((_standing(each) for each in (current, *former)), key=lambda standing: standing.since)
    if standings[-1] != _standing(current):
        raise NotBelieved(reason="a service's present state is older than its history (TS 119 612, 5.5.5 and 5.6.5)")
    return ListedService(
        provider=provider,
        name=_text(current, "ServiceName/Name"),
        certificates=tuple(dict.fromkeys(_certificates(current))),
        standings=tuple(standings),
    )


def _standing(element: _Element) -> Standing:
    return Standing(
        kind=_text(element, "ServiceTypeIdentifier"),
        status=_text(element, "ServiceStatus"),
        since=_moment(element, "StatusStartingTime"),
    )


def _certificates(information: _Element) -> Iterator[bytes]:
    """The certificates of the service's key; one that nobody can read ends no path and is passed over."""
    for each in information.iterfind(_path("ServiceDigitalIdentity/DigitalId/X509Certificate")):
        der = b64decode(each.text or "")
        try:
            parse_certificate(der)
        except CertificateUnreadable:
            continue
        yield der


def _path(steps: str) -> str:
    return "/".join(f"{NAMESPACE}{step}" for step in steps.split("/"))


def _optional(element: _Element, steps: str) -> str:
    found = element.find(_path(steps))
    return (found.text or "").strip() if found is not None else ""


def _text(element: _Element, steps: str) -> str:
    text = _optional(element, steps)
    if not text:
        raise NotBelieved(reason=f"{steps} is missing")
    return text


def _moment(element: _Element, steps: str) -> datetime:
    """A time without zone is meant in UTC, which is the only one that the format allows (5.1.3)."""
    moment = datetime.fromisoformat(_text(element, steps))
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER and int(text) > 0):
        raise NotBelieved(reason="its sequence number is no positive number")
    return int(text)
