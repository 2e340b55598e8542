"""The activity log, written and read.

One transaction writes at a time, so the end of a chain that it sees is that of the last commit.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import NO_LINK, Activity, ChainEnd, Link, link_hash
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.ids import ActivityId, UserId


@dataclass(frozen=True, slots=True)
class MemoryActivityLog:
    changes: Changes

    async def add(self, entry: Activity) -> None:
        if self.changes.activity.get(entry.id) is not None:
            raise IdConflict
        # A copy, since rows are values: the caller may go on using its own.
        entry = replace(entry, details=MappingProxyType(dict(entry.details)))
        actor_id = entry.actor_id
        before = self.changes.chains.get(actor_id) or ChainEnd(actor_id, 0, NO_LINK)
        end = ChainEnd(actor_id, before.position + 1, link_hash(before.hash, entry.canonical()))
        self.changes.activity.put(entry.id, entry)
        self.changes.links.put((actor_id, end.position), Link(entry, end.position, end.hash))
        self.changes.chains.put(actor_id, end)


@dataclass(frozen=True, slots=True)
class MemoryActivityReader:
    database: Database

    async def entries(self, wanted: ActivityFilter, *, limit: int, before: ActivityId | None = None) -> list[Activity]:
        fitting = (entry for entry in self._newest(wanted.actor_id, before) if _fits(entry, wanted))
        return list(islice(fitting, limit))

    async def links(self, *, after: tuple[UserId, int] | None, limit: int) -> list[Link]:
        return list(islice(self._links(after), limit))

    async def chains(self, *, after: UserId | None, limit: int) -> list[ChainEnd]:
        ends = self.database.chains.rows
        return [ends[actor_id] for actor_id in sorted(ends) if after is None or actor_id > after][:limit]

    async def surplus(self) -> int:
        return len(self.database.activity.rows) - sum(end.position for end in self.database.chains.rows.values())

    def _newest(self, actor_id: UserId | None, before: ActivityId | None) -> Iterator[Activity]:
        data = self.database
        keys = data.activity_by_id.keys(None) if actor_id is None else data.activity_by_actor.keys(actor_id)
        end = len(keys) if before is None else bisect_left(keys, before)
        rows = data.activity.rows
        return (rows[keys[place]] for place in range(end - 1, -1, -1))

    def _links(self, after: tuple[UserId, int] | None) -> Iterator[Link]:
        rows = self.database.links.rows
        for actor_id in sorted(self.database.chains.rows):
            if after is not None and actor_id < after[0]:
                continue
            keys = self.database.links_by_actor.keys(actor_id)
            start = 0 if after is None else bisect_right(keys, after)
            yield from (rows[key] for key in islice(keys, start, None))


def _fits(entry: Activity, wanted: ActivityFilter) -> bool:
    """Whether the entry is what the filter asks for, the actor aside."""
    return (
        wanted.action in (None, entry.action)
        and wanted.outcome in (None, entry.outcome)
        and wanted.object_id in (None, entry.object_id)
        and (wanted.since is None or wanted.since <= entry.at)
        and (wanted.until is None or entry.at < wanted.until)
    )
