"""One operation as functions: their namespace, where each is written and compiled the first time it is called.

So a type that an interface may have, or a kind of source, costs nothing before it is met.
"""

from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    default_type_resolver,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, is_awaitable

from socialfeed.entrypoints.graphql.compiled.arguments import binding
from socialfeed.entrypoints.graphql.compiled.emit import Emitter
from socialfeed.entrypoints.graphql.compiled.plan import Field, Planner, Selection
from socialfeed.entrypoints.graphql.compiled.running import HELPERS, Run, Wait, track
from socialfeed.entrypoints.graphql.compiled.values import (
    AWAITABLE,
    PLAIN,
    Unusual,
    is_mapping,
    listing,
    stands_for_itself,
)

_BUILTINS = {kind.__name__: kind for kind in (bool, dict, enumerate, float, getattr, int, len, list, str, tuple, type)}
"""All that the functions may call by name, besides what is put into their namespace."""

Complete = Callable[[Any, Path | None, Run, GraphQLResolveInfo[Any]], Any]


class Program:
    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: MappingABC[str, FragmentDefinitionNode],
        flags: VariableValues,
        *,
        hide_suggestions: bool,
    ) -> None:
        """Raises `Unsupported`."""
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._constants = 0
        self._known: set[int] = set()
        self._planner = Planner(schema, operation, fragments, flags)
        self._emitter = Emitter(self._planner, self)
        self._names: dict[str, Any] = {
            "__builtins__": _BUILTINS,
            "AWAITABLE": AWAITABLE,
            "FRAGMENTS": dict(fragments),
            "HELPERS": HELPERS,
            "Info": GraphQLResolveInfo,
            "OPERATION": operation,
            "PLAIN": PLAIN,
            "Path": Path,
            "SCHEMA": schema,
            "Wait": Wait,
            "is_awaitable": is_awaitable,
            "listing": listing,
            "new": tuple.__new__,
        }
        self.sources: list[str] = []
        """What has been compiled so far."""
        self._steps = [self.selection(step) for step in self._planner.steps()]

    async def __call__(self, run: Run) -> dict[str, Any]:
        """The data. Whatever it raises is for the careful way, but for a cancellation."""
        kind = "mapping" if isinstance(run.root, MappingABC) else "object"
        data: dict[str, Any] = {}
        for step in self._steps:
            part = self._names[f"{kind}_{step}"](run.root, None, run)
            if run.pending:
                await run.settle()
            data = {**data, **part} if data else part
        return data

    def constant(self, kind: str, value: Any) -> str:
        name = f"{kind}_{self._constants}"
        self._constants += 1
        self._names[name] = value
        return name

    def selection(self, selection: Selection) -> int:
        number = selection.number
        if number not in self._known:
            self._known.add(number)
            self._add_stub(selection, of_mappings=False)
            self._add_stub(selection, of_mappings=True)
            self._names[f"any_{number}"] = self._any(number)
        return number

    def abstract(self, type_: GraphQLAbstractType, field: Field) -> str:
        resolve_type = type_.resolve_type or default_type_resolver
        known: dict[str, Complete] = {}

        def complete(value: Any, path: Path | None, run: Run, info: GraphQLResolveInfo[Any]) -> Any:
            if value is None or not stands_for_itself(value):
                raise Unusual
            name: Any = resolve_type(value, info, type_)
            if type(name) is not str:
                raise _left(name)
            found = known.get(name)
            if found is None:
                runtime = self._schema.get_type(name)
                if not isinstance(runtime, GraphQLObjectType) or not self._schema.is_sub_type(type_, runtime):
                    raise Unusual
                found = known[name] = self._complete_object(runtime, field)
            return found(value, path, run, info)

        return self.constant("abstract", complete)

    def typed(self, type_: GraphQLObjectType, field: Field) -> str:
        return self.constant("typed", self._complete_object(type_, field))

    def binding(self, field: Field) -> str:
        return self.constant("bind", binding(field, hide_suggestions=self._hide_suggestions))

    def _complete_object(self, type_: GraphQLObjectType, field: Field) -> Complete:
        below = self._planner.below(type_, field.details)
        number, is_live, is_type_of = self.selection(below), below.is_live, type_.is_type_of
        of_any = self._names[f"any_{number}"]

        def complete(value: Any, path: Path | None, run: Run, info: GraphQLResolveInfo[Any]) -> Any:
            if is_type_of is not None:
                if value is None or not stands_for_itself(value):
                    raise Unusual
                says: Any = is_type_of(value, info)
                if says is not True and (is_awaitable(says) or not says):
                    raise _left(says)
            return of_any(value, path, run) if is_live else of_any(value)

        return complete

    def _any(self, number: int) -> Callable[..., Any]:
        names, of_object, of_mapping = self._names, f"object_{number}", f"mapping_{number}"

        def complete(value: Any, *rest: Any) -> Any:
            return names[of_mapping if type(value) is dict or is_mapping(value) else of_object](value, *rest)

        return complete

    def _add_stub(self, selection: Selection, *, of_mappings: bool) -> None:
        name = f"{'mapping' if of_mappings else 'object'}_{selection.number}"

        def first(*args: Any) -> Any:
            source = self._emitter.functions(selection, of_mappings=of_mappings)
            self.sources.append(source)
            exec(compile(source, f"<graphql {name}>", "exec"), self._names)  # noqa: S102
            return self._names[name](*args)

        self._names[name] = first


def _left(says: Any) -> Unusual:
    """A type that takes its time is looked at on the careful way; what was begun here ends by itself."""
    track([says])
    return Unusual()
