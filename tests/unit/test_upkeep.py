"""Work that time brings."""

import asyncio

from socialfeed.application.work.upkeep import SOON, Upkeep
from socialfeed.domain.errors import Unavailable


def test_what_people_wait_for_is_looked_for_several_times_a_minute() -> None:
    assert SOON <= 30


async def test_work_is_done_again_and_again_and_what_fails_holds_up_nothing() -> None:
    rounds, enough = list[str](), asyncio.Event()

    async def failing() -> int:
        rounds.append("failing")
        raise Unavailable

    async def working() -> int:
        rounds.append("working")
        if len(rounds) >= 6:
            enough.set()
        return 1

    task = asyncio.create_task(Upkeep(0.0, failing=failing, working=working).run())
    await enough.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert rounds[:6] == ["failing", "working"] * 3
