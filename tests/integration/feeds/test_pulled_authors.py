"""Authors with many followers: their posts are in no timeline, and in every feed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from socialfeed.application.ports.timelines import KEPT, Entry, Timelines
from socialfeed.domain.ids import EntryId, PostId, UserId
from socialfeed.domain.permissions import USER, Actor
from socialfeed.domain.user import User
from socialfeed.testing import Builder
from socialfeed.testing.client import Client, open_client
from tests.integration.product.conftest import BACKENDS, backend

LIMIT = 2


@pytest.fixture(params=BACKENDS)
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    settings = await backend(request.param, request, tmp_path)
    async with open_client(data_dir=tmp_path, fanout_limit=LIMIT, **settings) as client:
        yield client


@pytest.fixture
async def people(client: Client) -> list[User]:
    make = Builder(client.app.clock)
    users = [make.user() for _ in range(5)]
    async with client.app.storage.uow() as tx:
        for user in users:
            await tx.users.add(user)
    return users


def actor(user: User) -> Actor:
    return Actor(user.id, USER.permissions)


async def publish(client: Client, author: User) -> PostId:
    post = await client.app.services.posts.create(actor(author), content="Hello")
    await client.settle()
    return post.id


async def follow(client: Client, follower: User, followee: User) -> None:
    await client.app.services.graph.follow(actor(follower), followee.id)
    await client.settle()


async def at_home(client: Client, reader: User) -> list[PostId]:
    page = await client.app.services.feeds.home_page(actor(reader), page=1, items_per_page=100)
    return [view.id for view in page.items]


async def warmed(client: Client, reader: User) -> None:
    for _ in range(100):
        await at_home(client, reader)
        if await in_timeline(client, reader.id) is not None:
            return
        await asyncio.sleep(0)
    raise AssertionError("the timeline does not become warm")


def timelines_of(client: Client) -> Timelines:
    return (client.app.shared or client.app.storage).timelines


async def in_timeline(client: Client, reader_id: UserId) -> list[EntryId] | None:
    timeline = await timelines_of(client).read(reader_id)
    return None if timeline is None else [entry.id for entry in timeline.entries]


async def test_an_author_who_crosses_the_limit_either_way_loses_no_post(client: Client, people: list[User]) -> None:
    author, reader, *others = people
    await follow(client, reader, author)
    await warmed(client, reader)
    below = await publish(client, author)
    for other in others:
        await follow(client, other, author)

    above = await publish(client, author)
    assert await at_home(client, reader) == [above, below]

    for other in others:
        await client.app.services.graph.unfollow(actor(other), author.id)
    below_again = await publish(client, author)
    assert await at_home(client, reader) == [below_again, above, below]
    assert await in_timeline(client, reader.id) == [below_again, below]


async def test_who_follows_later_and_who_comes_first_find_what_was_not_pushed(
    client: Client, people: list[User]
) -> None:
    author, early, late, *others = people
    for follower in (early, *others):
        await follow(client, follower, author)
    await warmed(client, late)
    first, second = await publish(client, author), await publish(client, author)
    await follow(client, late, author)
    third = await publish(client, author)
    for reader in (early, late):
        assert await at_home(client, reader) == [third, second, first]
    await client.app.services.graph.unfollow(actor(late), author.id)
    assert await at_home(client, late) == []


async def test_what_they_share_is_in_no_timeline_and_in_every_feed(client: Client, people: list[User]) -> None:
    sharer, stranger, reader, *others = people
    for other in (reader, *others):
        await follow(client, other, sharer)
    await warmed(client, reader)
    first, second = await publish(client, stranger), await publish(client, stranger)
    for post_id in (second, first):
        await client.app.services.engagement.share(actor(sharer), post_id)
        await client.settle()
    assert await at_home(client, reader) == [first, second]
    assert await in_timeline(client, reader.id) == []
    await client.app.services.engagement.unshare(actor(sharer), first)
    assert await at_home(client, reader) == [second]


async def test_the_author_finds_the_own_posts(client: Client, people: list[User]) -> None:
    author, *others = people
    for other in others:
        await follow(client, other, author)
    await warmed(client, author)
    posts = [await publish(client, author) for _ in range(25)]
    assert await at_home(client, author) == posts[::-1]


async def test_more_posts_than_a_window_holds_are_found_to_the_last(client: Client, people: list[User]) -> None:
    """Pulled and pushed ones in turns, more of both together than a page by number goes over."""
    pulled, pushed, reader, *others = people
    for follower in (reader, *others):
        await follow(client, follower, pulled)
    await follow(client, reader, pushed)
    await warmed(client, reader)
    make = Builder(client.app.clock, node=255)
    posts = [make.post(author) for _ in range(KEPT // 2 + 30) for author in (pulled, pushed)]
    async with client.app.storage.uow() as tx:
        for post in posts:
            await tx.posts.add(post)
        await tx.posts.leave_to_readers(posts[-2].id, pulled.id)
    for post in posts[1::2]:
        await timelines_of(client).push(Entry(post.id, pushed.id), [reader.id])
    newest = await publish(client, pushed)

    page = await client.app.services.feeds.home_page(actor(reader), page=1, items_per_page=10)
    assert page.total_items == KEPT
    found, after = list[PostId](), None
    while True:
        part = await client.app.services.feeds.home(actor(reader), first=100, after=after)
        found += [view.id for view in part.nodes]
        after = part.page_info.end_cursor
        if not part.page_info.has_next_page:
            break
    assert found == [newest, *(post.id for post in posts[::-1])]


async def test_following_somebody_with_a_long_history_shows_all_of_it(client: Client, people: list[User]) -> None:
    """A timeline that was complete to the beginning is not, once there is more than a backfill brings."""
    author, reader, *_ = people
    await warmed(client, reader)
    make = Builder(client.app.clock, node=255)
    posts = [make.post(author) for _ in range(KEPT + 30)]
    async with client.app.storage.uow() as tx:
        for post in posts:
            await tx.posts.add(post)
    await follow(client, reader, author)
    timeline = await timelines_of(client).read(reader.id)
    assert timeline is not None
    assert [entry.id for entry in timeline.entries] == [post.id for post in posts[: -KEPT - 1 : -1]]
    assert timeline.floor == posts[-KEPT].id
