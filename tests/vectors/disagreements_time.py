"""Disagreements about time-stamps, revocation, algorithms in time, and what an older format means."""

from __future__ import annotations

from tests.vectors.disagreement import CONSTRAINTS, PASSED, UNREADABLE, Disagreement, these

_TOKEN = "RFC 3161, 2.4.2; EN 319 102-1, 5.4"
_FRESH = "EN 319 102-1, 5.2.5 (freshness) and 5.5.4; our ADR 9"
_SHA1 = "ISO 32000-1, 12.8.3.3.1; RFC 5652, 5.3 and 5.4"

IN_TIME = (
    Disagreement(
        theirs=PASSED,
        because="The token says something that RFC 3161 does not have, or that nobody here understands. DSS does not look at "
        "it; of a token that proves a time everything must be understood.",
        clause=_TOKEN,
        vectors=these("tokens", "critical-extension time-with-offset time-without-seconds time-without-zone version-2"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The token names another certificate than the one that signed it. DSS's policy has no check for that on "
        "time-stamps.",
        clause="RFC 3161, 2.4.2; RFC 5816, 2.2; RFC 5035, 3",
        vectors=these("tokens", "signing-certificate-of-another"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The authority's certificate is not for time-stamping alone, or does not say so critically. DSS asks only that "
        "time-stamping is among its purposes.",
        clause="RFC 3161, 2.3",
        vectors=these("tokens", "many-purposes soft-purpose"),
    ),
    Disagreement(
        theirs="INDETERMINATE/REVOKED_NO_POE",
        because="One attribute holds two tokens, as CMS allows for attributes. DSS takes none of them, so that nothing "
        "proves the signature older than the revocation.",
        clause="RFC 5652, 5.3 (attrValues is a SET); EN 319 122-1, 5.3",
        vectors=these("tokens", "two-in-one-attribute"),
    ),
    Disagreement(
        theirs="INDETERMINATE/REVOKED_NO_POE",
        because="Where the token should be stands the authority's whole answer. DSS goes on as if there were none; here a token "
        "that is there must hold.",
        clause="EN 319 122-1, 5.3; EN 319 102-1, 5.5.4, step 3; our policy",
        vectors=these("tokens", "whole-response"),
    ),
    Disagreement(
        theirs=UNREADABLE,
        because="The token's value is empty. DSS ends with an error of its own for the whole file; here the token does not "
        "hold, and with it the signature's time.",
        clause="EN 319 102-1, 5.4",
        vectors=these("tokens", "empty-value"),
    ),
    Disagreement(
        theirs=PASSED,
        because="What is known of the certificate had ended when it matters, or is dated after the moment of looking. DSS's "
        "policy does not ask for freshness; where it is made to, it asks for it at the moment of looking even for archived "
        "files, which is not our rule either: fresh at the best signature time, or younger.",
        clause=_FRESH,
        vectors=these("revocation", "signatory-b-b-future-crl signatory-b-b-old-crl signatory-b-b-old-ocsp "
            "signatory-b-t-stale-crl signatory-b-t-stale-ocsp"),
    ),
    Disagreement(
        theirs=CONSTRAINTS,
        because="The time that the signer claims is before the certificate as well, and DSS stops at the claim. Here only proven "
        "times count, and the proven one is too early.",
        clause="EN 319 102-1, 5.5.4, step 4 b",
        vectors=these("revocation", "before-the-certificate"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS's table lets ECDSA with 163 bits and more pass until 2012-08-01; ours names the curves that count, and "
        "P-192 is none of them.",
        clause="EN 319 102-1, 5.2.8; our policy after ETSI TS 119 312",
        vectors=these("algorithms", "p-192-signed-2012-stamped-2012"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS's table lets RSA with 1024 bits pass until 2019-10-01; ours ends it on 2014-01-01.",
        clause="EN 319 102-1, 5.2.8 and 5.5.4, step 4 c; our policy after ETSI TS 119 312",
        vectors=these("algorithms", "rsa-1024-signed-2012-stamped-2016"),
    ),
    Disagreement(
        theirs=PASSED,
        because="In adbe.pkcs7.sha1 only a SHA-1 digest of the file is what is signed. DSS weighs the algorithms of the CMS "
        "object, SHA-256 here, and not that of the content; SHA-1 had ended.",
        clause="ISO 32000-1, 12.8.3.3.1; EN 319 102-1, 5.2.8",
        vectors=these("sha1-content", "sha256-not-stamped sha256-stamped-2016"),
    ),
    Disagreement(
        theirs=CONSTRAINTS,
        because="The content is signed without signed attributes, as this older format may. DSS wants the message-digest "
        "attribute of AdES signatures.",
        clause=_SHA1 + ": signed attributes are optional",
        vectors=these("sha1-content", "archived-2012 bare-stamped-2012 content-in-pieces"),
    ),
    Disagreement(
        theirs=CONSTRAINTS,
        because="The content is said to be a time-stamp's, and there are no signed attributes, without which only plain "
        "data may be signed. DSS misses the message-digest attribute; here the object is not built as it must be.",
        clause="RFC 5652, 5.3 (signedAttrs must be present unless the content is id-data)",
        vectors=these("sha1-content", "content-of-another-type"),
    ),
    Disagreement(
        theirs="changes none",
        because="An update follows the signature that changes nothing of the page: DSS lists no change, here an update is "
        "an extension of the file.",
        clause="ISO 32000-2, 7.5.6",
        vectors=(*these("honest", "empty-update same-object-again"), *these("saving", "title-changed")),
    ),
)  # fmt: skip
