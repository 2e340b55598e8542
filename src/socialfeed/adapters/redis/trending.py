"""Trending posts in a sorted set."""

from datetime import datetime
from struct import Struct
from typing import Final

from socialfeed.adapters.redis.link import Link, Script
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import EventId, PostId, unix_ms
from socialfeed.domain.ranking import epoch_of, forward_weight, rollover_factor

SLACK: Final = 250
"""How many posts above `KEPT` are let in before the set is cut down."""

REMEMBERED: Final = 25 * 3600
"""Seconds for which the events of a minute are known after the last of them came."""

_POST = Struct(">Q")
"""Equal scores are ordered by member, as bytes: so big-endian, newest last."""

_ADD = Script("""
-- KEYS: scores (sorted set), weights (hash), events seen (set), all in one slot.
-- ARGV: event, life of the set of events in seconds, post, weight, weight under the landmark of its epoch, epoch,
--       what scores are multiplied by per epoch, posts kept, posts from which on the rest is cut off.
if redis.call('SADD', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('EXPIRE', KEYS[3], ARGV[2])

-- The scores are under the landmark of the latest epoch that was met.
local epoch, factor, forward = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[5])
local current = tonumber(redis.call('HGET', KEYS[2], 'epoch'))
if not current or current < epoch then
  if current then
    local change = string.format('%.17g', factor ^ (epoch - current))
    redis.call('ZUNIONSTORE', KEYS[1], 1, KEYS[1], 'WEIGHTS', change)
  end
  redis.call('HSET', KEYS[2], 'epoch', epoch)
  current = epoch
end
forward = forward * factor ^ (current - epoch)

-- Sums of weights are exact where sums of scores are rounded: they tell when all was taken back.
local weight = tonumber(redis.call('HGET', KEYS[2], ARGV[3]) or 0) + tonumber(ARGV[4])
if weight == 0 then
  redis.call('HDEL', KEYS[2], ARGV[3])
  redis.call('ZREM', KEYS[1], ARGV[3])
else
  redis.call('HSET', KEYS[2], ARGV[3], string.format('%.17g', weight))
  redis.call('ZINCRBY', KEYS[1], string.format('%.17g', forward), ARGV[3])
end

local kept, number = tonumber(ARGV[8]), redis.call('ZCARD', KEYS[1])
if number > tonumber(ARGV[9]) then
  for _, post in ipairs(redis.call('ZRANGE', KEYS[1], 0, number - kept - 1)) do
    redis.call('HDEL', KEYS[2], post)
    redis.call('ZREM', KEYS[1], post)
  end
end
return 1
""")


class RedisTrending:
    """`Trending` over a sorted set of scores, with the plain weights they are made of beside it."""

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._base = f"{prefix}t:{{t}}:"

    async def add(self, event_id: EventId, post_id: PostId, weight: float, at: datetime) -> None:
        epoch = epoch_of(at)
        await self._link.run_script(
            _ADD,
            [f"{self._base}scores", f"{self._base}weights", f"{self._base}seen:{unix_ms(event_id) // 60_000}"],
            event_id,
            REMEMBERED,
            _POST.pack(post_id),
            weight,
            forward_weight(weight, at, epoch),
            epoch,
            rollover_factor(),
            KEPT,
            KEPT + SLACK,
        )

    async def top(self, *, limit: int, at: datetime) -> list[PostId]:
        """`at` makes no difference: all scores fade alike, so their order is the same at any moment."""
        members = await self._link.run(
            "ZRANGE", f"{self._base}scores", "+inf", "(0", "BYSCORE", "REV", "LIMIT", 0, limit
        )
        return [PostId(_POST.unpack(member)[0]) for member in members]
