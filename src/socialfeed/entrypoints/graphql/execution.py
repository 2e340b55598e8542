"""Running one operation: is it valid, may it, what comes of it. The one place where an executor plugs in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute

from socialfeed.application.metrics import GRAPHQL_OPERATIONS
from socialfeed.application.ports.metrics import Metrics
from socialfeed.application.throttle import Budget
from socialfeed.domain.errors import RateLimited
from socialfeed.entrypoints.graphql.compiled import CompiledExecutor, Way
from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.documents import CACHED, Document, Documents, Refused
from socialfeed.entrypoints.graphql.errors import format_error
from socialfeed.entrypoints.graphql.limits import Shape
from socialfeed.entrypoints.graphql.trusted import Manifest
from socialfeed.entrypoints.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Limits:
    """`cost` in points, `seconds` by the clock on the wall."""

    shape: Shape
    cost: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks for, its shape already checked."""

    query: str
    variables: Mapping[str, Any]
    name: str | None = None
    reads: bool = False
    """Whether it came in a way that may change nothing."""
    hash: str | None = None
    """Where it was named by one, that of its text, which may be missing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response, its status, and how the client's budget stands, if it has one."""

    response: dict[str, Any]
    status: HTTPStatus = HTTPStatus.OK
    budget: Budget | None = None


class Executor:
    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        introspection: bool,
        limits: Limits,
        tracing: Tracing,
        compiled: bool,
        manifest: Manifest,
    ) -> None:
        """`compiled`: whether operations are compiled, or run by graphql-core as it is."""
        self._schema = schema
        self._metrics: Metrics | None = None
        hidden = not introspection
        kept = CACHED + len(manifest.documents)
        self._compiled = _compiled(schema, cached=kept, hide_suggestions=hidden) if compiled else None
        self._documents = _documents(schema, limits.shape, introspection=introspection, manifest=manifest)
        self._introspection = introspection
        self._limits = limits
        self._tracing = tracing

    def report_to(self, metrics: Metrics) -> None:
        """From when the application is open; nothing is counted before."""
        self._metrics = metrics

    async def run(self, operation: Operation, context: Context, request_id: str) -> Outcome:
        try:
            document = self._documents.of(operation.query)
        except Refused as refused:
            return _not_run(refused.errors, request_id)
        if operation.reads and not document.only_reads(operation.name):
            return _not_run([_NOT_BY_GET], request_id, HTTPStatus.METHOD_NOT_ALLOWED)
        points = document.costs.most(operation.name, operation.variables)
        if points > self._limits.cost:
            return _too_expensive(points, self._limits.cost, request_id)
        budget = await context.services.throttle.spend(context.actor, points)
        if budget is not None and not budget.verdict.allowed:
            return _limited(points, budget, request_id)
        result = await self._result(document, operation, context, request_id)
        return result if budget is None else await self._settled(result, document, operation, context, points, budget)

    async def _result(self, document: Document, operation: Operation, context: Context, request_id: str) -> Outcome:
        response: dict[str, Any] = {}
        with self._tracing.operation(document.ast, operation.name) as report:
            try:
                async with asyncio.timeout(self._limits.seconds) as clock:
                    result = await self._execute(document, operation, context)
            except TimeoutError:
                if not clock.expired():
                    raise
                report(["TIMEOUT"])
                return _not_run([_TIMEOUT], request_id, HTTPStatus.SERVICE_UNAVAILABLE)
            if result.errors:
                response["errors"] = errors = [format_error(error, request_id) for error in result.errors]
                report([error["extensions"].get("code", "") for error in errors])
        response["data"] = result.data
        # An operation name or a variable that does not fit is found by the executor, before any resolver runs.
        if result.data is None and not any(error.path for error in result.errors or ()):
            del response["data"]
            return Outcome(response, HTTPStatus.BAD_REQUEST)
        return Outcome(response)

    async def _execute(self, document: Document, operation: Operation, context: Context) -> ExecutionResult:
        if self._compiled is not None:
            return await self._compiled.execute(
                document.ast,
                document.key,
                variables=operation.variables,
                operation_name=operation.name,
                context=context,
                observe=self._count,
            )
        self._count(Way.REFERENCE, "setting")
        result = execute(
            self._schema,
            document.ast,
            context_value=context,
            variable_values=dict(operation.variables),
            operation_name=operation.name,
            hide_suggestions=not self._introspection,
        )
        return await result if isawaitable(result) else result

    def _count(self, way: Way, why: str) -> None:
        if self._metrics is not None:
            self._metrics.inc(GRAPHQL_OPERATIONS, way, why)

    async def _settled(
        self, outcome: Outcome, document: Document, operation: Operation, context: Context, points: int, budget: Budget
    ) -> Outcome:
        """Points for what the answer did not hold are given back."""
        actual = min(points, document.costs.actual(operation.name, outcome.response.get("data")))
        back = max(0, min(points, budget.limit.points) - actual)
        await context.services.throttle.give_back(context.actor, back)
        budget = budget.given_back(back)
        cost = _cost(points, budget) | {"actual": actual}
        return Outcome(outcome.response | {"extensions": {"cost": cost}}, outcome.status, budget)


@cache
def _documents(schema: GraphQLSchema, shape: Shape, *, introspection: bool, manifest: Manifest) -> Documents:
    """Of the process, as the schema is: what depends on no application is prepared once for all of them."""
    return Documents(schema, shape, introspection=introspection, manifest=manifest)


@cache
def _compiled(schema: GraphQLSchema, *, cached: int, hide_suggestions: bool) -> CompiledExecutor:
    return CompiledExecutor(schema, cached=cached, hide_suggestions=hide_suggestions)


_NOT_BY_GET = GraphQLError("Only queries may come by GET.", extensions={"code": "METHOD_NOT_ALLOWED"})

_TIMEOUT = GraphQLError(
    "This took too long and was ended. What it changed until then is either complete or undone.",
    extensions={"code": "TIMEOUT"},
)


def _not_run(errors: list[GraphQLError], request_id: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Outcome:
    return Outcome({"errors": [format_error(error, request_id) for error in errors]}, status)


def _too_expensive(points: int, most: int, request_id: str) -> Outcome:
    cost = {"requested": points, "maximum": most}
    error = GraphQLError(
        f"This may cost {points} points; an operation may cost {most}.",
        extensions={"code": "TOO_EXPENSIVE", "cost": cost},
    )
    outcome = _not_run([error], request_id)
    return Outcome(outcome.response | {"extensions": {"cost": cost}}, outcome.status)


def _limited(points: int, budget: Budget, request_id: str) -> Outcome:
    error = GraphQLError("", original_error=RateLimited(budget.verdict.retry_after))
    outcome = _not_run([error], request_id, HTTPStatus.TOO_MANY_REQUESTS)
    return Outcome(outcome.response | {"extensions": {"cost": _cost(points, budget)}}, outcome.status, budget)


def _cost(points: int, budget: Budget) -> dict[str, Any]:
    return {
        "requested": points,
        "remaining": budget.verdict.remaining,
        "limit": budget.limit.points,
        "restoreRate": round(budget.restore_rate, 3),
    }
