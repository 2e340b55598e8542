"""Home timelines: for each active reader, the newest of what the people it follows write and share."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, NewType, Protocol

from socialfeed.domain.ids import EntryId, UserId

KEPT = 400
"""How many entries a timeline keeps at least, once it has that many."""


Warming = NewType("Warming", int)
"""The right to fill one timeline once. Never 0."""


class Entry(NamedTuple):
    """A post and who wrote it, or a share and who shared: 16 bytes either way."""

    id: EntryId
    account_id: UserId


class Timeline(NamedTuple):
    """Entries newest first, without repeats; one post may stand there as often as it was shared, and once more. The
    timeline is complete down to `floor` and silent about what has an id below it; None: complete to the beginning.
    """

    entries: Sequence[Entry]
    floor: EntryId | None


class Timelines(Protocol):
    """A timeline is *cold* (absent), *warming* (being rebuilt) or *warm*. Pushes to a cold one do nothing, which
    keeps the cost of readers who never return at zero: their next read goes to SQL and warms the timeline.

    A timeline nobody reads for 7 days may go cold. Any timeline may go cold at any time (a cache was emptied);
    only a complete one may be reported warm. Entries may name posts and shares that are gone, or accounts no longer
    followed: who reads filters.
    """

    async def push(self, entry: Entry, owners: Sequence[UserId]) -> None:
        """Adds the entry to each owner's timeline that is warm or warming. Idempotent. In any order of ids. Older
        entries beyond `KEPT` may be dropped, raising the floor.
        """

    async def read(self, owner: UserId, *, renew: bool = True) -> Timeline | None:
        """The newest `KEPT` entries, or None when cold or warming. Keeps the timeline alive for 7 days more, unless
        `renew` says that it is not its owner who reads.
        """

    def owners(self) -> AsyncIterator[Sequence[UserId]]:
        """Those whose timelines are not cold, some at a time and in no order: whoever has one all the while at least
        once. For upkeep, not for requests.
        """

    async def start_warming(self, owner: UserId) -> Warming | None:
        """The right to fill, for one caller only until `fill`, `drop` or 30 seconds; from then on pushes are kept. So
        a snapshot read *after* this call, together with what is pushed from now on, misses nothing. None when warm.
        """

    async def fill(self, owner: UserId, warming: Warming, entries: Sequence[Entry], floor: EntryId | None) -> None:
        """Ends the warming: the snapshot, merged with what was pushed meanwhile, is the timeline. Does nothing unless
        it is this warming that is under way: one that was dropped or lasted too long may have missed pushes.
        """

    async def backfill(self, owner: UserId, entries: Sequence[Entry]) -> None:
        """Adds entries, those above the floor, to a warm or warming timeline, as after a follow. Idempotent."""

    async def drop(self, owner: UserId) -> None:
        """Makes it cold. Idempotent."""


class VersionedTimelines(Timelines, Protocol):
    """Those that can say for less than a read whether they changed."""

    async def version(self, owner: UserId) -> bytes | None:
        """Another one whenever `read` would give something else than before, and None where it would give None. Keeps
        the timeline alive as a read does.
        """
