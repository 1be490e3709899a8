"""Disagreements about what was changed after a signature."""

from __future__ import annotations

from tests.vectors.disagreement import PASSED, Disagreement, these

_OWN_RULE = "ISO 32000-2, 12.7.4.3; our policy: number and date show what the field holds"
_TABLE_257 = "ISO 32000-2, 12.8.2.2.2, Table 257"
_UPDATES = "ISO 32000-2, 12.8.2.2.2; EN 319 102-1, 5.2.2"

IN_CHANGES = (
    Disagreement(
        theirs=PASSED,
        because="DSS counts this as a field that was filled in, and does not compare the field's value with the picture "
        "that the page shows of it.",
        clause=_OWN_RULE,
        vectors=(
            *these("cells", "cells-exchanged date-differs number-differs number-shows-more number-shows-nothing "
                "number-without-picture number-without-value picture-outside-its-box two-texts-in-the-picture "
                "value-is-a-name value-is-a-stream"),
            *these("saving", "number-filled"),
            *these("shadow", "replace-value-not-picture replace-default-value"),
        ),
    ),
    Disagreement(
        theirs=PASSED,
        because="The field's widget was hidden or moved, or viewers are told to draw all fields anew: DSS puts every "
        "change in a field's widget and in the form's own entries down to filling in, which it is not.",
        clause="ISO 32000-2, 12.8.2.2.2 and 12.8.2.4; 12.7.3, Table 224 (NeedAppearances)",
        vectors=these("cells", "drawn-anew-before-seal number-hidden-before-seal number-moved-before-seal"),
    ),
    Disagreement(
        theirs=PASSED,
        because="A certification with P=2 or P=3 lets fields be filled in and signed; to add a field to the form and to "
        "the page is more. DSS puts any new signature field down to signing, wherever on the page it stands.",
        clause=_TABLE_257,
        vectors=these("certified", "citizen-at-p2 citizen-at-p3 citizen-beside-text-at-p2"),
    ),
    Disagreement(
        theirs=PASSED,
        because="Before it was signed the empty field was moved over the text; DSS puts that down to signing. Where a field "
        "stands on the page is not among what a signature in it may change.",
        clause=_TABLE_257,
        vectors=these("certified", "citizen-in-seal-field-at-p2-locked citizen-in-seal-field-at-p2 "
            "citizen-in-seal-field-at-unlocked"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The new field over the text has a value that is no signature. DSS leaves such a field out of its report and "
        "puts the change down to signing; here a filled field that cannot be judged is reported, and it was not signed.",
        clause=_TABLE_257 + "; ISO 32000-2, 12.7.5.5",
        vectors=these("certified", "false-value-at-p2 false-value-at-p3 false-value-at-unlocked"),
    ),
    Disagreement(
        theirs=PASSED,
        because="A field that is still empty got a picture over the text: DSS puts that down to filling in, though nothing "
        "was filled in or signed.",
        clause=_TABLE_257,
        vectors=these("certified", "seal-field-at-p2-locked seal-field-at-p2 seal-field-at-p3 seal-field-at-unlocked"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The lock of an empty field was exchanged for one that allows everything: DSS puts that down to signing, "
        "though a lock is what the author laid down for a signature to come.",
        clause="ISO 32000-2, 12.7.5.5, Table 236, and 12.8.2.2.2, Table 257",
        vectors=these("certified", "seal-field-unlocked-at-p2-locked seal-field-unlocked-at-p2 seal-field-unlocked-at-p3 "
            "seal-field-unlocked-at-unlocked"),
    ),
    Disagreement(
        theirs=PASSED,
        because="By its objects both pass it. The new signature's field has an empty rectangle and an appearance with text: "
        "PDFium, and so a common browser, draws that all the same, and our comparison of pages refuses it; DSS's renderer "
        "does not draw it.",
        clause="ISO 32000-2, 12.7.5.5 (such a field is not shown); our policy: `pages_as_signed` fails what a viewer shows",
        vectors=these("certified", "citizen-unseen-at-unlocked"),
    ),
    Disagreement(
        theirs="INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND",
        because="DSS puts a new field that a stranger signed down to signing and only misses the stranger's chain; to add a "
        "field over the text of a certified document is more than filling in and signing, so the first signature fails.",
        clause=_TABLE_257,
        vectors=these("certified", "stranger-at-p2 stranger-at-p3"),
    ),
    Disagreement(
        theirs=PASSED,
        because="The newer cross-reference table marks the object as free. DSS's reader, PDFBox, goes on using the "
        "older object and sees no change; by the file's own word it is gone, and what referred to it is empty.",
        clause="ISO 32000-2, 7.5.4 and 7.5.6: the newest entry for an object counts",
        vectors=(
            *these("saving", "content-freed form-freed link-freed second-page-freed"),
            *these("shadow", "hide-cover-freed hide-note-freed"),
        ),
    ),
    Disagreement(
        theirs=PASSED,
        because="The newer object has another generation number than the references to it. DSS's reader sees no change; "
        "PDFium shows the page otherwise than it was signed.",
        clause="ISO 32000-2, 7.3.10 and 7.5.4; own rule: the pages look as they were signed",
        vectors=these("saving", "other-generation"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS puts every entry in the catalogue's name tree down to filling in, a script or an attached file as well.",
        clause=_UPDATES,
        vectors=these("saving", "document-script embedded-file"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS does not look at the default resources of the form, with which viewers draw its fields anew.",
        clause=_UPDATES + "; ISO 32000-2, 12.7.3, Table 224 (DR, DA)",
        vectors=these("saving", "default-font-of-the-form"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS puts a new rectangle of an annotation down to filling in or signing; here an empty field was moved, or a "
        "link stretched over the page, and nothing was filled in.",
        clause=_UPDATES,
        vectors=these("saving", "empty-seal-field-moved link-moved"),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS puts it down to filling in when a field changes its type or its name; the value that a reader "
        "sees then is not the one that was meant for this field.",
        clause=_UPDATES,
        vectors=(*these("saving", "text-field-becomes-button"), *these("shadow", "replace-cells")),
    ),
    Disagreement(
        theirs=PASSED,
        because="DSS puts every new entry of a field's widget down to filling in: that it is read-only, stands elsewhere, has a "
        "script or an action, or another name. Nothing of that was filled in.",
        clause=_TABLE_257,
        vectors=these("rewriting", "not-as-it-was-flags-unlocked not-as-it-was-flags-p2-locked not-as-it-was-place-unlocked "
            "not-as-it-was-place-p2-locked not-as-it-was-script-unlocked not-as-it-was-script-p2-locked "
            "not-as-it-was-action-unlocked not-as-it-was-action-p2-locked not-as-it-was-name-unlocked "
            "not-as-it-was-name-p2-locked"),
    ),
    Disagreement(
        theirs="changes none",
        because="Objects were written again as they were. DSS lists no change; here an update is an extension, even one "
        "that changes nothing.",
        clause="ISO 32000-2, 7.5.6",
        vectors=these("rewriting", " ".join(f"{what}-{lock}" for what in ("field", "spelling", "filled-field", "page",
            "catalogue") for lock in ("unlocked", "locked", "p1", "p2-locked"))),
    ),
    Disagreement(
        theirs="TOTAL_FAILED/FORMAT_FAILURE",
        because="An update adds an invisible signature field and nothing in it. DSS cannot put a field that nobody has signed "
        "down to signing; here it is the first half of a document timestamp, which shows nothing and claims nothing.",
        clause="EN 319 142-1, 5.4.3; ISO 32000-2, 12.8.5",
        vectors=these("rewriting", "nothing-drawn nothing-drawn-direct"),
    ),
)  # fmt: skip
