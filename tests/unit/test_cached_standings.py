"""What each of several processes keeps of how viewers stand to others: never older than what another was told."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from socialfeed.adapters.caching import COPY_LIFE, CachedStandings
from socialfeed.adapters.caching.watch import Watch
from socialfeed.adapters.memory import MemoryCache
from socialfeed.application.ports.cache import Deletions
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.graph import STRANGER, MutedWord, Relation
from socialfeed.domain.ids import UserId
from socialfeed.testing import FixedClock

ADA, BOB, CEM = UserId(1), UserId(2), UserId(3)
FRIEND = Relation(following=True)


class Graph:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.known: dict[tuple[UserId, UserId], Relation] = {}
        self.words: dict[UserId, list[MutedWord]] = {}
        self.asked = 0

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        self.asked += 1
        return {other: self.known[viewer_id, other] for other in user_ids if (viewer_id, other) in self.known}

    async def muted_words(self, viewer_id: UserId) -> list[MutedWord]:
        self.asked += 1
        return list(self.words.get(viewer_id, []))


class Shared(MemoryCache):
    is_away = False

    async def delete_many(self, keys: Sequence[str]) -> None:
        if self.is_away:
            raise Unavailable
        await super().delete_many(keys)

    async def deletions(self, since: str | None) -> Deletions:
        if self.is_away:
            raise Unavailable
        return await super().deletions(since)


def process(graph: Graph, shared: MemoryCache, *, max_bytes: int = 1_000_000) -> CachedStandings:
    return CachedStandings(graph, shared, Watch(shared), life=COPY_LIFE, max_bytes=max_bytes)


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def shared() -> Shared:
    return Shared(FixedClock())


async def test_what_was_asked_once_is_known_strangers_included(graph: Graph, shared: Shared) -> None:
    here = process(graph, shared)
    graph.known[ADA, BOB] = FRIEND
    assert await here.relations(ADA, [BOB]) == {BOB: FRIEND}
    assert await here.relations(ADA, [CEM, BOB]) == {CEM: STRANGER, BOB: FRIEND}
    assert list(await here.muted_words(ADA)) == []
    assert graph.asked == 3
    for _ in range(3):
        assert await here.relations(ADA, [BOB, CEM]) == {BOB: FRIEND, CEM: STRANGER}
        assert list(await here.muted_words(ADA)) == []
    assert graph.asked == 3


async def test_a_change_in_one_process_is_in_the_very_next_answer_of_every_other(graph: Graph, shared: Shared) -> None:
    here, there = process(graph, shared), process(graph, shared)
    for each in (here, there):
        await each.relations(ADA, [BOB])
        await each.relations(BOB, [ADA])
        await each.muted_words(ADA)
    graph.known[ADA, BOB] = Relation(blocking=True)
    graph.known[BOB, ADA] = Relation(blocked_by=True)
    graph.words[ADA] = [MutedWord(ADA, "cats", datetime.now(UTC))]
    await here.forget_standings(ADA, BOB)
    for each in (here, there):
        assert (await each.relations(ADA, [BOB]))[BOB].blocking
        assert (await each.relations(BOB, [ADA]))[ADA].blocked_by
        assert [word.phrase for word in await each.muted_words(ADA)] == ["cats"]


async def test_one_viewers_change_leaves_the_others_alone(graph: Graph, shared: Shared) -> None:
    here = process(graph, shared)
    await here.relations(CEM, [ADA])
    await here.forget_standings(ADA, BOB)
    asked = graph.asked
    await here.relations(CEM, [ADA])
    assert graph.asked == asked


async def test_while_nobody_can_tell_the_database_answers_and_nothing_old_is_left(graph: Graph, shared: Shared) -> None:
    here, there = process(graph, shared), process(graph, shared)
    await here.relations(ADA, [BOB])
    await here.muted_words(ADA)
    shared.is_away = True
    graph.known[ADA, BOB] = FRIEND
    with pytest.raises(Unavailable):
        await there.forget_standings(ADA, BOB)
    assert await here.relations(ADA, [BOB]) == {BOB: FRIEND}
    assert list(await here.muted_words(ADA)) == []
    shared.is_away = False
    graph.known[ADA, BOB] = Relation(following=True, followed_by=True)
    assert (await here.relations(ADA, [BOB]))[BOB].followed_by


async def test_memory_is_bounded(graph: Graph, shared: Shared) -> None:
    here = process(graph, shared, max_bytes=5_000)
    for viewer in range(1, 200):
        await here.relations(UserId(viewer), [UserId(1_000 + n) for n in range(5)])
    asked = graph.asked
    await here.relations(UserId(199), [UserId(1_000)])
    assert graph.asked == asked
    await here.relations(UserId(1), [UserId(1_000)])
    assert graph.asked == asked + 1


@pytest.mark.parametrize("seed", range(20))
async def test_no_reader_in_any_process_gets_less_than_what_was_told_before_it_asked(seed: int) -> None:
    """A writer changes the database, forgets, and only then says so. The version is the number of a muted word."""
    chance = random.Random(seed)

    async def dawdle() -> None:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)

    class Slow(MemoryCache):
        async def delete_many(self, keys: Sequence[str]) -> None:
            await dawdle()
            await super().delete_many(keys)
            await dawdle()

        async def deletions(self, since: str | None) -> Deletions:
            await dawdle()
            found = await super().deletions(since)
            await dawdle()
            return found if chance.random() < 0.9 else Deletions(found.position, None)

    class SlowGraph(Graph):
        async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
            await dawdle()
            found = await super().relations(viewer_id, user_ids)
            await dawdle()
            return found

        async def muted_words(self, viewer_id: UserId) -> list[MutedWord]:
            await dawdle()
            found = await super().muted_words(viewer_id)
            await dawdle()
            return found

    graph, shared = SlowGraph(), Slow(FixedClock())
    processes = [process(graph, shared) for _ in range(3)]
    viewers = [ADA, BOB]
    version = dict.fromkeys(viewers, 0)
    told = dict.fromkeys(viewers, 0)

    async def write() -> None:
        for _ in range(4):
            viewer = chance.choice(viewers)
            await dawdle()
            version[viewer] = mine = version[viewer] + 1
            graph.words[viewer] = [MutedWord(viewer, str(mine), datetime.now(UTC))]
            graph.known[viewer, CEM] = Relation(following=mine % 2 == 1)
            await chance.choice(processes).forget_standings(viewer)
            told[viewer] = max(told[viewer], mine)

    async def read() -> None:
        for _ in range(15):
            viewer, before = chance.choice(viewers), dict(told)
            words = await chance.choice(processes).muted_words(viewer)
            assert int(words[0].phrase if words else 0) >= before[viewer]
            relations = await chance.choice(processes).relations(viewer, [CEM])
            if version[viewer] == before[viewer]:
                assert relations[CEM].following == (version[viewer] % 2 == 1)
            await dawdle()

    for _ in range(5):
        await asyncio.gather(write(), write(), *(read() for _ in range(6)))
