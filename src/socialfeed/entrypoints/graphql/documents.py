"""From the text of an operation to what may be run: parsed, within limits, valid and priced; kept for the next time."""

from functools import lru_cache
from typing import NamedTuple

from ariadne.validation.introspection_disabled import IntrospectionDisabledRule
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)
from graphql.validation import specified_rules

from socialfeed.entrypoints.graphql.limits import Costs, Shape, refusals

MAX_TOKENS = 1_000
"""The longest operation, in tokens of the GraphQL grammar; counted before anything else is done with it."""

MAX_LENGTH = 100_000
"""And in characters: one token may be as long as it likes."""

MAX_ERRORS = 5
"""Validation stops after so many errors: a page of them helps nobody but an attacker."""

CACHED = 500
"""How many different operations are kept. Clients send the same few over and over."""

CACHED_LENGTH = 10_000
"""Longer texts are not kept, so that the cache stays under about 50 MB whatever is sent."""


class Document(NamedTuple):
    """A valid operation, or several by name, and what each may cost."""

    ast: DocumentNode
    costs: Costs

    def only_reads(self, name: str | None) -> bool:
        """Whether the operation of this name is a query; also where there is none, for nothing is run then."""
        operation = get_operation_ast(self.ast, name)
        return operation is None or operation.operation is OperationType.QUERY


class Refused(Exception):
    """The document is not run; the errors say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


class Documents:
    """`introspection` also decides whether errors suggest what the schema has."""

    def __init__(self, schema: GraphQLSchema, shape: Shape, *, introspection: bool) -> None:
        self._schema = schema
        self._shape = shape
        self._introspection = introspection
        self._rules = specified_rules if introspection else (*specified_rules, IntrospectionDisabledRule)
        self._cached = lru_cache(CACHED)(self._prepared)

    def of(self, text: str) -> Document:
        """Raises `Refused`. Nothing that depends on variables is kept, nor is anything that is refused."""
        return self._cached(text) if len(text) <= CACHED_LENGTH else self._prepared(text)

    def _prepared(self, text: str) -> Document:
        try:
            ast = parse(text, max_tokens=MAX_TOKENS, max_source_length=MAX_LENGTH, max_comments=MAX_TOKENS)
            errors = refusals(ast, self._shape) or self._problems(ast)
        except GraphQLError as error:
            errors = [error]
        except RecursionError:
            errors = [GraphQLError("The operation is nested too deeply.", extensions={"code": "TOO_DEEP"})]
        if errors:
            raise Refused(errors)
        return Document(ast, Costs(self._schema, ast))

    def _problems(self, ast: DocumentNode) -> list[GraphQLError]:
        errors = validate(
            self._schema, ast, self._rules, max_errors=MAX_ERRORS, hide_suggestions=not self._introspection
        )
        return errors or [
            GraphQLError("Subscriptions do not run over plain HTTP.", node)
            for node in ast.definitions
            if isinstance(node, OperationDefinitionNode) and node.operation is OperationType.SUBSCRIPTION
        ]
