"""What is cached of profiles goes when they change: at once, and once more by a job in case the cache was away."""

import logging
from typing import Protocol

from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import Envelope, ProfileChanged
from socialfeed.domain.ids import UserId

log = logging.getLogger(__name__)


class ProfileCache(Protocol):
    async def forget(self, user_id: UserId) -> None:
        """After it returns no reader gets the old profile. Raises `Unavailable` if that cannot be promised."""


class NoProfileCache:
    """Where nothing is cached, nothing is stale."""

    async def forget(self, user_id: UserId) -> None:
        return


class Profiles:
    def __init__(self, cache: ProfileCache) -> None:
        self._cache = cache

    async def changed(self, user_id: UserId) -> None:
        """After the commit. While the cache is away nobody reads from it, and the job waits for it."""
        try:
            await self._cache.forget(user_id)
        except Unavailable:
            log.debug("a changed profile stays cached until the cache is back")

    async def forget(self, envelope: Envelope) -> None:
        """Job: makes sure."""
        if isinstance(envelope.event, ProfileChanged):
            await self._cache.forget(envelope.event.user_id)
