"""The door to plain ECDSA values, r and s side by side, which German and some smart-card software writes into CMS.

BSI TR-03111, 5.2.1.1 and 5.2.2.1. pyHanko knows only the DER form of the same pair; nothing else about the signature
differs.
"""

from __future__ import annotations

from asn1crypto import algos, cms

_DIGESTS = {
    f"0.4.0.127.0.7.1.1.4.1.{arc}": digest
    for arc, digest in enumerate(("sha1", "sha224", "sha256", "sha384", "sha512"), start=1)
}


def plain_digest(algorithm: algos.SignedDigestAlgorithm) -> str | None:
    """The digest of a plain ECDSA algorithm; None where it is another algorithm."""
    return _DIGESTS.get(algorithm["algorithm"].dotted)


def with_der_value(signed_data: cms.SignedData) -> cms.SignedData:
    """The same object with the signer's value in DER, if it is plain."""
    signer = signed_data["signer_infos"][0]
    digest = plain_digest(signer["signature_algorithm"])
    if digest is None:
        return signed_data
    value = signer["signature"].native
    half = len(value) // 2
    r, s = (int.from_bytes(part, "big") for part in (value[:half], value[half:]))
    readable = signed_data.copy()
    signer = readable["signer_infos"][0]
    signer["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
    signer["signature"] = algos.DSASignature({"r": r, "s": s}).dump()
    return readable
