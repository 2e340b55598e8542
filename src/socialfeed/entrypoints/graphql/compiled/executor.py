"""Where operations come in: compiled once, kept while they are asked for, run by the fast way and else by others."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from inspect import isawaitable
from typing import Any, Generic, TypeVar

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    assert_valid_schema,
    execute,
)
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit

from socialfeed.entrypoints.graphql.compiled import careful
from socialfeed.entrypoints.graphql.compiled.plan import Unsupported
from socialfeed.entrypoints.graphql.compiled.program import Program
from socialfeed.entrypoints.graphql.compiled.running import Run
from socialfeed.entrypoints.graphql.compiled.values import Unusual
from socialfeed.entrypoints.graphql.compiled.variables import MAX_COERCION_ERRORS, Variables


class Way(StrEnum):
    """How an operation was run."""

    COMPILED = "compiled"
    CAREFUL = "careful"
    REFERENCE = "reference"


Observe = Callable[[Way, str], None]
"""Told of each operation how it was run, and why it was not by the compiled way: one word, empty if it was."""


class CompiledExecutor:
    """Runs valid operations of one schema as graphql-core would, with the same answers, only faster.

    The schema and its resolvers may not change any more. Documents must be valid.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        cached: int = 500,
        hide_suggestions: bool = False,
    ) -> None:
        assert_valid_schema(schema)
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._operations = _Kept[tuple[Hashable, str | None], _Operation](cached)
        self._programs = _Kept[tuple[_Operation, tuple[Any, ...]], Program](cached)
        self._incremental = any(schema.get_directive(name) for name in ("defer", "stream"))

    async def execute(
        self,
        document: DocumentNode,
        key: Hashable | None,
        *,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        context: Any = None,
        root: Any = None,
        middleware: Any = None,
        observe: Observe = lambda _way, _why: None,
    ) -> ExecutionResult:
        """As `graphql.execute`. `key` stands for the text of the document: its hash, or the text; None: it is not worth
        keeping, and so not worth compiling.

        A cancelled call cancels what its resolvers are waiting for. `middleware` is asked about every field, so an
        operation with it is left to graphql-core.
        """
        given = dict(variables or {})
        try:
            if middleware is not None:
                raise Unsupported("middleware")
            if key is None:
                raise Unsupported("not_kept")
            operation = self._operation(document, key, operation_name)
            values = operation.variables.read(given)
            if isinstance(values, list):
                return careful.refused(values)
            program = self._program(operation, values)
        except Unsupported as unsupported:
            observe(Way.REFERENCE, unsupported.reason)
            result = execute(
                self._schema,
                document,
                root,
                context,
                given,
                operation_name,
                middleware=middleware,
                max_coercion_errors=MAX_COERCION_ERRORS,
                hide_suggestions=self._hide_suggestions,
            )
            return await result if isawaitable(result) else result
        run = Run(root, context, values)
        try:
            data = await program(run)
        except Exception as error:
            observe(Way.CAREFUL, "unusual" if isinstance(error, Unusual) else "error")
            return await careful.complete(
                self._schema, document, operation_name, given, run, error, hide_suggestions=self._hide_suggestions
            )
        observe(Way.COMPILED, "")
        return ExecutionResult(data, None)

    def _operation(self, document: DocumentNode, key: Hashable, name: str | None) -> "_Operation":
        known = self._operations.get((key, name))
        if known is None:
            if self._incremental:
                raise Unsupported("incremental")
            known = _Operation(self._schema, document, name, hide_suggestions=self._hide_suggestions)
            self._operations.put((key, name), known)
        return known

    def _program(self, operation: "_Operation", values: VariableValues) -> Program:
        """Raises `Unsupported`, each time."""
        if operation.refusal:
            raise Unsupported(operation.refusal)
        flags: tuple[Any, ...] = tuple([values.coerced.get(name) for name in operation.flags])
        program = self._programs.get((operation, flags))
        if program is None:
            if any(type(flag) is not bool for flag in flags):
                raise Unsupported("directive")
            program = operation.compile(values)
            self._programs.put((operation, flags), program)
        return program


class _Operation:
    """One operation of a document. `flags` are the variables of its directives, by which its programs differ."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, name: str | None, *, hide_suggestions: bool
    ) -> None:
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._node = _named(document, name)
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        definitions = self._node.variable_definitions or ()
        self.variables = Variables(schema, definitions, hide_suggestions=hide_suggestions)
        self.refusal = "arguments" if any(node.variable_definitions for node in self._fragments.values()) else ""
        defined = {definition.variable.name.value for definition in definitions}
        self.flags = sorted(_directive_variables(document) & defined)

    def compile(self, values: VariableValues) -> Program:
        flags = VariableValues(
            {name: values.sources[name] for name in self.flags}, {name: values.coerced[name] for name in self.flags}
        )
        try:
            return Program(self._schema, self._node, self._fragments, flags, hide_suggestions=self._hide_suggestions)
        except Unsupported as unsupported:
            self.refusal = unsupported.reason
            raise
        except (GraphQLError, RecursionError):
            self.refusal = "plan"
            raise Unsupported(self.refusal) from None


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Kept(Generic[K, V]):
    """As many as there is room for; what was not asked for longest makes room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
        return held

    def put(self, key: K, value: V) -> None:
        self._held[key] = value
        if len(self._held) > self._room:
            self._held.popitem(last=False)

    def kept(self) -> list[K]:
        return list(self._held)

    def values(self) -> list[V]:
        return list(self._held.values())


def _named(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    wanted = [node for node in operations if name is None or (node.name is not None and node.name.value == name)]
    if len(wanted) != 1:
        raise Unsupported("operation")  # graphql-core has words for it
    return wanted[0]


def _directive_variables(document: DocumentNode) -> set[str]:
    finder = _Finder()
    visit(document, finder)
    return finder.found


class _Finder(Visitor):
    """Variables in the arguments of directives that decide about fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in ("skip", "include"):
            self.found.update(
                argument.value.name.value
                for argument in node.arguments or ()
                if isinstance(argument.value, VariableNode)
            )
