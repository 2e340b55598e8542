"""A crowd that changes its mind: likes taken, given and taken back, many at once, several times the same.

Every acknowledgement is recorded, and afterwards compared with all that the product keeps of it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import Action, Activity
from socialfeed.domain.ids import ActivityId, PostId, UserId
from socialfeed.domain.permissions import BUILT_IN, Actor
from socialfeed.domain.trending import Limits
from socialfeed.testing.client import Client, open_client
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.crowd import Crowd
from tests.integration.product.storm import Pair, Step, steps

USERS, POSTS = 200, 50
AT_ONCE = 40
ALL = 10_000
EVERYDAY = [("memory", ALL), ("sqlite", 2_000), ("postgres+valkey", 1_000)]


class Storm:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._engagement, self._posts = client.app.services.engagement, client.app.services.posts
        self.acknowledged: dict[Pair, bool] = {}
        self.commands = 0

    async def rage(self, plan: Sequence[Step]) -> None:
        """Each of the tasks has pairs of its own, whose commands it sends in order."""
        of_task: list[list[Step]] = [[] for _ in range(AT_ONCE)]
        for step in plan:
            of_task[hash(step.pair) % AT_ONCE].append(step)
        async with asyncio.TaskGroup() as group:
            for own in of_task:
                group.create_task(self._send(own))

    async def _send(self, own: Sequence[Step]) -> None:
        for number, step in enumerate(own):
            answers = await asyncio.gather(*(self._once(step) for _ in range(step.copies)))
            # Whoever is told so may rely on it at once.
            assert answers == [step.likes] * step.copies
            self.acknowledged[step.pair] = step.likes
            self.commands += step.copies
            if number % 10 == 0:  # reads fill the cache of counters while others change them
                await self._posts.by_ids(actor(step.pair.user), [step.pair.post])

    async def _once(self, step: Step) -> bool:
        user, post = actor(step.pair.user), step.pair.post
        if step.likes:
            return (await self._engagement.like(user, post)).post.is_liked
        return (await self._engagement.unlike(user, post)).is_liked


def actor(user: UserId) -> Actor:
    return Actor(user, BUILT_IN["user"].permissions)


async def likers(client: Client, post: PostId) -> list[UserId]:
    """The rows."""
    return await client.app.storage.engagement.likers(post, limit=10_000)


async def shown(client: Client, posts: Sequence[PostId]) -> dict[PostId, int]:
    """What clients are told, from the cache where there is one."""
    found = await client.app.services.posts.by_ids(Actor(), list(posts))
    return {post: view.likes_count for post, view in found.items()}


async def logged(client: Client, user: UserId, action: Action) -> list[Activity]:
    """All entries, newest first."""
    wanted = ActivityFilter(actor_id=user, action=action)
    found: list[Activity] = []
    before: ActivityId | None = None
    while page := await client.app.storage.activity.entries(wanted, limit=1_000, before=before):
        found += page
        before = page[-1].id
    return found


async def check(client: Client, storm: Storm, users: Sequence[UserId], posts: Sequence[PostId]) -> None:
    """The last acknowledged command of a pair is what must be there, everywhere."""
    expected = {pair for pair, likes in storm.acknowledged.items() if likes}
    totals = Counter(pair.post for pair in expected)

    rows = [Pair(user, post) for post in posts for user in await likers(client, post)]
    assert len(rows) == len(set(rows)), "one row for each pair"
    assert set(rows) == expected
    stored = await client.app.storage.posts.counts(posts)
    assert {post: stored[post].likes for post in posts} == {post: totals[post] for post in posts}
    assert await shown(client, posts) == {post: totals[post] for post in posts}
    for user in users:
        views = await client.app.services.posts.by_ids(actor(user), list(posts))
        assert {post for post, view in views.items() if view.is_liked} == {
            post for one, post in expected if one == user
        }


async def check_echoes(client: Client, storm: Storm, users: Sequence[UserId]) -> None:
    """The log and the events agree: each change once."""
    balance: Counter[Pair] = Counter()
    for user in users:
        for action, by in ((Action.POST_LIKE, 1), (Action.POST_UNLIKE, -1)):
            for entry in await logged(client, user, action):
                balance[Pair(user, PostId(entry.object_id or 0))] += by
    assert set(balance.values()) <= {0, 1}
    expected = {pair for pair, likes in storm.acknowledged.items() if likes}
    assert {pair for pair, left in balance.items() if left} == expected
    assert [broken async for broken in client.app.services.activity.breaks()] == []

    # All weigh the same but for the minute between them, so the trend is the order of the likes that are left.
    totals = Counter(pair.post for pair in expected)
    trend = await client.app.services.discovery.trending(Actor(), page=1, items_per_page=100)
    likes = [totals[view.id] for view in trend.items]
    assert likes == sorted((likes for likes in totals.values() if likes >= Limits().actors), reverse=True)


async def raged(client: Client, commands: int) -> None:
    crowd = Crowd(client)
    [author, *users] = [user.id for user in await crowd.of(USERS + 1)]
    posts = await crowd.posts(author, POSTS)
    storm = Storm(client)

    await storm.rage(steps(users, posts, commands, random.Random(1)))

    assert storm.commands == commands
    await check(client, storm, users, posts)
    await client.settle()
    assert await client.app.storage.outbox.backlog() == 0
    await check(client, storm, users, posts)
    await check_echoes(client, storm, users)


@pytest.mark.parametrize(
    ("backends", "commands"),
    [
        *EVERYDAY,
        *(pytest.param(backends, ALL, marks=pytest.mark.nightly) for backends in BACKENDS if backends != "memory"),
    ],
)
async def test_likes_and_unlikes_of_a_crowd_are_each_counted_once(
    backends: str, commands: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = await backend(backends, request, tmp_path)
    async with open_client(data_dir=tmp_path, relay=True, **settings) as client:
        await raged(client, commands)
