"""Trending posts in sorted sets."""

import re
from collections.abc import Sequence
from struct import Struct
from typing import Final

from socialfeed.adapters.redis.link import Link, Script
from socialfeed.adapters.redis.multiplexed import Command
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import PostId
from socialfeed.domain.ranking import EPOCH_HALF_LIVES, WEIGHTS, Window
from socialfeed.domain.trending import (
    CANCELLED,
    HOURS_KNOWN,
    KNOWN,
    LIFE,
    Limits,
    Reaction,
    Trend,
    Trendable,
)

SLACK: Final = 250
"""How many posts above `KEPT` are let in before a set is cut down."""

TOGETHER: Final = 100
"""So many reactions at once: a script keeps everybody else waiting."""

_ID = Struct(">Q")
"""Equal ranks are ordered by member, as bytes: so big-endian, newest last. Lua compares ids the same way."""

SCANNED: Final = 1_000
"""So many keys are looked at in one round trip when everything is forgotten."""

_SETTINGS = f"""
local WINDOWS = {{ {", ".join(str(window.half_life_ms) for window in Window)} }}
local WEIGHTS = {{ {", ".join(f"[{kind.value}] = {weight}" for kind, weight in WEIGHTS.items())} }}
local KNOWN, EPOCH, CANCELLED = {KNOWN}, {EPOCH_HALF_LIVES}, {CANCELLED!r}
local LIFE, HOUR_LIFE = {int(LIFE.total_seconds())}, {int(HOURS_KNOWN.total_seconds())}
"""

_ADD = Script(
    _SETTINGS
    + """
-- KEYS: the post's book (hash), then for each scope a set per window, then for each reaction the counter of its hour,
--       all in one slot.
-- ARGV: post, number of scopes, actors it takes, reactions in an hour, posts kept, posts from which on
--       the rest is cut off, then for each reaction: actor, + or -, id. Ids are eight bytes: numbers hold 53 bits here.
local book, post, scopes = KEYS[1], ARGV[1], tonumber(ARGV[2])
local KEPT, FULL, REACTIONS = tonumber(ARGV[5]), tonumber(ARGV[6]), 6

local function kind(id) return math.floor(id:byte(6) / 4) % 16 end
-- Milliseconds since 2024.
local function made_at(id)
  local n = 0
  for i = 1, 6 do n = n * 256 + id:byte(i) end
  return math.floor(n / 64)
end

-- Texts are compared as the server's locale has it, ids must not be.
local function is_less(one, other)
  for i = 1, 8 do
    if one:byte(i) ~= other:byte(i) then return one:byte(i) < other:byte(i) end
  end
  return false
end

-- A standing is a text of nine bytes for each reaction, by ascending id: '+' or '-', and the id.
local function entries(standing)
  local found = {}
  for i = 1, #standing, 9 do found[#found + 1] = { standing:sub(i, i), standing:sub(i + 1, i + 8) } end
  return found
end

local function after(standing, id, sign)
  local rest, same, gone = {}, 0, nil
  for _, entry in ipairs(entries(standing)) do
    if entry[2] == id then
      if entry[1] == '-' or sign == '+' then return standing end
    else
      rest[#rest + 1] = entry
      if kind(entry[2]) == kind(id) then
        same = same + 1
        if entry[1] == '-' and not gone then gone = #rest end
      end
    end
  end
  if same >= KNOWN then
    if not gone then return standing end
    table.remove(rest, gone)
  end
  rest[#rest + 1] = { sign, id }
  table.sort(rest, function(one, other) return is_less(one[2], other[2]) end)
  local texts = {}
  for i, entry in ipairs(rest) do texts[i] = entry[1] .. entry[2] end
  return table.concat(texts)
end

local function counted(standing)
  local first, any = {}, false
  for _, entry in ipairs(entries(standing)) do
    local k = kind(entry[2])
    if entry[1] == '+' and not first[k] then first[k], any = entry[2], true end
  end
  return first, any
end

local scores, actors
local function nothing()
  scores, actors = {}, 0
  for w = 1, #WINDOWS do scores[w] = { 0, 0, 0 } end
end

-- A score is an epoch, a sum under its landmark, and the greatest this was.
local function change(id, sign)
  for w, half_life in ipairs(WINDOWS) do
    local score, at = scores[w], made_at(id)
    local epoch = math.floor(at / (EPOCH * half_life))
    if epoch > score[1] then
      local factor = 2 ^ (EPOCH * (score[1] - epoch))
      score[1], score[2], score[3] = epoch, score[2] * factor, score[3] * factor
    end
    score[2] = score[2] + sign * WEIGHTS[kind(id)] * 2 ^ ((at - score[1] * EPOCH * half_life) / half_life)
    if score[2] > score[3] then score[3] = score[2] end
  end
end

local function move(before, later)
  local had, counts_before = counted(before)
  local has, counts_later = counted(later)
  if counts_later and not counts_before then actors = actors + 1 end
  if counts_before and not counts_later then actors = actors - 1 end
  if actors == 0 then return nothing() end
  for k, id in pairs(had) do if has[k] ~= id then change(id, -1) end end
  for k, id in pairs(has) do if had[k] ~= id then change(id, 1) end end
end

local function add_up()
  nothing()
  local all = redis.call('HGETALL', book)
  for i = 1, #all, 2 do if #all[i] == 8 then move('', all[i + 1]) end end
  for _, score in ipairs(scores) do score[3] = score[2] end
end

nothing()
local kept = redis.call('HGET', book, 'tally')
if kept then
  local numbers = {}
  for number in kept:gmatch('%S+') do numbers[#numbers + 1] = tonumber(number) end
  actors = numbers[1]
  for w = 1, #WINDOWS do scores[w] = { numbers[3 * w - 1], numbers[3 * w], numbers[3 * w + 1] } end
end

local is_changed = false
for n = 1, (#ARGV - REACTIONS) / 3 do
  local actor, sign, id = unpack(ARGV, REACTIONS + 3 * n - 2, REACTIONS + 3 * n)
  local before = redis.call('HGET', book, actor) or ''
  local later = after(before, id, sign)
  local hour = KEYS[1 + scopes * #WINDOWS + n]
  if later ~= before and sign == '+' then
    if tonumber(redis.call('GET', hour) or 0) >= tonumber(ARGV[4]) then
      later = before
    else
      redis.call('INCR', hour)
      redis.call('EXPIRE', hour, HOUR_LIFE)
    end
  end
  if later ~= before then
    is_changed = true
    redis.call('HSET', book, actor, later)
    move(before, later)
    for _, score in ipairs(scores) do
      if score[2] < score[3] * CANCELLED then add_up() break end
    end
  end
end
if is_changed then
  local numbers = { tostring(actors) }
  for _, score in ipairs(scores) do
    for _, number in ipairs(score) do numbers[#numbers + 1] = string.format('%.17g', number) end
  end
  redis.call('HSET', book, 'tally', table.concat(numbers, ' '))
end
if redis.call('EXISTS', book) == 1 then redis.call('EXPIRE', book, LIFE) end

for s = 1, scopes do
  for w, score in ipairs(scores) do
    local set = KEYS[1 + (s - 1) * #WINDOWS + w]
    if actors >= tonumber(ARGV[3]) and score[2] > 0 then
      local rank = score[1] * EPOCH + math.log(score[2]) / math.log(2)
      redis.call('ZADD', set, string.format('%.17g', rank), post)
      redis.call('EXPIRE', set, LIFE)
      if redis.call('ZCARD', set) > FULL then redis.call('ZREMRANGEBYRANK', set, 0, -KEPT - 1) end
    else
      redis.call('ZREM', set, post)
    end
  end
end
return actors
"""
)


class RedisTrending:
    """`Trending` over a hash per post, with what everybody did with it, and sorted sets of those that trend.

    All is in one slot: a reaction moves a post in many sets at once.
    """

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._base = f"{prefix}t:{{t}}:"

    async def add(self, post: Trendable, reactions: Sequence[Reaction], limits: Limits) -> None:
        calls = [
            self._call(post, reactions[start : start + TOGETHER], limits)
            for start in range(0, len(reactions), TOGETHER)
        ]
        if calls:
            await self._link.run_scripts(_ADD, calls)

    async def top(self, scope: str, window: Window, *, limit: int) -> list[Trend]:
        found = await self._link.run("ZRANGE", self._set(scope, window), 0, min(limit, KEPT) - 1, "REV", "WITHSCORES")
        return [
            Trend(PostId(_ID.unpack(post)[0]), float(rank)) for post, rank in zip(found[::2], found[1::2], strict=True)
        ]

    async def clear(self) -> None:
        pattern, cursor = f"{_escaped(self._base)}*", 0
        while True:
            cursor, keys = await self._link.run("SCAN", cursor, "MATCH", pattern, "COUNT", SCANNED)
            if keys:
                await self._link.run("UNLINK", *keys)
            if not int(cursor):
                return

    def _call(self, post: Trendable, reactions: Sequence[Reaction], limits: Limits) -> Command:
        keys = [f"{self._base}post:{post.id}"]
        keys += [self._set(scope, window) for scope in post.scopes for window in Window]
        keys += [f"{self._base}hour:{reaction.hour}:{reaction.actor_id}" for reaction in reactions]
        told = [
            part
            for reaction in reactions
            for part in (_ID.pack(reaction.actor_id), "+" if reaction.sign > 0 else "-", _ID.pack(reaction.id))
        ]
        settings = (len(post.scopes), limits.actors, limits.hourly, KEPT, KEPT + SLACK)
        return _ADD.call(keys, _ID.pack(post.id), *settings, *told)

    def _set(self, scope: str, window: Window) -> str:
        return f"{self._base}{window}:{scope}"


def _escaped(text: str) -> str:
    """As `MATCH` takes it literally."""
    return re.sub(r"([\\*?\[\]^])", r"\\\1", text)
