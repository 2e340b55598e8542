"""What is cached goes when it changes: at once, and once more by a job in case the cache was away."""

import logging
from typing import Protocol

from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import Envelope, PostChanged, ProfileChanged
from socialfeed.domain.ids import PostId, UserId

log = logging.getLogger(__name__)


class Cached(Protocol):
    async def forget(self, number: int) -> None:
        """After it returns no reader gets the old value of this id. Raises `Unavailable` if that cannot be promised."""


class NothingCached:
    """Where nothing is cached, nothing is stale."""

    async def forget(self, number: int) -> None:
        return


class Freshness:
    def __init__(self, profiles: Cached, posts: Cached) -> None:
        self._profiles = profiles
        self._posts = posts

    async def profile_changed(self, user_id: UserId) -> None:
        """After the commit. While the cache is away nobody reads from it, and the job waits for it."""
        await self._try(self._profiles, user_id)

    async def post_changed(self, post_id: PostId) -> None:
        """As `profile_changed`."""
        await self._try(self._posts, post_id)

    async def forget(self, envelope: Envelope) -> None:
        """Job: makes sure."""
        match envelope.event:
            case ProfileChanged(user_id):
                await self._profiles.forget(user_id)
            case PostChanged(post_id):
                await self._posts.forget(post_id)

    async def _try(self, cached: Cached, number: int) -> None:
        try:
            await cached.forget(number)
        except Unavailable:
            log.debug("something that changed stays cached until the cache is back")
