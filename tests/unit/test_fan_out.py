"""How a post gets into the timelines of many: job by job, or not at all."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from socialfeed.adapters.caching import StoredContents, StoredStandings
from socialfeed.application.commands import Commands
from socialfeed.application.feeds import fan_out
from socialfeed.application.feeds.fan_out import LAG, FanOut
from socialfeed.application.ports.feed_copies import NoFeedCopies
from socialfeed.application.ports.readers import Candidate
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.timelines import Entry
from socialfeed.application.work.freshness import Freshness
from socialfeed.container import App
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import Envelope, FanOutContinued, PostPublished, PostShared
from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing import Builder, FixedClock
from socialfeed.testing.client import open_client
from socialfeed.testing.contracts.timelines import warm

FOLLOWERS = 10
CHUNK = 3


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def app(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    monkeypatch.setattr(fan_out, "CHUNK", CHUNK)
    async with open_client(clock=clock) as client:
        yield client.app


class Published:
    """A post that was just published, the followers of its author, and the event that tells of it."""

    def __init__(self, app: App, make: Builder, followers: int) -> None:
        self.app = app
        self.author, *self.followers = (make.user() for _ in range(1 + followers))
        self.post: Post = make.post(self.author)
        self.follows = [make.follow(follower, self.author) for follower in self.followers]
        self.envelope = Envelope(make.ids.event(), PostPublished(self.post.id, self.author.id), app.clock.now())
        self.make = make

    async def store(self) -> None:
        async with self.app.storage.uow() as tx:
            for user in (self.author, *self.followers):
                await tx.users.add(user)
            for follow in self.follows:
                await tx.follows.add(follow)
            await tx.posts.add(self.post)
        for user in (self.author, *self.followers):
            await warm(self.app.storage.timelines, user.id)

    async def reached(self) -> list[User]:
        """Those in whose timelines the post is, once."""
        found = []
        for user in (self.author, *self.followers):
            timeline = await self.app.storage.timelines.read(user.id)
            assert timeline is not None
            if timeline.entries:
                assert [entry.id for entry in timeline.entries] == [self.post.id]
                found.append(user)
        return found

    def fan_out(self, limit: int = 50_000, *, breaks: bool = False) -> FanOut:
        storage = self.app.storage

        def uow() -> AbstractAsyncContextManager[Transaction]:
            return _broken(storage.uow()) if breaks else storage.uow()

        commands = Commands(uow, self.make.ids, self.app.clock, lambda: None)
        freshness = Freshness(
            StoredContents(storage.posts, storage.users), StoredStandings(storage.graph), NoFeedCopies()
        )
        return FanOut(commands, storage.timelines, storage.users, storage.graph, freshness, limit=limit)


@asynccontextmanager
async def _broken(uow: AbstractAsyncContextManager[Transaction]) -> AsyncIterator[Transaction]:
    """Does not commit."""
    async with uow as tx:
        yield tx
        raise Unavailable


@pytest.fixture
async def published(app: App) -> Published:
    published = Published(app, Builder(app.clock), FOLLOWERS)
    await published.store()
    return published


async def waiting(app: App) -> list[Envelope]:
    async with app.storage.outbox.claim(100) as claimed:
        return list(claimed.envelopes)


async def test_one_job_pushes_to_one_chunk_and_the_rest_waits_behind_what_waits_already(
    app: App, published: Published
) -> None:
    other = Envelope(published.make.ids.event(), PostPublished(published.post.id, UserId(1)), app.clock.now())
    async with app.storage.uow() as tx:
        await tx.outbox.add(other)

    await published.fan_out().begin(published.envelope)

    assert await published.reached() == [published.author, *published.followers[-CHUNK:]]
    first, rest = await waiting(app)
    assert first == other
    assert rest.event == FanOutContinued(published.post.id, published.author.id, published.follows[-CHUNK].id)


async def test_a_share_travels_as_a_post_does(app: App, published: Published) -> None:
    share = published.make.share(published.post, published.author)
    for event in (
        PostShared(share.post_id, share.user_id, 0, share_id=share.id),
        PostShared(share.post_id, share.user_id, 0),
        PostShared(share.post_id, share.user_id, 0, -1, published.make.ids.share()),
    ):
        await published.fan_out().begin(Envelope(published.make.ids.event(), event, app.clock.now()))
    await app.relay.drain()
    for user in (published.author, *published.followers):
        timeline = await app.storage.timelines.read(user.id)
        assert timeline is not None
        assert timeline.entries == [Entry(share.id, published.author.id)]


async def test_the_chunks_reach_every_follower(app: App, published: Published) -> None:
    await published.fan_out().begin(published.envelope)
    await app.relay.drain()
    assert await published.reached() == [published.author, *published.followers]


@pytest.mark.parametrize("followers", [0, CHUNK - 1, CHUNK, 2 * CHUNK])
async def test_followers_of_any_number_are_reached(app: App, followers: int) -> None:
    published = Published(app, Builder(app.clock), followers)
    await published.store()
    await published.fan_out().begin(published.envelope)
    await app.relay.drain()
    assert await published.reached() == [published.author, *published.followers]
    assert await waiting(app) == []


async def test_a_fan_out_that_dies_before_its_rest_is_written_begins_again(app: App, published: Published) -> None:
    with pytest.raises(Unavailable):
        await published.fan_out(breaks=True).begin(published.envelope)
    assert await waiting(app) == []
    await published.fan_out().begin(published.envelope)
    await app.relay.drain()
    assert await published.reached() == [published.author, *published.followers]


async def test_jobs_that_are_delivered_twice_count_once(app: App, published: Published) -> None:
    for _ in range(2):
        await published.fan_out().begin(published.envelope)
    for rest in await waiting(app):
        await published.fan_out().go_on(rest)
    await app.relay.drain()
    assert await published.reached() == [published.author, *published.followers]


async def test_posts_of_authors_with_more_followers_than_the_limit_are_left_to_their_readers(
    app: App, published: Published
) -> None:
    await published.fan_out(FOLLOWERS - 1).begin(published.envelope)
    assert await waiting(app) == []
    assert await published.reached() == [published.author]
    reader = published.followers[0].id
    found = await app.storage.posts.not_pushed(reader, own=1, limit=10, since=published.post.id)
    assert found.pulled == [Candidate(published.post.id, published.author.id)]


@pytest.mark.parametrize(("lags", "is_pushed"), [(1, True), (1.9, True), (2.1, False), (1_000, False)])
async def test_the_limit_falls_as_the_queue_lags(
    app: App, published: Published, clock: FixedClock, lags: float, is_pushed: bool
) -> None:
    """Of twenty, ten followers are too many once the event has waited for twice as long as it may."""
    clock.advance(LAG * lags)
    await published.fan_out(2 * FOLLOWERS).begin(published.envelope)
    assert (await waiting(app) != []) is is_pushed


async def test_what_one_job_does_is_pushed_however_late(app: App, clock: FixedClock) -> None:
    published = Published(app, Builder(app.clock), CHUNK)
    await published.store()
    clock.advance(timedelta(days=1))
    await published.fan_out(FOLLOWERS).begin(published.envelope)
    assert await published.reached() == [published.author, *published.followers]
