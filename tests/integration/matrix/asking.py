"""From a rule to a request, and from the answer to what became of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

from socialfeed.entrypoints.graphql.schema import sdl
from socialfeed.testing.client import Answer, Client, Response
from tests.integration.matrix.rules import DONE, NOTHING, Rule
from tests.uploads import picture

AT_THE_TOP = ("UNAUTHENTICATED", "FORBIDDEN")
"""Refusals that stop an operation; all others a mutation has in its payload."""

_IDS = ("user", "post", "answer", "comment", "session", "media", "draft", "list", "mine")
"""What samples name by its id."""


FILE = "file"
"""What samples send as a file: this picture."""

PICTURE = picture()

TAKES_FILE = {"POST /media"}
"""Routes that take a form with a file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`result` is DONE, NOTHING or an error's code; `data` is what the answer holds."""

    result: str
    data: Any


@cache
def schema() -> GraphQLSchema:
    return build_schema(sdl())


async def ask(client: Client, name: str, rule: Rule, things: Mapping[str, str]) -> Outcome:
    """Sends the rule's sample, about these things."""
    way_in = name.partition("#")[0]
    if isinstance(rule.sample, str) and way_in.startswith(("Query.", "Mutation.")):
        given = variables(rule.sample, things)
        answer = await client.graphql(operation(name, rule.sample), given, files=files(rule.sample))
        return _of_graphql(way_in, answer)
    response = await send(client, way_in, things, body(rule, things))
    answered: Any = response.json() if response.body else None
    return Outcome(DONE if response.status < 300 else answered["code"], answered)


@cache
def operation(name: str, sample: str, *, more: str = "", selection: str = "") -> str:
    """An operation that asks for all that the field can answer with, or the `selection`; `more` are further
    arguments.
    """
    root, _, field = name.partition("#")[0].partition(".")
    declared = ", ".join(f"${thing}: {_type_of(thing)}!" for thing in _named(sample))
    arguments = ", ".join(filter(None, (sample, more)))
    called = f"{field}({arguments})" if arguments else field
    selected = selection or "".join(_selection(name))
    return f"{root.lower()} {f'({declared})' if declared else ''} {{ {called} {selected} }}"


def _type_of(thing: str) -> str:
    return "Upload" if thing == FILE else "ID" if thing in _IDS else "String"


def variables(sample: str, things: Mapping[str, str]) -> dict[str, str]:
    return {thing: things[thing] for thing in _named(sample) if thing != FILE}


def files(sample: str) -> dict[str, bytes]:
    return {FILE: PICTURE} if FILE in _named(sample) else {}


async def send(client: Client, route: str, things: Mapping[str, str], body: object) -> Response:
    """A request to a REST route."""
    method, _, path = route.partition("#")[0].partition(" ")
    path = path.replace("{username}", things.get("name", "")).replace("{id}", things.get("media", ""))
    if f"{method} {path}" in TAKES_FILE:
        assert isinstance(body, dict)
        return await client.form(f"/api{path}", body, {FILE: PICTURE})
    return await client.request(method, f"/api{path}", json=body)


def body(rule: Rule, things: Mapping[str, str]) -> dict[str, str] | None:
    if isinstance(rule.sample, str):
        return None
    return {key: things[value[1:]] if value.startswith("$") else value for key, value in rule.sample.items()}


def asked_for(name: str) -> set[str]:
    """The fields of objects, as `Type.field`, that an operation of this root field selects."""
    return {field for field in _walk(_answers(name), ()) if "." in field}


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """Every object in an answer."""
    if isinstance(data, dict):
        yield data
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for value in inner:
        yield from objects(value)


def _named(sample: str) -> list[str]:
    """The things that a sample names, each once."""
    return list(dict.fromkeys(re.findall(r"\$(\w+)", sample)))


def _answers(name: str) -> GraphQLObjectType:
    """What a way into a root field answers with: where that is an interface, the way is named after the type."""
    way_in, _, way = name.partition("#")
    root, _, field = way_in.partition(".")
    of: Any = schema().type_map[root]
    if is_abstract_type(get_named_type(of.fields[field].type)):
        answers = schema().type_map[way.partition(",")[0]]
        assert isinstance(answers, GraphQLObjectType), f"{name}: the way is named after no type"
        return answers
    return _object(of, field)


def _object(of: Any, field: str) -> GraphQLObjectType:
    answers = get_named_type(of.fields[field].type)
    assert isinstance(answers, GraphQLObjectType), f"{of.name}.{field} answers no object: say how to ask for it"
    return answers


def _selection(name: str) -> Iterator[str]:
    """Of an object of the type; in braces of its own, as an interface needs it."""
    yield f" {{ __typename ... on {_answers(name).name}"
    for token in _walk(_answers(name), ()):
        yield f" {token.rpartition('.')[2]}"
    yield " }"


def _walk(kind: GraphQLObjectType, above: tuple[str, ...]) -> Iterator[str]:
    """Braces, and each field as `Type.field`, of all that is not inside an object of its own kind; of an object that
    such a one refers to at once, what it is and its id.
    """
    yield "{"
    yield "__typename"
    for name, field in kind.fields.items():
        assert not any(is_required_argument(argument) for argument in field.args.values()), f"{kind.name}.{name}"
        if is_leaf_type(get_named_type(field.type)):
            yield f"{kind.name}.{name}"
            continue
        inner = _object(kind, name)
        if inner.name not in (*above, kind.name):
            yield f"{kind.name}.{name}"
            yield from _walk(inner, (*above, kind.name))
        elif inner is kind and "id" in kind.fields:
            yield from (f"{kind.name}.{name}", "{", "__typename", "id", "}")
    yield "}"


def _of_graphql(name: str, answer: Answer) -> Outcome:
    root, _, field = name.partition(".")
    if answer.errors:
        (code,) = answer.codes
        assert root == "Query" or code in AT_THE_TOP, f"{name}: {code} belongs in the payload"
        assert answer.data.get(field) is None
        return Outcome(code, answer.data)
    value = answer.data[field]
    if root == "Query":
        return Outcome(NOTHING if _is_empty(value) else DONE, value)
    if value["success"]:
        assert value["errors"] == []
        return Outcome(DONE, value)
    (error,) = value["errors"]
    assert error["code"] not in AT_THE_TOP, f"{name}: {error['code']} belongs at the top"
    return Outcome(error["code"], value)


def _is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("totalItems") == 0 or value.get("nodes") == []
    return not any(value) if isinstance(value, list) else not value
