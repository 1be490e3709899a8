"""The door to the difference analysis: what later revisions changed, and whether the signature allows it.

ISO 32000-2, 12.8.2.2 (DocMDP) and 12.8.2.4 (FieldMDP). pyHanko's rules are used with three repairs: its rule for form
fields reports the appearance of every filled field in every later revision, changed or not, so that a signature that
locks its fields seems broken by an honest update of the validation data; and its rule for the form as a whole lets
viewers be told to draw all fields anew, in fonts that have changed their meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import RawPdfPath
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FieldComparisonContext,
    FormUpdate,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.commons import compare_dicts, compare_key_refs, qualify_transforming
from pyhanko.sign.diff_analysis.rules.form_field_rules import _arr_to_refs, _walk_page_tree_annots, is_field_visible
from pyhanko.sign.diff_analysis.rules_api import Context

from verification._pyhanko import Damaged, reading
from verification._pyhanko_reader import as_ours
from verification._pyhanko_review import Locks, MetadataOnce, Review, is_copy
from verification._pyhanko_steps import FIELDS, Specs
from verification.foreign_text import well_formed
from verification.report import ChangeClass, Changes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from pyhanko.pdf_utils.generic import PdfObject, Reference
    from pyhanko.pdf_utils.reader import HistoricalResolver
    from pyhanko.sign.diff_analysis import FieldComparisonSpec
    from pyhanko.sign.diff_analysis.rules_api import ReferenceUpdate
    from pyhanko.sign.validation import EmbeddedPdfSignature

    from verification._pyhanko_reader import Revision

    _Both = tuple[PdfObject | None, PdfObject | None]
    _Update = tuple[ModificationLevel, FormUpdate]

_FORM, _RESOURCES = RawPdfPath("/Root", "/AcroForm"), RawPdfPath("/Root", "/AcroForm", "/DR")
_CLASSES = {
    ModificationLevel.NONE: ChangeClass.NONE,
    ModificationLevel.LTA_UPDATES: ChangeClass.EXTENSION,
    ModificationLevel.FORM_FILLING: ChangeClass.SIGNING_OR_FORM_FILLING,
    ModificationLevel.ANNOTATIONS: ChangeClass.ANNOTATION,
    ModificationLevel.OTHER: ChangeClass.UNDEFINED,
}
UNDEFINED = Changes(ChangeClass.UNDEFINED)


def changes_since(signature: EmbeddedPdfSignature) -> Changes:
    """Everything that was added after the signed revision, at its gravest.

    Changes that the signature's own locks forbid count as undefined, as do those that cannot be analysed.
    """
    try:
        with reading(signature.reader):
            allowed = signature.docmdp_level
            locks = Locks(fields=signature.fieldmdp, document=allowed)
            result = REVIEW.of(signature.reader.get_historical_resolver(signature.signed_revision), locks)
    except Damaged:
        return UNDEFINED
    level = result.modification_level
    if allowed is not None and level.value > allowed.value:
        return UNDEFINED
    return Changes(_CLASSES[level], fields=tuple(sorted(well_formed(str(name)) for name in result.changed_form_fields)))


class _FormAsItWas(FormUpdatingRule):
    """The rule for the form, which also refuses what would make viewers draw its fields otherwise.

    Fonts may be added to the form's resources, as products do when they sign; none may get another meaning.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[_Update]:
        """What changed in the form, as pyHanko's rule says it, but for fields that ``new`` did not touch."""
        before, after = _form(old), _form(new)
        if _is_drawn_anew(after) and not _is_drawn_anew(before):
            msg = "viewers are told to draw all fields anew (/NeedAppearances)"
            raise SuspiciousModification(msg)
        if _resources(after) | _resources(before) != _resources(after):
            msg = "a default resource of the form has another meaning"
            raise SuspiciousModification(msg)
        old_form, new_form = yield from _entry("/AcroForm", _FORM, old, (old.root, new.root))
        compare_dicts(old_form, new_form, self.ignored_acroform_keys)
        yield from _entry("/Fields", FIELDS, old, (old_form, new_form))
        yield from self._resource_updates(old, new, (old_form, new_form))
        specs, added = as_ours(new).reader.steps.specs(as_ours(old), as_ours(new))
        context = _Context(field_specs=specs, old=old, new=new, added=added)
        for rule in self.field_rules:
            yield from rule.apply(context)

    def _resource_updates(self, old: HistoricalResolver, new: HistoricalResolver, forms: _Both) -> Iterator[_Update]:
        """The form's resources, and what they bring with them."""
        _, resources = yield from _entry("/DR", _RESOURCES, old, forms, level=ModificationLevel.FORM_FILLING)
        if resources is not None:
            for ref in new.collect_dependencies(resources, since_revision=old.revision + 1):
                yield ModificationLevel.FORM_FILLING, FormUpdate(updated_ref=ref)


def _entry(
    key: str,
    path: RawPdfPath,
    old: HistoricalResolver,
    holders: _Both,
    *,
    level: ModificationLevel = ModificationLevel.LTA_UPDATES,
) -> Generator[_Update, None, _Both]:
    """An entry of the form in both revisions; that it is another object now is explained, what is in it is not."""
    context = Context.from_absolute(old, path)
    both: _Both = yield from qualify_transforming(
        level,
        compare_key_refs(key, old, *holders),  # type: ignore[arg-type] # dictionaries, as the rules have seen to
        transform=FormUpdate.curry_ref(field_name=None, context_checked=context),
    )
    return both


@dataclass(frozen=True)
class _Context(FieldComparisonContext):
    """``field_specs`` are the fields to look at, ``added`` all that are new since the signed revision."""

    added: Specs


class _CreatedFields(SigFieldCreationRule):
    """The rule for new signature fields, which looks for their widgets only on pages that may have changed.

    An invisible field whose appearance draws nothing is as good as one without: EU DSS gives its timestamps such.
    """

    def __init__(self) -> None:
        super().__init__(approve_widget_bindings=False)  # type: ignore[no-untyped-call]

    def apply(self, context: FieldComparisonContext) -> Iterator[_Update]:
        """PyHanko's question."""
        added = context.added if isinstance(context, _Context) else context.field_specs
        signatures = {name: spec.new_field_ref for name, spec in added.items() if spec.field_type == "/Sig"}
        old, new = as_ours(context.old), as_ours(context.new)
        nothing = {part for ref in signatures.values() if ref for part in _parts_that_draw_nothing(ref, old, new)}
        yield from (update for update in super().apply(context) if update[1].updated_ref not in nothing)
        yield from ((ModificationLevel.LTA_UPDATES, FormUpdate(ref, valid_when_locked=True)) for ref in nothing)
        if not signatures:
            return
        widgets = {widget: name for name, ref in signatures.items() if ref for widget in _widgets(ref)}
        for update in _walk_page_tree_annots(
            *new.reader.steps.pages(old, new), widgets, old, valid_when_locked=True, refs_seen=set()
        ):
            yield ModificationLevel.LTA_UPDATES, update


def _parts_that_draw_nothing(field_ref: Reference, old: Revision, new: Revision) -> set[Reference]:
    """The objects of a new field's appearance where it has no size and nothing in it (ISO 32000-2, 12.5.5)."""
    field = field_ref.get_object()
    if not isinstance(field, DictionaryObject) or "/AP" not in field or is_field_visible(field):
        return set()
    appearance = field["/AP"]
    if not isinstance(appearance, DictionaryObject) or set(appearance) != {"/N"}:
        return set()
    normal = appearance["/N"]
    if not isinstance(normal, StreamObject) or normal.get("/Resources") or normal.data.strip():
        return set()
    return set(new.collect_dependencies(field.raw_get("/AP"), since_revision=old.revision + 1))


def _widgets(field_ref: Reference) -> list[Reference]:
    """How a field shows itself: in widgets of its own, or as one."""
    field = field_ref.get_object()
    if not isinstance(field, DictionaryObject) or "/Kids" not in field:
        return [field_ref]
    kids = _arr_to_refs(field.raw_get("/Kids"), SuspiciousModification)
    return [kid for kid in kids if "/T" not in kid.get_object()]


def _form(resolver: HistoricalResolver) -> DictionaryObject:
    if "/AcroForm" not in resolver.root:
        return DictionaryObject()
    form = resolver.root["/AcroForm"]
    return form if isinstance(form, DictionaryObject) else DictionaryObject()


def _is_drawn_anew(form: DictionaryObject) -> bool:
    return "/NeedAppearances" in form and bool(form["/NeedAppearances"])


def _resources(form: DictionaryObject) -> dict[tuple[str, str], PdfObject]:
    """The form's default resources by kind and name (ISO 32000-2, 12.7.3, Table 224)."""
    if "/DR" not in form:
        return {}
    kinds = form["/DR"]
    return {
        (kind, name): named.raw_get(name)
        for kind in kinds
        if isinstance(named := kinds[kind], DictionaryObject)
        for name in named
    }


class ChangedFieldsOnly(GenericFieldModificationRule):
    """The rule for form fields, asked only about fields that the revision touches.

    A field that is skipped here but was changed in a way not seen stays unexplained, and the analysis refuses it.
    """

    def check_form_field(
        self, fq_name: str, spec: FieldComparisonSpec, context: FieldComparisonContext
    ) -> Iterable[_Update]:
        if _is_untouched(spec, context):
            return ()
        return super().check_form_field(fq_name, spec, context)


def _is_untouched(spec: FieldComparisonSpec, context: FieldComparisonContext) -> bool:
    """Writing an object again as it was is no change (ISO 32000-2, 7.5.6): EU DSS does so with empty fields."""
    old, new = spec.old_field, spec.new_field
    if old is None or new is None or spec.new_field_ref != spec.old_field_ref or dict(old) != dict(new):
        return False
    touched: set[Reference] = context.new.explicit_refs_in_revision()
    parts = touched & {spec.new_field_ref, *_appearance_references(new)}
    return all(is_copy(ref, context.old, context.new) for ref in parts)


def _appearance_references(field: DictionaryObject) -> Iterator[Reference]:
    """The appearance dictionary and its streams, as far as they are objects of their own."""
    if "/AP" not in field:
        return
    raw = field.raw_get("/AP")
    if isinstance(raw, IndirectObject):
        yield raw.reference
    appearance = raw.get_object()
    if isinstance(appearance, DictionaryObject):
        for state in appearance:
            stream = appearance.raw_get(state)
            if isinstance(stream, IndirectObject):
                yield stream.reference


class _CatalogueInItsPlace(CatalogModificationRule):
    """The rule for the catalogue, which approves it as the catalogue and as what a transform method works on.

    pyHanko's approves all its uses: a page whose resources are the catalogue would show what is laid into it.
    """

    def apply_qualified(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterator[tuple[ModificationLevel, ReferenceUpdate]]:
        """As pyHanko's rule has it, use by use."""
        for level, update in super().apply_qualified(old, new):
            uses = as_ours(old).contexts(update.updated_ref) if update.context_checked is None else set()
            if not uses:
                yield level, update
            for use in uses:
                if tuple(use.path.path) == ("/Root",) or use.path.path[-1] == "/Data":
                    yield level, replace(update, context_checked=use)


REVIEW = Review(
    global_rules=(
        _CatalogueInItsPlace(),  # type: ignore[no-untyped-call]
        *(
            rule.as_qualified(ModificationLevel.LTA_UPDATES)
            for rule in (DocInfoRule(), XrefStreamRule(), ObjectStreamRule(), DSSCompareRule(), MetadataOnce())
        ),
    ),
    form_rule=_FormAsItWas(field_rules=[_CreatedFields(), SigFieldModificationRule(), ChangedFieldsOnly()]),
)
"""The rules that decide."""
