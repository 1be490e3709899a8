"""The door to validation data that files carry: certificates, OCSP responses and CRLs.

They lie in the document security store of each revision (EN 319 142-1, 5.4.2) or, with Adobe's products, in an
attribute of the signature.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from asn1crypto import x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from certs.revocation import RevocationInfo
from verification._pyhanko_certificates import known_certificate
from verification._pyhanko_errors import READ_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asn1crypto.ocsp import CertId
    from pyhanko.pdf_utils.generic import IndirectObject
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import EmbeddedPdfSignature

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class ValidationMaterial:
    """Certificates and revocation data to judge with, parsed; nothing in it is trusted because it is here."""

    certificates: tuple[x509.Certificate, ...] = ()
    ocsps: tuple[OCSPContainer, ...] = ()
    crls: tuple[CRLContainer, ...] = ()

    def with_(self, other: ValidationMaterial) -> ValidationMaterial:
        """Both together."""
        return ValidationMaterial(
            certificates=self.certificates + other.certificates,
            ocsps=self.ocsps + other.ocsps,
            crls=self.crls + other.crls,
        )

    def about(self, certificates: Iterable[x509.Certificate]) -> ValidationMaterial:
        """Without the CRLs of authorities that stand above none of these certificates.

        The engine would validate each such authority's chain before it finds that its list says nothing of them.
        Indirect CRLs stay (RFC 5280, 5.2.5): who issues them tells nothing of whom they are about.
        """
        above, waiting = set[str](), [_name(certificate.issuer) for certificate in certificates]
        while waiting:
            if (name := waiting.pop()) not in above:
                above.add(name)
                waiting.extend(self._issuers.get(name, ()))
        return replace(self, crls=tuple(crl for crl in self.crls if _is_indirect(crl) or _issuer(crl) in above))

    @cached_property
    def _issuers(self) -> dict[str, set[str]]:
        """Who has issued the certificates of a name."""
        issuers: dict[str, set[str]] = {}
        for certificate in self.certificates:
            issuers.setdefault(_name(certificate.subject), set()).add(_name(certificate.issuer))
        return issuers


def as_known(material: ValidationMaterial) -> RevocationInfo:
    """The material as DER again, each answer once."""
    return RevocationInfo(
        ocsps=tuple(dict.fromkeys(single.ocsp_response_data.dump() for single in material.ocsps)),
        crls=tuple(dict.fromkeys(container.crl_data.dump() for container in material.crls)),
    )


def material_of(known: RevocationInfo) -> ValidationMaterial:
    """What the caller knows from elsewhere; entries that cannot be parsed are left out."""
    return _material(known.certificates, known.ocsps, known.crls)


class Stores:
    """The document security store in each of its revisions, read once."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._read: dict[int, ValidationMaterial] = {}

    @property
    def last(self) -> ValidationMaterial:
        """The store as the file has it now."""
        return self.at(self._reader.xrefs.total_revisions - 1)

    def at(self, revision: int) -> ValidationMaterial:
        """The store as that revision had it; empty where there is none or it cannot be read."""
        if revision not in self._read:
            self._read[revision] = _store(self._reader, revision)
        return self._read[revision]


def _store(reader: PdfFileReader, revision: int) -> ValidationMaterial:
    try:
        store = DocumentSecurityStore.read_dss(reader.get_historical_resolver(revision))
        return _material(
            [_stream(ref, DecodePurpose.CERTIFICATE) for ref in store.certs.values()],
            [_stream(ref, DecodePurpose.OCSP_RESPONSE) for ref in store.ocsps],
            [_stream(ref, DecodePurpose.CRL) for ref in store.crls],
        )
    except READ_ERRORS:
        return ValidationMaterial()


def attribute_of(signature: EmbeddedPdfSignature) -> ValidationMaterial:
    """The signed attribute adbe-revocationInfoArchival (ISO 32000-2, 12.8.3.3.2)."""
    try:
        archival = find_unique_cms_attribute(signature.signer_info["signed_attrs"], "adobe_revocation_info_archival")
        return _material((), [item.dump() for item in archival["ocsp"]], [item.dump() for item in archival["crl"]])
    except READ_ERRORS:
        return ValidationMaterial()


def _stream(ref: IndirectObject, purpose: DecodePurpose) -> bytes:
    return bytes(ref.get_object().read_data(purpose))


def _material(certificates: Iterable[bytes], ocsps: Iterable[bytes], crls: Iterable[bytes]) -> ValidationMaterial:
    return ValidationMaterial(
        certificates=tuple(_parsed(certificates, _certificate)),
        ocsps=tuple(single for response in _parsed(ocsps, _ocsp) for single in response),
        crls=tuple(_parsed(crls, _crl)),
    )


def _parsed(ders: Iterable[bytes], parse: Callable[[bytes], _Parsed]) -> Iterator[_Parsed]:
    for der in ders:
        with suppress(*READ_ERRORS):
            yield parse(der)


# asn1crypto parses a field when it is asked for. Asking here keeps broken entries out; asking for `native` asks for all
# fields, which would be slow for a long CRL. The same few authorities stand in every file, so what was parsed is kept
# as long as it is small; it is only ever read.
_KEPT = 64
_SMALL = 16 * 1024  # bytes


def _parse_once(parse: Callable[[bytes], _Parsed]) -> Callable[[bytes], _Parsed]:
    kept = lru_cache(maxsize=_KEPT)(parse)
    return lambda der: kept(der) if len(der) <= _SMALL else parse(der)


@_parse_once
def _certificate(der: bytes) -> x509.Certificate:
    certificate = x509.Certificate.load(der, strict=True)
    _ = certificate.native
    return known_certificate(certificate)


@_parse_once
def _ocsp(der: bytes) -> list[OCSPContainer]:
    response = OCSPResponse.load(der, strict=True)
    singles = OCSPContainer.load_multi(response)
    _ = response.native, [single.issuance_date for single in singles]
    return singles


@_parse_once
def _crl(der: bytes) -> CRLContainer:
    crl = CRLContainer(CertificateList.load(der, strict=True))
    _ = crl.issuance_date, crl.crl_data.issuer.native
    return crl


def covers(material: ValidationMaterial, path: Iterable[x509.Certificate]) -> bool:
    """Whether there is an OCSP response or a CRL for each certificate of a path that is given without its anchor.

    It says that the data is there (EN 319 142-1, 6.3, B-LT), not that it is good; that is the engine's to find out.
    """
    responded = {
        (wanted["serial_number"].native, _issuer_hash(wanted))
        for single in material.ocsps
        if (response := single.extract_single_response()) is not None and (wanted := response["cert_id"])
    }
    listed = {container.crl_data.issuer.hashable for container in material.crls}
    return all(
        certificate.issuer.hashable in listed
        or any(
            certificate.serial_number == serial and _digest(algorithm, certificate.issuer.dump()) == issuer
            for serial, (algorithm, issuer) in responded
        )
        for certificate in path
    )


def _issuer_hash(wanted: CertId) -> tuple[str, bytes]:
    return str(wanted["hash_algorithm"]["algorithm"].native), bytes(wanted["issuer_name_hash"].native)


def _issuer(crl: CRLContainer) -> str:
    return _name(crl.crl_data.issuer)


def _is_indirect(crl: CRLContainer) -> bool:
    point = crl.crl_data.issuing_distribution_point_value
    return point is not None and bool(point["indirect_crl"].native)


def _name(name: x509.Name) -> str:
    return _prepared(name.dump())


@lru_cache(maxsize=1024)
def _prepared(name: bytes) -> str:
    """A name in the form in which names are compared (RFC 5280, 7.1)."""
    return str(x509.Name.load(name).hashable)


def _digest(algorithm: str, name: bytes) -> bytes:
    return hashlib.new(algorithm, name).digest()
