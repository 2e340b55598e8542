"""Home feeds when timelines are cold, away or slow."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from socialfeed.adapters.memory import open_memory_storage
from socialfeed.adapters.system import SystemClock
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.storage import Storage
from socialfeed.application.ports.timelines import Timeline, Warming
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import UserId
from socialfeed.testing import Builder


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with open_memory_storage("memory://", AdapterContext(SystemClock(), tmp_path)) as storage:
        yield storage


class AwayTimelines:
    """Does not answer; counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def read(self, owner: UserId) -> Timeline | None:
        self.asked.append("read")
        raise Unavailable

    async def start_warming(self, owner: UserId) -> Warming | None:
        self.asked.append("start_warming")
        raise Unavailable

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was not to be called")


class AwayPosts:
    async def home_candidates(self, *_: object, **__: object) -> list[object]:
        raise Unavailable


async def an_author_followed_by(reader_posts: int, storage: Storage) -> UserId:
    """A reader who follows an author of so many posts."""
    builder = Builder()
    reader, author = builder.user(), builder.user()
    async with storage.uow() as tx:
        await tx.users.add(reader)
        await tx.users.add(author)
        await tx.follows.add(builder.follow(reader, author))
        for _ in range(reader_posts):
            await tx.posts.add(builder.post(author))
    return reader.id


async def test_while_timelines_are_away_the_database_answers_and_nobody_tries_to_warm(storage: Storage) -> None:
    reader = await an_author_followed_by(3, storage)
    timelines = AwayTimelines()
    home = HomeSkeleton(timelines, storage.posts)  # type: ignore[arg-type]

    window = await home.window(reader)
    await home.close()

    assert len(window.candidates) == 3
    assert timelines.asked == ["read"]


async def test_a_cold_timeline_is_answered_from_the_database_and_warmed_behind(storage: Storage) -> None:
    reader = await an_author_followed_by(3, storage)
    home = HomeSkeleton(storage.timelines, storage.posts)

    first = await home.window(reader)
    await home.close()

    warm = await storage.timelines.read(reader)
    assert warm is not None
    assert list(warm.entries) == list(first.candidates)


async def test_readers_who_come_at_once_share_one_rebuild(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = await an_author_followed_by(3, storage)
    fills = 0
    fill = storage.timelines.fill

    async def counting(*args: object) -> None:
        nonlocal fills
        fills += 1
        await fill(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(storage.timelines, "fill", counting)
    home = HomeSkeleton(storage.timelines, storage.posts)

    await asyncio.gather(*(home.window(reader) for _ in range(20)))
    await home.close()

    assert fills == 1


async def test_a_rebuild_that_fails_leaves_the_timeline_cold_for_the_next_to_try(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = await an_author_followed_by(3, storage)
    home = HomeSkeleton(storage.timelines, storage.posts)
    with monkeypatch.context() as broken:
        broken.setattr(home, "_posts", AwayPosts())
        with pytest.raises(Unavailable):
            await home.warm(reader)

    await home.warm(reader)

    assert await storage.timelines.read(reader) is not None
