"""What a signature forbids from now on: changes to some fields, or any (ISO 32000-2, 12.7.5.5, 12.8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from signing.errors import DocumentDamaged
from signing.pdf.values import Name, Ref, decoded_text, text_string

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
    """A lock dictionary; ``fields`` are those that are named, if any."""

    action: Locked
    fields: tuple[str, ...]
    permission: Permission | None


def lock_dictionary(lock: FieldLock) -> Dictionary:
    """The ``/Lock`` of a signature field (table 236)."""
    return {"/Type": Name("/SigFieldLock"), **_scope(lock)}


def lock_of(field: Node) -> FieldLock | None:
    """What the field's ``/Lock`` says; raises :class:`DocumentUnfit` where it cannot be understood."""
    lock = field.dictionary("/Lock")
    if lock is None:
        return None
    action, permission = lock.entry("/Action"), lock.integer("/P", default=0)
    try:
        locked = Locked(str(action.value) if action is not None else "")
        allowed = Permission(permission) if permission else None
    except ValueError as error:
        raise DocumentDamaged(reason=f"the lock of a field cannot be understood: {error}") from error
    named = lock.array("/Fields")
    if named is None and locked is not Locked.ALL:
        raise DocumentDamaged(reason="the lock of a field names no fields")
    names = [item.value for item in named.items() if item is not None] if named is not None else []
    fields = tuple(decoded_text(name) for name in names if isinstance(name, bytes))
    return FieldLock(locked, fields, allowed)


def references(*, certifies: Permission | None, lock: FieldLock | None, root: Ref) -> list[Value]:
    """The ``/Reference`` of a signature dictionary (table 256): DocMDP where it certifies, FieldMDP for the lock.

    ``/P`` among the parameters of FieldMDP is what Acrobat writes, and what stock readers then hold others to.
    """
    found: list[Value] = []
    if certifies is not None:
        found.append(_reference("/DocMDP", {"/P": int(certifies)}))
    if lock is not None:
        permission = certifies if certifies is not None else lock.permission
        bound: Dictionary = {} if permission is None else {"/P": int(permission)}
        scope = {key: value for key, value in _scope(lock).items() if key != "/P"}
        reference = _reference("/FieldMDP", {**scope, **bound})
        reference["/Data"] = root
        found.append(reference)
    return found


def _reference(method: str, parameters: Dictionary) -> Dictionary:
    return {
        "/Type": Name("/SigRef"),
        "/TransformMethod": Name(method),
        "/TransformParams": {"/Type": Name("/TransformParams"), "/V": Name("/1.2"), **parameters},
    }


def _scope(lock: FieldLock) -> Dictionary:
    entries: Dictionary = {"/Action": Name(lock.action.value)}
    if lock.action is not Locked.ALL:
        entries["/Fields"] = [text_string(name) for name in lock.fields]
    if lock.permission is not None:
        entries["/P"] = int(lock.permission)
    return entries
