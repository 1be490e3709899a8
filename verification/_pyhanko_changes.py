"""The door to the difference analysis: what later revisions changed, and whether the signature allows it.

ISO 32000-2, 12.8.2.2 (DocMDP) and 12.8.2.4 (FieldMDP). pyHanko's rules are used with two repairs: its rule for form
fields reports the appearance of every filled field in every later revision, changed or not, so that a signature that
locks its fields seems broken by an honest update of the validation data; and its rule for the form as a whole lets
viewers be told to draw all fields anew, in fonts that have changed their meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
)

from verification._pyhanko import Damaged, reading
from verification.foreign_text import well_formed
from verification.report import ChangeClass, Changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyhanko.pdf_utils.generic import PdfObject, Reference
    from pyhanko.pdf_utils.reader import HistoricalResolver
    from pyhanko.sign.diff_analysis import FieldComparisonContext, FieldComparisonSpec, FormUpdate
    from pyhanko.sign.validation import EmbeddedPdfSignature

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
            result = _POLICY.review_file(
                signature.reader, signature.signed_revision, field_mdp_spec=signature.fieldmdp, doc_mdp=allowed
            )
    except Damaged:
        return UNDEFINED
    if not isinstance(result, DiffResult):
        return UNDEFINED
    level = result.modification_level
    if allowed is not None and level.value > allowed.value:
        return UNDEFINED
    return Changes(_CLASSES[level], fields=tuple(sorted(well_formed(str(name)) for name in result.changed_form_fields)))


class _FormAsItWas(FormUpdatingRule):
    """The rule for the form, which also refuses what would make viewers draw its fields otherwise.

    Fonts may be added to the form's resources, as products do when they sign; none may get another meaning.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        before, after = _form(old), _form(new)
        if _is_drawn_anew(after) and not _is_drawn_anew(before):
            msg = "viewers are told to draw all fields anew (/NeedAppearances)"
            raise SuspiciousModification(msg)
        if _resources(after) | _resources(before) != _resources(after):
            msg = "a default resource of the form has another meaning"
            raise SuspiciousModification(msg)
        return super().apply(old, new)


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


class _ChangedFieldsOnly(GenericFieldModificationRule):
    """The rule for form fields, asked only about fields that the revision touches.

    A field that is skipped here but was changed in a way not seen stays unexplained, and the analysis refuses it.
    """

    def check_form_field(
        self, fq_name: str, spec: FieldComparisonSpec, context: FieldComparisonContext
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        if _is_untouched(spec, context):
            return ()
        return super().check_form_field(fq_name, spec, context)


def _is_untouched(spec: FieldComparisonSpec, context: FieldComparisonContext) -> bool:
    old, new = spec.old_field, spec.new_field
    if old is None or new is None or spec.new_field_ref is None or dict(old) != dict(new):
        return False
    touched: set[Reference] = context.new.explicit_refs_in_revision()
    return touched.isdisjoint({spec.new_field_ref, *_appearance_references(new)})


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


_POLICY = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=_FormAsItWas(field_rules=[SigFieldCreationRule(), SigFieldModificationRule(), _ChangedFieldsOnly()]),
)
