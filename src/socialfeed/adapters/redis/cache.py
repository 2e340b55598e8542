"""Cached bytes."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from socialfeed.adapters.redis.link import Link
from socialfeed.application.ports.cache import FENCE
from socialfeed.domain.errors import Unavailable

logger = logging.getLogger(__name__)


_FENCE_MS = int(FENCE.total_seconds() * 1000)


class RedisCache:
    """`Cache` over one string a value. An empty string is a fence: what was deleted a moment ago."""

    def __init__(self, link: Link, prefix: str) -> None:
        self._link, self._prefix = link, prefix

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        if not keys:
            return {}
        try:
            values = await self._link.run("MGET", *map(self._key, keys))
        except Unavailable as error:
            logger.debug("Nothing read from the cache: %s", error.__cause__ or error)
            return {}
        return {key: value for key, value in zip(keys, values, strict=True) if value}

    async def fill_many(self, values: Mapping[str, bytes], ttl: timedelta) -> None:
        life = int(ttl.total_seconds() * 1000)
        if life <= 0:
            return
        try:
            await self._link.run_all(
                [("SET", self._key(key), value, "PX", life, "NX") for key, value in values.items()]
            )
        except Unavailable as error:
            logger.debug("Nothing kept in the cache: %s", error.__cause__ or error)

    async def delete_many(self, keys: Sequence[str]) -> None:
        # A full server refuses the fence but not the removal, so the old value goes in any case.
        removals = [("UNLINK", self._key(key)) for key in keys]
        fences = [("SET", self._key(key), b"", "PX", _FENCE_MS) for key in keys]
        await self._link.run_all([*removals, *fences])

    def _key(self, key: str) -> str:
        return f"{self._prefix}c:{key}"
