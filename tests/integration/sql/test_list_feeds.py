"""The feed of a list against one plain statement over everything, for people who meet at random."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from socialfeed.adapters.sql import SqlStorage
from socialfeed.domain.graph import Block, Mute, MuteOf
from socialfeed.domain.ids import ListId, PostId, UserId
from socialfeed.domain.permissions import USER, Actor
from socialfeed.domain.post import Visibility
from socialfeed.domain.user import User, UserStatus
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client, open_client

PEOPLE, POSTS = 30, 300

ORACLE = text("""
    SELECT posts.id FROM posts
    JOIN users AS author ON author.id = posts.author_id
    JOIN list_members ON list_members.user_id = author.id AND list_members.list_id = :list
    LEFT JOIN follows ON follows.follower_id = :me AND follows.followee_id = author.id
    WHERE posts.deleted_at IS NULL AND (author.id = :me OR (
        author.status = 'active'
        AND (follows.id IS NOT NULL OR (posts.visibility = 'public' AND NOT author.is_private))
        AND posts.visibility <> 'mentioned'
        AND NOT EXISTS (SELECT * FROM mutes WHERE muter_id = :me AND muted_id = author.id)
        AND NOT EXISTS (
            SELECT * FROM blocks
            WHERE (blocker_id = :me AND blocked_id = author.id) OR (blocker_id = author.id AND blocked_id = :me)
        )
    ))
    ORDER BY posts.id DESC
""")


@pytest.fixture
async def client(url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(database_url=url, data_dir=tmp_path) as client:
        yield client


@pytest.mark.parametrize("seed", range(3))
async def test_a_list_feed_is_what_a_plain_statement_finds_whatever_its_pages(
    client: Client, make: Builder, seed: int
) -> None:
    random = Random(seed)
    owners = await given_chance_meetings(client, make, random)
    seen = []
    for owner_id, list_id in owners.items():
        found = await paged(client, owner_id, list_id, random)
        assert found == await by_statement(client, owner_id, list_id)
        seen.append(len(found))
    assert sum(seen) > len(seen)


async def given_chance_meetings(client: Client, make: Builder, random: Random) -> dict[UserId, ListId]:
    """Everybody with a list of random people, themselves among them at times; who knows and avoids others at random."""
    storage, at = client.app.storage, make.clock.now()
    users = [replace(make.user(), is_private=random.random() < 0.2) for _ in range(PEOPLE)]
    lists = [make.user_list(user) for user in users]

    def some(share: float) -> list[User]:
        return [user for user in users if random.random() < share]

    async with storage.uow() as tx:
        for user in users:
            await tx.users.add(user)
        for user, made in zip(users, lists, strict=True):
            await tx.lists.add(made)
            for other in some(random.random()):
                await tx.lists.add_member(make.member(made, other))
            for other in some(0.4):
                if other != user:
                    await tx.follows.add(make.follow(user, other))
            for other in some(0.1):
                if other != user:
                    await tx.mutes.put(Mute.start(user.id, other.id, [MuteOf.ALL], at=at))
            for other in some(0.05):
                if other != user:
                    await tx.blocks.add(Block.start(user.id, other.id, at=at))
        for _ in range(POSTS):
            post = replace(make.post(random.choice(users)), visibility=random.choice(list(Visibility)))
            await tx.posts.add(post)
            if random.random() < 0.1:
                locked = await tx.posts.locked(post.id)
                assert locked is not None
                await tx.posts.save(locked.deleted(post.author_id, at))
        for user in some(0.1):
            await tx.users.save(replace(user, status=random.choice([UserStatus.BANNED, UserStatus.DEACTIVATED])))
    return {made.owner_id: made.id for made in lists}


async def paged(client: Client, owner_id: UserId, list_id: ListId, random: Random) -> list[PostId]:
    """The whole feed, by pages of random sizes."""
    actor, found, after = Actor(owner_id, USER.permissions), list[PostId](), None
    while True:
        page = await client.app.services.list_feeds.page(actor, list_id, first=random.randint(1, 20), after=after)
        found += [view.id for view in page.nodes]
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            return found


async def by_statement(client: Client, owner_id: UserId, list_id: ListId) -> list[PostId]:
    storage = client.app.storage
    assert isinstance(storage, SqlStorage)
    async with storage.database.begin() as connection:
        return [row[0] for row in await connection.execute(ORACLE, {"list": list_id, "me": owner_id})]
