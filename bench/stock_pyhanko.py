"""The same work by stock pyHanko 0.38: ``PKCS11Signer`` on the same key and session, and its own validation."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from asn1crypto.x509 import Certificate, Name
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import generic_cms, validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle, TextStampStyle
from pyhanko_certvalidator import context
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

from bench.softtoken import LABEL
from signing.typeface import Style, font_folder
from verification import _pyhanko_certificates, _pyhanko_hex, _pyhanko_names, _pyhanko_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhanko_certvalidator import ValidationContext

    from bench.ground import Ground
    from certs.anchors import TrustAnchors
    from certs.revocation import RevocationInfo

PEER = "pyHanko 0.38"

logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # a line for each table that it drops


class Stamp(Enum):
    """What its signature shows: nothing, the same picture as ours, or the picture with text in an embedded font."""

    NONE = "no picture"
    PICTURE = "picture"
    TEXT = "picture, text and font"


@dataclass(frozen=True, slots=True)
class StockSigner:
    """Signs as its documentation says, with the signature's size known, so that no trial run is needed for it."""

    signer: PKCS11Signer
    picture: bytes

    @classmethod
    def on(cls, ground: Ground) -> StockSigner:
        """The benchmark's key in its open session."""
        certificate, *issuers = (
            Certificate.load(der) for der in (ground.token.certificate.der, *ground.token.certificate.chain)
        )
        signer = PKCS11Signer(ground.device.token.session, signing_cert=certificate, ca_chain=issuers, key_label=LABEL)
        return cls(signer=signer, picture=ground.signature_image)

    def sign(self, pdf: bytes, *, field_name: str, stamp: Stamp, certify: MDPPerm | None = None) -> bytes:
        """A B-B signature in this field, which is made where it is missing."""
        output = BytesIO()
        self.sign_stream(BytesIO(pdf), output, field_name=field_name, stamp=stamp, certify=certify)
        return output.getvalue()

    def sign_stream(
        self, pdf: BinaryIO, output: BinaryIO, *, field_name: str, stamp: Stamp, certify: MDPPerm | None = None
    ) -> None:
        """The same from one open file to another."""
        metadata = PdfSignatureMetadata(
            field_name=field_name,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=certify is not None,
            docmdp_permissions=certify or MDPPerm.FILL_FORMS,
        )
        PdfSigner(metadata, signer=self.signer, stamp_style=self._style(stamp)).sign_pdf(
            IncrementalPdfFileWriter(pdf), output=output
        )

    def _style(self, stamp: Stamp) -> StaticStampStyle | TextStampStyle | None:
        if stamp is Stamp.NONE:
            return None
        background = PdfImage(Image.open(BytesIO(self.picture)))
        if stamp is Stamp.PICTURE:
            return StaticStampStyle(background=background, border_width=0)
        font = GlyphAccumulatorFactory(str(font_folder() / Style.UPRIGHT.value))
        return TextStampStyle(
            stamp_text="Người ký: %(signer)s\nThời gian: %(ts)s",
            background=background,
            text_box_style=TextBoxStyle(font=font, font_size=9),
        )


def validate_everything(pdf: bytes, *, anchors: TrustAnchors, known: RevocationInfo) -> bool:
    """Every signature and document timestamp, offline and hard-fail, with difference analysis; whether all passed.

    What stands in the place of its parts and asn1crypto's in this process is taken out meanwhile.
    """
    with _as_shipped():
        return _all_passed(PdfFileReader(BytesIO(pdf)), anchors=anchors, known=known)


@contextmanager
def _as_shipped() -> Iterator[None]:
    generic.read_hex_string_from_stream = _pyhanko_hex.read_digit_by_digit
    Name.__eq__ = _pyhanko_names.compare_anew
    Name.hashable = property(_pyhanko_names.prepare_anew)
    context.DefaultSignatureValidator = DefaultSignatureValidator  # type: ignore[attr-defined]
    generic_cms.extract_certificate_info = _pyhanko_certificates.extract_anew  # type: ignore[attr-defined]
    try:
        yield
    finally:
        _pyhanko_hex.use_it()
        _pyhanko_names.use_it()
        _pyhanko_certificates.use_it()
        _pyhanko_values.use_it()


def _all_passed(reader: PdfFileReader, *, anchors: TrustAnchors, known: RevocationInfo) -> bool:
    passed = True
    for signature in reader.embedded_signatures:
        context = _context(reader, anchors, known)
        if signature.sig_object_type == "/DocTimeStamp":
            stamped = validate_pdf_timestamp(signature, context)
            passed = passed and stamped.valid and stamped.trusted
        else:
            passed = passed and validate_pdf_signature(signature, context, ts_validation_context=context).bottom_line
    return passed


def _context(reader: PdfFileReader, anchors: TrustAnchors, known: RevocationInfo) -> ValidationContext:
    """What the file's own store holds, what else is known, and nothing from the network."""
    store = DocumentSecurityStore.read_dss(reader) if "/DSS" in reader.root else DocumentSecurityStore(writer=None)
    return store.as_validation_context(
        {
            "trust_roots": [Certificate.load(der) for der in (*anchors.signing, *anchors.timestamping)],
            "other_certs": [Certificate.load(der) for der in known.certificates],
            "ocsps": known.ocsps,
            "crls": known.crls,
            "allow_fetching": False,
            "revocation_mode": "hard-fail",
        }
    )
