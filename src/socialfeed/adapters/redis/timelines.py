"""Home timelines as lists.

A timeline is one list. Its first element is the state: the mark of what it is (warming or warm), a tag that changes
with every rewrite, and the right to fill it or, once it is warm, the floor. The others are entries of 16 bytes in the
order in which they came; whoever reads sorts. A cold timeline is an absent key, so a push is `RPUSHX`: nothing for
readers who are away, and state and entries can only be lost together. Binary strings are never put in order by Lua: it
asks the locale of the server.

Owners are put into groups, whose number is the hash tag of their keys: one script pushes to all timelines of a group,
which is much less work than a command for each, and on a cluster no script crosses slots.
"""

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from random import randrange
from struct import Struct
from typing import Final, NamedTuple

from socialfeed.adapters.redis.link import Link, Script
from socialfeed.adapters.redis.multiplexed import Command
from socialfeed.application.ports.timelines import KEPT, Entry, Timeline, Warming
from socialfeed.domain.ids import EntryId, PostId, UserId

SLACK: Final = 64
"""How many entries above `KEPT` are let in before a timeline is cut down, so that few pushes pay for it."""

GROUPS: Final = 16
"""A script for a chunk of 2,000 owners then has some 125 timelines: few enough that nobody waits for it long."""

OWNERS_AT_ONCE: Final = 2_000
"""In one round trip at most, as each has a deadline."""

WARMING_LIFE: Final = timedelta(seconds=30)
LIFE: Final = timedelta(days=7)
RENEWED_LIFE: Final = LIFE + timedelta(hours=1)
"""What a read sets when less than `LIFE` is left: so most reads write nothing, and all leave 7 days."""

LONGEST: Final = 1 + KEPT + SLACK

_MIXER: Final = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio, as in Fibonacci hashing."""

_GROUP_SHIFT: Final = 64 - (GROUPS - 1).bit_length()

_ENTRY = Struct(">QQ")
_STATE = Struct(">c4sQ")
_RIGHT = Struct(">Q")
_WARMING, _WARM, _ORDERED = b"w", b"f", b"o"
"""A warm timeline is ordered where its first `KEPT` entries are: oldest first, once each. Pushes do not change that."""

_PUSH = Script("""
-- KEYS: timelines of a group. ARGV: an entry, how long a list may become, how many entries are kept, the marks of a
-- warm timeline and of an ordered one, a new tag.
-- Cuts those that become too long, if they are easily put in order: posts come nearly in the order of their ids, so a
-- few have to move up a little. Returns which of the others become too long: once, then now and again.
local longest, kept = tonumber(ARGV[2]), tonumber(ARGV[3])

local function cut(key)
    local state = redis.call('LINDEX', key, 0)
    local mark, from = string.sub(state, 1, 1), 1
    if mark == ARGV[5] then from = 2 * kept - longest elseif mark ~= ARGV[4] then return false end
    local entries = redis.call('LRANGE', key, from, -1)
    local highs, lows, length, moves, read = {}, {}, 0, 0, #entries
    for n = 1, read do
        local entry, place = entries[n], length
        local high, low = struct.unpack('>I4I4', entry)
        while place > 0 and (highs[place] > high or (highs[place] == high and lows[place] > low)) do
            place = place - 1
        end
        if place == 0 or highs[place] ~= high or lows[place] ~= low then
            moves = moves + length - place
            if moves > 1000 or (place == 0 and n > 1 and from > 1) then return false end
            for later = length, place + 1, -1 do
                entries[later + 1], highs[later + 1], lows[later + 1] = entries[later], highs[later], lows[later]
            end
            length = length + 1
            entries[place + 1], highs[place + 1], lows[place + 1] = entry, high, low
        end
    end
    if moves > 0 or length < read then
        redis.call('LTRIM', key, 0, from - 1)
        redis.call('RPUSH', key, unpack(entries, 1, length))
    end
    local surplus = from - 1 + length - kept
    if surplus < 0 then
        redis.call('LSET', key, 0, mark .. ARGV[6] .. string.sub(state, 6))
        return true
    end
    local floor = string.sub(state, 6)
    if surplus > 0 then
        local lowest = string.sub(redis.call('LINDEX', key, surplus + 1), 1, 8)
        local high, low = struct.unpack('>I4I4', floor)
        local new_high, new_low = struct.unpack('>I4I4', lowest)
        if new_high > high or (new_high == high and new_low > low) then floor = lowest end
    end
    redis.call('LTRIM', key, surplus + 1, -1)
    redis.call('LPUSH', key, ARGV[5] .. ARGV[6] .. floor)
    return true
end

local others = {}
for n = 1, #KEYS do
    local over = redis.call('RPUSHX', KEYS[n], ARGV[1]) - longest
    if over > 0 and over % 16 == 1 and not cut(KEYS[n]) then others[#others + 1] = n end
end
return others
""")

_START = Script("""
-- KEYS: a timeline. ARGV: the state of a warming one, its life in milliseconds.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
""")

_FILL = Script("""
-- KEYS: a timeline. ARGV: the mark of a warming one, the right to fill it, the new state if nothing was pushed
-- meanwhile and the one if something was, life in milliseconds, entries.
-- Returns how long the list is now, 0 where this warming is not under way.
local state = redis.call('LINDEX', KEYS[1], 0)
if not state or string.sub(state, 1, 1) ~= ARGV[1] or string.sub(state, 6) ~= ARGV[2] then return 0 end
redis.call('LSET', KEYS[1], 0, redis.call('LLEN', KEYS[1]) == 1 and ARGV[3] or ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
for n = 6, #ARGV, 200 do redis.call('RPUSH', KEYS[1], unpack(ARGV, n, math.min(n + 199, #ARGV))) end
return redis.call('LLEN', KEYS[1])
""")

_CUT = Script("""
-- KEYS: a timeline. ARGV: the state that was read, how many elements go, what takes their place, state first.
-- Does nothing if somebody else has rewritten the timeline since. What was pushed since stays.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 0 end
local life = redis.call('PTTL', KEYS[1])
redis.call('LTRIM', KEYS[1], ARGV[2], -1)
for n = #ARGV, 3, -1 do redis.call('LPUSH', KEYS[1], ARGV[n]) end
redis.call('PEXPIRE', KEYS[1], life)
return 1
""")


class RedisTimelines:
    """`Timelines` over one list a reader. A lost push (a replica that took over without it) stays lost until the
    timeline is dropped or read so rarely that it expires; a lost list is merely cold.
    """

    def __init__(self, link: Link, prefix: str) -> None:
        self._link, self._prefix = link, prefix

    async def push(self, entry: Entry, owners: Sequence[UserId]) -> None:
        packed, waiting = _ENTRY.pack(*entry), iter(owners)
        while some := list(islice(waiting, OWNERS_AT_ONCE)):
            groups: dict[int, list[str]] = {}
            for owner in some:
                group = _group(owner)
                groups.setdefault(group, []).append(f"{self._prefix}h2:{{{group}}}:{owner}")
            arguments = packed, LONGEST, KEPT, _WARM, _ORDERED, os.urandom(4)
            long = await self._link.run_scripts(_PUSH, [_PUSH.call(keys, *arguments) for keys in groups.values()])
            await self._cut(
                keys[place - 1]
                for keys, places in zip(groups.values(), long, strict=True)
                for place in dict.fromkeys(places)
            )

    async def read(self, owner: UserId, *, renew: bool = True) -> Timeline | None:
        key = self._key(owner)
        elements, life = await self._link.run_all([("LRANGE", key, 0, -1), ("PTTL", key)])
        stored = _stored(elements)
        if stored is None or stored.mark == _WARMING:
            return None
        if renew:
            await self._renew(key, life)
        return stored.timeline

    async def version(self, owner: UserId) -> bytes | None:
        """Every rewrite draws a new tag, which is part of the state; whatever else happens makes the list longer."""
        key = self._key(owner)
        state, length, life = await self._link.run_all([("LINDEX", key, 0), ("LLEN", key), ("PTTL", key)])
        if state is None or len(state) != _STATE.size or state[:1] == _WARMING:
            return None
        await self._renew(key, life)
        return b"%s%d" % (state, length)

    async def _renew(self, key: str, life: int) -> None:
        if life < _milliseconds(LIFE):
            await self._link.run("PEXPIRE", key, _milliseconds(RENEWED_LIFE))

    async def owners(self) -> AsyncIterator[Sequence[UserId]]:
        async for keys in self._link.keys(f"{self._prefix}h2:"):
            named = (key.rpartition(b":")[2] for key in keys)
            yield [UserId(int(owner)) for owner in named if owner.isdigit()]

    async def start_warming(self, owner: UserId) -> Warming | None:
        # Below any id of a post: processes of the last release take it for a floor.
        warming = Warming(randrange(1, 2**32))
        state = _state(_WARMING, warming)
        started = await self._link.run_script(_START, [self._key(owner)], state, _milliseconds(WARMING_LIFE))
        return warming if started else None

    async def fill(self, owner: UserId, warming: Warming, entries: Sequence[Entry], floor: EntryId | None) -> None:
        key = self._key(owner)
        once_each = set(entries)
        alone = _state(_ORDERED if len(once_each) >= KEPT else _WARM, floor)
        arguments = _WARMING, _RIGHT.pack(warming), alone, _state(_WARM, floor), _milliseconds(RENEWED_LIFE)
        length = await self._link.run_script(_FILL, [key], *arguments, *_packed(once_each))
        if _is_long(length):
            await self._cut([key])

    async def backfill(self, owner: UserId, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        key = self._key(owner)
        if _is_long(await self._link.run("RPUSHX", key, *_packed(entries))):
            await self._cut([key])

    async def drop(self, owner: UserId) -> None:
        await self._link.run("UNLINK", self._key(owner))

    async def _cut(self, keys: Iterable[str]) -> None:
        """Rewrites timelines that have grown long: oldest first, without repeats, not more than `KEPT`.

        The sorting is done here rather than on the server, of which there is one. Few need any.
        """
        keys = list(keys)
        found = await self._link.run_all([("LRANGE", key, 0, -1) for key in keys])
        cuts = (_cut_call(key, elements) for key, elements in zip(keys, found, strict=True))
        await self._link.run_scripts(_CUT, [cut for cut in cuts if cut])

    def _key(self, owner: UserId) -> str:
        return f"{self._prefix}h2:{{{_group(owner)}}}:{owner}"


class _Stored(NamedTuple):
    mark: bytes
    right: int
    """To fill it; 0 once it is warm."""
    timeline: Timeline


def _stored(elements: Sequence[bytes]) -> _Stored | None:
    """What a list holds, if it is a timeline at all: in order, without repeats, nothing below the floor.

    Complete means down to the last entry that is kept: what falls off the end raises the floor.
    """
    if not elements or len(elements[0]) != _STATE.size:
        return None
    mark, _, last = _STATE.unpack(elements[0])
    right, floor = (last, 0) if mark == _WARMING else (0, last)
    # Unlike a set, a dict keeps the order of arrival, which is nearly sorted: that makes the sorting cheap.
    newest = sorted(dict.fromkeys(_ENTRY.iter_unpack(b"".join(elements[1:]))), reverse=True)
    if floor:
        newest = [entry for entry in newest if entry[0] >= floor]
    if len(newest) > KEPT:
        del newest[KEPT:]
        floor = newest[-1][0]
    return _Stored(mark, right, Timeline(list(map(Entry._make, newest)), PostId(floor) if floor else None))


def _cut_call(key: str, elements: Sequence[bytes]) -> Command | None:
    stored = _stored(elements)
    if stored is None:
        return None
    mark, right, (entries, floor) = stored
    if mark != _WARMING:
        mark = _ORDERED if len(entries) == KEPT else _WARM
    return _CUT.call([key], elements[0], len(elements), _state(mark, right or floor), *_packed(entries))


def _packed(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Oldest first, as they are pushed."""
    return (_ENTRY.pack(*entry) for entry in sorted(entries))


def _group(owner: UserId) -> int:
    """The upper bits of a product: those of an id itself are the same for many."""
    return (owner * _MIXER % 2**64) >> _GROUP_SHIFT


def _state(mark: bytes, last: int | None) -> bytes:
    """`last` is the right to fill it or the floor, as the mark says."""
    return _STATE.pack(mark, os.urandom(4), last or 0)


def _is_long(length: int) -> bool:
    return length > LONGEST


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
