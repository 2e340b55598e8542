"""Cached bytes."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from secrets import token_hex

from socialfeed.adapters.redis.link import Link, Script
from socialfeed.application.ports.cache import DELETIONS, FENCE, Deletions
from socialfeed.domain.errors import Unavailable

logger = logging.getLogger(__name__)


_FENCE_MS = int(FENCE.total_seconds() * 1000)

_NOTE = Script("""
-- KEYS: where the cache stands, `<count>:<number>`; the newest deletions, newest first.
-- ARGV: what a new count is called, how many are kept, the keys that were deleted.
local count, number = ARGV[1], 0
local at = redis.call('GET', KEYS[1])
if at then count, number = string.match(at, '^(.*):(%d+)$') end
local done = redis.pcall('SET', KEYS[1], string.format('%s:%d', count, number + #ARGV - 2))
if done.err then
  -- A server that is full. It removes, though: nobody knows then where the cache stands, nor trusts a copy.
  redis.call('UNLINK', KEYS[1])
  return done
end
for n = 3, #ARGV do redis.call('LPUSH', KEYS[2], ARGV[n]) end
redis.call('LTRIM', KEYS[2], 0, ARGV[2] - 1)
return done
""")

_SINCE = Script("""
-- KEYS: as above. ARGV: the count and the number since which.
local at = redis.call('GET', KEYS[1])
if not at then return {} end
local count, number = string.match(at, '^(.*):(%d+)$')
local missed = number - ARGV[2]
if count ~= ARGV[1] or missed < 0 or missed > redis.call('LLEN', KEYS[2]) then return {at} end
if missed == 0 then return {at, {}} end
return {at, redis.call('LRANGE', KEYS[2], 0, missed - 1)}
""")


_FORGET = Script("""
-- KEYS: a value, or a fence, which stays: whoever read before the deletion may be about to fill in.
if redis.call('STRLEN', KEYS[1]) == 0 then return 0 end
return redis.call('UNLINK', KEYS[1])
""")


class RedisCache:
    """`Cache` over one string a value. An empty string is a fence: what was deleted a moment ago. Deletions are
    counted under a name that is drawn at random whenever the count is gone, so no two counts are taken for one.
    """

    def __init__(self, link: Link, prefix: str) -> None:
        self._link, self._prefix = link, prefix
        self.database = link.database
        self._noted = (f"{prefix}d:{{d}}:at", f"{prefix}d:{{d}}:keys")

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
        if not keys:
            return
        # A full server refuses the fence but not the removal, so the old value goes in any case.
        removals = [("UNLINK", self._key(key)) for key in keys]
        fences = [("SET", self._key(key), b"", "PX", _FENCE_MS) for key in keys]
        # Noted last: who reads on being told of a deletion must not find what was deleted.
        note = _NOTE.call(self._noted, token_hex(8), DELETIONS, *keys)
        await self._link.run_scripts(_NOTE, [*removals, *fences, note])

    async def deletions(self, since: str | None) -> Deletions:
        at = await self._link.run("GET", self._noted[0])
        if at is None:
            commands = [("SET", self._noted[0], f"{token_hex(8)}:0", "NX"), ("GET", self._noted[0])]
            _, at = await self._link.run_all(commands)
            if at is None:
                raise Unavailable
            return Deletions(at.decode(), None)
        position = at.decode()
        if since is None or since == position:
            return Deletions(position, None if since is None else ())
        reply = await self._link.run_script(_SINCE, self._noted, *since.rsplit(":", 1))
        if not reply:
            raise Unavailable
        at, *listed = reply
        return Deletions(at.decode(), [key.decode() for key in listed[0]] if listed else None)

    async def flush(self) -> int:
        number = 0
        async for keys in self._link.keys(f"{self._prefix}c:"):
            number += sum(await self._link.run_scripts(_FORGET, [_FORGET.call([key.decode()]) for key in keys]))
        # Afterwards, so that nobody has copied what was still there: a count that is gone is one that nobody trusts.
        await self._link.run("UNLINK", *self._noted)
        return number

    def _key(self, key: str) -> str:
        return f"{self._prefix}c:{key}"
