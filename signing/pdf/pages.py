"""Pages of the page tree, and what is added to them (ISO 32000-2, 7.7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.errors import DocumentDamaged
from signing.pdf.document import Node
from signing.pdf.values import Ref, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.pdf.document import Document


def page_count(document: Document) -> int:
    """How many pages the file says it has."""
    return _tree(document).integer("/Count", default=0)


def page(document: Document, index: int) -> Node:
    """A page; pages count from 0. Raises :class:`DocumentUnfit` where there is none or the tree is none."""
    node, first, seen = _tree(document), 0, set[Ref]()
    if not 0 <= index < node.integer("/Count", default=0):
        raise DocumentDamaged(reason=f"there is no page {index + 1}")
    while _kind(node) == "/Pages":
        if node.ref in seen:
            raise DocumentDamaged(reason="the page tree leads back to itself")
        seen.add(node.ref)
        node, first = _branch(node, index, first=first)
    _demand_page(node)
    return node


def each_page(document: Document) -> Iterator[Node]:
    """All pages in order; raises :class:`DocumentUnfit` where the tree is none, or has other pages than it says."""
    waiting, seen, found = [_tree(document)], set[Ref](), 0
    while waiting:
        node = waiting.pop()
        if node.ref in seen:
            raise DocumentDamaged(reason="the page tree leads back to itself")
        seen.add(node.ref)
        if _kind(node) == "/Pages":
            waiting += reversed(list(_kids(node)))
            continue
        _demand_page(node)
        found += 1
        yield node
    if found != page_count(document):
        raise DocumentDamaged(reason="the page tree has other pages than it says")


def _tree(document: Document) -> Node:
    tree = document.root.dictionary("/Pages")
    if tree is None or not tree.is_indirect:
        raise DocumentDamaged(reason="the file has no page tree")
    return tree


def _branch(node: Node, index: int, *, first: int) -> tuple[Node, int]:
    """The kid that is or holds the page, and the index of its first page."""
    for kid in _kids(node):
        pages = kid.integer("/Count", default=0) if _kind(kid) == "/Pages" else 1
        if first <= index < first + pages:
            return kid, first
        first += pages
    raise DocumentDamaged(reason="the page tree has fewer pages than it says")


def _kids(node: Node) -> Iterator[Node]:
    kids = node.array("/Kids")
    for kid in kids.items() if kids is not None else ():
        if kid is None or kid.ref == node.ref:
            raise DocumentDamaged(reason="the page tree has a kid that is no indirect object")
        yield kid


def _demand_page(node: Node) -> None:
    if _kind(node) != "/Page":
        raise DocumentDamaged(reason="the page tree holds something else than pages")


def _kind(node: Node) -> object:
    kind = node.entry("/Type")
    return kind.value if kind is not None else None


def holder(page: Node, key: str) -> Node | None:
    """The page, or the nearest node above it, that has an inheritable entry (7.7.3.4)."""
    node: Node | None = page
    seen: set[Ref] = set()
    while node is not None and not node.has(key):
        if node.ref in seen:
            raise DocumentDamaged(reason="the page tree leads back to itself")
        seen.add(node.ref)
        node = node.dictionary("/Parent")
    return node


def add_annotation(page: Node, annotation: Ref) -> None:
    """Add an annotation that is an object already (12.5.2)."""
    annotations = page.array("/Annots")
    if annotations is None:
        page.put("/Annots", [annotation])
        return
    annotations.raw_items.append(annotation)
    annotations.touch()


def wrap_content(page: Node, *, before: Ref, after: Ref) -> None:
    """Put a content stream in front of the page's own and one behind (7.8.2)."""
    contents = page.entry("/Contents")
    if contents is None:  # it is optional (7.7.3.3)
        page.put("/Contents", [before, after])
    elif isinstance(contents.value, list):
        page.put("/Contents", [before, *contents.value, after])
    elif isinstance(contents.value, Stream):
        page.put("/Contents", [before, contents.ref, after])
    else:
        raise DocumentDamaged(reason="the content of a page is no stream")


def add_resource(page: Node, *, kind: str, name: str, value: Ref) -> None:
    """Make a resource known to the page's content under a name that is not taken (7.8.3)."""
    owner = holder(page, "/Resources")
    resources = owner.dictionary("/Resources") if owner is not None else None
    if resources is None or owner is None:
        page.put("/Resources", {kind: {name: value}})
        return
    if owner.ref != page.ref and not resources.is_indirect:  # inherited, and other pages' too
        inherited = resources.dictionary_value
        page.put("/Resources", {key: {**one} if isinstance(one, dict) else one for key, one in inherited.items()})
        resources = Node(page.document, page.ref, page.dictionary_value["/Resources"])
    named = resources.dictionary(kind)
    if named is None:
        resources.put(kind, {name: value})
    elif named.has(name):
        raise DocumentDamaged(reason=f"the page has a resource {name} already")
    else:
        named.put(name, value)
