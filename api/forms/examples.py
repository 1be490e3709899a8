"""Examples for the description of the interface; a test holds each to the form that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.config import JsonDict

_SHA256 = "9f2c6a1d0f6b4f0b8c2f6f0f8f5e3a7d1c4b6a8e9d0c1b2a3f4e5d6c7b8a9f00"

METADATA: JsonDict = {
    "agency": "000.00.00.H62",
    "type": "Thông báo",
    "subject": "Thông báo kết quả giải quyết thủ tục hành chính",
    "signatory": "lanhdao.vanphong",
    "series": "TB",
    "dossier_code": "000.00.15.H62-230405-0012",
    "procedure_code": "1.004194",
    "recipients": ["Trung tâm Phục vụ hành chính công"],
    "due_at": "2026-11-30T17:00:00+07:00",
    "external_id": "motcua-5512",
    "layout": {
        "number": {"page": 1, "left": 41.0, "top": 33.5, "width": 12.0, "height": 6.0},
        "date": {"page": 1, "left": 104.0, "top": 33.5, "width": 70.0, "height": 6.0},
        "signature": {"page": 2, "left": 118.0, "top": 176.0, "width": 50.0, "height": 22.0},
    },
}

SIGNATURE_ORDER: JsonDict = {"credential": "chuky.lanhdao.vanphong", "activation": "48151623"}

ISSUE_ORDER: JsonDict = {"credential": "condau.ubnd", "issued_on": "2026-11-23"}

DOCUMENT: JsonDict = {
    "id": "01a20aa6-57e1-7469-a0d3-015803768f3a",
    "lookup_code": "7K3MQX9P2BDFHT5W4",
    "state": "draft",
    "agency": "000.00.00.H62",
    "type": "Thông báo",
    "subject": "Thông báo kết quả giải quyết thủ tục hành chính",
    "signatory": "lanhdao.vanphong",
    "series": "TB",
    "dossier_code": "000.00.15.H62-230405-0012",
    "external_id": "motcua-5512",
    "number": None,
    "issued_on": None,
    "sha256": _SHA256,
    "created_at": "2026-11-23T02:15:42.123456Z",
    "due_at": "2026-11-30T10:00:00Z",
    "obstacle": None,
    "procedure_code": "1.004194",
    "recipients": ["Trung tâm Phục vụ hành chính công"],
    "callback_url": None,
    "drafting_unit": None,
    "capacity": ["KT"],
    "order": "signature_first",
    "cosigners": [],
    "issue_by": "2026-11-24",
    "reappointed_to": None,
    "created_by": "motcua",
    "timeline": [
        {"state": "draft", "at": "2026-11-23T02:15:42.123456Z", "actor": "motcua", "reason": None, "other": None}
    ],
    "revisions": [{"revision": 1, "sha256": _SHA256, "length": 184320, "predecessor": None}],
    "signatures": [],
    "attachments": 0,
    "copy_of": None,
}

CREATED: JsonDict = {**DOCUMENT, "findings": []}

OF_FORMS: Mapping[str, JsonDict] = {
    "MetadataForm": METADATA,
    "SignatureOrder": SIGNATURE_ORDER,
    "IssueOrder": ISSUE_ORDER,
    "DocumentAnswer": DOCUMENT,
    "CreatedAnswer": CREATED,
}
"""By the names of the forms, as the description has them."""
