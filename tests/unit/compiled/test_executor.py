"""What is compiled, what is kept, what is left to graphql-core, and what clients cannot do to the source."""

from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute,
    parse,
)

from socialfeed.entrypoints.graphql.compiled import CompiledExecutor, Way
from socialfeed.entrypoints.graphql.compiled.program import Program
from tests.unit.compiled import zoo
from tests.unit.compiled.zoo import Does, Surroundings


class Watched:
    def __init__(self, schema: GraphQLSchema | None = None, **settings: Any) -> None:
        self.ways: list[tuple[Way, str]] = []
        self.schema = schema or zoo.schema()
        self.executor = CompiledExecutor(self.schema, **settings)

    async def run(self, text: str, **given: Any) -> Any:
        given.setdefault("context", Surroundings())
        return await self.executor.execute(parse(text), text, observe=self.observe, **given)

    def observe(self, way: Way, why: str) -> None:
        self.ways.append((way, why))

    @property
    def programs(self) -> list[Program]:
        return self.executor._programs.values()

    @property
    def sources(self) -> str:
        return "\n".join(source for program in self.programs for source in program.sources)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{ __schema { queryType { name } } }", "introspection"),
        ('{ now __type(name: "Cat") { name } }', "introspection"),
        ("query A { now } query B { now }", "operation"),
        ("fragment F on Query { now }", "operation"),
    ],
)
async def test_what_is_not_covered_is_left_to_graphql_core_and_counted(text: str, why: str) -> None:
    watched = Watched()
    for _ in range(2):
        result = await watched.run(text, root={"now": "now"})
        assert result == execute(watched.schema, parse(text), root_value={"now": "now"})
    assert watched.ways == [(Way.REFERENCE, why)] * 2


async def test_middleware_for_every_field_is_left_to_graphql_core() -> None:
    def louder(next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        value = next_(source, info, **arguments)
        return value.upper() if isinstance(value, str) else value

    watched = Watched()
    result = await watched.run("{ now }", root={"now": "now"}, middleware=[louder])
    assert result.data == {"now": "NOW"}
    assert watched.ways == [(Way.REFERENCE, "middleware")]


async def test_wrong_variables_are_told_as_graphql_core_tells_them() -> None:
    text = "query ($id: ID!, $n: Int) { person(id: $id) { crowd(first: $n) { id } } }".replace("$n)", "2)")
    text = text.replace(", $n: Int", ", $n: Int = 3").replace("first: 2", "first: $n")
    for variables in ({}, {"id": ["x"]}, {"id": None}, {"id": 1.5, "n": "x"}, {"id": 2, "n": 2**40}, {"id": True}):
        result = await Watched().run(text, variables=variables)
        expected: Any = execute(zoo.schema(), parse(text), variable_values=variables)
        assert result.errors
        assert result == expected


async def test_operations_are_kept_up_to_a_number_and_the_oldest_goes_first() -> None:
    watched = Watched(cached=3)
    for n in (1, 2, 3, 1, 4):
        await watched.run(f"{{ a{n}: now }}", root={"now": "now"})
    assert [key for key, _ in watched.executor._operations.kept()] == ["{ a3: now }", "{ a1: now }", "{ a4: now }"]


async def test_variables_of_directives_make_programs_and_no_more_are_kept_than_there_is_room_for() -> None:
    watched = Watched(cached=10)
    defined = ", ".join(f"$f{n}: Boolean!" for n in range(6))
    text = f"query ({defined}) {{ {' '.join(f'a{n}: now @skip(if: $f{n})' for n in range(6))} }}"
    for number in range(2**6):
        flags = {f"f{n}": bool(number >> n & 1) for n in range(6)}
        result = await watched.run(text, variables=flags, root={"now": "now"})
        assert result.data == {f"a{n}": "now" for n in range(6) if not flags[f"f{n}"]}
    assert len(watched.programs) == 10
    assert watched.ways == [(Way.COMPILED, "")] * 2**6


async def test_an_operation_of_many_is_found_by_its_name() -> None:
    watched = Watched()
    text = "query A { a: now } query B { b: now }"
    for name in ("A", "B"):
        result = await watched.run(text, operation_name=name, root={"now": "x"})
        assert result.data == {name.lower(): "x"}
    assert (await watched.run(text, operation_name="C")).errors[0].message == "Unknown operation named 'C'."


async def test_nothing_that_a_client_wrote_is_source_but_names() -> None:
    evil = '"); __import__("os").abort() #\\n'
    watched = Watched()
    text = "query ($where: Where) { now person(id: %s, where: $where) { greeting(to: %s) } }"
    literal = '"' + evil.replace("\\", "\\\\").replace('"', '\\"') + '"'
    result = await watched.run(
        text.replace("%s", literal),
        variables={"where": {"name": evil}},
        root={"now": evil, "person": Does({"x": evil})},
    )
    assert result.data == {"now": evil, "person": {"greeting": str({"to": evil, "times": 1})}}
    assert "abort" not in watched.sources
    assert "'greeting'" in watched.sources


@pytest.mark.parametrize("name", ["a'b", "a: 1, 'b", "a\n", "ａ", "", "1a", "a b"])
async def test_a_name_that_no_parser_lets_through_is_never_compiled(name: str) -> None:
    field = FieldNode(name=NameNode(value="now"), alias=NameNode(value=name), arguments=(), directives=())
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=None,
        variable_definitions=(),
        directives=(),
        selection_set=SelectionSetNode(selections=(field,)),
    )
    watched = Watched()
    result = await watched.executor.execute(
        DocumentNode(definitions=(operation,)), name, root={"now": "x"}, observe=watched.observe
    )
    assert result.data == {name: "x"}
    assert watched.ways != [(Way.COMPILED, "")]
    assert name == "" or repr(name) not in watched.sources


async def test_words_of_python_may_be_fields_and_aliases() -> None:
    words = ("class", "None", "__debug__", "self", "d", "o", "v", "run", "type", "str", "PLAIN", "import_")
    fields = {word: GraphQLField(GraphQLString) for word in words if word != "__debug__"}
    schema = GraphQLSchema(GraphQLObjectType("Query", fields))
    watched = Watched(schema)
    text = "{ " + " ".join(f"{word} a_{word}: {word}" for word in fields) + " __debug__: d }"
    for root in ({word: word for word in fields}, type("Root", (), {word: word for word in fields})()):
        result = await watched.run(text, root=root)
        assert result == execute(schema, parse(text), root_value=root)
    assert watched.ways == [(Way.COMPILED, "")] * 2


async def test_functions_can_call_only_what_they_were_given() -> None:
    watched = Watched()
    await watched.run("{ now }", root={"now": "now"})
    (program,) = watched.programs
    with pytest.raises(NameError):
        exec("open('/etc/passwd')", program._names)
    with pytest.raises(ImportError):
        exec("import os", program._names)
