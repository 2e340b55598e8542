"""`socialfeed cache`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.limits import Limit
from socialfeed.application.ports.timelines import Entry, Timeline
from socialfeed.container import App, open_app
from socialfeed.domain.activity import Action
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.settings import Settings
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.given import given_follows, given_posts, given_sessions, given_users, like
from tests.commands import Run
from tests.integration.cli.activity_log import tamper

HOUR = timedelta(hours=1)
STORES = ["redis", "none"]


class World:
    """Ada follows Bob, who wrote five posts; Ada was here an hour ago, Eve a month."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self.settings = {"database_url": database_url} | ({"redis_url": redis_url} if redis_url else {})
        self.has_redis = bool(redis_url)
        self._folder = folder
        make = Builder()
        self.ada, self.bob, self.eve = make.user(), make.user(), make.user()
        self.posts = [make.post(self.bob) for _ in range(5)]
        now = datetime.now(UTC)
        self._rows = (
            [make.follow(self.ada, self.bob)],
            [
                replace(make.session(user), used_at=used, expires_at=now + HOUR)
                for user, used in ((self.ada, now - HOUR), (self.eve, now - 720 * HOUR))
            ],
        )

    @property
    def timeline(self) -> Timeline:
        return Timeline([Entry(post.id, self.bob.id) for post in reversed(self.posts)], None)

    async def fill(self, app: App) -> None:
        follows, sessions = self._rows
        await given_users(app.storage, self.ada, self.bob, self.eve)
        await given_posts(app.storage, *self.posts)
        await given_follows(app.storage, *follows)
        await given_sessions(app.storage, *sessions)

    def do(self, work: Callable[[App], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            settings = Settings(data_dir=self._folder).model_copy(update=self.settings)
            async with open_app(settings, relay=False) as app:
                return await work(app)

        return asyncio.run(run())

    def timeline_of(self, user: User) -> Timeline | None:
        async def read(app: App) -> Timeline | None:
            return await (app.shared or app.storage).timelines.read(user.id)

        found: Timeline | None = self.do(read)
        return found and Timeline([Entry(*entry) for entry in found.entries], found.floor)


@pytest.fixture(params=STORES)
def world(request: pytest.FixtureRequest, migrated_url: str, tmp_path: Path) -> World:
    redis_url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    world = World(migrated_url, redis_url, tmp_path)
    world.do(world.fill)
    return world


def test_warm_makes_ready_what_those_ask_for_who_were_here_lately(run: Run, world: World) -> None:
    for _ in range(2):
        result = run("cache", "warm", "--within", "2d", **world.settings)

        assert result.exit_code == 0, result.output
        assert result.stdout == "Ready for 1 readers: 5 posts by 2 people.\n"
        assert "readers" in result.stderr
    assert world.timeline_of(world.ada) == world.timeline
    assert world.timeline_of(world.eve) is None


def test_no_more_are_warmed_than_asked_for(run: Run, world: World) -> None:
    assert "Ready for 1 readers" in run("cache", "warm", "--within", "60d", "--limit", "1", **world.settings).stdout
    assert "Ready for 2 readers" in run("cache", "warm", "--within", "60d", **world.settings).stdout


def test_stats_say_what_there_is_and_where(run: Run, world: World) -> None:
    run("cache", "warm", **world.settings)

    result = run("cache", "stats", **world.settings)

    assert result.exit_code == 0, result.output
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    found = json.loads(run("cache", "stats", "--json", **world.settings).stdout)
    assert found["timelines"] == 1
    if not world.has_redis:
        assert lines["server"].startswith("none: SOCIALFEED_REDIS_URL is not set")
        assert lines["timelines"] == "1 warm, in the database"
        assert (found["server"], found["areas"]) == (None, {})
        return
    assert " in use, " in lines["server"]
    assert lines["cache"].startswith("7 keys, about ")  # Five posts, two profiles.
    assert lines["counters"].startswith("5 keys, about ")
    assert lines["timelines"].startswith("1 keys, about ")
    assert found["areas"]["counters"]["keys"] == 5
    assert found["areas"]["cache"]["database"] is not None
    assert 0 <= found["hitRate"] <= 1


def test_flush_forgets_what_was_named_and_no_more(run: Run, world: World) -> None:
    run("cache", "warm", **world.settings)

    result = run("cache", "flush", "counters", "cache", "--yes", **world.settings)

    assert result.exit_code == 0, result.output
    cached = "7" if world.has_redis else "0"
    assert result.stdout.splitlines() == [
        f"counters: {5 if world.has_redis else 0} forgotten",
        f"cache: {cached} forgotten",
    ]
    assert world.timeline_of(world.ada) == world.timeline
    assert run("cache", "flush", "timelines", "--yes", **world.settings).stdout == "timelines: 1 forgotten\n"
    assert world.timeline_of(world.ada) is None


def test_flush_asks_unless_it_is_told_not_to(run: Run, world: World) -> None:
    run("cache", "warm", **world.settings)

    result = run("cache", "flush", **world.settings)

    assert result.exit_code == 1
    assert "Forget cache, counters, timelines?" in result.stderr
    assert world.timeline_of(world.ada) == world.timeline


def test_flush_touches_neither_sessions_nor_limits(run: Run, world: World) -> None:
    limit = Limit(2, timedelta(hours=1))

    async def spend(app: App) -> tuple[int, bool]:
        allowed = app.shared is None or (await app.shared.limiter.hit("somebody", limit)).allowed
        return len(await app.storage.sessions.sessions_of(world.ada.id, datetime.now(UTC))), allowed

    for _ in range(2):
        assert world.do(spend) == (1, True)
    run("cache", "flush", "--yes", **world.settings)
    assert world.do(spend) == (1, not world.has_redis)


def test_what_is_flushed_is_noted_in_the_activity_log(run: Run, world: World) -> None:
    run("cache", "flush", "timelines", "--yes", **world.settings)
    run("cache", "rebuild", "counters", **world.settings)

    async def log(app: App) -> list[tuple[str, str]]:
        entries = await app.storage.activity.entries(ActivityFilter(), limit=10)
        return [(entry.action, entry.details["parts"]) for entry in entries]

    assert world.do(log) == [(Action.CACHE_REBUILD, "counters"), (Action.CACHE_FLUSH, "timelines")]


def test_rebuild_makes_timelines_anew(run: Run, world: World) -> None:
    foreign = Builder(node=9)

    async def spoil(app: App) -> None:
        timelines = (app.shared or app.storage).timelines
        warming = await timelines.start_warming(world.ada.id)
        assert warming is not None
        await timelines.fill(world.ada.id, warming, [Entry(foreign.ids.post(), foreign.ids.user())], None)

    world.do(spoil)
    for _ in range(2):
        result = run("cache", "rebuild", "timelines", **world.settings)

        assert result.exit_code == 0, result.output
        assert result.stdout == "timelines: 1 gone through\n"
        assert world.timeline_of(world.ada) == world.timeline


def test_what_trends_is_forgotten_where_it_is_named_and_made_anew(run: Run, world: World) -> None:
    make = Builder(FixedClock(datetime.now(UTC) - timedelta(minutes=5)), node=6)
    fans = [make.user() for _ in range(6)]

    async def react(app: App) -> None:
        await given_users(app.storage, *fans)
        for fan in fans:
            await like(app.storage, make.like(world.posts[0], fan))

    def trending() -> int:
        found: int = json.loads(run("cache", "stats", "--json", **world.settings).stdout)["trending"]
        return found

    world.do(react)
    assert trending() == 0
    for _ in range(2):
        assert run("cache", "rebuild", "trending", **world.settings).stdout == "trending: 1 gone through\n"
        assert trending() == 1
    run("cache", "flush", "--yes", **world.settings)
    assert trending() == 1
    assert run("cache", "flush", "trending", "--yes", **world.settings).stdout == "trending: 1 forgotten\n"
    assert trending() == 0


def test_rebuild_counts_anew_and_forgets_what_was_wrong(run: Run, world: World) -> None:
    post: Post = world.posts[0]

    async def give_likes(app: App) -> None:
        await like(app.storage, Builder(node=8).like(post, world.ada))

    world.do(give_likes)
    tamper(world.settings["database_url"], f"UPDATE post_counters SET likes = 7 WHERE post_id = {post.id}")
    run("cache", "warm", **world.settings)

    result = run("cache", "rebuild", "counters", **world.settings)

    assert (result.exit_code, result.stdout) == (0, "counters: 5 gone through\n")

    async def known(app: App) -> tuple[int, int]:
        exact = (await app.storage.posts.counts([post.id]))[post.id].likes
        cached = await app.shared.counters.get_many([post.id]) if app.shared else {}
        return exact, len(cached)

    assert world.do(known) == (1, 0)


@pytest.mark.parametrize("command", [("stats",), ("warm",), ("flush", "--yes"), ("rebuild",)])
def test_a_store_that_is_away_is_an_error_in_one_line(run: Run, migrated_url: str, command: tuple[str, ...]) -> None:
    result = run("cache", *command, database_url=migrated_url, redis_url="redis://:hush@127.0.0.1:1")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("socialfeed: SOCIALFEED_REDIS_URL: Redis at 127.0.0.1:1 cannot be used")
    assert result.stderr.count("\n") == 1
    assert "hush" not in result.stderr


def test_a_part_that_there_is_not_is_refused(run: Run, migrated_url: str) -> None:
    result = run("cache", "flush", "sessions", "--yes", database_url=migrated_url)

    assert result.exit_code == 2
