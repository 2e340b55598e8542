"""The loop that folds counts, where storage fails now and then."""

import asyncio
from collections.abc import Sequence

import pytest

from socialfeed.adapters.memory.storage import MemoryStorage
from socialfeed.adapters.system import SystemClock
from socialfeed.application import counters
from socialfeed.application.counters import CounterUpkeep
from socialfeed.application.ports.counters import Drift
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import PostId


class FailingReader:
    """Fails in every way there is, then looks like a storage at rest."""

    def __init__(self) -> None:
        self.failures: list[Exception] = [Unavailable("away"), RuntimeError("a mistake of ours")]
        self.is_asked_again = asyncio.Event()

    async def unfolded(self, *, limit: int) -> list[PostId]:
        if self.failures:
            raise self.failures.pop(0)
        self.is_asked_again.set()
        return []

    async def drift(self, ids: Sequence[PostId]) -> list[Drift]:
        raise AssertionError(ids)


async def test_no_error_ends_the_folding_and_each_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(counters, "FOLD_SECONDS", (0.0, 0.0))
    storage, reader = MemoryStorage(SystemClock()), FailingReader()
    running = asyncio.create_task(CounterUpkeep(storage.uow, reader, storage.posts).run())
    async with asyncio.timeout(5):
        await reader.is_asked_again.wait()
    assert not running.done()
    running.cancel()
    said = [record.message for record in caplog.records if record.name == counters.__name__]
    assert said == ["counts wait to be folded: away", "counts wait to be folded"]
