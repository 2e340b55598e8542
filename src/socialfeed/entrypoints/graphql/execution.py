"""Running one operation: parse, validate, execute. The one place where an executor plugs in."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any

from ariadne.validation.introspection_disabled import IntrospectionDisabledRule
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    validate,
)
from graphql.validation import specified_rules

from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.errors import format_error
from socialfeed.entrypoints.tracing import Tracing

log = logging.getLogger(__name__)

MAX_TOKENS = 1_000
"""The longest operation, in tokens of the GraphQL grammar; counted before anything else is done with it."""

MAX_ERRORS = 5
"""Validation stops after so many errors: a page of them helps nobody but an attacker."""

CACHED = 500
"""How many different operations are kept parsed and validated. Clients send the same few over and over."""

CACHED_LENGTH = 10_000
"""Longer texts are not kept, so that the cache stays under about 50 MB whatever is sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks for, its shape already checked."""

    query: str
    variables: Mapping[str, Any]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response, and whether the operation was run at all (else the request itself was wrong)."""

    response: dict[str, Any]
    executed: bool


class _Refused(Exception):
    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


class Executor:
    def __init__(self, schema: GraphQLSchema, *, introspection: bool, tracing: Tracing) -> None:
        self._schema = schema
        self._tracing = tracing
        self._rules = specified_rules if introspection else (*specified_rules, IntrospectionDisabledRule)

        self._prepare_cached = lru_cache(CACHED)(self._prepare)

    async def run(self, operation: Operation, context: Context, request_id: str) -> Outcome:
        prepare = self._prepare_cached if len(operation.query) <= CACHED_LENGTH else self._prepare
        try:
            document = prepare(operation.query)
        except _Refused as refused:
            return Outcome({"errors": [format_error(error, request_id) for error in refused.errors]}, executed=False)
        response: dict[str, Any] = {}
        with self._tracing.operation(document, operation.name) as report:
            result = await self._execute(document, operation, context)
            if result.errors:
                response["errors"] = errors = [format_error(error, request_id) for error in result.errors]
                report([error["extensions"].get("code", "") for error in errors])
        response["data"] = result.data
        # An operation name or a variable that does not fit is found by the executor, before any resolver runs.
        executed = result.data is not None or any(error.path for error in result.errors or ())
        if not executed:
            del response["data"]
        return Outcome(response, executed)

    def _prepare(self, query: str) -> DocumentNode:
        """The operation, parsed and valid. Raises `_Refused`, which is not cached."""
        try:
            document = parse(query, max_tokens=MAX_TOKENS)
            errors = validate(self._schema, document, self._rules, max_errors=MAX_ERRORS) or _unsupported(document)
        except GraphQLError as error:
            errors = [error]
        except RecursionError:
            errors = [GraphQLError("The operation is nested too deeply.", extensions={"code": "TOO_DEEP"})]
        if errors:
            raise _Refused(errors)
        return document

    async def _execute(self, document: DocumentNode, operation: Operation, context: Context) -> ExecutionResult:
        result = execute(
            self._schema,
            document,
            context_value=context,
            variable_values=dict(operation.variables),
            operation_name=operation.name,
        )
        return await result if isawaitable(result) else result


def _unsupported(document: DocumentNode) -> list[GraphQLError]:
    return [
        GraphQLError("Subscriptions do not run over plain HTTP.", node)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.operation is OperationType.SUBSCRIPTION
    ]
