"""Home timelines as lists.

A timeline is one list. Its first element is the state: the mark of what it is (warming or warm), a tag that changes
with every rewrite, and the right to fill it or, once it is warm, the floor. The others are entries of 16 bytes in the
order in which they came; whoever reads sorts. A cold timeline is an absent key, so a push is `RPUSHX`: nothing for
readers who are away, and state and entries can only be lost together. Binary strings are never put in order by Lua: it
asks the locale of the server.
"""

import os
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from random import randrange
from struct import Struct
from typing import Final, NamedTuple

from socialfeed.adapters.redis.link import Command, Link, Script
from socialfeed.application.ports.timelines import KEPT, Entry, Timeline, Warming
from socialfeed.domain.ids import PostId, UserId

SLACK: Final = 100
"""How many entries above `KEPT` are let in before a timeline is cut down, so that few pushes pay for it."""

WARMING_LIFE: Final = timedelta(seconds=30)
LIFE: Final = timedelta(days=7)
RENEWED_LIFE: Final = LIFE + timedelta(hours=1)
"""What a read sets when less than `LIFE` is left: so most reads write nothing, and all leave 7 days."""

_ENTRY = Struct(">QQ")
_STATE = Struct(">c4sQ")
_RIGHT = Struct(">Q")
_WARMING, _WARM = b"w", b"f"

_START = Script("""
-- KEYS: a timeline. ARGV: the state of a warming one, its life in milliseconds.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
""")

_FILL = Script("""
-- KEYS: a timeline. ARGV: the mark of a warming one, the right to fill it, the new state, life in milliseconds,
-- entries.
-- Returns how long the list is now, 0 where this warming is not under way.
local state = redis.call('LINDEX', KEYS[1], 0)
if not state or string.sub(state, 1, 1) ~= ARGV[1] or string.sub(state, 6) ~= ARGV[2] then return 0 end
redis.call('LSET', KEYS[1], 0, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
for n = 5, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[n]) end
return redis.call('LLEN', KEYS[1])
""")

_CUT = Script("""
-- KEYS: a timeline. ARGV: the state that was read, how many elements were read, what takes their place, state first.
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
        packed = _ENTRY.pack(*entry)
        keys = [self._key(owner) for owner in owners]
        lengths = await self._link.run_all([("RPUSHX", key, packed) for key in keys])
        await self._cut(key for key, length in zip(keys, lengths, strict=True) if _is_long(length))

    async def read(self, owner: UserId, *, renew: bool = True) -> Timeline | None:
        key = self._key(owner)
        elements, life = await self._link.run_all([("LRANGE", key, 0, -1), ("PTTL", key)])
        stored = _stored(elements)
        if stored is None or stored.mark != _WARM:
            return None
        if renew and life < _milliseconds(LIFE):
            await self._link.run("PEXPIRE", key, _milliseconds(RENEWED_LIFE))
        return stored.timeline

    async def owners(self) -> AsyncIterator[Sequence[UserId]]:
        start = len(f"{self._prefix}h:{{")
        async for keys in self._link.keys(f"{self._prefix}h:"):
            yield [UserId(int(key[start:-1])) for key in keys if key[start:-1].isdigit()]

    async def start_warming(self, owner: UserId) -> Warming | None:
        # Below any id of a post: processes of the last release take it for a floor.
        warming = Warming(randrange(1, 2**32))
        state = _state(_WARMING, warming)
        started = await self._link.run_script(_START, [self._key(owner)], state, _milliseconds(WARMING_LIFE))
        return warming if started else None

    async def fill(self, owner: UserId, warming: Warming, entries: Sequence[Entry], floor: PostId | None) -> None:
        key = self._key(owner)
        packed = (_ENTRY.pack(*entry) for entry in entries)
        length = await self._link.run_script(
            _FILL, [key], _WARMING, _RIGHT.pack(warming), _state(_WARM, floor), _milliseconds(RENEWED_LIFE), *packed
        )
        if _is_long(length):
            await self._cut([key])

    async def backfill(self, owner: UserId, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        key = self._key(owner)
        if _is_long(await self._link.run("RPUSHX", key, *(_ENTRY.pack(*entry) for entry in entries))):
            await self._cut([key])

    async def drop(self, owner: UserId) -> None:
        await self._link.run("UNLINK", self._key(owner))

    async def _cut(self, keys: Iterable[str]) -> None:
        """Rewrites timelines that have grown long: newest first, without repeats, not more than `KEPT`.

        The sorting is done here rather than on the server, of which there is one.
        """
        keys = list(keys)
        found = await self._link.run_all([("LRANGE", key, 0, -1) for key in keys])
        cuts = (_cut_call(key, elements) for key, elements in zip(keys, found, strict=True))
        await self._link.run_scripts(_CUT, [cut for cut in cuts if cut])

    def _key(self, owner: UserId) -> str:
        return f"{self._prefix}h:{{{owner}}}"


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
    packed = (_ENTRY.pack(*entry) for entry in entries)
    return _CUT.call([key], elements[0], len(elements), _state(mark, right or floor), *packed)


def _state(mark: bytes, last: int | None) -> bytes:
    """`last` is the right to fill it or the floor, as the mark says."""
    return _STATE.pack(mark, os.urandom(4), last or 0)


def _is_long(length: int) -> bool:
    return length > 1 + KEPT + SLACK


def _milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
