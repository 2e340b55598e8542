"""Limits on the shape of an operation, read from its syntax alone: no schema, no variables, one look at each node.

Fragments count wherever they are spread, so that they hide nothing; each is measured once, so that a few lines that
expand to millions of fields take no longer than others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The most of each that an operation may have, fragments expanded. `repeated`: fields and fragments that stand
    again in the same braces; `directives`: on one node; `pairs`: of fields of one name in one place, of which
    fragments bring many, and which validation holds against each other.
    """

    aliases: int = 15
    depth: int = 20
    directives: int = 5
    repeated: int = 15
    fields: int = 2_000
    pairs: int = 2_000


class _Size(NamedTuple):
    fields: int = 0
    aliases: int = 0
    repeated: int = 0
    depth: int = 0


_NOTHING = _Size()


def refusals(document: DocumentNode, shape: Shape) -> list[GraphQLError]:
    """Why the document is not even validated; empty if nothing is against it. One error for each limit passed."""
    measure = _Measure(document)
    sizes = [
        measure.of(node.selection_set) for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    found = [
        _over("depth", max((size.depth for size in sizes), default=0), shape.depth, "TOO_DEEP"),
        _over("aliases", max((size.aliases for size in sizes), default=0), shape.aliases, "TOO_MANY_ALIASES"),
        _over("repeated fields", max((s.repeated for s in sizes), default=0), shape.repeated, "TOO_MANY_REPETITIONS"),
        _over("fields", max((size.fields for size in sizes), default=0), shape.fields, "TOO_MANY_FIELDS"),
        _over("directives on one node", measure.directives, shape.directives, "TOO_MANY_DIRECTIVES"),
    ]
    errors = [error for error in found if error is not None]
    return errors or _too_many_pairs(document, shape)


def _over(what: str, size: int, most: int, code: str) -> GraphQLError | None:
    if size <= most:
        return None
    said = f"An operation may be {most} levels deep." if what == "depth" else f"An operation may have {most} {what}."
    return GraphQLError(said, extensions={"code": code})


def _too_many_pairs(document: DocumentNode, shape: Shape) -> list[GraphQLError]:
    """Asked last: only of an operation with few enough fields can all be looked at."""
    merger = _Merger(document, shape)
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    pairs = max((merger.pairs([node.selection_set], shape.depth) for node in operations), default=0)
    error = _over("pairs of fields of one name in one place", pairs, shape.pairs, "TOO_MANY_REPETITIONS")
    return [error] if error is not None else []


class _Merger:
    """Looks at fields as they are merged when an operation is run: those of one name in one place are one."""

    def __init__(self, document: DocumentNode, shape: Shape) -> None:
        self._fragments = _fragments_of(document)
        self._left = shape.fields  # what spreads itself has more than were counted, until validation refuses it

    def pairs(self, merged: Sequence[SelectionSetNode], levels: int) -> int:
        if levels == 0:
            return 0
        places: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selections in merged:
            for field in self._fields(selections, spread):
                places.setdefault(field.alias.value if field.alias else field.name.value, []).append(field)
        found = 0
        for fields in places.values():
            found += len(fields) * (len(fields) - 1) // 2
            if inner := [field.selection_set for field in fields if field.selection_set is not None]:
                found += self.pairs(inner, levels - 1)
        return found

    def _fields(self, selections: SelectionSetNode, spread: set[str]) -> Iterator[FieldNode]:
        for selection in selections.selections:
            if self._left <= 0:
                return
            if isinstance(selection, FieldNode):
                self._left -= 1
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self._fields(selection.selection_set, spread)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
                spread.add(selection.name.value)
                if fragment := self._fragments.get(selection.name.value):
                    yield from self._fields(fragment.selection_set, spread)


def _fragments_of(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        self.directives = 0
        self._fragments = _fragments_of(document)
        self._sizes: dict[str, _Size] = {}
        for node in document.definitions:
            self._see(getattr(node, "directives", ()))
            if isinstance(node, OperationDefinitionNode):
                for variable in node.variable_definitions or ():
                    self._see(variable.directives)

    def of(self, selections: SelectionSetNode | None) -> _Size:
        if selections is None:
            return _NOTHING
        fields = aliases = depth = 0
        keys: Counter[str] = Counter()
        repeated = 0
        for selection in selections.selections:
            self._see(selection.directives)
            if isinstance(selection, FieldNode):
                inner = self.of(selection.selection_set)
                keys[selection.alias.value if selection.alias else selection.name.value] += 1
                fields += 1 + inner.fields
                aliases += (selection.alias is not None) + inner.aliases
                repeated += inner.repeated
                depth = max(depth, 1 + inner.depth)
            elif isinstance(selection, (FragmentSpreadNode, InlineFragmentNode)):
                inner, key = self._inside(selection)
                keys[key] += 1
                fields += inner.fields
                aliases += inner.aliases
                repeated += inner.repeated
                depth = max(depth, inner.depth)
        return _Size(fields, aliases, repeated + keys.total() - len(keys), depth)

    def _inside(self, selection: FragmentSpreadNode | InlineFragmentNode) -> tuple[_Size, str]:
        """The size of a fragment, and what it has in common with those that repeat it; no field's name has a space."""
        if isinstance(selection, FragmentSpreadNode):
            return self._spread(selection.name.value), f"... {selection.name.value}"
        condition = selection.type_condition
        return self.of(selection.selection_set), f"on {condition.name.value if condition else ''}"

    def _spread(self, name: str) -> _Size:
        if name not in self._sizes:
            self._sizes[name] = _NOTHING  # one that spreads itself is not measured for ever, but left to validation
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._sizes[name] = self.of(fragment.selection_set)
        return self._sizes[name]

    def _see(self, directives: tuple[DirectiveNode, ...] | None) -> None:
        self.directives = max(self.directives, len(directives or ()))
