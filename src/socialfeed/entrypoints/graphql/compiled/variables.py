"""The variables of an operation. Plain values of the built-in scalars are looked at once; others go the whole way."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    VariableDefinitionNode,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from socialfeed.entrypoints.graphql.compiled.values import is_shared

MAX_COERCION_ERRORS = 50
"""As graphql-core has it: a request with more wrong variables is told so."""

_AS_IT_IS: Mapping[Any, Callable[[Any], bool]] = {
    GraphQLString.coerce_input_value: lambda value: type(value) is str,
    GraphQLID.coerce_input_value: lambda value: type(value) is str,
    GraphQLBoolean.coerce_input_value: lambda value: type(value) is bool,
    GraphQLInt.coerce_input_value: lambda value: type(value) is int and -2147483648 <= value <= 2147483647,
}
"""By how a scalar is read: whether a value is read as itself."""


class Variables:
    def __init__(
        self, schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode], *, hide_suggestions: bool
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._hide_suggestions = hide_suggestions
        self._plain: list[_Plain] | None = []
        for definition in definitions:
            signature = get_variable_signature(schema, definition)
            plain = None if isinstance(signature, GraphQLError) else _plain(signature, self._whole_default(definition))
            if plain is None:
                self._plain = None
                break
            self._plain.append(plain)

    def read(self, given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values of one request, or what is wrong with them."""
        return self._quickly(given) or get_variable_values(
            self._schema,
            self._definitions,
            given,
            max_errors=MAX_COERCION_ERRORS,
            hide_suggestions=self._hide_suggestions,
        )

    def _quickly(self, given: dict[str, Any]) -> VariableValues | None:
        if self._plain is None:
            return None
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for plain in self._plain:
            name = plain.signature.name
            value = given.get(name, Undefined)
            if value is Undefined:
                if not plain.may_be_absent:
                    return None
                sources[name] = plain.absent
                if plain.default is not Undefined:
                    coerced[name] = plain.default
            elif plain.fits(value) or (value is None and plain.is_nullable):
                sources[name] = VariableValueSource(plain.signature, value)
                coerced[name] = value
            else:
                return None
        return VariableValues(sources, coerced)

    def _whole_default(self, definition: VariableDefinitionNode) -> Any:
        if definition.default_value is None:
            return Undefined
        values = get_variable_values(self._schema, [definition], {})
        return Undefined if isinstance(values, list) else values.coerced.get(definition.variable.name.value, Undefined)


class _Plain:
    """A variable of a built-in scalar."""

    __slots__ = ("absent", "default", "fits", "is_nullable", "may_be_absent", "signature")

    def __init__(self, signature: GraphQLVariableSignature, fits: Callable[[Any], bool], default: Any) -> None:
        self.signature = signature
        self.fits = fits
        self.default = default
        self.absent = VariableValueSource(signature)
        self.is_nullable = not is_non_null_type(signature.type)
        has_default = signature.default is not None
        self.may_be_absent = default is not Undefined if has_default else self.is_nullable


def _plain(signature: GraphQLVariableSignature, default: Any) -> _Plain | None:
    type_: Any = signature.type.of_type if is_non_null_type(signature.type) else signature.type
    fits = _AS_IT_IS.get(getattr(type_, "coerce_input_value", None))
    if fits is None or (default is not Undefined and not is_shared([default])):
        return None
    return _Plain(signature, fits, default)
