"""Work beside the requests ends with the application."""

import asyncio

import pytest

from socialfeed.application.work import background
from socialfeed.application.work.background import in_background


async def test_work_that_takes_a_cancellation_for_an_error_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_ASKED_AGAIN_AFTER", 0.001)
    taken = 0

    async def work() -> None:
        nonlocal taken
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                taken += 1
                if taken == 3:
                    raise

    async with in_background(work()):
        await asyncio.sleep(0)
    assert taken == 3


async def test_work_that_failed_by_itself_is_no_error_of_the_end() -> None:
    async def work() -> None:
        raise RuntimeError("told where it happened")

    async with in_background(work()):
        await asyncio.sleep(0)
