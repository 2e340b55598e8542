"""What is cached goes when it changes: at once, and once more by a job in case the cache was away."""

import logging
from collections.abc import Awaitable
from typing import Protocol

from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import (
    Envelope,
    PostChanged,
    PostPublished,
    PostShared,
    ProfileChanged,
    StandingChanged,
    UserFollowed,
)
from socialfeed.domain.ids import PostId, UserId

log = logging.getLogger(__name__)


class Cached(Protocol):
    """After a method returns no reader, in no process, gets the old value of this id. They raise `Unavailable` if that
    cannot be promised.
    """

    async def forget_post(self, post_id: PostId) -> None: ...

    async def forget_profile(self, user_id: UserId) -> None: ...


class CachedRelations(Protocol):
    async def forget_standings(self, *user_ids: UserId) -> None:
        """As `Cached` has it, of how these viewers stand to others."""


class CachedListings(Protocol):
    async def left_to_readers(self) -> None:
        """As `Cached` has it, of home feeds, when something new is in them that is not in their timelines."""


class Freshness:
    def __init__(self, contents: Cached, standings: CachedRelations, feeds: CachedListings) -> None:
        self._contents = contents
        self._standings = standings
        self._feeds = feeds

    async def profile_changed(self, user_id: UserId) -> None:
        """After the commit. While the cache is away nobody reads from it, and the job waits for it."""
        await _try(self._contents.forget_profile(user_id))

    async def post_changed(self, post_id: PostId) -> None:
        """As `profile_changed`."""
        await _try(self._contents.forget_post(post_id))

    async def standing_changed(self, one: UserId, other: UserId) -> None:
        """As `profile_changed`, for what is between two accounts."""
        await _try(self._standings.forget_standings(*{one, other}))

    async def own_feed_changed(self, user_id: UserId) -> None:
        """As `profile_changed`, when somebody wrote or shared something, which is in the own feed at once."""
        await _try(self._standings.forget_standings(user_id))

    async def left_to_readers(self) -> None:
        """In a job, which is done again where it raises `Unavailable`."""
        await self._feeds.left_to_readers()

    async def forget(self, envelope: Envelope) -> None:
        """Job: makes sure."""
        match envelope.event:
            case ProfileChanged(user_id):
                await self._contents.forget_profile(user_id)
            case PostChanged(post_id):
                await self._contents.forget_post(post_id)
            case StandingChanged(one, other) | UserFollowed(one, other):
                await self._standings.forget_standings(*{one, other})
            case PostPublished(_, author_id):
                await self._standings.forget_standings(author_id)
            case PostShared(post_id, user_id):
                await self._standings.forget_standings(user_id)
                await self._contents.forget_post(post_id)


async def _try(forgetting: Awaitable[None]) -> None:
    try:
        await forgetting
    except Unavailable:
        log.debug("something that changed stays cached until the cache is back")
