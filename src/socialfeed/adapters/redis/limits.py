"""Rate limits on the server's clock."""

import logging
from datetime import timedelta

from socialfeed.adapters.redis.link import Link, Script
from socialfeed.application.ports.limits import Limit, Verdict
from socialfeed.domain.errors import Unavailable

logger = logging.getLogger(__name__)

_MICROSECOND = timedelta(microseconds=1)

_STATE = """
-- KEYS: a limit's state. ARGV: points, period in microseconds, cost.
--
-- GCRA in its other form, the continuous-state leaky bucket (ITU-T I.371, annex A): what is owed falls by `points`
-- every microsecond, a hit of cost n adds n * period to it, and it may not pass points * period. With these units
-- everything is a whole number, hence exact: theoretical arrival times would be fractions of a microsecond, and
-- next to a Unix time a double has no digits left for those.
local points, period, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full, owed = points * period, 0

local state = redis.call('GET', KEYS[1])
if state then
  local since, then_owed = string.match(state, '^(%d+) (%d+)$')
  -- A clock that was set back must neither forgive nor punish; a limit that was lowered owes no more than all of it.
  local passed = math.max(0, now - tonumber(since))
  owed = math.max(0, math.min(tonumber(then_owed), full) - passed * points)
end

local function keep()
  local life = math.ceil(owed / points / 1000)
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', now, owed), 'PX', string.format('%.0f', life))
end
"""

_HIT = Script(
    _STATE
    + """
local wanted = cost * period
local allowed = owed + wanted <= full
local wait = 0
if allowed then
  owed = owed + wanted
  if owed > 0 then keep() end
else
  wait = math.ceil((owed + wanted - full) / points)
end
return {allowed and 1 or 0, math.floor((full - owed) / period), wait, math.ceil(owed / points)}
"""
)

_GIVE_BACK = Script(
    _STATE
    + """
owed = math.max(0, owed - cost * period)
if owed > 0 then
  keep()
elseif state then
  redis.call('DEL', KEYS[1])
end
return 1
"""
)


class RedisRateLimiter:
    """`RateLimiter` as one script a call. A hit raises `Unavailable` when the store does not answer: whether to let
    pass or to refuse then is for the caller to decide.
    """

    def __init__(self, link: Link, prefix: str) -> None:
        self._link, self._prefix = link, prefix

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Verdict:
        allowed, remaining, wait, reset = await self._link.run_script(
            _HIT, [self._key(key)], limit.points, limit.period // _MICROSECOND, cost
        )
        return Verdict(bool(allowed), remaining, wait / 1e6, reset / 1e6)

    async def give_back(self, key: str, limit: Limit, cost: int = 1) -> None:
        try:
            await self._link.run_script(_GIVE_BACK, [self._key(key)], limit.points, limit.period // _MICROSECOND, cost)
        except Unavailable as error:
            logger.debug("No points given back: %s", error.__cause__ or error)

    def _key(self, key: str) -> str:
        return f"{self._prefix}l:{{{key}}}"
