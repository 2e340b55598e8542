"""How compiled operations are run: at the same time or in series, never twice, and not for longer than wanted."""

import asyncio
from typing import Any

import pytest
from ariadne import MutationType, ObjectType, QueryType, make_executable_schema
from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema, execute, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from socialfeed.entrypoints.graphql.compiled import CompiledExecutor, Way, careful
from socialfeed.entrypoints.graphql.compiled.program import Program
from socialfeed.entrypoints.graphql.compiled.running import Run
from socialfeed.entrypoints.graphql.compiled.values import Unusual
from tests.unit.compiled import zoo
from tests.unit.compiled.documents import Asked, documents
from tests.unit.compiled.sources import Sources
from tests.unit.compiled.zoo import Does, Surroundings

Steps = list[str]


class Diary:
    """The context of these tests: what happened, in order."""

    def __init__(self) -> None:
        self.steps: Steps = []
        self.gate = asyncio.Event()


def schema() -> GraphQLSchema:
    query, mutation, box = QueryType(), MutationType(), ObjectType("Box")

    async def slowly(_: Any, info: GraphQLResolveInfo[Diary], **arguments: Any) -> Any:
        info.context.steps.append(f"{info.path.key} begins")
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            info.context.steps.append(f"{info.path.key} is cancelled")
            raise
        info.context.steps.append(f"{info.path.key} ends")
        return {"word": arguments.get("word", "none"), "tags": arguments.get("tags")}

    async def never(_: Any, info: GraphQLResolveInfo[Diary]) -> None:
        info.context.steps.append(f"{info.path.key} begins")
        try:
            await info.context.gate.wait()
        finally:
            info.context.steps.append(f"{info.path.key} is cancelled")

    def take(source: Any, info: GraphQLResolveInfo[Diary], tags: list[str]) -> list[str]:
        tags.append(f"seen {info.path.key}")
        return tags

    query.set_field("box", slowly)
    query.set_field("never", never)
    mutation.set_field("put", slowly)
    box.set_field("take", take)
    sdl = """
      type Box { word: String! tags: [String!] take(tags: [String!]!): [String!]! }
      type Query { box(word: String, tags: [String!]): Box never: Box plain: String boxes: [Box!] many: [Int!] }
      type Mutation { put(word: String!): Box }
    """
    return make_executable_schema(sdl, query, mutation, box)


async def run(text: str, *, executor: CompiledExecutor | None = None, **given: Any) -> tuple[ExecutionResult, Diary]:
    diary = given.pop("diary", None) or Diary()
    executor = executor or CompiledExecutor(schema())
    return await executor.execute(parse(text), text, context=diary, **given), diary


async def test_siblings_run_at_the_same_time() -> None:
    result, diary = await run("{ a: box { word } b: box { word } }")
    assert result.data == {"a": {"word": "none"}, "b": {"word": "none"}}
    assert diary.steps == ["a begins", "b begins", "a ends", "b ends"]


async def test_mutations_run_one_after_another_and_keep_their_order() -> None:
    result, diary = await run('mutation { b: put(word: "1") { word } a: put(word: "2") { word } }')
    assert list((result.data or {}).items()) == [("b", {"word": "1"}), ("a", {"word": "2"})]
    assert diary.steps == ["b begins", "b ends", "a begins", "a ends"]


async def test_what_takes_too_long_is_cancelled() -> None:
    diary = Diary()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run("{ a: never { word } b: never { word } }", diary=diary)
    assert diary.steps[:2] == ["a begins", "b begins"]
    assert sorted(diary.steps[2:]) == ["a is cancelled", "b is cancelled"]


async def test_one_that_takes_too_long_alone_is_cancelled_too() -> None:
    diary = Diary()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run("{ never { word } }", diary=diary)
    assert diary.steps == ["never begins", "never is cancelled"]


async def test_loads_of_a_list_are_one_batch() -> None:
    surroundings = Surroundings()
    people = [{"id": n, "loaded": Does({"id": n + 10, "nick_names": []}, how="loader")} for n in range(5)]
    text = "{ people { id loaded { id } } }"
    result = await CompiledExecutor(zoo.schema()).execute(
        parse(text), text, context=surroundings, root={"people": Does(people)}
    )
    assert [person["loaded"]["id"] for person in (result.data or {})["people"]] == ["10", "11", "12", "13", "14"]
    assert surroundings.batches == [[0, 1, 2, 3, 4]]


async def test_a_resolver_that_was_asked_is_not_asked_again_by_the_careful_way() -> None:
    ways: list[Way] = []
    executor = CompiledExecutor(zoo.schema())
    surroundings = Surroundings()
    root = {"soon": Does({"id": 1, "later": Does({"id": 2}, how="coroutine"), "last_name": None}), "now": "now"}
    text = "{ soon { id later { id } lastName } now }"
    result = await executor.execute(
        parse(text), text, context=surroundings, root=root, observe=lambda way, _why: ways.append(way)
    )
    assert ways == [Way.CAREFUL]
    assert result.data == {"soon": None, "now": "now"}
    assert [error.path for error in result.errors or []] == [["soon", "lastName"]]
    assert [path for path, _ in surroundings.asked] == [("soon",), ("soon", "later")]


async def test_what_a_resolver_does_to_its_arguments_is_gone_in_the_next_request() -> None:
    text = 'query ($tags: [String!]!) { box { a: take(tags: $tags) b: take(tags: ["x"]) c: take(tags: ["y", "z"]) } }'
    executor = CompiledExecutor(schema())
    for _ in range(2):
        result, _diary = await run(text, executor=executor, variables={"tags": ["given"]})
        assert result.data == {"box": {"a": ["given", "seen a"], "b": ["x", "seen b"], "c": ["y", "z", "seen c"]}}


async def test_values_of_variables_are_not_kept() -> None:
    text = 'query ($word: String = "default", $with: Boolean = true) { box(word: $word) { word @include(if: $with) } }'
    executor = CompiledExecutor(schema())

    async def answer(**variables: Any) -> Any:
        return (await run(text, executor=executor, variables=variables))[0].data

    assert await answer(word="one") == {"box": {"word": "one"}}
    assert await answer(word="two", **{"with": False}) == {"box": {}}
    assert await answer() == {"box": {"word": "default"}}
    assert await answer(word="three") == {"box": {"word": "three"}}


async def test_an_iterator_is_read_once() -> None:
    text = "{ many boxes { word } }"

    def root() -> dict[str, Any]:
        return {"many": (n for n in range(3)), "boxes": iter([{"word": "x"}])}

    result, _ = await run(text, root=root())
    assert result == execute(schema(), parse(text), root_value=root())
    assert result.data == {"many": [0, 1, 2], "boxes": [{"word": "x"}]}


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(asked=documents(zoo.schema()), seed=st.integers(0, 2**32))
def test_the_careful_way_repeats_what_the_fast_way_found_without_asking_anybody(asked: Asked, seed: int) -> None:
    operation: Any = asked.document.definitions[0]
    fragments: Any = {node.name.value: node for node in asked.document.definitions[1:]}  # type: ignore[attr-defined]
    values = get_variable_values(zoo.schema(), operation.variable_definitions or (), asked.variables)
    if not isinstance(values, VariableValues):
        return
    type_: Any = zoo.schema().get_root_type(operation.operation)
    root = Sources(zoo.schema(), seed, resolved=zoo.RESOLVED).root(type_)

    async def both() -> None:
        surroundings = Surroundings()
        program = Program(zoo.schema(), operation, fragments, values, hide_suggestions=False)
        run = Run(root, surroundings, values)
        try:
            data = await program(run)
        except Exception:  # errors are for the differential tests
            return
        asked_before = list(surroundings.asked)
        repeated = await careful.complete(
            zoo.schema(), asked.document, None, asked.variables, run, Unusual(), hide_suggestions=False
        )
        assert repeated == ExecutionResult(data, None)
        assert surroundings.asked == asked_before

    with asyncio.Runner() as runner:
        runner.run(both())
