"""The door to paths: by which ways an object is reached from the trailer of a revision.

The difference analysis approves a changed object only if each of its uses in the signed revision is approved. pyHanko
follows every path to every object of that revision for it. Here each version of an object is looked through once for
the references in it; then only those ways are followed that can end at an object somebody asks about. What is answered
is the same: a path never passes an object twice, enters a page only by its place in the page tree, and an element of
the structure tree only from above. But pyHanko overlooks two kinds of uses that are told here: what is called /Parent
without being a parent, and what is within the catalogue and uses it.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, Reference

from verification._pyhanko_errors import READ_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyhanko.pdf_utils.generic import PdfObject

    from verification._pyhanko_reader import Reader

Key = tuple[int, int]
"""Number and generation of an object."""
Path = tuple[str | int, ...]
"""Keys and indices, from the trailer or from the object that holds the first of them."""
_STRUCTURE = ("/Root", "/StructTreeRoot", "/K")
_FIELDS = ("/AcroForm", "/Fields")
_CONTAINERS = (IndirectObject, DictionaryObject, ArrayObject)


class OddTreeError(Exception):
    """The page tree or the structure tree is not what it should be; pyHanko says what of it."""


class Edge(NamedTuple):
    """A reference, and where in the object it stands."""

    path: Path
    target: Key


class PageTree(NamedTuple):
    """``places`` are the paths of all nodes; ``inner`` those that are no pages, and lists of kids that stand alone."""

    places: Mapping[Key, Path]
    inner: frozenset[Key]


class Usages:
    """All references in all revisions of a file, and the ways that they make."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._trailers: dict[int, DictionaryObject] = {}
        self._trees: dict[int, PageTree] = {}
        self._structures: dict[int, frozenset[Key]] = {}
        self._mentions: dict[int, frozenset[Key]] = {}
        self._outgoing: dict[Key, list[tuple[int, tuple[Edge, ...]]]] = {}
        self._sources: defaultdict[Key, set[Key]] = defaultdict(set)

    @cached_property
    def are_certain(self) -> bool:
        """Whether each version of each object can be read, and leads to nothing that is missing.

        Where not, what pyHanko says of the file depends on where it looks first, and is asked of pyHanko.
        """
        try:
            return not self._reader.encrypted and self._look_through()
        except READ_ERRORS:
            return False

    def _look_through(self) -> bool:
        sections = self._reader.xrefs
        waiting: list[Key] = []
        for revision in range(sections.total_revisions):
            edges = edges_of(self._trailer(revision))
            if not all(self._is_there(edge.target, revision) for edge in edges):
                return False
            waiting += [edge.target for edge in edges]
        while waiting:
            key = waiting.pop()
            if key in self._outgoing:
                continue
            self._outgoing[key] = versions = []
            for revision, place in sections.versions(key):
                if place is None and self._reader.strict:
                    return False
                found = self._reader.version(Reference(*key), revision)
                edges = [] if isinstance(found, IndirectObject) else edges_of(found)
                if not all(self._is_there(edge.target, revision) for edge in edges):
                    return False
                versions.append((revision, tuple(edges)))
                for edge in edges:
                    self._sources[edge.target].add(key)
                    if edge.target not in self._outgoing:
                        waiting.append(edge.target)
        return True

    def _is_there(self, key: Key, revision: int) -> bool:
        """What is missing is null where errors are forgiven (ISO 32000-2, 7.3.10)."""
        if not self._reader.strict:
            return True
        versions = self._reader.xrefs.versions(key)
        return bool(versions) and versions[0][0] <= revision

    def mentions(self, revision: int, target: Key) -> bool:
        """Whether anything that was written up to this revision refers to the object, wherever that stands.

        What cannot be read may.
        """
        try:
            return target in self._mentioned(revision)
        except READ_ERRORS:
            return True

    def _mentioned(self, revision: int) -> frozenset[Key]:
        if revision not in self._mentions:
            found = set[Key]()
            for number in range(revision + 1):
                found |= {edge.target for edge in edges_of(self._trailer(number))}
                for ref in self._reader.xrefs.explicit_refs_in_revision(number):
                    written = self._reader.version(ref, number)
                    found |= {edge.target for edge in edges_of(written)}
            self._mentions[revision] = frozenset(found)
        return self._mentions[revision]

    def leading_to(self, targets: Iterable[Key]) -> frozenset[Key]:
        """These objects and all from which, in some revision, some of them can be reached."""
        found, waiting = set[Key](), list(targets)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting.extend(self._sources.get(key, ()))
        return frozenset(found)

    def paths(self, revision: int, targets: frozenset[Key]) -> Mapping[Key, set[Path]]:
        """Every path from the trailer to each of these objects, as this revision has them.

        Raises :class:`OddTreeError`.
        """
        tree, structure, useful = self.pages(revision).places, self._structure(revision), self.leading_to(targets)
        parents, root = tree.keys() | self._form(revision), self._root(revision)
        found: defaultdict[Key, set[Path]] = defaultdict(set)
        waiting: list[tuple[Iterable[Edge], Path, frozenset[Key]]] = [
            (edges_of(self._trailer(revision)), (), frozenset())
        ]
        while waiting:
            edges, start, passed = waiting.pop()
            for edge in edges:
                if edge.target not in useful:
                    continue
                if edge.target in passed:
                    if edge.target == root and root in targets:
                        found[root].add(start + edge.path)  # what uses the catalogue is always within it
                    continue
                if edge.path[-1] == "/Parent" and edge.target in parents:
                    continue  # upwards; anything else may have that name, too, and is a use like any other
                path = start + edge.path
                in_structure = path[:3] == _STRUCTURE
                if in_structure and "/P" in path[max(3, len(start)) :]:
                    continue
                if edge.target in targets:
                    found[edge.target].add(path)
                if tree.get(edge.target, path) == path and (in_structure or edge.target not in structure):
                    waiting.append((self._edges_at(edge.target, revision), path, passed | {edge.target}))
        return found

    def _root(self, revision: int) -> Key | None:
        return next((edge.target for edge in edges_of(self._trailer(revision)) if edge.path == ("/Root",)), None)

    def _form(self, revision: int) -> frozenset[Key]:
        """The fields of the form and the lists of them, from above."""
        found = set[Key]()
        root = self._root(revision)
        waiting: list[tuple[Key, Path]] = [(root, ())] if root is not None else []
        while waiting:
            key, way = waiting.pop()
            for edge in self._edges_at(key, revision):
                names = way + tuple(step for step in edge.path if isinstance(step, str))
                is_field = names[:2] == _FIELDS and set(names[2:]) <= {"/Kids"}
                if edge.target not in found and (is_field or names == _FIELDS[:1]):
                    if is_field:
                        found.add(edge.target)
                    waiting.append((edge.target, names))
        return frozenset(found)

    def _edges_at(self, key: Key, revision: int) -> tuple[Edge, ...]:
        edges: tuple[Edge, ...] = ()
        for written, found in self._outgoing.get(key, ()):
            if written > revision:
                break
            edges = found
        return edges

    def only_version(self, key: Key) -> PdfObject | None:
        """The object, if no revision has touched it since it was written."""
        versions = self._reader.xrefs.versions(key)
        if len(versions) != 1 or versions[0][1] is None:
            return None
        return self._reader.version(Reference(*key), versions[0][0])

    def pages(self, revision: int) -> PageTree:
        """The page tree; the same object for revisions between which nothing but pages was touched.

        Raises :class:`OddTreeError`.
        """
        if revision not in self._trees:
            self._trees[revision] = self._same_pages(revision) or self._page_tree(revision)
        return self._trees[revision]

    def _same_pages(self, revision: int) -> PageTree | None:
        for other, tree in self._trees.items():
            touched = self._touched_between(other, revision)
            if (
                self._root_entry("/Pages", other) == self._root_entry("/Pages", revision)
                and touched.isdisjoint(tree.inner)
                and all(self._is_leaf(key, revision) for key in touched if key in tree.places)
            ):
                return tree
        return None

    def _is_leaf(self, key: Key, revision: int) -> bool:
        node = self._reader.version(Reference(*key), revision)
        return isinstance(node, DictionaryObject) and node.get("/Type") != "/Pages"

    def _touched_between(self, one: int, other: int) -> set[Key]:
        first, last = sorted((one, other))
        refs = (self._reader.xrefs.explicit_refs_in_revision(number) for number in range(first + 1, last + 1))
        return {(ref.idnum, ref.generation) for touched in refs for ref in touched}

    def _root_entry(self, name: str, revision: int) -> PdfObject | None:
        catalogue = self._found(self._trailer(revision).get("/Root"), revision)
        return catalogue.get(name) if isinstance(catalogue, DictionaryObject) else None

    def _trailer(self, revision: int) -> DictionaryObject:
        if revision not in self._trailers:
            self._trailers[revision] = self._reader.trailer.flatten(revision)
        return self._trailers[revision]

    def _found(self, value: PdfObject | None, revision: int) -> PdfObject | None:
        return self._reader.version(value, revision) if isinstance(value, IndirectObject) else value

    def _page_tree(self, revision: int) -> PageTree:
        top = self._root_entry("/Pages", revision)
        if not isinstance(top, IndirectObject):
            raise OddTreeError
        places: dict[Key, Path] = {_key(top): ("/Root", "/Pages")}
        inner, waiting = set[Key](), [_key(top)]
        while waiting:
            parent = waiting.pop()
            inner.add(parent)
            node = self._reader.version(Reference(*parent), revision)
            kids = node.get("/Kids") if isinstance(node, DictionaryObject) else None
            if isinstance(kids, IndirectObject):
                inner.add(_key(kids))
            path = (*places[parent], "/Kids")
            for index, (kid, is_leaf) in enumerate(self._kids(kids, revision)):
                if kid in places:
                    raise OddTreeError
                places[kid] = (*path, index)
                if not is_leaf:
                    waiting.append(kid)
        return PageTree(places, frozenset(inner))

    def _kids(self, kids: PdfObject | None, revision: int) -> Iterator[tuple[Key, bool]]:
        """Each kid, and whether it is a page."""
        found = self._found(kids, revision)
        if not isinstance(found, ArrayObject):
            raise OddTreeError
        for kid in list.__iter__(found):
            node = self._found(kid, revision)
            if not isinstance(kid, IndirectObject) or not isinstance(node, DictionaryObject):
                raise OddTreeError
            yield _key(kid), node.get("/Type") != "/Pages"

    def _structure(self, revision: int) -> frozenset[Key]:
        """The elements of the structure tree (ISO 32000-2, 14.7.2)."""
        if revision not in self._structures:
            self._structures[revision] = frozenset(self._elements(revision))
        return self._structures[revision]

    def _elements(self, revision: int) -> Iterator[Key]:
        top = self._root_entry("/StructTreeRoot", revision)
        if top is None:
            return
        waiting, seen = [self._found(top, revision)], set[Key]()
        while waiting:
            element = waiting.pop()
            if not isinstance(element, DictionaryObject):
                raise OddTreeError
            children = self._found(element.get("/K"), revision)
            for child in list.__iter__(children) if isinstance(children, ArrayObject) else (element.get("/K"),):
                found = self._found(child, revision)
                if not isinstance(found, DictionaryObject):
                    continue
                kind = self._found(found.get("/Type"), revision)
                if kind is not None and kind != NameObject("/StructElem"):
                    continue
                if isinstance(child, IndirectObject):
                    if _key(child) in seen:
                        raise OddTreeError
                    seen.add(_key(child))
                    yield _key(child)
                waiting.append(found)


def edges_of(top: PdfObject) -> list[Edge]:
    """The references in an object, however deep."""
    found: list[Edge] = []
    waiting: list[tuple[Path, PdfObject]] = [((), top)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, IndirectObject):
            found.append(Edge(path, _key(value)))
        elif isinstance(value, DictionaryObject):
            waiting.extend(((*path, key), each) for key, each in value.items() if isinstance(each, _CONTAINERS))
        elif isinstance(value, ArrayObject):
            inside = enumerate(list.__iter__(value))
            waiting.extend(((*path, index), each) for index, each in inside if isinstance(each, _CONTAINERS))
    return found


def _key(ref: IndirectObject) -> Key:
    return ref.reference.idnum, ref.reference.generation
