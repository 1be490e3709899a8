"""Nothing leaves the table of states, whatever people and workers do in whatever order; and the drawing shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.certificate import SigningCertificate
from issuance import afterwards, refusals
from issuance.copies import _numbered
from issuance.cosigners import Cosigner, Part
from issuance.delivery import deliver
from issuance.document_types import NumberingOrder
from issuance.documents import PUBLISHED, STEPS, CopyOf, DocumentState, Intent, Original, Purpose
from issuance.errors import IssuanceError, WrongState
from issuance.issue import request_issue
from issuance.number_first import request_number
from issuance.numbers import NumberSeries
from issuance.ports import TimelineStep
from issuance.sign import request_signature
from issuance.signature_step import _signed
from issuance.submit import submit
from signing.copy_form import CopyForm
from tests.register_material import NOW, new_document, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister
from tests.unit.certs_pki import Profile, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from issuance.documents import Document

DRAWING = Path(__file__).parents[2] / "docs" / "issuance-cycle.md"
CLOCK = SetClock()
ENDS = {state for state, steps in STEPS.items() if not steps}
_CERTIFICATE = make(Profile(name="Mẫu", is_ca=False)).certificate
ABLE = SigningCertificate(der=_CERTIFICATE.public_bytes(Encoding.DER), chain=())


class Walk:
    """One document that people and workers pull at."""

    def __init__(self, *, order: NumberingOrder, cosigned: bool, copied: bool = False) -> None:
        self.uow = MemoryRegister()
        people = settle_people(self.uow)
        self.people = replace(
            people,
            signature=replace(people.signature, certificate=ABLE),
            seal=replace(people.seal, certificate=ABLE),
        )
        colleague = replace(people.signatory, id="colleague")
        self.colleague = colleague
        key = replace(self.people.signature, name="colleague", holder=colleague.id)
        cosigners = (Cosigner(account=colleague.id, part=Part.INITIAL),) if cosigned else ()
        self.document = self._copied() if copied else self._stored(order=order, cosigners=cosigners)
        self.other = self._stored(order=NumberingOrder.SIGNATURE_FIRST, cosigners=())
        with self.uow() as register:
            register.add_account(colleague, secret_hash="-")
            for credential in (self.people.signature, self.people.seal, key):
                register.add_credential(credential, activation_hash="-")

    def _stored(self, *, order: NumberingOrder, cosigners: tuple[Cosigner, ...]) -> Document:
        document = new_document(self.people)
        document = replace(document, draft=replace(document.draft, order=order, cosigners=cosigners))
        with self.uow() as register:
            register.add_document(document)
            register.add_revision(document.id, document.current)
            register.add_timeline_step(document.id, TimelineStep(document.state, NOW, "motcua"))
        return document

    def _copied(self) -> Document:
        """A copy as the clerk orders it: it has no draft and no signature, and begins with its number."""
        with self.uow() as register:
            register.add_series(NumberSeries(agency=self.people.agency.id, name="sao", year=2026, symbol="SY"))
        document = new_document(self.people)
        original = Original("Quyết định", "12/QĐ-TTg", NOW.date(), "Thủ tướng Chính phủ")
        draft = replace(document.draft, series="sao", copy=CopyOf(CopyForm.TRUE_COPY, original))
        intent = Intent(Purpose.SEAL, self.people.clerk.id, self.people.seal.name, NOW)
        copy = replace(document, draft=draft, layout=None, state=DocumentState.NUMBERED, intent=intent)
        with self.uow() as register:
            register.add_credential(self.people.seal, activation_hash="-")
            return _numbered(register, copy, NOW.date(), at=NOW)

    def act(self, name: str) -> None:
        """One thing that somebody tries; a refusal must leave everything as it is."""
        before = self.now
        try:
            self._acts()[name]()
        except IssuanceError:
            assert self.now == before, name

    @property
    def now(self) -> Document:
        with self.uow() as register:
            found = register.document(self.document.id)
        assert found is not None
        return found

    def _acts(self) -> dict[str, Callable[[], object]]:
        who, document = self.people, self.document.id
        call = {"uow": self.uow, "clock": CLOCK, "document_id": document}
        why = call | {"reason": "Mẫu"}
        by = why | {"by": self.other.id, "actor": who.clerk}
        sign = partial(request_signature, **call)  # type: ignore[arg-type]
        return {
            "submit": lambda: submit(actor=who.submitter, **call),  # type: ignore[arg-type]
            "number": lambda: request_number(actor=who.clerk, issued_on=None, **call),  # type: ignore[arg-type]
            "sign": lambda: sign(actor=who.signatory, credential=who.signature.name),
            "cosign": lambda: sign(actor=self.colleague, credential="colleague"),
            "return": lambda: refusals.return_for_correction(actor=who.signatory, **why),  # type: ignore[arg-type]
            "send back": lambda: refusals.return_for_correction(actor=self.colleague, **why),  # type: ignore[arg-type]
            "reject": lambda: refusals.reject(actor=who.signatory, **why),  # type: ignore[arg-type]
            "refuse": lambda: refusals.reject(actor=who.clerk, **why),  # type: ignore[arg-type]
            "withdraw": lambda: refusals.withdraw(actor=who.submitter, **why),  # type: ignore[arg-type]
            "void": lambda: refusals.void_number(actor=who.clerk, **why),  # type: ignore[arg-type]
            "issue": lambda: request_issue(
                actor=who.clerk,
                credential=who.seal.name,
                issued_on=None,
                **call,  # type: ignore[arg-type]
            ),
            "deliver": lambda: deliver(actor=who.submitter, **why),  # type: ignore[arg-type]
            "hand over": lambda: deliver(actor=who.clerk, **why),  # type: ignore[arg-type]
            "correct": lambda: afterwards.correct(**by),  # type: ignore[arg-type]
            "replace": lambda: afterwards.replace(**by),  # type: ignore[arg-type]
            "recall": lambda: afterwards.recall(actor=who.clerk, **why),  # type: ignore[arg-type]
            "work": lambda: self._work(document),
        }

    def _work(self, document_id: UUID) -> None:
        """What a worker makes of the state it finds, without the cryptography in between."""
        with self.uow() as register:
            document = register.document(document_id)
            assert document is not None
            match document.state:
                case DocumentState.SIGNING:
                    document = document.step_to(DocumentState.AWAITING_TIMESTAMP)
                case DocumentState.AWAITING_TIMESTAMP:
                    document = _signed(document)
                case DocumentState.NUMBERED:
                    document = document.step_to(DocumentState.SEALED)
                case DocumentState.SEALED:
                    document = document.step_to(DocumentState.ISSUED)
                case _:
                    return
            register.save_document(document)
            register.add_timeline_step(document_id, TimelineStep(document.state, NOW, "worker"))


ACTS = sorted(Walk(order=NumberingOrder.SIGNATURE_FIRST, cosigned=False)._acts())
# Blind chance seldom gets far: every third act is the one that leads on.
LEADS_ON = ("submit", "number", "cosign", "sign", "issue", "work", "work")


@settings(max_examples=150)
@given(
    order=st.sampled_from(NumberingOrder),
    cosigned=st.booleans(),
    acts=st.lists(st.one_of(st.sampled_from(ACTS), st.sampled_from(LEADS_ON)), max_size=60),
)
def test_no_order_of_acts_leaves_the_table(order: NumberingOrder, *, cosigned: bool, acts: list[str]) -> None:
    walk = Walk(order=order, cosigned=cosigned)
    number = None
    for act in acts:
        ended = walk.now if walk.now.state in ENDS else None
        walk.act(act)
        now = walk.now
        assert ended is None or now == ended
        assert number is None or now.number == number
        number = now.number
        if now.state in PUBLISHED:
            assert now.number is not None
            assert now.cosigned == len(now.draft.cosigners)
    with walk.uow() as register:
        states = [step.state for step in register.timeline(walk.document.id)]
        entry = register.entry(walk.document.id)
        (then,) = register.entries(agency=walk.people.agency.id, year=2026, until=NOW) or (None,)
    assert all(after in STEPS[before] for before, after in pairwise(states))
    assert states[-1] is walk.now.state
    assert (entry is not None) == (number is not None)
    given_up = then is not None and then.void_reason is not None
    assert given_up == (number is not None and states[-1] in ENDS - PUBLISHED)


@settings(max_examples=50)
@given(acts=st.lists(st.sampled_from((*ACTS, "work", "deliver")), max_size=30))
def test_no_order_of_acts_leads_a_copy_anywhere_but_on_from_its_number(acts: list[str]) -> None:
    walk = Walk(order=NumberingOrder.SIGNATURE_FIRST, cosigned=False, copied=True)
    number = walk.now.number
    for act in acts:
        walk.act(act)
    with walk.uow() as register:
        states = [step.state for step in register.timeline(walk.document.id)]
    assert states[0] is DocumentState.NUMBERED
    assert all(after in STEPS[before] for before, after in pairwise(states))
    assert set(states) <= {DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.VOIDED, *PUBLISHED}
    assert (walk.now.number, walk.now.cosigned) == (number, 0)


@pytest.mark.parametrize("state", DocumentState)
def test_a_step_that_the_table_does_not_have_cannot_be_taken(state: DocumentState) -> None:
    people = settle_people(MemoryRegister())
    document = replace(new_document(people), state=state)
    for target in set(DocumentState) - STEPS[state]:
        with pytest.raises(WrongState):
            document.step_to(target)


def test_the_drawing_shows_exactly_the_table() -> None:
    drawn = set()
    for line in DRAWING.read_text(encoding="utf-8").splitlines():
        if line.startswith(" ") and "─▶" in line:
            stations = line.split("─▶")
            for left, right in pairwise(stations):
                names = [name.strip().split()[-1] for name in left.split(",")]
                drawn |= {(name, re.split(r"\s", right.strip())[0]) for name in names}
    assert drawn == {(state.value, step.value) for state, steps in STEPS.items() for step in steps}
