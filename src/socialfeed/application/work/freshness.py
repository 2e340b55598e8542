"""What is cached goes when it changes: at once, and once more by a job in case the cache was away."""

import logging
from collections.abc import Awaitable
from typing import Protocol

from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import Envelope, PostChanged, ProfileChanged, StandingChanged, UserFollowed
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


class Freshness:
    def __init__(self, contents: Cached, standings: CachedRelations) -> None:
        self._contents = contents
        self._standings = standings

    async def profile_changed(self, user_id: UserId) -> None:
        """After the commit. While the cache is away nobody reads from it, and the job waits for it."""
        await _try(self._contents.forget_profile(user_id))

    async def post_changed(self, post_id: PostId) -> None:
        """As `profile_changed`."""
        await _try(self._contents.forget_post(post_id))

    async def standing_changed(self, one: UserId, other: UserId) -> None:
        """As `profile_changed`, for what is between two accounts."""
        await _try(self._standings.forget_standings(*{one, other}))

    async def forget(self, envelope: Envelope) -> None:
        """Job: makes sure."""
        match envelope.event:
            case ProfileChanged(user_id):
                await self._contents.forget_profile(user_id)
            case PostChanged(post_id):
                await self._contents.forget_post(post_id)
            case StandingChanged(one, other) | UserFollowed(one, other):
                await self._standings.forget_standings(*{one, other})


async def _try(forgetting: Awaitable[None]) -> None:
    try:
        await forgetting
    except Unavailable:
        log.debug("something that changed stays cached until the cache is back")
