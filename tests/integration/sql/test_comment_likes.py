"""The rows behind likes of comments, which no port shows."""

import asyncio

from sqlalchemy import SelectBase, select

from socialfeed.adapters.sql import SqlStorage
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.tables import comment_counters, comment_likes
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.ids import unix_ms
from socialfeed.domain.ranking import hot
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.comment_likes import delete, given_comment, like, unlike
from socialfeed.testing.contracts.given import given_users
from tests.integration.sql.conftest import opener


def _likes(_: Dialect) -> SelectBase:
    return select(comment_likes.c.comment_id, comment_likes.c.user_id)


def _counters(_: Dialect) -> SelectBase:
    return select(comment_counters.c.comment_id, comment_counters.c.likes, comment_counters.c.hot)


async def test_no_like_is_left_where_a_comment_ended_among_many(storage: SqlStorage, make: Builder) -> None:
    users = [make.user() for _ in range(8)]
    await given_users(storage, *users)
    for _ in range(5):
        comment = await given_comment(storage, make)
        await asyncio.gather(
            *(like(storage, make.comment_like(comment, user)) for user in users),
            delete(storage, make, comment),
            *(unlike(storage, comment, user) for user in users),
            return_exceptions=True,
        )
    assert await storage.database.rows(_likes) == []
    assert await storage.database.rows(_counters) == []


async def test_likes_from_two_processes_are_counted_once_and_make_the_comment_hotter(
    storage: SqlStorage, url: str, context: AdapterContext, make: Builder
) -> None:
    """A second open storage shares nothing with the first but the database."""
    users = [make.user() for _ in range(10)]
    await given_users(storage, *users)
    comment = await given_comment(storage, make)
    async with opener(url)(url, context) as other:
        await asyncio.gather(
            *(
                like(through, make.comment_like(comment, user))
                for _ in range(5)
                for user in users
                for through in (storage, other)
            )
        )
    assert set(await storage.database.rows(_likes)) == {(comment.id, user.id) for user in users}
    assert await storage.database.rows(_counters) == [(comment.id, 10, hot(unix_ms(comment.id), 10))]
