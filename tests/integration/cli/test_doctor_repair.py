"""`socialfeed doctor --repair`: what is kept beside the database is broken by hand, named and mended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from socialfeed.application.ports.timelines import Entry, Timelines
from socialfeed.application.work import inspection
from socialfeed.container import App, open_app
from socialfeed.domain.engagement import Share
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import Limits, Reaction, Trendable, scopes_of
from socialfeed.settings import Settings
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.given import given_follows, given_posts, given_shares, given_users, like, unfollow
from socialfeed.testing.contracts.outbox import given_parked
from tests.commands import Run
from tests.integration.cli.activity_log import opened
from tests.integration.cli.test_doctor import said

STORES = ["redis", "none"]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "PAUSE_SECONDS", 0.01)


class World:
    """Ada follows Bob, not Eve. All three have written; Ada's timeline is warm, and all is indexed."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self.settings = {"database_url": database_url} | ({"redis_url": redis_url} if redis_url else {})
        self._folder = folder
        self.make = Builder()
        self.ada, self.bob, self.eve = self.make.user(), self.make.user(), self.make.user()
        self.follow = self.make.follow(self.ada, self.bob)
        authors = [self.bob, self.eve, self.ada, self.bob, self.bob]
        self.posts = [self.make.post(author, content="hello") for author in authors]
        self.by_bob = [post for post in self.posts if post.author_id == self.bob.id]

    def do(self, work: Callable[[App], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            settings = Settings(data_dir=self._folder).model_copy(update=self.settings)
            async with open_app(settings, relay=False) as app:
                return await work(app)

        return asyncio.run(run())

    async def fill(self, app: App) -> None:
        await given_users(app.storage, self.ada, self.bob, self.eve)
        await given_posts(app.storage, *self.posts)
        await given_follows(app.storage, self.follow)
        await app.timeline_inspection.mend(self.ada.id)
        await app.search_indexing.index([post.id for post in self.posts])

    def keep(self, owner: UserId, entries: list[Entry], floor: PostId | None = None) -> None:
        """A warm timeline with nothing else in it."""

        async def fill(app: App) -> None:
            timelines = timelines_of(app)
            await timelines.drop(owner)
            warming = await timelines.start_warming(owner)
            assert warming is not None
            await timelines.fill(owner, warming, entries, floor)

        self.do(fill)


def timelines_of(app: App) -> Timelines:
    return app.shared.timelines if app.shared is not None else app.storage.timelines


def entries(*posts: Any) -> list[Entry]:
    return [Entry(post.id, post.author_id) for post in posts]


async def given_share(app: App, share: Share) -> None:
    await given_shares(app.storage, share)


@pytest.fixture(params=STORES)
def world(request: pytest.FixtureRequest, migrated_url: str, tmp_path: Path) -> World:
    redis_url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    world = World(migrated_url, redis_url, tmp_path)
    world.do(world.fill)
    return world


def healthy(run: Run, world: World) -> bool:
    result = run("doctor", "--all", **world.settings)
    return result.exit_code == 0 and [said(result, about) for about in ("timelines", "search")] == [
        ["ok, warm: 1, differing: 0"],
        ["ok, posts: 5, differing: 0"],
    ]


def test_where_nothing_differs_all_was_compared(run: Run, world: World) -> None:
    assert healthy(run, world)


def test_posts_that_a_timeline_lacks_are_named_and_put_there(run: Run, world: World) -> None:
    first, second, third = world.by_bob
    world.keep(world.ada.id, entries(second, world.posts[2]))

    result = run("doctor", **world.settings)
    assert result.exit_code == 1
    assert said(result, "timelines") == [
        f"reader {world.ada.id}: missing: {third.id}, {first.id}",
        "wrong, warm: 1, differing: 1",
    ]
    result = run("doctor", "--repair", **world.settings)
    assert result.exit_code == 0
    assert said(result, "timelines") == [
        f"repaired: reader {world.ada.id}: missing: {third.id}, {first.id}",
        "ok, warm: 1, differing: 1",
    ]
    assert healthy(run, world)


def test_entries_that_never_belonged_are_named_and_go(run: Run, world: World) -> None:
    forged = world.posts[1]
    kept = [post for post in world.posts if post is not forged]
    world.keep(world.ada.id, [*entries(*kept), Entry(forged.id, world.bob.id)])

    assert said(run("doctor", **world.settings), "timelines")[0] == (
        f"reader {world.ada.id}: under the wrong account: {forged.id}"
    )
    assert run("doctor", "--repair", **world.settings).exit_code == 0
    assert healthy(run, world)


def test_shares_that_a_timeline_lacks_or_has_of_another_are_named_and_mended(run: Run, world: World) -> None:
    lost, mine, forged = (world.make.share(world.posts[1], user) for user in (world.bob, world.ada, world.eve))
    for share in (lost, mine, forged):
        world.do(partial(given_share, share=share))
    gone = world.make.share(world.posts[1], world.bob)
    world.keep(world.ada.id, [*entries(*world.posts), Entry(forged.id, world.bob.id), Entry(gone.id, world.bob.id)])

    expected = f"reader {world.ada.id}: missing: {mine.id}, {lost.id}; under the wrong account: {forged.id}"
    assert said(run("doctor", **world.settings), "timelines")[0] == expected
    result = run("doctor", "--repair", **world.settings)
    assert (result.exit_code, said(result, "timelines")[0]) == (0, f"repaired: {expected}")
    assert healthy(run, world)


def test_what_is_below_the_floor_is_not_missing(run: Run, world: World) -> None:
    *_, newest = world.by_bob
    world.keep(world.ada.id, entries(newest), floor=newest.id)

    assert said(run("doctor", **world.settings), "timelines") == ["ok, warm: 1, differing: 0"]


def test_what_is_left_of_people_no_longer_followed_is_no_fault(run: Run, world: World) -> None:
    async def part(app: App) -> None:
        await unfollow(app.storage, world.ada, world.bob)

    world.do(part)
    assert said(run("doctor", **world.settings), "timelines") == ["ok, warm: 1, differing: 0"]


def test_a_post_of_this_minute_may_be_on_its_way(run: Run, world: World) -> None:
    make = Builder(FixedClock(datetime.now(UTC)), node=5)

    async def publish(app: App) -> None:
        await given_posts(app.storage, make.post(world.bob))

    world.do(publish)
    result = run("doctor", **world.settings)
    assert said(result, "timelines") == ["ok, warm: 1, differing: 0"]
    assert said(result, "search")[-1].endswith("differing: 0")


def test_what_jobs_put_right_meanwhile_is_no_difference(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first look saw was the state of a moment."""
    world.keep(world.ada.id, [])

    async def job(self: inspection.Jobs) -> None:
        settings = Settings(data_dir=world._folder).model_copy(update=world.settings)
        async with open_app(settings, relay=False) as app:
            await timelines_of(app).backfill(world.ada.id, entries(*world.posts))
            await app.search_indexing.index([world.posts[0].id])

    async def forget(app: App) -> None:
        await app.storage.search.remove_posts([world.posts[0].id])

    world.do(forget)
    monkeypatch.setattr(inspection.Jobs, "had_their_time", job)
    assert healthy(run, world)


def test_nothing_differs_while_people_write_and_follow(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each look finds some of it half done: jobs are behind all the time."""
    monkeypatch.setattr(inspection, "YOUNG", timedelta(0))
    monkeypatch.setattr(inspection, "PAUSE_SECONDS", 0.3)
    authors = [world.make.user() for _ in range(12)]
    rights = frozenset(Permission)
    ada, bob = Actor(world.ada.id, rights), Actor(world.bob.id, rights)

    async def live(app: App) -> None:
        for author in authors:
            await app.services.graph.follow(ada, author.id)
            post = await app.services.posts.create(bob, content="hello again")
            await asyncio.sleep(0.02)
            await app.services.posts.delete(bob, post.id)
            await app.services.posts.create(Actor(author.id, rights), content="hello, too")
            if author is not authors[-1]:
                await app.services.graph.unfollow(ada, author.id)

    async def compared(app: App) -> tuple[int, list[Any]]:
        number, differing = 0, list[Any]()
        async for looked_at, incomplete in app.timeline_inspection.compared():
            number, differing = number + looked_at, differing + incomplete
        async for _, misplaced in app.search_inspection.compared():
            differing += misplaced
        return number, differing

    async def run() -> tuple[int, list[Any]]:
        settings = Settings(data_dir=tmp_path).model_copy(update=world.settings)
        async with open_app(settings) as app:
            await given_users(app.storage, *authors)
            await given_posts(app.storage, *(world.make.post(author, content="hello") for author in authors))
            await app.search_indexing.rebuild(lambda _name, _done: None)
            living, number, differing = asyncio.create_task(live(app)), 0, list[Any]()
            while not living.done():
                looked_at, drifts = await compared(app)
                number, differing = number + looked_at, differing + drifts
                await asyncio.sleep(0)
            await living
            return number, differing

    number, differing = asyncio.run(run())
    assert number > 0
    assert differing == []


def test_no_more_timelines_are_compared_than_asked_for(run: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socialfeed.entrypoints.cli.checkups.TIMELINES_COMPARED", 1)
    world.keep(world.bob.id, entries(*world.by_bob))

    assert said(run("doctor", **world.settings), "timelines") == ["ok, warm: 1, differing: 0"]
    assert said(run("doctor", "--all", **world.settings), "timelines") == ["ok, warm: 2, differing: 0"]


def test_posts_that_search_lacks_or_has_too_much_are_named_and_mended(run: Run, world: World) -> None:
    lost, deleted, purged = world.posts[0], world.posts[1], PostId(world.posts[-1].id + 1)

    async def spoil(app: App) -> None:
        await app.storage.search.remove_posts([lost.id])
        async with app.storage.uow() as tx:
            post = await tx.posts.get(deleted.id)
            assert post is not None
            await tx.posts.save(post.deleted(post.author_id, world.make.clock.now()))
        [document] = (await app.search_indexing._documents([world.posts[2].id])).values()
        await app.storage.search.put_posts([document.__class__(purged, world.eve.id, document.words)])

    world.do(spoil)
    result = run("doctor", "--all", **world.settings)
    assert result.exit_code == 1
    lines = [
        f"post {lost.id}: is not found",
        f"post {deleted.id}: is found and may not be",
        f"post {purged}: is found and may not be",
    ]
    assert said(result, "search") == [*lines, "wrong, posts: 5, differing: 3"]
    result = run("doctor", "--all", "--repair", **world.settings)
    assert said(result, "search") == [*(f"repaired: {line}" for line in lines), "ok, posts: 5, differing: 3"]
    assert healthy(run, world)


def test_what_trends_otherwise_than_its_reactions_say_is_named_and_made_anew(run: Run, world: World) -> None:
    make = Builder(FixedClock(datetime.now(UTC) - timedelta(minutes=5)), node=6)
    fans = [make.user() for _ in range(6)]
    liked, other = world.by_bob[:2]

    async def react(app: App) -> None:
        await given_users(app.storage, *fans)
        for fan in fans:
            await like(app.storage, make.like(liked, fan))
        await app.trends.rebuild(lambda _name, _done: None)

    async def spoil(app: App) -> None:
        trending = app.shared.trending if app.shared is not None else app.storage.trending
        await trending.clear()
        reactions = [Reaction(make.like(other, fan).id, fan.id) for fan in fans]
        await trending.add(Trendable(other.id, scopes_of(other.language, other.tags)), reactions, Limits())

    world.do(react)
    result = run("doctor", **world.settings)
    assert (result.exit_code, said(result, "trending")) == (0, ["ok, posts: 2, differing: 0"])
    world.do(spoil)
    result = run("doctor", **world.settings)
    lines = [
        f"post {post.id}: {fault}, {window.value}"
        for window in Window
        for post, fault in ((liked, "does not trend"), (other, "trends"))
    ]
    assert (result.exit_code, said(result, "trending")) == (1, [*lines, "wrong, posts: 2, differing: 4"])
    result = run("doctor", "--repair", **world.settings)
    assert result.exit_code == 0
    assert said(result, "trending") == [*(f"repaired: {line}" for line in lines), "ok, posts: 2, differing: 4"]
    assert said(run("doctor", **world.settings), "trending") == ["ok, posts: 2, differing: 0"]


def test_search_is_compared_for_a_week_unless_all_is_asked_for(run: Run, world: World) -> None:
    assert said(run("doctor", **world.settings), "search") == ["ok, posts: 0, differing: 0"]


def test_many_batches_are_compared_once_each(run: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_AT_ONCE", 2)

    async def spoil(app: App) -> None:
        await app.storage.search.remove_posts([post.id for post in world.posts[1:4]])

    world.do(spoil)
    assert said(run("doctor", "--all", "--repair", **world.settings), "search")[-1] == "ok, posts: 5, differing: 3"
    assert healthy(run, world)


def test_timelines_are_not_checked_without_the_redis_they_are_in(run: Run, world: World) -> None:
    result = run("doctor", **world.settings | {"redis_url": "redis://127.0.0.1:1"})

    assert result.exit_code == 1
    assert said(result, "timelines") == said(result, "trending") == ["not checked, as Redis comes first"]
    assert said(result, "search") == ["ok, posts: 0, differing: 0"]


def test_what_is_parked_is_counted_and_is_a_warning(run: Run, migrated_url: str) -> None:
    clock, make = FixedClock(), Builder()

    async def park() -> None:
        async with opened(migrated_url, clock) as storage:
            await given_parked(storage, clock, make.envelope())
            async with storage.uow() as tx:
                await tx.outbox.add(make.envelope())

    asyncio.run(park())
    result = run("doctor", database_url=migrated_url)

    assert result.exit_code == 0
    assert said(result, "jobs") == [
        "warning: some failed too often: see `socialfeed jobs parked`",
        "ok, waiting: 1, parked: 1",
    ]
