"""A schema with everything in it, and resolvers that do what the data tell them to."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aiodataloader import DataLoader
from ariadne import EnumType, InterfaceType, MutationType, ObjectType, QueryType, ScalarType, make_executable_schema
from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

SDL = """
scalar Moment
scalar Anything
enum Mood { HAPPY SAD HUNGRY }
enum Size { SMALL LARGE }
input Where { name: String, moods: [Mood!], near: Where, count: Int = 3 }

interface Node { id: ID! }
interface Animal implements Node { id: ID! name: String! mood: Mood friends(first: Int = 2): [Animal!] }

type Cat implements Node & Animal {
  id: ID! name: String! mood: Mood friends(first: Int = 2): [Animal!] livesLeft: Int! weight: Float owner: Person
}
type Dog implements Node & Animal {
  id: ID! name: String! mood: Mood friends(first: Int = 2): [Animal!] isGood: Boolean! bornAt: Moment walks: [[Int!]!]
}
type Fish { tank: String size: Size! bowls: [[[Fish]!]] }
union Pet = Cat | Dog | Fish

type Person implements Node {
  id: ID! firstName: String lastName: String! nickNames: [String!]! extra: Anything bestFriend: Person
  pets: [Pet] home: Home! favourite: Pet!
  greeting(to: String!, where: Where, times: Int! = 1): String!
  later: Person
  mustCome: Person!
  crowd(first: Int!): [Person!]
  loaded: Person
  loadedName: String!
}
type Home { street: String! rooms: [Room!]! matrix: [[Float]!]! owner: Person since: Moment! }
type Room { number: Int! width: Float! isWarm: Boolean kept: [Thing] }
type Thing { label: String! mood: Mood! }

type Query {
  person(id: ID!, where: Where): Person
  people(first: Int! = 2, where: Where): [Person!]!
  maybe: [Person]
  pet: Pet
  animals: [Animal!]!
  node(id: ID!): Node
  home: Home!
  moods: [Mood]!
  soon: Person
  now: String!
}
type Mutation {
  adopt(name: String!, mood: Mood = SAD): Person
  feed(id: ID!): Cat!
  move: Home
}
"""

MOODS = {"HAPPY": 1, "SAD": "sad", "HUNGRY": (3, "bowls")}


class Does:
    """Stands in the data where a resolver looks, and says what it does there."""

    def __init__(self, value: Any = None, *, error: Exception | None = None, how: str = "at once") -> None:
        self.value = value
        self.error = error
        self.how = how


class Surroundings:
    """The context of one run: what was asked, who waits, what was loaded together."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str | int, ...], str]] = []
        self.waiting: dict[tuple[str | int, ...], Callable[[], None]] = {}
        self.batches: list[list[int]] = []
        self.loader: DataLoader[int, Any] = DataLoader(self._load)
        self._keys: dict[int, Any] = {}

    async def load(self, value: Any) -> Any:
        key = len(self._keys)
        self._keys[key] = value
        return await self.loader.load(key)

    async def _load(self, keys: list[int]) -> list[Any]:
        self.batches.append(keys)
        return [self._keys[key] for key in keys]

    async def gate(self, path: tuple[str | int, ...]) -> None:
        gate = asyncio.Event()
        self.waiting[path] = gate.set
        try:
            await gate.wait()
        finally:
            self.waiting.pop(path, None)


def look(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


def resolve(name: str, source: Any, info: GraphQLResolveInfo[Surroundings], /, **arguments: Any) -> Any:
    """Whatever the data say: a value, an exception, or either of them later."""
    path = tuple(info.path.as_list())
    info.context.asked.append((path, repr(arguments)))
    assert info.parent_type.fields[info.field_name].type is info.return_type
    does = look(source, name)
    if not isinstance(does, Does):
        return does
    if does.how == "at once":
        if does.error is not None:
            raise does.error
        return does.value
    return _later(does, info.context, path)


async def _later(does: Does, surroundings: Surroundings, path: tuple[str | int, ...]) -> Any:
    if does.how == "gate":
        await surroundings.gate(path)
    if does.error is not None:
        raise does.error
    return await surroundings.load(does.value) if does.how == "loader" else does.value


def greet(source: Any, info: GraphQLResolveInfo[Surroundings], **arguments: Any) -> Any:
    info.context.asked.append((tuple(info.path.as_list()), repr(arguments)))
    if arguments["times"] > 3:
        raise ValueError(f"too often: {arguments['times']}")
    return f"{arguments}"


def moment(value: Any) -> str | None:
    if value == datetime(2000, 1, 1, tzinfo=UTC):
        return None
    return str(value.isoformat())


def parse_moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise GraphQLError(str(error)) from None


def animal_type(value: Any, info: GraphQLResolveInfo[Surroundings], _type: Any) -> Any:
    kind = look(value, "kind")
    if isinstance(kind, Exception):
        raise kind
    if isinstance(kind, Awaitable):
        return kind
    return kind() if callable(kind) else kind


RESOLVED = {
    "Person": {
        "later": "later",
        "mustCome": "must_come",
        "crowd": "crowd",
        "loaded": "loaded",
        "loadedName": "loaded_name",
    },
    "Cat": {"owner": "owner", "friends": "friends"},
    "Home": {"owner": "owner"},
    "Query": {name: name for name in ("person", "people", "maybe", "pet", "animals", "node", "soon")},
    "Mutation": {name: name for name in ("adopt", "feed", "move")},
}
"""Fields with a resolver, and where the data say what it does. All others are read."""


@cache
def schema() -> GraphQLSchema:
    query, mutation, person = QueryType(), MutationType(), ObjectType("Person")
    bound: dict[str, ObjectType] = {"Query": query, "Mutation": mutation, "Person": person}
    for type_name, fields in RESOLVED.items():
        type_ = bound.setdefault(type_name, ObjectType(type_name))
        for field_name, where in fields.items():
            type_.set_field(field_name, partial(resolve, where))
    person.set_field("greeting", greet)
    person.set_alias("extra", "some_thing")
    made = make_executable_schema(
        SDL,
        *bound.values(),
        EnumType("Mood", MOODS),
        ScalarType("Moment", serializer=moment, value_parser=parse_moment),
        ScalarType("Anything"),
        InterfaceType("Animal", animal_type),
        convert_names_case=True,
    )
    fish: Any = made.type_map["Fish"]
    fish.is_type_of = lambda value, _info: look(value, "kind") == "Fish" or look(value, "is_fish")
    return made
