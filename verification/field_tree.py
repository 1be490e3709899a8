"""The fields of a form as its tree means them: what is said above holds below (ISO 32000-2, 12.7.4.1 and 12.7.4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pypdf.generic import ArrayObject, DictionaryObject

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST, _MOST_NODES = 32, 20_000


@dataclass(frozen=True)
class Field:
    """A field that has a value of its own, and the widgets that show it.

    ``is_formatted``: a script makes the picture from the value. ``captions`` are what widgets may say without one.
    """

    name: str = ""
    kind: str = ""
    flags: int = 0
    value: object = None
    default: object = None
    options: tuple[object, ...] = ()
    is_formatted: bool = False
    widgets: tuple[DictionaryObject, ...] = ()
    captions: tuple[object, ...] = ()


def fields_of(form: DictionaryObject) -> Iterator[Field]:
    """Every field below the form, in its order; raises what the reader raises on damaged ones."""
    nodes = [0]
    for node in _array(form, "/Fields"):
        yield from _below(node, Field(), depth=0, nodes=nodes)


def _below(node: object, inherited: Field, *, depth: int, nodes: list[int]) -> Iterator[Field]:
    nodes[0] += 1
    if not isinstance(node, DictionaryObject) or depth > _DEEPEST or nodes[0] > _MOST_NODES:
        return
    field = _with_own(node, inherited)
    kids = list(_array(node, "/Kids"))
    named = [kid for kid in kids if isinstance(kid, DictionaryObject) and "/T" in kid]
    if named:
        for kid in named:
            yield from _below(kid, field, depth=depth + 1, nodes=nodes)
        return
    widgets = tuple(kid for kid in kids if isinstance(kid, DictionaryObject)) or (node,)
    yield replace(
        field,
        widgets=widgets,
        is_formatted=field.is_formatted or any(_has_format(widget) for widget in widgets),
        captions=tuple(caption for widget in widgets if (caption := _caption(widget)) is not None),
    )


def _with_own(node: DictionaryObject, inherited: Field) -> Field:
    flags = _entry(node, "/Ff")
    own_name = str(_entry(node, "/T") or "")
    return replace(
        inherited,
        name=".".join(part for part in (inherited.name, own_name) if part),
        kind=str(_entry(node, "/FT") or inherited.kind),
        flags=int(flags) if isinstance(flags, int) else inherited.flags,
        value=_entry(node, "/V") if "/V" in node else inherited.value,
        default=_entry(node, "/DV") if "/DV" in node else inherited.default,
        options=tuple(_array(node, "/Opt")) or inherited.options,
        is_formatted=inherited.is_formatted or _has_format(node),
    )


def _has_format(node: DictionaryObject) -> bool:
    """An additional action for the event "format" (12.6.3, Table 200)."""
    actions = _entry(node, "/AA")
    return isinstance(actions, DictionaryObject) and "/F" in actions


def _caption(widget: DictionaryObject) -> object:
    looks = _entry(widget, "/MK")
    return _entry(looks, "/CA") if isinstance(looks, DictionaryObject) else None


def _array(dictionary: DictionaryObject, key: str) -> Iterator[object]:
    items = _entry(dictionary, key)
    for item in items if isinstance(items, ArrayObject) else ():
        yield item.get_object()


def _entry(dictionary: DictionaryObject, key: str) -> object:
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 - `get` does not follow references
