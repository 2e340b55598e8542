"""Cached counters."""

import logging
from collections.abc import Mapping, Sequence
from struct import Struct

from socialfeed.adapters.redis.link import Link, Script
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import PostId

logger = logging.getLogger(__name__)

LIFE = 60
"""Seconds. Writers tell the cache after they commit; one that could not leaves an old value, for this long at most."""

_VALUE = Struct(">Qqqq")
"""Version first, so that the script finds it."""

_PUT = Script("""
-- KEYS: the counters of a post. ARGV: the new value, its life in seconds.
-- Versions have 64 bits and Lua's numbers 53, hence the halves.
local old = redis.call('GETRANGE', KEYS[1], 0, 7)
if #old == 8 then
  local old_high, old_low = struct.unpack('>I4I4', old)
  local new_high, new_low = struct.unpack('>I4I4', ARGV[1])
  if old_high > new_high or (old_high == new_high and old_low > new_low) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
""")


class RedisCounterCache:
    """`CounterCache` over one string a post: absolute values, replaced only by newer ones, never incremented."""

    def __init__(self, link: Link, prefix: str) -> None:
        self._link, self._prefix = link, prefix

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        if not ids:
            return {}
        try:
            values = await self._link.run("MGET", *map(self._key, ids))
        except Unavailable as error:
            logger.debug("No counters read: %s", error.__cause__ or error)
            return {}
        return {
            post_id: _counts(value)
            for post_id, value in zip(ids, values, strict=True)
            if value is not None and len(value) == _VALUE.size
        }

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        calls = [_PUT.call([self._key(post_id)], _value(values), LIFE) for post_id, values in counts.items()]
        await self._link.run_scripts(_PUT, calls)

    async def flush(self) -> int:
        number = 0
        async for keys in self._link.keys(f"{self._prefix}n:"):
            number += sum(await self._link.run_all([("UNLINK", key) for key in keys]))
        return number

    def _key(self, post_id: PostId) -> str:
        return f"{self._prefix}n:{{{post_id}}}"


def _value(counts: Counts) -> bytes:
    return _VALUE.pack(counts.version, counts.likes, counts.comments, counts.shares)


def _counts(value: bytes) -> Counts:
    version, likes, comments, shares = _VALUE.unpack(value)
    return Counts(likes, comments, shares, version)
