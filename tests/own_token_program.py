"""The program on the official's computer, in three kinds: one signs digests, one makes CMS objects, one whole files.

A process of its own, since it loads the PKCS#11 module. The first kind uses python-pkcs11 as any small agent would; the
other two are stock pyHanko with the token behind it. One JSON object comes on standard input; the octets go out in
hexadecimal.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pkcs11
from asn1crypto import x509
from asn1crypto.algos import DigestAlgorithm, DigestInfo
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes


def answer(session: pkcs11.Session, order: dict[str, str]) -> bytes:
    if order["kind"] == "value":
        return _value(session, order["key"], bytes.fromhex(order["digest"]))
    signer = PKCS11Signer(
        session,
        key_label=order["key"],
        signing_cert=x509.Certificate.load(bytes.fromhex(order["certificate"])),
        other_certs_to_pull=(),
        use_raw_mechanism=True,
    )
    if order["kind"] == "cms":
        attributes = PdfCMSSignedAttributes(signing_time=datetime.now(UTC))
        digest = bytes.fromhex(order["digest"])
        made = signer.async_sign(digest, "sha256", use_pades=False, signed_attr_settings=attributes)
        return bytes(asyncio.run(made).dump())
    metadata = PdfSignatureMetadata(field_name=order["field"], md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(BytesIO(Path(order["file"]).read_bytes()))
    signed = PdfSigner(metadata, signer).sign_pdf(writer, bytes_reserved=int(order["room"]))
    return bytes(signed.getvalue())


def _value(session: pkcs11.Session, label: str, digest: bytes) -> bytes:
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.LABEL: label}
    (key,) = (thing for thing in session.get_objects(wanted) if isinstance(thing, pkcs11.SignMixin))
    if key.key_type is pkcs11.KeyType.EC:
        return bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))  # r || s
    named = {"digest_algorithm": DigestAlgorithm({"algorithm": "sha256"}), "digest": digest}
    assert len(digest) == hashlib.sha256().digest_size
    return bytes(key.sign(DigestInfo(named).dump(), mechanism=pkcs11.Mechanism.RSA_PKCS))


def main() -> None:
    order = json.load(sys.stdin)
    token = pkcs11.lib(order["module"]).get_token(token_label=order["token"])
    with token.open(user_pin=order["pin"]) as session:
        sys.stdout.write(answer(session, order).hex())


if __name__ == "__main__":
    main()
