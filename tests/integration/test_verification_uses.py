"""Objects that may change by themselves, and are made to be shown on a page: each such change is one of the page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pyhanko.sign.fields import MDPPerm

from certs.revocation import RevocationInfo
from tests.notary import Person
from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, SIGNATORY, SIGNED_AT, Chamber
from tests.vectors.paper import CATALOG, CONTENT, INFO, PAGE, appended, edited, stream
from verification.judgement import judge
from verification.policy import DEFAULT_POLICY
from verification.report import ChangeClass, Indication, SubIndication
from verification.validate import find_out, validate

if TYPE_CHECKING:
    from collections.abc import Callable

FONT = b"/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
NINES = b"/Encoding << /Type /Encoding /Differences [49 /nine] >>"  # every 1 is drawn as 9
BODIES = dict[int, bytes]


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


def information_as_font(bodies: BODIES) -> None:
    """The page's font is the document information; its name in the resources is that of a way upwards."""
    bodies[PAGE] = bodies[PAGE].replace(b"/Font << /F 5 0 R >>", b"/Font << /F 5 0 R /Parent 16 0 R >>")
    bodies[CONTENT] = stream(b"BT /Parent 24 Tf 72 720 Td (The sum is 1 000 000) Tj ET")
    bodies[INFO] = b"<< /Title (Sample notice) " + FONT + b" >>"


def catalogue_as_fonts(bodies: BODIES) -> None:
    """The page's fonts are the entries of the catalogue."""
    bodies[CATALOG] = bodies[CATALOG].replace(
        b"/Type /Catalog", b"/Type /Catalog /F 5 0 R /MarkInfo << " + FONT + b" >>"
    )
    bodies[PAGE] = bodies[PAGE].replace(b"/Font << /F 5 0 R >>", b"/Font 1 0 R")
    bodies[CONTENT] = stream(b"BT /MarkInfo 24 Tf 72 720 Td (The sum is 1 000 000) Tj ET")


def information_above_the_page(bodies: BODIES) -> None:
    """The page takes its size from the document information, which it calls its parent."""
    bodies[PAGE] = bodies[PAGE].replace(b"/Parent 2 0 R", b"/Parent 16 0 R").replace(b"/MediaBox [0 0 595 842]", b"")
    bodies[INFO] = b"<< /Title (Sample notice) /MediaBox [ 0 0 595 842 ] >>"


def drawing_to_come(bodies: BODIES) -> None:
    """The page draws a form that is not there yet."""
    bodies[PAGE] = bodies[PAGE].replace(b"/XObject <<", b"/XObject << /Parent 99 0 R")
    bodies[CONTENT] = stream(b"BT /F 24 Tf 72 720 Td (The sum is) Tj ET /Parent Do")


def content_to_come(bodies: BODIES) -> None:
    """A part of the page's content is not there yet."""
    bodies[PAGE] = bodies[PAGE].replace(b"/Contents 4 0 R", b"/Contents [4 0 R 99 0 R]")


def other_font(number: int) -> Callable[[bytes], BODIES]:
    return lambda pdf: {number: edited(pdf, number, b"/Encoding /WinAnsiEncoding", NINES)}


SOMETHING = {
    99: stream(
        b"BT /F 24 Tf 220 720 Td (9 000) Tj ET",
        b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F 5 0 R >> >>",
    )
}


@pytest.mark.parametrize(
    ("prepare", "change"),
    [
        (information_as_font, other_font(INFO)),
        (catalogue_as_fonts, other_font(CATALOG)),
        (
            information_above_the_page,
            lambda pdf: {INFO: edited(pdf, INFO, b"[ 0 0 595 842 ]", b"[ 0 730 595 842 ]")},
        ),
        (drawing_to_come, lambda _pdf: SOMETHING),
        (content_to_come, lambda _pdf: SOMETHING),
    ],
    ids=[
        "information-as-font",
        "catalogue-as-fonts",
        "information-above-the-page",
        "drawing-to-come",
        "content-to-come",
    ],
)
def test_a_page_that_borrows_what_may_change_does_not_pass_once_that_has_changed(
    chamber: Chamber, prepare: Callable[[BODIES], None], change: Callable[[bytes], BODIES]
) -> None:
    bodies = dict(paper.objects())
    prepare(bodies)
    signed = chamber.sign(paper.whole(bodies), SIGNATORY, at=SIGNED_AT, certify=True, permission=MDPPerm.NO_CHANGES)
    assert of_objects_alone(chamber, signed) == (Indication.TOTAL_PASSED, ChangeClass.NONE)
    changed = appended(signed, change(signed))
    assert of_objects_alone(chamber, changed) == (Indication.TOTAL_FAILED, ChangeClass.UNDEFINED)


def of_objects_alone(chamber: Chamber, pdf: bytes) -> tuple[Indication, ChangeClass]:
    """Without a look at pictures, which show only the screen and not every page."""
    report = judge(find_out(pdf, anchors=chamber.anchors, known=chamber.known, at=CHECKED_AT), DEFAULT_POLICY)
    return report.verdict.indication, report.signatures[0].changes_after.change_class


def test_a_younger_list_that_names_the_certificate_is_believed_before_an_older_good_answer(chamber: Chamber) -> None:
    before, signed_at = datetime(2025, 3, 31, 20, tzinfo=UTC), datetime(2025, 4, 1, 10, tzinfo=UTC)
    looked_at = datetime(2025, 5, 5, 12, tzinfo=UTC)
    pdf = chamber.sign(paper.draft(), Person("compromised", "SigSignatory"), at=signed_at)
    known = RevocationInfo(
        certificates=tuple(chamber.certificate(name).dump() for name in ("interm", "fallen", "ocsp")),
        ocsps=(chamber.ocsp("compromised", at=before),),
        crls=(chamber.crl("root", at=looked_at), chamber.crl("interm", at=looked_at)),
    )
    report = validate(pdf, anchors=chamber.anchors, known=known, at=looked_at)
    assert report.verdict.sub_indication is SubIndication.REVOKED_NO_POE
