"""The activity log: what is noted without a transaction of its own, and reading it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from socialfeed.application.commands import Commands
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.activity import ActivityFilter, ActivityReader
from socialfeed.application.views import ConnectionView
from socialfeed.domain.activity import (
    ADDRESS_MAX,
    NO_LINK,
    NOBODY,
    Action,
    Activity,
    ChainEnd,
    Link,
    Outcome,
    link_hash,
)
from socialfeed.domain.ids import ActivityId, UserId
from socialfeed.domain.permissions import Actor, Permission

log = logging.getLogger(__name__)

NOTED = 10_000
"""Different notes kept between two writes; beyond these, they are counted without their address and object."""

WRITE_EVERY = 1.0
"""Seconds."""

_CHUNK = 500


class _Note(NamedTuple):
    """Equal ones become one entry with a count."""

    actor_id: UserId
    action: Action
    outcome: Outcome
    object_id: int | None
    address: str
    permission: Permission | None


class ActivityNotes:
    """Denials, limits, wrong passwords and reads that are watched: written together, so that whoever causes ten
    thousand of them a minute does not write ten thousand entries. A process that is killed loses a second of them.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._noted: dict[_Note, int] = {}
        self._writing = asyncio.Lock()

    def note(
        self,
        actor: Actor,
        action: Action,
        outcome: Outcome,
        object_id: int | None = None,
        *,
        permission: Permission | None = None,
    ) -> None:
        note = _Note(actor.user_id or NOBODY, action, outcome, object_id, actor.address[:ADDRESS_MAX], permission)
        if note not in self._noted and len(self._noted) >= NOTED:
            note = _Note(NOBODY, action, outcome, None, "", None)
        self._noted[note] = self._noted.get(note, 0) + 1

    async def write(self) -> None:
        """What was noted so far. What cannot be written stays noted."""
        async with self._writing:
            # In order of actors, as the chains are locked.
            waiting = iter(sorted(self._noted, key=lambda note: note.actor_id))
            while chunk := list(islice(waiting, _CHUNK)):
                await self._write({note: self._noted[note] for note in chunk})

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY)
            try:
                await self.write()
            except Exception as error:
                log.warning("%d notes for the activity log wait: %s", len(self._noted), type(error).__name__)

    async def _write(self, counts: Mapping[_Note, int]) -> None:
        async with self._commands.uow() as tx:
            for note, count in counts.items():
                await tx.activity.add(self._entry(note, count))
        for note, count in counts.items():
            self._noted[note] -= count
            if not self._noted[note]:
                del self._noted[note]

    def _entry(self, note: _Note, count: int) -> Activity:
        details = {} if note.permission is None else {"permission": note.permission.value}
        return Activity(
            self._commands.ids.activity(),
            note.actor_id,
            note.action,
            note.outcome,
            note.object_id,
            note.address,
            details,
            count,
        )


class ActivityLog:
    def __init__(self, reader: ActivityReader, cursors: Cursors, guard: Guard) -> None:
        self._reader = reader
        self._cursors = cursors
        self._guard = guard

    async def page(
        self, actor: Actor, wanted: ActivityFilter, *, first: int, after: str | None = None
    ) -> ConnectionView[Activity]:
        """Everybody's, newest first. Raises `Forbidden`, `Invalid`."""
        self._guard.check(actor, Permission.ACTIVITY_READ)
        return await self._page(wanted, first, after)

    async def own(self, actor: Actor, *, first: int, after: str | None = None) -> ConnectionView[Activity]:
        """What the viewer did. Raises `Unauthenticated`, `Invalid`."""
        return await self._page(ActivityFilter(actor_id=actor.signed_in), first, after)

    async def export(self, actor: Actor, wanted: ActivityFilter) -> AsyncIterator[Activity]:
        """Everything that is wanted, newest first, without holding it in memory. Raises `Forbidden`."""
        self._guard.check(actor, Permission.ACTIVITY_EXPORT)
        before: ActivityId | None = None
        while entries := await self._reader.entries(wanted, limit=_CHUNK, before=before):
            for entry in entries:
                yield entry
            before = entries[-1].id

    async def breaks(self) -> AsyncIterator[str]:
        """Walks every chain from its beginning and says, in one line each, where it does not hold."""
        walk = _Walk()
        after: tuple[UserId, int] | None = None
        while links := await self._reader.links(after=after, limit=_CHUNK):
            for found in walk.over(links):
                yield found
            last = links[-1]
            after = (last.entry.actor_id, last.position)
        async for end in self._ends():
            # Entries may have been added since the walk was there: only what is missing from the end counts.
            reached = walk.ends.pop(end.actor_id, None)
            if reached is None or reached.position < end.position:
                at = reached.position if reached else 0
                if not await self._grew(end, at):
                    yield f"actor {end.actor_id}: the chain ends at {at}, not at {end.position}"
            elif (reached.position, reached.hash) != (end.position, end.hash):
                yield f"actor {end.actor_id}: the end on record is another than the chain's"
        for actor_id in walk.ends:
            yield f"actor {actor_id}: the chain has no end on record"

    async def surplus(self) -> int:
        """How many entries stand beside the chains, where a walk over these does not come by: 0 if all is well."""
        return await self._reader.surplus()

    async def _page(self, wanted: ActivityFilter, first: int, after: str | None) -> ConnectionView[Activity]:
        check_size(first, "first")
        listing = self._cursors.of("activity")
        position = listing.position(after)
        before = None if position is None else ActivityId(position)
        entries = await self._reader.entries(wanted, limit=first + 1, before=before)
        return listing.connection(entries[:first], has_next=len(entries) > first, after=after)

    async def _ends(self) -> AsyncIterator[ChainEnd]:
        after: UserId | None = None
        while ends := await self._reader.chains(after=after, limit=_CHUNK):
            for end in ends:
                yield end
            after = ends[-1].actor_id

    async def _grew(self, end: ChainEnd, reached: int) -> bool:
        """Whether what lies between is there: written after the walk had passed."""
        missing = end.position - reached
        links = await self._reader.links(after=(end.actor_id, reached), limit=missing)
        return len(links) == missing and links[-1].entry.actor_id == end.actor_id


class _Walk:
    """Where each chain has got to."""

    def __init__(self) -> None:
        self.ends: dict[UserId, ChainEnd] = {}

    def over(self, links: Sequence[Link]) -> Iterator[str]:
        for link in links:
            actor_id = link.entry.actor_id
            before = self.ends.get(actor_id, ChainEnd(actor_id, 0, NO_LINK))
            if link.position != before.position + 1:
                yield f"actor {actor_id}: entry {before.position + 1} is missing before {link.position}"
            elif link.hash != link_hash(before.hash, link.entry.canonical()):
                yield f"actor {actor_id}: entry {link.position} ({link.entry.id}) was changed"
            self.ends[actor_id] = ChainEnd(actor_id, link.position, link.hash)
