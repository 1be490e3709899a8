"""What is fuzzed: every reader of foreign bytes, with its seeds, its kinds of damage and the errors that it declares.

A target's ``ask`` raises only what nobody declared. The readers are those of row 10 of the threat model, and beside
them the two forms in which other people's programs give signatures back, and the look at drafts.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from asn1crypto import x509

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate, certificates_from_bytes, parse_certificate
from certs.errors import CertificateUnfit, CertificateUnreadable, TimestampUnreadable
from certs.paths import load_readable, path_to_anchor
from certs.responders import crl_urls, ocsp_urls
from certs.revocation import EMPTY, RevocationInfo
from certs.revocation_answers import Unusable, judge_crl, judge_ocsp
from certs.revocation_lack import lack_of
from certs.timestamp_trust import objection
from certs.timestamps import TimeStampToken
from certs.tsp import read_request, read_response
from certs.weak_keys import weakness_of
from signing.compose import compose
from signing.errors import SigningError
from signing.layout import Box
from signing.lint import Severity, inspect
from signing.new_field import add_signature_field
from signing.prepare import prepare, prepare_document_timestamp
from signing.profiles import SignatureProfile
from signing.returned_cms import demand_container
from signing.returned_pdf import accept_signed_pdf
from tests.fuzz.chance_damage import CHANCE_DAMAGES
from tests.fuzz.der_damage import change_element
from tests.fuzz.lists import Lists
from tests.fuzz.pdf_damage import PDF_DAMAGES
from tests.fuzz.seeds import seeds
from tests.fuzz.xml_damage import XML_DAMAGES
from tests.material import layout
from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, Base
from tests.vectors.workbench import waiting
from verification._pyhanko import Unreadable
from verification._pyhanko_cms import signer_of
from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_store import as_known, covers, material_of
from verification.chains import chains
from verification.cms_form import is_as_standard
from verification.judgement import judge
from verification.policy import DEFAULT_POLICY
from verification.report import Indication
from verification.validate import Question, strictly_then_laxly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from random import Random

    from tests.vectors.chamber import Chamber

    Damage = Callable[[bytes, Random, Sequence[tuple[str, bytes]]], bytes]

_FOR_PDF: tuple[Damage, ...] = (*CHANCE_DAMAGES, *PDF_DAMAGES * 2)
_FOR_DER: tuple[Damage, ...] = (*CHANCE_DAMAGES, *(change_element,) * 12)
_FOR_XML: tuple[Damage, ...] = (*CHANCE_DAMAGES, *XML_DAMAGES * 2)
_PROFILE = SignatureProfile(field_name="SigFuzzed", algorithm=SignatureAlgorithm.RSA_SHA256)
_BOX = Box(page=1, left=20, top=20, width=40, height=20)
_ALGORITHM = SignatureAlgorithm.RSA_SHA256


@dataclass(frozen=True, slots=True)
class Target:
    """One reader: ``seeds`` are right and wrong inputs by name, ``ending`` that of the files that findings become."""

    name: str
    ask: Callable[[bytes], None]
    seeds: Sequence[tuple[str, bytes]]
    damages: tuple[Damage, ...] = _FOR_DER
    ending: str = "der"


def targets(chamber: Chamber) -> Mapping[str, Target]:
    """All of them by name."""
    return {target.name: target for target in _targets(Readers(chamber), chamber)}


def _targets(readers: Readers, chamber: Chamber) -> Iterator[Target]:
    found = seeds(chamber)
    yield Target("pdf", readers.verify, found.pdfs, _FOR_PDF, "pdf")
    yield Target("signature", readers.verify_container, found.containers)
    yield Target("cms", readers.take_container, found.containers)
    yield Target("token", readers.read_token, found.tokens)
    yield Target("certificate", readers.read_certificate, found.certificates)
    yield Target("ocsp", readers.believe_ocsp, found.ocsps)
    yield Target("crl", readers.believe_crl, found.crls)
    yield Target("evidence", readers.verify_with_evidence, (*found.certificates, *found.ocsps, *found.crls))
    yield Target("returned", readers.take_pdf, found.increments, _FOR_PDF, "pdf")
    yield Target("draft", readers.look_at_draft, found.drafts, _FOR_PDF, "pdf")
    lists = Lists()
    yield Target("foreign", readers.sign_foreign, found.pdfs, _FOR_PDF, "pdf")
    yield Target("trusted-list", lists.believe, tuple(lists.seeds()), _FOR_XML, "xml")


class Readers:
    """Each method is one target's question, and raises nothing that is declared."""

    def __init__(self, chamber: Chamber) -> None:
        self._question = Question(
            anchors=chamber.anchors, known=chamber.known, at=CHECKED_AT, policy=DEFAULT_POLICY, file="fuzzed.pdf"
        )
        self._anchors = chamber.anchors
        self._honest = chamber.honest(Base.APPROVED)
        ders = [chamber.certificate(name).dump() for name in ("signatory", "interm", "root")]
        self._path = tuple(ders)
        self._signer, self._issuer, self._root = load_readable(ders)
        self._certificate = SigningCertificate(ders[0], chain=(ders[1],))
        self._issuing = material_of(RevocationInfo(certificates=(ders[1],)))
        self._asked = x509.Certificate.load(ders[0])

    def verify(self, pdf: bytes) -> None:
        """The whole recipe on a file, and the search for its chains."""
        self._judge(pdf, self._question)
        chains(pdf)

    def verify_container(self, cms: bytes) -> None:
        """The whole recipe on a right file with this CMS object, as far as it fits."""
        self._judge(waiting().filled(cms[:9000]), self._question)

    def verify_with_evidence(self, der: bytes) -> None:
        """The whole recipe on a right file with what somebody found elsewhere: taken for each of the three kinds."""
        found = RevocationInfo(certificates=(der,), ocsps=(der,), crls=(der,))
        self._judge(self._honest, replace(self._question, known=found.merged_with(self._question.known)))

    def _judge(self, pdf: bytes, question: Question) -> None:
        with suppress(Unreadable):
            report = judge(strictly_then_laxly(pdf, question), question.policy)
            json.dumps(report.as_json())
            if not isinstance(report.indication, Indication):
                raise TypeError(report.indication)

    def take_container(self, cms: bytes) -> None:
        """A CMS object that somebody else's program returns."""
        is_as_standard(cms)
        with suppress(SigningError):
            demand_container(
                cms, document_digest=waiting().digest(), certificate=self._certificate, algorithm=_ALGORITHM
            )

    def take_pdf(self, increment: bytes) -> None:
        """A signed PDF that somebody else's program returns: ours, with this behind it."""
        base = paper.draft()
        with suppress(SigningError):
            accept_signed_pdf(
                base + increment,
                base=base,
                field_name="SigSignatory",
                certificate=self._certificate,
                algorithm=_ALGORITHM,
            )

    def read_token(self, der: bytes) -> None:
        """A time-stamp token, the answer that brings one, and a question, as the demonstration's authority gets it."""
        for read in (read_response, read_request):
            with suppress(TimestampUnreadable):
                read(der)
        token = TimeStampToken(der)
        objection(token, anchors=self._anchors.timestamping)
        with suppress(TimestampUnreadable):
            json.dumps([token.gen_time.isoformat(), token.imprint_algorithm, token.policy, token.signer.chain[:0]])

    def read_certificate(self, der: bytes) -> None:
        """A certificate: fit to sign, with a path, an address and a key, and by which name it is shown."""
        with suppress(CertificateUnreadable):
            certificates_from_bytes(der)
            certificate = parse_certificate(der)
            json.dumps([ocsp_urls(certificate), crl_urls(certificate), weakness_of(certificate.public_key())])
            path_to_anchor(certificate, candidates=(self._issuer,), anchors=(self._root,), at=CHECKED_AT)
            path_to_anchor(self._signer, candidates=(certificate,), anchors=(self._root,), at=CHECKED_AT)
            with suppress(CertificateUnfit):
                SigningCertificate(der).demand_fit_to_sign(at=CHECKED_AT)
        material_of(RevocationInfo(certificates=(der,)))
        with suppress(*READ_ERRORS):
            json.dumps(signer_of(x509.Certificate.load(der)).common_name)

    def believe_ocsp(self, der: bytes) -> None:
        """An OCSP response, as both readers of such take it."""
        with suppress(Unusable):
            judge_ocsp(der, certificate=self._signer, issuer=self._issuer, at=CHECKED_AT)
        self._weigh(RevocationInfo(ocsps=(der,)))

    def believe_crl(self, der: bytes) -> None:
        """A revocation list, as both readers of such take it."""
        with suppress(Unusable):
            judge_crl(der, certificate=self._signer, issuer=self._issuer, at=CHECKED_AT)
        self._weigh(RevocationInfo(crls=(der,)))

    def _weigh(self, known: RevocationInfo) -> None:
        lack_of(self._path, known, at=CHECKED_AT, now=CHECKED_AT)
        material = material_of(known)
        with suppress(*READ_ERRORS):
            about = material.with_(self._issuing).about((self._asked,))
            covers(about, (self._asked,))
            if as_known(about) == EMPTY:
                return

    def sign_foreign(self, pdf: bytes) -> None:
        """A file of somebody else's that gets one more signature and an archive timestamp, up to the key."""
        with suppress(SigningError):
            opened = add_signature_field(pdf, field_name="SigFuzzed", box=_BOX)
            prepare(opened, profile=_PROFILE, certificate=self._certificate)
        with suppress(SigningError):
            prepare_document_timestamp(pdf, field_name="Archive9", revocation=self._question.known)

    def look_at_draft(self, pdf: bytes) -> None:
        """The look at an upload, and what is laid on it where the look let it pass."""
        findings = inspect(pdf)
        json.dumps([(finding.code, finding.vi, finding.en) for finding in findings])
        if not any(finding.severity is Severity.REFUSE for finding in findings):
            with suppress(SigningError):
                compose(pdf, layout=layout(), lookup_code="A", lookup_url="http://a/d/A")
