"""Data for a schema, made from a seed: the same every time, good or poisoned."""

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from ariadne.utils import convert_camel_case_to_snake
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
)

from tests.unit.compiled.zoo import Does

EACH = 3
"""Objects of a type. They refer to each other in circles, so that no operation gets to their end."""


class Poison(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(f"poison {number}")


class WithProperties:
    """An object whose attributes are found when they are asked for, and some raise."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__["_values"] = values

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None
        if isinstance(value, Poison):
            raise value
        return value


class Plain:
    """Only attributes."""


class Weighty(int):
    """A number of a class of its own."""


class Sources:
    def __init__(
        self,
        schema: GraphQLSchema,
        seed: int,
        *,
        resolved: Any,
        poison: float = 0.0,
        later: float = 0.0,
        hows: Sequence[str] = ("gate",),
    ) -> None:
        """`resolved` are the fields that have resolvers, and where those look. `poison` and `later`: how often a value
        is wrong, and how often a resolver takes its time; `hows`: in which ways it does.
        """
        self._hows = hows
        self._schema = schema
        self._chance = random.Random(seed)
        self._poison = poison
        self._later = later
        self._resolved = resolved
        self._poisons = 0
        self._objects: dict[str, list[Any]] = {}

    def root(self, type_: GraphQLObjectType) -> dict[str, Any]:
        return self._fields(type_)

    def _fields(self, type_: GraphQLObjectType) -> dict[str, Any]:
        resolved = self._resolved.get(type_.name, {})
        values: dict[str, Any] = {}
        for name, field in type_.fields.items():
            if name in resolved:
                values[resolved[name]] = self._does(field.type)
            else:
                values[_attribute(name, field)] = self._value(field.type)
        return values

    def _does(self, type_: Any) -> Any:
        roll = self._chance.random()
        how = self._chance.choice(self._hows) if roll < self._later else "at once"
        if self._chance.random() < self._poison:
            return Does(error=self._new_poison(), how=how)
        return Does(self._value(type_), how=how)

    def _value(self, type_: Any) -> Any:
        if is_non_null_type(type_):
            if self._chance.random() < self._poison:
                return self._wrong(type_)
            return self._good(type_.of_type)
        roll = self._chance.random()
        if roll < 0.15:
            return None
        if roll < 0.15 + self._poison:
            return self._wrong(type_)
        return self._good(type_)

    def _good(self, type_: Any) -> Any:
        if is_non_null_type(type_):
            return self._good(type_.of_type)
        if is_list_type(type_):
            items = [self._value(type_.of_type) for _ in range(self._chance.randrange(4))]
            return self._chance.choice((list, list, list, tuple, deque))(items)
        if isinstance(type_, GraphQLEnumType):
            return self._chance.choice([member.value for member in type_.values.values()])
        if is_abstract_type(type_):
            return self._object(self._chance.choice(self._schema.get_possible_types(type_)))
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_)
        return self._scalar(type_.name)

    def _scalar(self, name: str) -> Any:
        choose = self._chance.choice
        if name == "Int":
            return choose((0, 1, -5, 2_147_483_647, Weighty(3)))
        if name == "Float":
            return choose((0.5, -2.25, 3))
        if name == "Boolean":
            return choose((True, False))
        if name == "ID":
            return choose(("id-1", 17, Weighty(4)))
        if name in ("Moment", "DateTime"):
            return datetime(2026, 11, self._chance.randrange(1, 29), tzinfo=UTC)
        if name == "Anything":
            return choose(({"any": [1, None]}, [1, "two"], "three", 4, False))
        return choose(("", "words", "Ä \u2028 \x00", '"quoted"'))

    def _object(self, type_: GraphQLObjectType) -> Any:
        if type_.name not in self._objects:
            filled: list[dict[str, Any]] = [{} for _ in range(EACH)]
            self._objects[type_.name] = [self._shaped(values) for values in filled]
            for values in filled:
                self._fill(values, type_)
        return self._chance.choice(self._objects[type_.name])

    def _shaped(self, values: dict[str, Any]) -> Any:
        """An object that will have these values once they are there."""
        roll = self._chance.random()
        if roll < 0.3:
            return values
        if roll < 0.35:
            return MappingProxyType(values)
        if roll < 0.45:
            return WithProperties(values)
        plain = Plain()
        plain.__dict__ = values
        return plain

    def _fill(self, values: dict[str, Any], type_: GraphQLObjectType) -> None:
        values.update(self._fields(type_))
        says: Any = type_.name
        if self._chance.random() < self._poison:
            says = self._chance.choice(("Nobody", "Query", "Node", "Home", None, 7, self._new_poison()))
        if type_.name == "Fish":
            values["is_fish"] = self._chance.random() >= self._poison
        values.update({"kind": says, "__typename": says, "_Plain__typename": says, "_WithProperties__typename": says})

    def _wrong(self, type_: Any) -> Any:
        """What no field of this type should hold, or not quite."""
        wrong: list[Callable[[], Any]] = [
            lambda: None,
            lambda: Undefined,
            self._new_poison,
            lambda: {},
            lambda: [],
            lambda: "17",
            lambda: "",
            lambda: float("nan"),
            lambda: 2**40,
            lambda: True,
            lambda: 1.5,
            lambda: object,
            lambda: [[None]],
            lambda: (item for item in [self._good(type_), None]),
            lambda: _method(self._good(type_)),
            lambda: _async_method(self._good(type_)),
            lambda: _raising_method(self._new_poison()),
            lambda: _coroutine(self._good(type_)),
            lambda: datetime(2000, 1, 1, tzinfo=UTC),
        ]
        return self._chance.choice(wrong)()

    def _new_poison(self) -> Poison:
        self._poisons += 1
        return Poison(self._poisons)


def _attribute(name: str, field: Any) -> str:
    alias: Any = field.resolve
    if getattr(alias, "_ariadne_alias_resolver", False):
        return str(alias.__closure__[0].cell_contents)
    return name if alias is None else convert_camel_case_to_snake(name)


def _method(value: Any) -> Callable[..., Any]:
    return lambda _info, **_arguments: value


def _async_method(value: Any) -> Callable[..., Any]:
    async def method(_info: Any, **_arguments: Any) -> Any:
        return value

    return method


def _raising_method(error: Exception) -> Callable[..., Any]:
    def method(_info: Any, **_arguments: Any) -> Any:
        raise error

    return method


class _coroutine:
    """Awaited as often as one likes, so that nobody has to close it."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __await__(self) -> Any:
        yield from ()
        return self._value
