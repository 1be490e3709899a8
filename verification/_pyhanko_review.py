"""The door to the difference analysis itself: pyHanko's rules, asked about no more than they need.

Each revision after the signed one is held against it, and every object that it wrote must be explained by a rule, in
all its uses. The rules are pyHanko's, and so is what counts as explained (``StandardDiffPolicy.apply``); here the order
of asking is ours, so that what is the same for all signatures is found out once (:mod:`verification._pyhanko_steps`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.misc import IndirectObjectExpected
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel, SuspiciousModification
from pyhanko.sign.diff_analysis.policies import _is_id
from pyhanko.sign.diff_analysis.rules.metadata_rules import MetadataUpdateRule
from pyhanko.sign.diff_analysis.rules_api import ApprovalType

from verification._pyhanko_reader import Revision, as_ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyhanko.pdf_utils.generic import Reference
    from pyhanko.pdf_utils.reader import HistoricalResolver
    from pyhanko.sign.diff_analysis import FormUpdatingRule, QualifiedWhitelistRule
    from pyhanko.sign.diff_analysis.form_rules_api import FormUpdate
    from pyhanko.sign.diff_analysis.rules_api import AbsoluteContext, ReferenceUpdate
    from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

    from verification._pyhanko_reader import Revision


@dataclass(frozen=True)
class Locks:
    """What the signature forbids: fields (FieldMDP) and kinds of change (DocMDP)."""

    fields: FieldMDPSpec | None
    document: MDPPerm | None


@dataclass(frozen=True)
class Review:
    """The rules; answers for one file at a time."""

    global_rules: Sequence[QualifiedWhitelistRule]
    form_rule: FormUpdatingRule

    def of(self, signed: HistoricalResolver, locks: Locks) -> DiffResult:
        """The gravest of what came after this revision; raises :class:`SuspiciousModification`."""
        level, changed, old = ModificationLevel.NONE, set[str](), as_ours(signed)
        for number in range(old.revision + 1, old.reader.xrefs.total_revisions):
            result = self._between(old, old.reader.get_historical_resolver(number), locks)
            level, changed = max(level, result.modification_level), changed | result.changed_form_fields
        return DiffResult(level, changed)

    def _between(self, old: Revision, new: Revision, locks: Locks) -> DiffResult:
        if new.refs_freed_in_revision():  # type: ignore[no-untyped-call]
            msg = "objects were freed"
            raise SuspiciousModification(msg)
        written = new.reader.xrefs.explicit_refs_in_revision(new.revision)
        explained = _Explained()
        explained.demand(old, written)
        for ref in new.reader.steps.orphans(new.revision):
            # What the signed revision refers to without having it is no orphan: the reader would show it from now on.
            if not new.reader.usages.mentions(old.revision, (ref.idnum, ref.generation)):
                explained.at[ModificationLevel.LTA_UPDATES].add(ref)
        for rule in self.global_rules:
            for level, update in rule.apply_qualified(old, new):
                explained.take(level, update)
        changed = set(_allowed(self.form_rule.apply(old, new), explained, locks))
        return DiffResult(_level(explained.unexplained(old, new, written)), changed)


def _allowed(
    updates: Iterable[tuple[ModificationLevel, FormUpdate]], explained: _Explained, locks: Locks
) -> Iterator[str]:
    """The names of the fields that were changed, if none of that is locked."""
    for level, update in updates:
        explained.take(level, update)
        name = update.field_name
        if name is not None and not update.valid_when_locked:
            if locks.fields is not None and locks.fields.is_locked(name):
                msg = "a field was changed that is locked"
                raise SuspiciousModification(msg)
            yield name
        if locks.document is not None and not update.valid_when_certifying:
            msg = "a visible field was added after a certification"
            raise SuspiciousModification(msg)


@dataclass
class _Explained:
    """What rules have explained so far, by level; an object that was in use counts when all its uses are approved."""

    at: defaultdict[ModificationLevel, set[Reference]] = field(default_factory=lambda: defaultdict(set))
    _open: dict[Reference, tuple[ModificationLevel, set[AbsoluteContext]]] = field(default_factory=dict)

    def demand(self, old: Revision, written: Iterable[Reference]) -> None:
        """All uses of these objects in the signed revision are to be approved."""
        old._load_reverse_xref_cache()  # noqa: SLF001 - the door knows pyHanko's rooms
        uses = ((ref, old.contexts(ref)) for ref in written)
        self._open = {ref: (ModificationLevel.NONE, contexts) for ref, contexts in uses if contexts}

    def take(self, level: ModificationLevel, update: ReferenceUpdate) -> None:
        """An update that a rule approves: in all uses, in those that look alike, or in one."""
        ref = update.updated_ref
        if ref in self._open:
            highest, contexts = self._open[ref]
            kind = update.approval_type
            if kind is ApprovalType.BLANKET_APPROVE:
                contexts = set()
            elif kind is ApprovalType.APPROVE_RELATIVE_CONTEXT:
                contexts = {each for each in contexts if each.relative_view != update.context_checked}
            else:
                contexts = {each for each in contexts if each != update.context_checked}
            level = max(highest, level)
            self._open[ref] = level, contexts
            if contexts:
                return
        self.at[level].add(ref)

    def unexplained(
        self, old: Revision, new: Revision, written: set[Reference]
    ) -> tuple[set[Reference], set[Reference], set[Reference]]:
        """What is not explained by extension, by that or filling, and by that or annotating; copies need no reason."""
        beyond_extension = written - self.at[ModificationLevel.LTA_UPDATES]
        copies = {ref for ref in beyond_extension if is_copy(ref, old, new)}
        beyond_filling = beyond_extension - self.at[ModificationLevel.FORM_FILLING]
        beyond_annotating = beyond_filling - self.at[ModificationLevel.ANNOTATIONS]
        return beyond_extension - copies, beyond_filling - copies, beyond_annotating - copies


def is_copy(ref: Reference, old: HistoricalResolver, new: HistoricalResolver) -> bool:
    """Whether the object is in the new revision what it was in the old one, however it is written."""
    return old.reader.xrefs.get_historical_ref(ref, old.revision) is not None and _is_id(old(ref), new(ref))


def _level(unexplained: tuple[set[Reference], set[Reference], set[Reference]]) -> ModificationLevel:
    beyond_extension, beyond_filling, beyond_annotating = unexplained
    if beyond_annotating:
        msg = "objects were written that no rule explains"
        raise SuspiciousModification(msg)
    if beyond_filling:
        return ModificationLevel.ANNOTATIONS
    return ModificationLevel.FORM_FILLING if beyond_extension else ModificationLevel.LTA_UPDATES


class MetadataOnce(MetadataUpdateRule):
    """pyHanko's rule for metadata, which parses each version of it once."""

    def __init__(self) -> None:
        super().__init__(check_xml_syntax=False)  # type: ignore[no-untyped-call]

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """PyHanko's question; raises :class:`SuspiciousModification` where either version is no XMP."""
        if "/Metadata" in new.root:
            for revision in (new, old):
                self._demand_xml(as_ours(revision))
        return super().apply(old, new)

    def _demand_xml(self, revision: Revision) -> None:
        try:
            ref = revision.root.get_value_as_reference("/Metadata")
        except (IndirectObjectExpected, KeyError):
            return  # the rule itself says what to think of it
        place = revision.reader.xrefs.get_historical_ref(ref, revision.revision)
        version = ((ref.idnum, ref.generation), place)
        if version not in revision.reader.steps.well_formed:
            self.is_well_formed_xml(ref)
            revision.reader.steps.well_formed.add(version)
