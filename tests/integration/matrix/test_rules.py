"""There is a rule for every field and route, and none for what is not there."""

from collections.abc import Iterable, Mapping

from graphql import GraphQLObjectType, GraphQLSchema, extend_schema, parse

from socialfeed.entrypoints.rest.app import OPERATIONS
from tests.integration.matrix.asking import asked_for, schema
from tests.integration.matrix.rules import FIELDS, MUTATIONS, QUERIES, ROUTES, Target, ruled

ROOTS = ("Query", "Mutation", "Subscription")


def root_fields(of: GraphQLSchema) -> set[str]:
    return {name for name in all_fields(of) if name.startswith(ROOTS)}


def object_fields(of: GraphQLSchema) -> set[str]:
    return all_fields(of) - root_fields(of)


def all_fields(of: GraphQLSchema) -> set[str]:
    kinds = (kind for kind in of.type_map.values() if isinstance(kind, GraphQLObjectType))
    return {f"{kind.name}.{name}" for kind in kinds if not kind.name.startswith("__") for name in kind.fields}


def routes() -> set[str]:
    return {f"{operation.method} {operation.path}" for operation in OPERATIONS}


def differences(there: Iterable[str], rules: Mapping[str, object]) -> dict[str, list[str]]:
    """What has no rule, and which rules are about nothing."""
    names, known = set(there), ruled(rules)
    return {"without a rule": sorted(names - known), "without a field": sorted(known - names)}


NONE: dict[str, list[str]] = {"without a rule": [], "without a field": []}


def test_32_every_field_of_the_sdl_has_a_rule() -> None:
    assert differences(root_fields(schema()), {**QUERIES, **MUTATIONS}) == NONE
    assert differences(object_fields(schema()), FIELDS) == NONE


def test_32_every_route_has_a_rule() -> None:
    assert differences(routes(), ROUTES) == NONE


def test_32_a_field_that_is_added_without_a_rule_is_named() -> None:
    added = (
        "extend type Query { secrets: [User!]! } extend type Mutation { drop: Payload! } extend type User { pin: ID }"
    )
    extended = extend_schema(schema(), parse(f"{added} type Subscription {{ all: Post! }} type Key {{ text: String }}"))

    assert differences(root_fields(extended), {**QUERIES, **MUTATIONS})["without a rule"] == [
        "Mutation.drop",
        "Query.secrets",
        "Subscription.all",
    ]
    assert differences(object_fields(extended), FIELDS)["without a rule"] == ["Key.text", "User.pin"]
    assert differences(routes() | {"DELETE /users/me"}, ROUTES)["without a rule"] == ["DELETE /users/me"]


def test_32_a_rule_that_is_about_nothing_is_named() -> None:
    assert differences(root_fields(schema()) - {"Query.me"}, {**QUERIES, **MUTATIONS})["without a field"] == [
        "Query.me"
    ]
    assert differences(object_fields(schema()) - {"User.bio"}, FIELDS)["without a field"] == ["User.bio"]
    assert differences(routes() - {"GET /users/me"}, ROUTES)["without a field"] == ["GET /users/me"]


def test_32_every_field_of_every_object_is_asked_for_by_some_rule() -> None:
    asked: set[str] = set().union(*(asked_for(name) for name in (*QUERIES, *MUTATIONS)))

    assert object_fields(schema()) - asked == set()


def test_32_a_rule_for_what_names_somebody_says_what_becomes_of_everybody_it_may_name() -> None:
    """One's own, another's, and what is hidden; whose tokens and sessions there are not, are not tried."""
    for name, rule in {**QUERIES, **MUTATIONS, **ROUTES}.items():
        sample = rule.sample if isinstance(rule.sample, str) else " ".join(rule.sample.values())
        named = any(thing in sample for thing in ("$user", "$name", "$email", "$post", "$media")) or "{" in name
        assert set(rule.expects) >= set(Target) or not named, name
