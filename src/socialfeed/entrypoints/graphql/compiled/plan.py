"""From selection sets to a plan: which fields each object type is asked for, merged, and how each is read.

Collecting and merging is graphql-core's own, done once for an operation instead of once a request. A plan knows of
variables only whether the directives `@skip` and `@include` let a field through.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    VariableNode,
    default_field_resolver,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

MAX_FIELDS = 4_000
"""In one plan. Fragments on many types can make far more of a short text."""


class Unsupported(Exception):
    """This operation is left to graphql-core. The reason is one word, for a counter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an answer."""

    key: str
    parent: GraphQLObjectType
    definition: GraphQLField
    details: list[FieldDetails]
    reads: str | None
    """The key or attribute of the source that holds the value; None: `resolve` has to be asked."""
    resolve: Callable[..., Any]

    @property
    def nodes(self) -> list[FieldNode]:
        return [detail.node for detail in self.details]

    @property
    def name(self) -> str:
        return self.details[0].node.name.value

    @property
    def type(self) -> GraphQLOutputType:
        return self.definition.type

    @property
    def is_typename(self) -> bool:
        return self.definition is TypeNameMetaFieldDef


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is asked of an object of one type."""

    number: int
    type: GraphQLObjectType
    fields: list[Field]
    is_live: bool
    """Whether a resolver or a type resolver is asked somewhere below: it has to be told where it is."""


class Planner:
    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        flags: VariableValues,
    ) -> None:
        """`flags` are the variables of directives, and no others."""
        self._schema = schema
        self._operation = operation
        self._fragments = {name: FragmentDetails(node) for name, node in fragments.items()}
        self._flags = flags
        self._selections: dict[tuple[str, tuple[int, ...]], Selection] = {}
        self._numbers = count()
        self._planned = 0

    def steps(self) -> list[Selection]:
        """What is asked of the root, one after the other: a query at once, a mutation field by field."""
        kind = self._operation.operation
        root = self._schema.get_root_type(kind)
        if root is None or kind is OperationType.SUBSCRIPTION:
            raise Unsupported("subscription" if root else "operation")
        found = collect_fields(self._schema, self._fragments, self._flags, root, self._operation)
        fields = self._fields(root, found)
        parts = [[field] for field in fields] if kind is OperationType.MUTATION else [fields]
        return [Selection(next(self._numbers), root, part, is_live=True) for part in parts]

    def below(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        """What the fields of `details`, merged, ask of an object of this type."""
        nodes = tuple(id(detail.node) for detail in details)  # the document keeps them alive
        known = self._selections.get((type_.name, nodes))
        if known is not None:
            return known
        collected = collect_subfields(self._schema, self._fragments, self._flags, self._operation, type_, details)
        fields = self._fields(type_, collected)
        is_live = any(field.reads is None or self.is_live(field.type, field.details) for field in fields)
        selection = Selection(next(self._numbers), type_, fields, is_live)
        self._selections[type_.name, nodes] = selection
        return selection

    def is_live(self, type_: GraphQLOutputType, details: list[FieldDetails]) -> bool:
        """Whether a value of this type has to be told where it is."""
        named = get_named_type(type_)
        if is_abstract_type(named):
            return True
        return is_object_type(named) and (named.is_type_of is not None or self.below(named, details).is_live)

    def _fields(self, type_: GraphQLObjectType, found: CollectedFields) -> list[Field]:
        self._planned += len(found.grouped_field_set)
        if self._planned > MAX_FIELDS:
            raise Unsupported("size")
        return [self._field(key, type_, details) for key, details in found.grouped_field_set.items()]

    def _field(self, key: str, parent: GraphQLObjectType, details: list[FieldDetails]) -> Field:
        node = details[0].node
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            raise Unsupported("field")
        if definition is SchemaMetaFieldDef or definition is TypeMetaFieldDef:
            raise Unsupported("introspection")
        if parent.name.startswith("__"):
            raise Unsupported("introspection")
        resolve = definition.resolve or default_field_resolver
        if definition is TypeNameMetaFieldDef:
            reads: str | None = ""
        elif any(isinstance(argument.value, VariableNode) for argument in node.arguments or ()):
            reads = None  # the arguments may not fit, whether or not anybody looks at them
        else:
            reads = _attribute(resolve, node.name.value)
        return Field(key, parent, definition, details, reads, resolve)


def _attribute(resolve: Callable[..., Any], name: str) -> str | None:
    """What a default resolver reads, or one that Ariadne made for an alias or for a name in snake case."""
    if resolve is default_field_resolver:
        return name
    if getattr(resolve, "_ariadne_alias_resolver", False):
        closure: Any = getattr(resolve, "__closure__", None)
        names: Any = getattr(getattr(resolve, "__code__", None), "co_freevars", ())
        if closure and names == ("attr_name",) and "." not in closure[0].cell_contents:
            return str(closure[0].cell_contents)
    return None
