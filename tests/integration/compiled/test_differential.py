"""Whatever is asked, and whatever the data are, the compiled executor answers as graphql-core does.

Compared are the data with the order of their keys, the errors in their order (message, path, locations), and what was
asked of resolvers, each of which may be asked once.

Resolvers that take their time end one after another, and none before all has happened that follows from the one
before. That makes the order of errors, and who is cancelled before it can fail, a matter of the operation: it is the
same in both. Where several end in one turn of the loop (a batch of a loader, coroutines that never wait), the order
of graphql-core follows from how many turns its tasks take, and so does which of two siblings cancels the other. Then
only the data are compared, and that each null that stands for errors stands for errors in both.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ariadne import make_executable_schema
from graphql import ExecutionResult, GraphQLSchema, execute
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from socialfeed.entrypoints.graphql.compiled import CompiledExecutor, Way
from tests.unit.compiled import zoo
from tests.unit.compiled.documents import Asked, documents
from tests.unit.compiled.sources import Sources
from tests.unit.compiled.zoo import Surroundings

# What graphql-core cancels before it has begun leaves coroutines behind that were never awaited.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Outcome = tuple[str, list[tuple[str, Any, Any]]]


@dataclass(frozen=True, slots=True)
class World:
    """A schema, and what its data are like."""

    name: str
    poison: float = 0.0
    later: float = 0.0
    hows: tuple[str, ...] = ("gate",)

    @property
    def schema(self) -> GraphQLSchema:
        return zoo.schema() if self.name == "zoo" else product()

    @property
    def is_in_order(self) -> bool:
        return self.hows == ("gate",)

    def root(self, type_: Any, number: int) -> Any:
        resolved = zoo.RESOLVED if self.name == "zoo" else {}
        chosen = Sources(self.schema, number, resolved=resolved, poison=self.poison, later=self.later, hows=self.hows)
        return chosen.root(type_)


async def run_by_gates(surroundings: Surroundings, run: Awaitable[ExecutionResult]) -> Outcome:
    task = asyncio.ensure_future(run)
    for _ in range(2_000):
        for _ in range(25):
            await asyncio.sleep(0)
        if task.done():
            break
        if surroundings.waiting:
            path = min(surroundings.waiting, key=lambda path: (len(path) % 2, [str(key) for key in reversed(path)]))
            surroundings.waiting.pop(path)()
    result = await asyncio.wait_for(task, 1)
    while surroundings.waiting:  # those whose answer nobody wants any more
        surroundings.waiting.popitem()[1]()
        for _ in range(5):
            await asyncio.sleep(0)
    errors = [(error.message, error.path, error.locations) for error in result.errors or []]
    return json.dumps(result.data, default=lambda value: type(value).__name__), errors


def compare(world: World, asked: Asked, number: int, runner: asyncio.Runner) -> Way:
    operation: Any = asked.document.definitions[0]
    type_: Any = world.schema.get_root_type(operation.operation)

    def fresh() -> tuple[Any, Surroundings]:
        return world.root(type_, number), Surroundings()

    async def both() -> tuple[tuple[Outcome, Surroundings], tuple[Outcome, Surroundings], list[Way]]:
        ways: list[Way] = []
        compiled = CompiledExecutor(world.schema)
        root, first = fresh()
        expected = await run_by_gates(
            first,
            _awaited(
                lambda: execute(
                    world.schema,
                    asked.document,
                    root_value=root,
                    context_value=first,
                    variable_values=asked.variables,
                )
            ),
        )
        root, second = fresh()
        found = await run_by_gates(
            second,
            compiled.execute(
                asked.document,
                asked.text,
                variables=asked.variables,
                context=second,
                root=root,
                observe=lambda way, _why: ways.append(way),
            ),
        )
        return (expected, first), (found, second), ways

    (expected, first), (found, second), ways = runner.run(both())
    assert found[0] == expected[0]
    if world.is_in_order:
        assert found[1] == expected[1]
        assert Counter(second.asked) == Counter(first.asked)
    else:
        assert places(found) == places(expected)
    assert max(Counter(path for path, _ in second.asked).values(), default=1) == 1
    assert ways != [Way.COMPILED] or not found[1]
    return ways[0] if ways else Way.REFERENCE


async def _awaited(run: Callable[[], Any]) -> ExecutionResult:
    result = run()
    awaited: ExecutionResult = await result if isinstance(result, Awaitable) else result
    return awaited


@cache
def product() -> GraphQLSchema:
    """The product's types without its resolvers: what would be read from views is read from generated data."""
    text = (Path(__file__).parents[3] / "schema.graphql").read_text(encoding="utf-8")
    return make_executable_schema(text, convert_names_case=True)


def places(outcome: Outcome) -> set[tuple[str | int, ...]]:
    """Where nulls stand for errors."""
    found = set()
    for _, path, _ in outcome[1]:
        value, at = json.loads(outcome[0]), 0
        while value is not None and path is not None:
            value, at = value[path[at]], at + 1
        found.add(tuple(path[:at]) if path is not None else ())
    return found


WORLDS = (
    World("zoo"),
    World("zoo", later=0.5, hows=("gate", "coroutine", "loader")),
    World("zoo", poison=0.02),
    World("zoo", poison=0.02, later=0.4),
    World("zoo", poison=0.1, later=0.6),
    World("zoo", poison=0.05, later=0.6, hows=("gate", "coroutine", "loader")),
    World("product"),
    World("product", poison=0.01),
)
EACH = 2_000 // len(WORLDS)


def check(world: World, *, examples: int, salt: int = 0) -> Counter[Way]:
    """How the cases were run. `salt` makes them others."""
    seen: Counter[Way] = Counter()

    @seed(salt)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(asked=documents(world.schema), number=st.integers(0, 2**32))
    def every(asked: Asked, number: int) -> None:
        seen[compare(world, asked, number, runner)] += 1

    with asyncio.Runner() as runner:
        every()
    return seen


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_the_compiled_executor_answers_as_graphql_core_does(world: World) -> None:
    seen = check(world, examples=EACH)
    assert seen.total() >= EACH
    assert seen[Way.COMPILED] >= (0.6 if world.poison == 0 else 0.02) * seen.total(), seen
    assert world.poison == 0 or seen[Way.CAREFUL] > 0


@pytest.mark.nightly
@pytest.mark.parametrize("salt", range(1, 11))
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_it_does_so_twenty_thousand_times(world: World, salt: int) -> None:
    assert check(world, examples=EACH, salt=salt).total() >= EACH
