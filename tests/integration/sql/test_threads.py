"""What a thread costs: a number of statements for each level that is shown, whatever the number of comments."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import SelectBase, func, select, union_all

from socialfeed.adapters.sql import SqlStorage, sqlite
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories import posts
from socialfeed.adapters.sql.tables import comment_counters, comment_likes, comments
from socialfeed.domain.comment import Comment
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client, open_client

LEVELS = 5

LINE = "fragment Line on Comment { content author { username } likesCount isLiked parentId }"
COUNTED = "fragment Line on Comment { content author { username } likesCount isLiked repliesCount }"


def query(line: str, page: str = "", sort: str = "OLDEST") -> str:
    nested = "nodes { ...Line }"
    for _ in range(LEVELS - 1):
        nested = f"{page} nodes {{ ...Line replies(first: 50, sort: {sort}) {{ {nested} }} }}"
    return f"query ($p: ID!) {{ comments(postId: $p, first: 50, sort: {sort}) {{ {nested} }} }} {line}"


@pytest.fixture
async def client(url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(database_url=url, data_dir=tmp_path, graphql_max_cost=10**9) as client:
        yield client


async def given_thread(client: Client, make: Builder, width: int) -> Post:
    """A post with `width` comments on each of five levels, each by somebody else, half of them liked."""
    users = [make.user() for _ in range(width * LEVELS)]
    post = make.post(users[0])
    level: list[Comment | None] = [None] * width
    async with client.app.storage.uow() as tx:
        for user in users:
            await tx.users.add(user)
        await tx.posts.add(post)
        for depth in range(LEVELS):
            writers: list[User] = users[depth * width : (depth + 1) * width]
            level = [make.comment(post, user, parent=parent) for user, parent in zip(writers, level, strict=True)]
            for place, comment in enumerate(level):
                assert comment is not None
                await tx.comments.add(comment)
                if place % 2:
                    await tx.comment_likes.add(make.comment_like(comment, users[0]))
    return post


async def statements(client: Client, executed: list[str], document: str, post: Post) -> tuple[int, int]:
    """How many statements an answer takes, and how many comments it shows."""
    executed.clear()
    answer = await client.run(document, {"p": str(post.id)})
    # The process asks twice a second who was signed out elsewhere, whatever else goes on.
    executed[:] = [text for text in executed if "revocations" not in text]
    return len(executed), str(answer).count("'content'")


@pytest.mark.parametrize("sort", ["OLDEST", "NEWEST", "TOP", "HOT"])
async def test_fifty_comments_on_five_levels_cost_the_statements_of_five(
    client: Client, executed: list[str], make: Builder, sort: str
) -> None:
    small, large = await given_thread(client, make, 1), await given_thread(client, make, 10)
    ada = await client.sign_up("ada")
    document = query(COUNTED, "totalCount", sort)
    await statements(ada, executed, document, small)  # who ada is and what she may do is asked once
    few = await statements(ada, executed, document, small)
    many = await statements(ada, executed, document, large)
    assert (few[1], many[1]) == (5, 50)
    assert few[0] == many[0]


async def test_fifty_comments_by_their_ids_cost_the_statements_of_five(
    client: Client, executed: list[str], make: Builder
) -> None:
    """Under one post each; the first is hidden in both threads, and whether that is above any other is asked once."""
    document = "query ($i: [ID!]!) { nodes(ids: $i) { ... on Comment { content author { username } likesCount } } }"
    ada, costs = await client.sign_up("ada"), []
    for width in (1, 1, 10):
        post = await given_thread(client, make, width)
        page = await client.app.storage.comments.children(post.id, [None], limit=width)
        ids = [placed.comment.id for placed in page[None]]
        while len(ids) < width * LEVELS:
            below = await client.app.storage.comments.children(post.id, ids[-width:], limit=width)
            ids += [placed.comment.id for answers in below.values() for placed in answers]
        async with client.app.storage.uow() as tx:
            first = await tx.comments.locked(ids[0])
            assert first is not None
            await tx.comments.save(first.hidden(post.author_id, post.author_id, make.clock.now()))
        executed.clear()
        found = (await ada.run(document, {"i": [str(each) for each in ids]}))["nodes"]
        assert sum(each is None for each in found) == LEVELS
        costs.append(len([text for text in executed if "revocations" not in text]))
    assert costs[1] == costs[2] < 20


async def test_33_what_is_counted_is_read_only_where_it_is_asked_for_and_once_a_level(
    client: Client, executed: list[str], make: Builder
) -> None:
    post = await given_thread(client, make, 4)
    plain, _ = await statements(client, executed, query(LINE), post)
    assert not any("count(" in text for text in executed)
    # Of the post: one. Of each level: what a page holds, who wrote it, who likes it.
    of_post, of_level = plain - 3 * LEVELS, 3
    assert plain == of_post + of_level * LEVELS
    assert of_post > 0

    both, _ = await statements(client, executed, query(COUNTED, "totalCount"), post)

    assert both - plain == sum("count(" in text for text in executed)
    assert both - plain <= LEVELS + 1


def test_a_post_that_is_removed_reads_no_comments_but_its_own(migrated_file: Path) -> None:
    with closing(sqlite3.connect(migrated_file)) as connection:
        for removal in posts._REMOVE_COMMENTS:
            text = str(removal.compile(dialect=sqlite.DIALECT.compiler))
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", {"post": 1})]
            assert not any(step.startswith("SCAN comment") for step in plan), plan


async def test_a_post_is_removed_with_its_whole_thread_and_no_other(storage: SqlStorage, make: Builder) -> None:
    user = make.user()
    gone, kept = make.post(user), make.post(user)
    async with storage.uow() as tx:
        await tx.users.add(user)
        for post in (gone, kept):
            await tx.posts.add(post)
            first = make.comment(post, user)
            second = make.comment(post, user, parent=first)
            for comment in (first, second, make.comment(post, user, parent=second), make.comment(post, user)):
                await tx.comments.add(comment)
                await tx.comment_likes.add(make.comment_like(comment, user))
    async with storage.uow() as tx:
        await tx.posts.save(gone.deleted(user.id, make.clock.now()))
        await tx.posts.remove(gone.id)
    assert set(await storage.database.rows(_posts_of_comments)) == {(kept.id,)}
    assert await storage.database.rows(_rows_of_comments) == [(4,), (4,), (4,)]


def _posts_of_comments(_: Dialect) -> SelectBase:
    return select(comments.c.post_id)


def _rows_of_comments(_: Dialect) -> SelectBase:
    counts = (select(func.count()).select_from(table) for table in (comments, comment_counters, comment_likes))
    return union_all(*counts)
