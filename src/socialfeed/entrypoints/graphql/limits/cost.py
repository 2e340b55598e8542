"""What an operation may cost at most, known before it runs.

A point is ten objects that the answer may hold, a mutation counts as ten of them, and the least is a point. A list
counts as many objects as its size argument asks for, or as its argument `ids` names, by a literal, a variable, the
variable's default or the argument's own; `edges`, `nodes` and `items` count as many as the field they belong to. What
only frames others (connections, edges, pages, payloads) is free, as scalars are. `@skip` and `@include` are taken as
letting everything in.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_list_type,
    is_object_type,
    value_from_ast_untyped,
)

OBJECTS = 10
"""Objects to a point."""

MUTATION = 10
"""Objects that a mutation counts as, beside what it answers."""

INTROSPECTION = 100
"""Objects that a look at the schema counts as."""

ASSUMED = 10
"""Objects of a list that has no size argument."""

LARGEST = 100
"""Whoever asks for more is refused by the field itself, before anything is read."""

_SIZES = ("first", "last", "itemsPerPage")
_NAMES = "ids"
"""The argument of a list that has as many objects as this has ids."""

_SIZED = {"edges", "nodes", "items"}
_FRAME = re.compile(r"PageInfo|UserError|.*(Connection|Edge|Page|Payload)")

Variables = Mapping[str, Any]
Size = Callable[[Variables], int]


@dataclass(frozen=True, slots=True)
class _Part:
    """A field: `weight` for itself and what its parts weigh, `size` times."""

    key: str
    weight: int
    size: Size
    parts: "Sequence[_Part]"

    def most(self, variables: Variables) -> int:
        size = self.size(variables)
        return size * (self.weight + sum(part.most(variables) for part in self.parts)) if size else 0

    def held(self, value: object) -> int:
        if isinstance(value, list):
            return sum(map(self.held, value))
        return self.weight + _held(self.parts, value) if isinstance(value, dict) else 0


class _Plan(NamedTuple):
    """`fixed` objects are counted whatever the answer holds."""

    fixed: int
    parts: Sequence[_Part]


_NOTHING = _Plan(0, ())


class Costs:
    """Of the operations of one valid document: made once for a document, asked at each request."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
        self._plans = {
            node.name.value if node.name else "": _Reader(schema, fragments, node).plan()
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }

    def most(self, name: str | None, variables: Variables) -> int:
        """The most it may come to, in points. Variables are as the client sent them."""
        plan = self._plan(name)
        return _points(plan.fixed + sum(part.most(variables) for part in plan.parts))

    def actual(self, name: str | None, data: Mapping[str, Any] | None) -> int:
        """What it came to: points for what the answer holds."""
        plan = self._plan(name)
        return _points(plan.fixed + _held(plan.parts, data))

    def _plan(self, name: str | None) -> _Plan:
        """That of the operation that will run; nothing is run where there is none of this name."""
        if name is None and len(self._plans) == 1:
            return next(iter(self._plans.values()))
        return self._plans.get(name or "", _NOTHING)


def _points(objects: int) -> int:
    return max(1, objects // OBJECTS)


def _held(parts: Sequence[_Part], data: Any) -> int:
    return sum(part.held(data.get(part.key)) for part in parts) if data else 0


class _Reader:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in operation.variable_definitions or ()
            if definition.default_value is not None
        }

    def plan(self) -> _Plan:
        operation = self._operation
        root = self._schema.get_root_type(operation.operation)
        names = [field.name.value for field, _ in self._fields(operation.selection_set, root)]
        fixed = INTROSPECTION * sum(name in {"__schema", "__type"} for name in names)
        if operation.operation is OperationType.MUTATION:
            fixed += MUTATION * sum(not name.startswith("__") for name in names)
        return _Plan(fixed, list(self._parts(operation.selection_set, root, None)))

    def _parts(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None, inherited: Size | None
    ) -> Iterator[_Part]:
        for node, field in self._fields(selections, parent):
            if field is None or node.selection_set is None:
                continue
            named = get_named_type(field.type)
            asked = self._asked(node, field)
            if not is_list_type(get_nullable_type(field.type)):
                size: Size = _one
            elif asked is not None:
                size = asked
            elif inherited is not None and node.name.value in _SIZED:
                size = inherited
            else:
                size = _assumed
            yield _Part(
                key=node.alias.value if node.alias else node.name.value,
                weight=0 if _FRAME.fullmatch(named.name) else 1,
                size=size,
                parts=list(self._parts(node.selection_set, named, asked)),
            )

    def _fields(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None
    ) -> Iterator[tuple[FieldNode, GraphQLField | None]]:
        """Those selected, fragments expanded; without a field where it is one of the schema's own."""
        for node in selections.selections:
            if isinstance(node, FieldNode):
                known = parent.fields if is_object_type(parent) or is_interface_type(parent) else {}
                yield node, known.get(node.name.value)
                continue
            inner = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else _inline(node)
            condition = inner.type_condition
            yield from self._fields(
                inner.selection_set, self._schema.get_type(condition.name.value) if condition else parent
            )

    def _asked(self, node: FieldNode, field: GraphQLField) -> Size | None:
        """The size the field's own arguments ask for, if it has any."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if _NAMES in field.args:
            return self._length(given.get(_NAMES))
        sizes = [self._size(given.get(name), _default(field.args[name])) for name in _SIZES if name in field.args]
        if not sizes:
            return None
        return sizes[0] if len(sizes) == 1 else lambda variables: max(size(variables) for size in sizes)

    def _length(self, given: ValueNode | None) -> Size:
        if isinstance(given, VariableNode):
            name, default = given.name.value, self._defaults.get(given.name.value)
            return lambda variables: _length(variables.get(name, default))
        value = _length(None if given is None else value_from_ast_untyped(given))
        return lambda _: value

    def _size(self, given: ValueNode | None, otherwise: object) -> Size:
        if isinstance(given, VariableNode):
            name, default = given.name.value, self._defaults.get(given.name.value, otherwise)
            return lambda variables: _bounded(variables.get(name, default))
        value = _bounded(int(given.value) if isinstance(given, IntValueNode) else otherwise)
        return lambda _: value


def _length(value: object) -> int:
    """A list of one may be written without its brackets."""
    return min(len(value), LARGEST) if isinstance(value, list) else 1


def _inline(node: SelectionNode) -> InlineFragmentNode:
    return cast(InlineFragmentNode, node)  # there is no third kind


def _default(argument: GraphQLArgument) -> object:
    default = argument.default
    if default is None:
        return None
    return default.value if default.literal is None else value_from_ast_untyped(default.literal)


def _one(_: Variables) -> int:
    return 1


def _assumed(_: Variables) -> int:
    return ASSUMED


def _bounded(value: object) -> int:
    return min(max(int(value), 0), LARGEST) if isinstance(value, (int, float)) else ASSUMED
