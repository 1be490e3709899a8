"""Disagreements about the CMS object of a signature."""

from __future__ import annotations

from tests.vectors.disagreement import CRYPTO, NOTHING, PASSED, UNREADABLE, Disagreement, these

_DER = "EN 319 142-1, 5.2 (DER); our policy: what is not as the standard asks and changes nothing is a caution"
_ESS = "RFC 5035, 3 to 5; EN 319 142-1, 6.3; EN 319 102-1, 5.2.3"
_SHAPE = "RFC 5652, 3 and 5.1 to 5.3"

IN_CMS = (
    Disagreement(
        theirs=PASSED,
        because="A PAdES signature is detached: the CMS object must hold no content of its own, and here it does. DSS only "
        "lowers the level for that.",
        clause="ISO 32000-2, 12.8.3.3.1 (no data encapsulated); EN 319 142-1, 5.2",
        vectors=these("cms", "attached-document encapsulates-signed-data"),
    ),
    Disagreement(
        theirs=PASSED,
        because="ContentInfo says that it holds something other than SignedData. DSS does not look at that identifier.",
        clause="RFC 5652, 3 and 5.1; ISO 32000-2, 12.8.3.3.1",
        vectors=these("cms", "content-type-data content-type-enveloped content-type-unknown"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The identifier of PKCS#1 signatures carries the parameters of PSS where NULL must stand. DSS ignores "
        "them; here an algorithm that contradicts itself makes the object unreadable.",
        clause="RFC 4055, 5; RFC 3370, 3.2",
        vectors=these("cms", "rsa-with-parameters"),
    ),
    Disagreement(
        theirs=PASSED,
        because="There are two SignerInfos. DSS judges the first and only lowers the level; a signature in a PDF has "
        "exactly one.",
        clause="EN 319 142-1, 5.2; ISO 32000-2, 12.8.3.3.1 (a single signer)",
        vectors=these("cms", "signer-twice"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The attribute that names the certificate is there and names none, or is not to be read. DSS takes it for "
        "absent, which it does not refuse; here an attribute that is broken makes the object broken.",
        clause=_ESS,
        vectors=these("cms", "signing-certificate-broken signing-certificate-empty"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The signature does not name its certificate. DSS only warns and lowers the level; here that is a "
        "constraint on every signature that says it is PAdES, since a certificate could be exchanged for another.",
        clause=_ESS,
        vectors=these("cms", "no-signing-certificate signing-certificate-without-value"),
    ),
    Disagreement(
        theirs=PASSED,
        because="Of the certificates that are named the first must be the signer's, and attributes must not contradict each "
        "other. DSS is content if the signer's is among them.",
        clause="RFC 5035, 3 (once, one value) and 5 (the first one is the signer's)",
        vectors=these("cms", "signing-certificate-issuer-first signing-certificate-twice signing-certificate-v1-contradicts-v2"),
    ),
    Disagreement(
        theirs="level PDF-NOT-ETSI",
        because="Both the old and the new attribute name the certificate, and both name the right one. For DSS it is no "
        "baseline signature then; our level says which proofs are there.",
        clause="EN 319 142-1, 6.3, Table 1 (one of the two attributes)",
        vectors=these("cms", "signing-certificate-v1-and-v2"),
    ),
    Disagreement(
        theirs="level PAdES-BES",
        because="The time is claimed in a signed attribute, which the baseline leaves to the dictionary's /M. For DSS it is no "
        "baseline signature then; our level says which proofs are there.",
        clause="EN 319 142-1, 6.3, Table 1 (signing-time shall not be used)",
        vectors=these("cms", "signing-time"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The signature timestamp cannot be read. DSS goes on as if there were none; here a token that is there "
        "must hold.",
        clause="EN 319 122-1, 5.3; EN 319 102-1, 5.5.4, step 3; our policy",
        vectors=these("cms", "unsigned-timestamp-broken"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The signature value is written in pieces, which BER allows and DER does not. DSS puts them together; our "
        "parser refuses the object.",
        clause="EN 319 142-1, 5.2 (DER)",
        vectors=these("cms", "value-in-pieces"),
    ),
    Disagreement(
        theirs=CRYPTO,
        because="The signed attributes are sent unsorted and were signed as they are sent. DSS sorts them first, as a strict "
        "reading asks, and finds another value; here they are taken as they came (OpenSSL does the same), with a caution.",
        clause="RFC 5652, 5.3 and 5.4; X.690, 11.6",
        vectors=these("cms", "attributes-unsorted-signed-as-sent"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The signed attributes are sent unsorted and were signed sorted. DSS sorts them first and finds the value "
        "right; here they are taken as they came, and must have come in DER.",
        clause="RFC 5652, 5.3 (shall be DER encoded) and 5.4",
        vectors=these("cms", "attributes-unsorted-signed-as-der"),
    ),
    Disagreement(
        theirs=CRYPTO,
        because="An attribute is twice where it must be once, is no time, or stands among the signed ones and must not. DSS's "
        "library refuses to compute the value then; it is right, and says nothing else than before, hence a caution.",
        clause="RFC 5652, 11.3 and 11.4; our policy: `signature_as_standard` warns",
        vectors=these("cms", "counter-signature-signed signing-time-broken signing-time-twice"),
    ),
    Disagreement(
        theirs=CRYPTO,
        because="The set of digest algorithms beside the signers does not name the one that is used. A verifier may refuse "
        "that, and DSS's library does; the signer's own field names it, and the value is right.",
        clause="RFC 5652, 5.1 (digestAlgorithms: may fail to validate)",
        vectors=these("cms", "no-digest-algorithms other-digest-algorithms"),
    ),
    Disagreement(
        theirs=CRYPTO,
        because="The mask of the PSS signature is made with another digest than the message's. That is allowed, if not advised; "
        "DSS's library cannot compute it.",
        clause="RFC 8017, 8.1 and A.2.3; RFC 4055, 3.1",
        vectors=these("cms", "pss-mask-sha512"),
    ),
    Disagreement(
        theirs=CRYPTO,
        because="CMSAlgorithmProtection contradicts the algorithms that are used. DSS's library refuses to compute the value; here "
        "nothing was computed either, and a constraint is what is broken.",
        clause="RFC 6211, 2 and 3; EN 319 102-1, 5.2.8",
        vectors=these("cms", "algorithms-protected-other-digest algorithms-protected-other-scheme"),
    ),
    Disagreement(
        theirs=CRYPTO,
        because="The signature algorithm is unknown or none. DSS says that the value is wrong; nobody has computed it, so that "
        "here the algorithm is what cannot be relied on.",
        clause="EN 319 102-1, 5.2.7 and 5.2.8",
        vectors=these("cms", "named-by-digest named-unknown"),
    ),
    Disagreement(
        theirs=PASSED,
        because="Two digest algorithms are used where one must be: the document's is not that of the signature. DSS computes "
        "both and is content; here a combination that the standards do not have is not relied on.",
        clause="RFC 5652, 5.4 (the signer's digest algorithm); RFC 8419, 3.1 (SHA-512 with Ed25519); RFC 4056, 3",
        vectors=these("cms", "digests-differ ed25519-with-sha256 pss-sha512-in-sha256"),
    ),
    Disagreement(
        theirs=NOTHING,
        because="The object is not DER, or has more in it than it should. DSS's library does not read it, and DSS leaves the "
        "field out of its report; what a reader needs is there and right, so that here it is a caution.",
        clause=_DER,
        vectors=these("cms", "extra-in-content-info extra-in-signed-data integer-with-leading-zeros signed-data-twice"),
    ),
    Disagreement(
        theirs=UNREADABLE,
        because="The SignerInfo has more in it than it should. DSS's library does not read it, and DSS ends with that "
        "error for the whole file; what a reader needs is there and right, so that here it is a caution.",
        clause=_DER,
        vectors=these("cms", "extra-in-signer-info"),
    ),
    Disagreement(
        theirs=UNREADABLE,
        because="A part of the CMS object cannot be read. DSS ends with that error for the whole file; here it is the verdict "
        "on this signature.",
        clause=_SHAPE + "; EN 319 102-1, 5.2.2",
        vectors=these("cms", "certificate-broken no-signers something-else-among-attributes unsigned-attribute-broken"),
    ),
    Disagreement(
        theirs=UNREADABLE,
        because="The signer is named by a key identifier that no certificate has. DSS ends with an error of its own for the "
        "whole file; here the signing certificate is what is missing.",
        clause="RFC 5652, 5.3; EN 319 102-1, 5.2.3",
        vectors=these("cms", "signer-by-wrong-key-identifier"),
    ),
)  # fmt: skip
