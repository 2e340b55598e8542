"""The careful way: the same operation by graphql-core itself, which locates errors and lets nulls propagate.

It starts over, but no resolver that was asked is asked again: each gives, at its place in the answer, what it gave
before. What was started and has not come to an end is waited for, and can still be cancelled.
"""

from asyncio import Future
from collections.abc import Callable
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    MiddlewareManager,
)
from graphql.execution import Executor, execute_root_selection_set
from graphql.pyutils import Path

from socialfeed.entrypoints.graphql.compiled.running import Run, Settled


class Raised:
    """A resolver raised instead of returning."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class Record:
    """What resolvers said on the fast way, by their places."""

    def __init__(self, calls: list[Any], error: Exception) -> None:
        paths, results = calls[::2], calls[1::2]
        if len(results) < len(paths):  # the last one that was asked said it
            results.append(Raised(error))
        self._said: dict[Path, Any] = dict(zip(paths, results, strict=True))

    def resolve(
        self, resolver: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], /, **arguments: Any
    ) -> Any:
        """As middleware of graphql-core."""
        if not self._said or info.path not in self._said:
            return resolver(source, info, **arguments)
        said = self._said.pop(info.path)
        if type(said) is Raised:
            raise said.error
        return said.again() if type(said) is Settled else said

    def close(self) -> None:
        """Ends what nobody asked for again."""
        for said in self._said.values():
            if isinstance(said, CoroutineType):
                said.close()
            elif isinstance(said, Future):
                said.cancel()


async def complete(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variables: dict[str, Any],
    run: Run,
    error: Exception,
    *,
    hide_suggestions: bool,
) -> ExecutionResult:
    record = Record(run.calls, error)
    executor = Executor.build(
        schema,
        document,
        run.root,
        run.context,
        variables,
        operation_name,
        middleware=MiddlewareManager(record),
        hide_suggestions=hide_suggestions,
    )
    if isinstance(executor, list):
        raise AssertionError("the variables were right a moment ago") from error
    try:
        result = execute_root_selection_set(executor)
        return await result if isawaitable(result) else result
    finally:
        record.close()


def refused(errors: list[GraphQLError]) -> ExecutionResult:
    """Nothing was run."""
    return ExecutionResult(None, errors)
