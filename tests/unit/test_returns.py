"""What happens when the shared store was away and is back."""

import asyncio
from collections.abc import Sequence

import pytest

from socialfeed.adapters.memory.shared import MemorySharedStore
from socialfeed.application.work import returns
from socialfeed.application.work.returns import watch_returns
from socialfeed.domain.errors import Unavailable
from socialfeed.testing.clock import FixedClock


class Moody(MemorySharedStore):
    """Answers as it is told, then always."""

    def __init__(self, answers: Sequence[Exception | None]) -> None:
        super().__init__(FixedClock())
        self._answers = list(answers)
        self.is_through = asyncio.Event()

    async def settle(self) -> None:
        if not self._answers:
            self.is_through.set()
            return
        if (answer := self._answers.pop(0)) is not None:
            raise answer


@pytest.mark.parametrize(
    ("answers", "hurries"),
    [
        ([None, None], 0),
        ([Unavailable(), Unavailable(), None, None], 1),
        ([Unavailable(), None, Unavailable(), None], 2),
        ([Unavailable(), RuntimeError("a mistake of ours"), None], 1),
    ],
)
async def test_each_return_hurries_once_what_jobs_missed(
    answers: Sequence[Exception | None], hurries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await hurried(Moody(answers), [], monkeypatch) == hurries


async def test_who_cannot_hurry_for_want_of_a_database_does_so_later(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await hurried(Moody([Unavailable(), None, None]), [Unavailable()], monkeypatch) == 2


async def hurried(store: Moody, failures: list[Exception], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(returns, "LOOK_SECONDS", 0.0)
    times = 0

    async def hurry() -> None:
        nonlocal times
        times += 1
        if failures:
            raise failures.pop()

    watching = asyncio.create_task(watch_returns(store, hurry))
    async with asyncio.timeout(5):
        await store.is_through.wait()
    assert not watching.done()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return times
