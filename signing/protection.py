"""What a signature forbids from now on: changes to some fields, or any (ISO 32000-2, 12.7.5.5, 12.8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from signing.errors import DocumentDamaged
from signing.pdf.values import Name, Ref, text_string

if TYPE_CHECKING:
    from signing.pdf.document import Node
    from signing.pdf.values import Dictionary, Value


class Permission(IntEnum):
    """What is still allowed afterwards (``/P`` of table 257)."""

    NO_CHANGES = 1
    FILL_FORMS = 2
    ANNOTATE = 3


class Locked(Enum):
    """Which fields a lock means (``/Action`` of tables 236 and 259)."""

    ALL = "/All"
    THESE = "/Include"
    ALL_BUT = "/Exclude"


@dataclass(frozen=True, slots=True)
class FieldLock:
    """A lock as this service lays it on: the fields that are named, and what else stays allowed."""

    action: Locked
    fields: tuple[str, ...]
    permission: Permission


def lock_dictionary(lock: FieldLock) -> Dictionary:
    """The ``/Lock`` of a signature field (table 236)."""
    return {
        "/Type": Name("/SigFieldLock"),
        "/Action": Name(lock.action.value),
        "/Fields": [text_string(name) for name in lock.fields],
        "/P": int(lock.permission),
    }


@dataclass(frozen=True, slots=True)
class Scope:
    """What a field's lock says, as it says it: ``/Action`` and ``/Fields``, and ``/P`` apart."""

    entries: Dictionary
    permission: Permission | None


def scope_of(field: Node) -> Scope | None:
    """What the field's ``/Lock`` says; raises :class:`DocumentDamaged` where it cannot be understood."""
    lock = field.dictionary("/Lock")
    if lock is None:
        return None
    action, permission = lock.entry("/Action"), lock.integer("/P", default=0)
    try:
        locked = Locked(str(action.value) if action is not None else "")
        allowed = Permission(permission) if permission else None
    except ValueError as error:
        raise DocumentDamaged(reason=f"the lock of a field cannot be understood: {error}") from error
    if locked is Locked.ALL:
        return Scope({"/Action": Name(locked.value)}, allowed)
    named = lock.array("/Fields")
    if named is None or not all(isinstance(item, bytes) for item in named.raw_items):
        raise DocumentDamaged(reason="the lock of a field names no fields")
    # A copy, even where the list is an object of its own, which a later revision could change.
    return Scope({"/Action": Name(locked.value), "/Fields": [*named.raw_items]}, allowed)


def references(*, certifies: Permission | None, scope: Scope | None, root: Ref) -> list[Value]:
    """The ``/Reference`` of a signature dictionary (table 256): DocMDP where it certifies, FieldMDP for the lock.

    ``/P`` among the parameters of FieldMDP is what Acrobat writes, and what stock readers then hold others to.
    """
    found: list[Value] = []
    if certifies is not None:
        found.append(_reference("/DocMDP", {"/P": int(certifies)}))
    if scope is not None:
        permission = certifies if certifies is not None else scope.permission
        bound: Dictionary = {} if permission is None else {"/P": int(permission)}
        found.append({**_reference("/FieldMDP", {**scope.entries, **bound}), "/Data": root})
    return found


def _reference(method: str, parameters: Dictionary) -> Dictionary:
    return {
        "/Type": Name("/SigRef"),
        "/TransformMethod": Name(method),
        "/TransformParams": {"/Type": Name("/TransformParams"), "/V": Name("/1.2"), **parameters},
    }
