"""What the SDL promises to Relay: objects that are found by their ids, and connections alike everywhere."""

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema, get_named_type, is_object_type

from socialfeed.entrypoints.graphql.resolvers.nodes import _NAMES
from socialfeed.entrypoints.graphql.schema import sdl

SCHEMA = build_schema(sdl())
OBJECTS = {name: kind for name, kind in SCHEMA.type_map.items() if isinstance(kind, GraphQLObjectType)}
CONNECTIONS = sorted(name for name in OBJECTS if name.endswith("Connection"))

NOT_BY_ID = {"Activity", "Bookmark", "Like", "Share"}
"""Stored by what they are about, not by their ids."""


def fields(name: str) -> dict[str, str]:
    return {field: str(kind.type) for field, kind in OBJECTS[name].fields.items()}


def test_whatever_has_an_id_is_a_node_but_for_what_no_id_finds() -> None:
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    nodes = {kind.name for kind in SCHEMA.get_possible_types(node)}
    assert nodes | NOT_BY_ID == {name for name, kind in OBJECTS.items() if "id" in kind.fields}
    assert sorted(nodes) == sorted(_NAMES.values())
    assert str(node.fields["id"].type) == "ID!"


def test_one_is_asked_for_by_its_id_and_many_by_theirs() -> None:
    query = SCHEMA.query_type
    assert query is not None
    asked = {name: {key: str(arg.type) for key, arg in query.fields[name].args.items()} for name in ("node", "nodes")}
    assert asked == {"node": {"id": "ID!"}, "nodes": {"ids": "[ID!]!"}}
    assert [str(query.fields[name].type) for name in asked] == ["Node", "[Node]!"]


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_has_edges_with_cursors_nodes_and_a_page_info(name: str) -> None:
    edge = f"{name.removesuffix('Connection')}Edge"
    node = fields(edge)["node"]
    assert is_object_type(get_named_type(OBJECTS[edge].fields["node"].type))
    assert fields(edge) | {"cursor": "String!", "node": node} == fields(edge)
    assert fields(name) | {"edges": f"[{edge}!]!", "nodes": f"[{node}]!", "pageInfo": "PageInfo!"} == fields(name)


def test_a_page_info_is_as_the_specification_has_it() -> None:
    assert fields("PageInfo") == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }


def test_every_field_with_a_connection_takes_first_and_after() -> None:
    for kind in OBJECTS.values():
        for name, field in kind.fields.items():
            if get_named_type(field.type).name in CONNECTIONS:
                taken = {key: str(arg.type) for key, arg in field.args.items()}
                assert taken | {"first": "Int!", "after": "String"} == taken, f"{kind.name}.{name}"
