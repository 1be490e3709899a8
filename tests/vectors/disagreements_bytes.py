"""Disagreements about files that are not put together as they must be, and about what counts as a signature at all."""

from __future__ import annotations

from tests.vectors.disagreement import (
    CONSTRAINTS,
    FORMAT,
    HASH,
    NOTHING,
    PASSED,
    UNREADABLE,
    Disagreement,
    these,
)

_FIELD = "ISO 32000-2, 12.7.5.5 and 12.8.1, Table 255; our rule: every filled signature field is reported"

IN_BYTES = (
    Disagreement(
        theirs=NOTHING,
        because="DSS leaves a field out of its report whose signature dictionary or CMS object it cannot read; "
        "a reader would take the file for one that nobody has signed.",
        clause=_FIELD,
        vectors=(
            *these("cms", "a-set bare-signed-data empty half length-too-large length-too-small nested-deeply "
                "version-missing"),
            *these("forgery", "byte-range-a-dictionary byte-range-a-name byte-range-a-number byte-range-a-string "
                "byte-range-absent byte-range-empty byte-range-null byte-range-of-nulls byte-range-of-strings "
                "byte-range-only-two-numbers byte-range-three-numbers contents-a-dictionary "
                "contents-a-literal-string contents-a-name contents-a-number "
                "contents-a-reference-to-its-own-dictionary contents-a-reference-to-nothing contents-absent "
                "contents-an-array contents-empty contents-nothing-but-zeros contents-null "
                "contents-of-a-length-beyond-the-file contents-of-an-indefinite-length-without-an-end "
                "contents-one-zero-byte contents-there-twice-the-second-empty contents-true value-a-reference-to-nothing "
                "value-a-string value-the-catalogue"),
            *these("tokens", "truncated"),
            *these("wrapping", "literal-string-in-the-gap object-in-the-gap two-strings-in-the-gap"),
        ),
    ),
    Disagreement(
        theirs=NOTHING,
        because="The field has the signature dictionary written into itself. DSS looks for references only and leaves "
        "the field out of its report.",
        clause=_FIELD,
        vectors=these("forgery", "value-written-into-the-field-itself"),
    ),
    Disagreement(
        theirs=NOTHING,
        because="The dictionary says that it is a document timestamp and holds a signature. DSS takes it for a time-stamp, "
        "cannot read that, and leaves the field out of its report.",
        clause=_FIELD + "; EN 319 142-1, 5.4.3",
        vectors=these("forgery", "with-subfilter-of-a-document-timestamp with-type-of-a-document-timestamp"),
    ),
    Disagreement(
        theirs=HASH,
        because="DSS reads any /SubFilter as if it were a PAdES signature, and the digest is wrong, the file being a forgery. "
        "Here a format that is not supported is not computed: what it would say is not known.",
        clause="ISO 32000-2, 12.8.1, Table 255 (SubFilter); EN 319 102-1, 5.2.2",
        vectors=these("forgery", "with-an-unknown-subfilter with-subfilter-a-string "
            "with-the-old-subfilter-of-a-bare-rsa-value without-subfilter"),
    ),
    Disagreement(
        theirs=UNREADABLE,
        because="DSS opens only files that begin with %PDF-. Readers look for the header further on, so that here the file is "
        "read from there, and the bytes before it are a caution.",
        clause="ISO 32000-2, 7.5.2; our policy: `header_first` warns",
        vectors=these("confusion", "before-and-behind html-before jpeg-before line-before postscript-before zip-before"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS does not look at what stands behind the end mark: there are objects, tables or trailers that other "
        "readers use and no signature covers.",
        clause="ISO 32000-2, 7.5.5 and 7.5.6; our rule on the bytes around the document",
        vectors=(
            *these("confusion", "doubled object-behind-issued object-behind startxref-behind trailer-behind"),
            *these("saving", "no-end-mark objects-only"),
        ),
    ),
    Disagreement(
        theirs=PASSED,
        because="The update behind the signature has no table, or the end of the file is not where it must be. DSS's reader "
        "falls back on what it can find, the signed revision; here a file whose last revision is in doubt is not judged.",
        clause="ISO 32000-2, 7.5.4 and 7.5.5; EN 319 102-1, 5.2.2",
        vectors=(*these("confusion", "end-mark-behind much-behind"), *these("saving", "no-startxref no-xref-table")),
    ),
    Disagreement(
        theirs=NOTHING,
        because="The file cannot be read to its end. DSS's reader rebuilds what it can, finds no signature in that, and "
        "says so; here a file that cannot be read says nothing about its signatures.",
        clause="ISO 32000-2, 7.5; EN 319 102-1, 5.2.2",
        vectors=(*these("confusion", "pdf-behind"), *these("saving", "cut-in-the-signature prev-nowhere start-in-a-stream")),
    ),
    Disagreement(
        theirs=FORMAT,
        because="The cross-references are damaged. DSS's reader rebuilds them by a search for objects, takes the changed "
        "one and refuses the change; here the file is refused as unreadable before anything is compared.",
        clause="ISO 32000-2, 7.5.4 and 7.5.5; EN 319 102-1, 5.2.2",
        vectors=these("saving", "no-trailer prev-missing prev-to-itself size-too-small start-at-zero start-beyond-the-end "
            "start-negative"),
    ),
    Disagreement(
        theirs=FORMAT,
        because="The file is not whole, or another precedes it. DSS's reader rebuilds the cross-references and finds the byte "
        "range wrong; here the file is refused as unreadable before that.",
        clause="ISO 32000-2, 7.5.2 to 7.5.5; EN 319 102-1, 5.2.2",
        vectors=(*these("confusion", "pdf-before"), *these("saving", "cut-in-the-trailer")),
    ),
    Disagreement(
        theirs=HASH,
        because="The catalogue was overwritten so that it leads to no pages. DSS finds the fields and the wrong digest all "
        "the same; here a file without pages is refused as unreadable.",
        clause="ISO 32000-2, 7.7.2; EN 319 102-1, 5.2.2",
        vectors=these("saving", "root-overwritten-in-place"),
    ),
    Disagreement(
        theirs=PASSED,
        because="Two fields share one signature dictionary. DSS reports the signature once, under the first; here the "
        "person signed in one field at most, and nobody knows in which.",
        clause="ISO 32000-2, 12.7.5.5; our rule: every filled signature field is reported",
        vectors=these("confusion", "two-fields-one-value"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The signed ranges end before the trailer or before the end mark. DSS asks only that the ranges are consistent; "
        "here a signature covers its whole revision but for its contents.",
        clause="ISO 32000-2, 12.8.1; EN 319 142-1, 5.2 (the byte range covers the entire file)",
        vectors=these("wrapping", "trusted-end-mark-not-covered trusted-trailer-not-covered"),
    ),
    Disagreement(
        theirs=CONSTRAINTS,
        because="DSS asks for the claimed time in the dictionary's /M, as PAdES baseline signatures must have it. Here it is "
        "a claim that proves nothing, and its lack changes nothing that is known of the signature.",
        clause="EN 319 142-1, 6.3, Table 1 (M); EN 319 102-1, 5.5.4: the claimed time is no proof",
        vectors=these("honest", "no-date odd-date"),
    ),
)  # fmt: skip
