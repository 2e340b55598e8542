"""No missing and no foreign post: home feeds against plain sets, on every adapter of timelines, while people publish,
share, follow, block and read at once and timelines are lost and rebuilt.
"""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from socialfeed.application.feeds import fan_out
from socialfeed.testing.client import open_client
from tests.integration.feeds.storms import PEOPLE, VERBS, Action, Backend

LIMIT, CHUNK = 3, 2
"""Of five possible followers, three are pushed to in two jobs, and of four the posts are pulled."""

EXAMPLES, STEPS = 6, 20
ACTIONS_AT_LEAST = 80

people = st.integers(0, PEOPLE - 1)
famous = st.sampled_from([0, 0, 0, *range(PEOPLE)])
actions = st.lists(st.builds(Action, st.sampled_from(VERBS), people, famous), min_size=6, max_size=12)

Chosen = Callable[[int], dict[str, Any]]
"""Settings of backends that are empty, for the example of this number."""


class Machine(RuleBasedStateMachine):
    chosen: Chosen
    acted = 0
    _examples = count()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()

    @initialize()
    def open(self) -> None:
        self.runner.run(self._open(type(self).chosen(next(self._examples))))

    async def _open(self, chosen: dict[str, Any]) -> None:
        self.backend = Backend(await self.stack.enter_async_context(open_client(fanout_limit=LIMIT, **chosen)))
        await self.backend.populate()

    def teardown(self) -> None:
        try:
            if hasattr(self, "backend"):
                for reader in range(PEOPLE):
                    self.runner.run(self.backend.check(reader))
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()

    @rule(actions=actions, readers=st.lists(people, min_size=1, max_size=5))
    def storm(self, actions: list[Action], readers: list[int]) -> None:
        type(self).acted += self.runner.run(self.backend.storm(actions, readers))
        for reader in readers[:1]:
            self.runner.run(self.backend.check(reader))

    @rule(who=people, actions=actions)
    def a_rebuild_takes_its_time(self, who: int, actions: list[Action]) -> None:
        self.runner.run(self.backend.timelines.drop(self.backend.people[who]))
        self.runner.run(self.backend.begin_rebuild(who))
        self.storm(actions, [who])
        self.runner.run(self.backend.end_rebuild())
        self.runner.run(self.backend.check(who))

    @rule(who=people, actions=actions)
    def a_rebuild_loses_its_right_to_the_next(self, who: int, actions: list[Action]) -> None:
        """What is published between the two is in the second snapshot alone."""
        self.runner.run(self.backend.timelines.drop(self.backend.people[who]))
        self.runner.run(self.backend.begin_rebuild(who))
        self.runner.run(self.backend.timelines.drop(self.backend.people[who]))
        self.storm([action for action in actions if action.verb != "warm"], [])
        self.runner.run(self.backend.timelines.drop(self.backend.people[who]))
        self.runner.run(self.backend.begin_rebuild(who))
        for _ in range(2):
            self.runner.run(self.backend.end_rebuild())
            self.runner.run(self.backend.check(who))


@pytest.fixture(params=["memory", "sqlite", "postgres", "postgres+valkey"])
def chosen(request: pytest.FixtureRequest, tmp_path: Path) -> Chosen:
    def fresh(example: int) -> dict[str, Any]:
        if request.param == "memory":
            return {"data_dir": tmp_path}
        if request.param == "sqlite":
            file = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / f"{example}.sqlite3")
            return {"database_url": f"sqlite:///{file}", "data_dir": tmp_path}
        url = request.getfixturevalue("emptied")()
        redis_url = ""
        if request.param == "postgres+valkey":
            redis_url = request.getfixturevalue("redis_url").replace("prefix=", f"prefix=example-{example}-")
        return {"database_url": url, "redis_url": redis_url, "data_dir": tmp_path}

    return fresh


def test_no_post_is_missing_and_none_is_foreign(chosen: Chosen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "CHUNK", CHUNK)

    class OnBackend(Machine):
        acted = 0

    OnBackend.chosen = staticmethod(chosen)
    run_state_machine_as_test(
        OnBackend,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert OnBackend.acted >= ACTIONS_AT_LEAST
