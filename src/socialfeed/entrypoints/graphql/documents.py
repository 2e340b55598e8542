"""From the text of an operation to what may be run: parsed, within limits, valid and priced; kept for the next time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
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
from socialfeed.entrypoints.graphql.trusted import NOT_TRUSTED, Manifest

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
    key: str | None
    """What it is kept by; None where it is not."""

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
    """`introspection` also decides whether errors suggest what the schema has. What is in the manifest may have any
    shape, and is kept for good.
    """

    def __init__(self, schema: GraphQLSchema, shape: Shape, *, introspection: bool, manifest: Manifest) -> None:
        self._schema = schema
        self._shape = shape
        self._introspection = introspection
        self._rules = specified_rules if introspection else (*specified_rules, IntrospectionDisabledRule)
        self._manifest = manifest
        self._trusted = cache(self._read)
        self._cached = lru_cache(CACHED)(self._measured)

    def of(self, text: str) -> Document:
        """Raises `Refused`. Nothing that depends on variables is kept, nor is anything that is refused."""
        if text in self._manifest.texts:
            return self._trusted(text)
        if self._manifest.alone:
            raise Refused([NOT_TRUSTED])
        return self._cached(text) if len(text) <= CACHED_LENGTH else self._measured(text)

    def _measured(self, text: str) -> Document:
        with _refusing():
            ast = parse(text, max_tokens=MAX_TOKENS, max_source_length=MAX_LENGTH, max_comments=MAX_TOKENS)
            if too_much := refusals(ast, self._shape):
                raise Refused(too_much)
            return self._valid(ast, text if len(text) <= CACHED_LENGTH else None)

    def _read(self, text: str) -> Document:
        with _refusing():
            return self._valid(parse(text), text)

    def _valid(self, ast: DocumentNode, key: str | None) -> Document:
        if problems := self._problems(ast):
            raise Refused(problems)
        return Document(ast, Costs(self._schema, ast), key)

    def _problems(self, ast: DocumentNode) -> list[GraphQLError]:
        errors = validate(
            self._schema, ast, self._rules, max_errors=MAX_ERRORS, hide_suggestions=not self._introspection
        )
        return errors or [
            GraphQLError("Subscriptions do not run over plain HTTP.", node)
            for node in ast.definitions
            if isinstance(node, OperationDefinitionNode) and node.operation is OperationType.SUBSCRIPTION
        ]


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except GraphQLError as error:
        raise Refused([error]) from None
    except RecursionError:
        too_deep = GraphQLError("The operation is nested too deeply.", extensions={"code": "TOO_DEEP"})
        raise Refused([too_deep]) from None
