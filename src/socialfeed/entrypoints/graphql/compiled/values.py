"""What a value of a source is, found out once for its class: the fast way asks no more of it than to be in a set.

Whatever is out of the ordinary raises `Unusual`, and the careful way looks at it as graphql-core does.
"""

from asyncio import Future, Task
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from types import CoroutineType, GeneratorType
from typing import Any

from graphql import GraphQLEnumType, GraphQLScalarType, Undefined
from graphql.type.scalars import serialize_boolean, serialize_float, serialize_id, serialize_int, serialize_string

AWAITABLE: frozenset[type] = frozenset({CoroutineType, Future, Task})
"""What resolvers return that is waited for. Other awaitables are unusual."""

PLAIN: set[type] = set()
"""Classes of objects that are read by attribute, and are nothing else besides."""

_SIMPLE: set[type] = {str, int, float, bool}
"""Classes of values that stand for themselves: nobody calls them, raises them, or waits for them."""

_MOST = 4_096
"""Classes that are remembered. More would be made anew by each request."""

_LISTS = (list, tuple, set, frozenset, deque)


class Unusual(Exception):
    """The fast way does not know what to do with this: the careful way does."""


def stands_for_itself(value: object) -> bool:
    """Whether a default resolver would return it as it is, and an executor take it as it is."""
    kind = type(value)
    if kind in PLAIN or kind in _SIMPLE:
        return True
    if value is Undefined or issubclass(kind, (BaseException, GeneratorType)):
        return False
    return not callable(value) and not hasattr(value, "__await__")


def is_mapping(value: object) -> bool:
    """Whether an object is read by key, not by attribute. Raises `Unusual` if it is not read at all."""
    if value is None or not stands_for_itself(value):
        raise Unusual
    kind = type(value)
    if issubclass(kind, Mapping):
        return True
    if not hasattr(kind, "__getattr__") and kind.__getattribute__ is object.__getattribute__:
        _remember(PLAIN, kind)
    return False


def listing(value: object) -> Iterable[Any]:
    """A list's items, which can be read again. Iterators can be read only once: they are unusual."""
    if isinstance(value, _LISTS) and stands_for_itself(value):
        return value
    raise Unusual


def leaf(coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The whole way to serialize a value that is not None."""

    def serialize(value: Any) -> Any:
        kind = type(value)
        if kind not in _SIMPLE:
            if value is None or not stands_for_itself(value):
                raise Unusual
            if not hasattr(kind, "__getattr__"):
                _remember(_SIMPLE, kind)
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Unusual
        return coerced

    return serialize


INLINE: Mapping[Callable[[Any], Any], str] = {
    serialize_string: "{v} if type({r}) is str else ",
    serialize_id: "{v} if type({r}) is str else str({v}) if type({v}) is int else ",
    serialize_boolean: "{v} if type({r}) is bool else ",
    serialize_int: "{v} if type({r}) is int and -2147483648 <= {v} <= 2147483647 else ",
    serialize_float: "{v} if type({r}) is float and {v} - {v} == 0.0 else ",
}
"""What needs no call, by how it is serialized. `r` reads a value into `v`, or is `v` itself."""


def coercer(type_: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], Any]:
    return type_.coerce_output_value


def names_of(type_: GraphQLEnumType) -> dict[Any, str] | None:
    """Names by internal values, if each value can stand for itself."""
    names: dict[Any, str] = {}
    for member in type_.values.values():
        try:
            hash(member.value)
        except TypeError:
            return None
        if member.value is None or member.value is Undefined or not stands_for_itself(member.value):
            return None
        names[member.value] = type_.coerce_output_value(member.value)
    return names


def is_shared(values: Collection[Any]) -> bool:
    """Whether resolvers may be given the same values again: they cannot change them."""
    return all(value is None or type(value) in (str, int, float, bool) for value in values)


def _remember(known: set[type], kind: type) -> None:
    if len(known) >= _MOST:
        known.clear()
        known.update((str, int, float, bool) if known is _SIMPLE else ())
    known.add(kind)
