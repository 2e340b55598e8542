"""The activity log: written in transactions, read page by page, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from socialfeed.domain.activity import Action, Activity, ChainEnd, Link, Outcome
from socialfeed.domain.ids import ActivityId, UserId


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What must be true of an entry; None asks nothing. `since` is included, `until` is not."""

    actor_id: UserId | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    object_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class ActivityLog(Protocol):
    """Append-only: storage itself refuses to change or remove an entry."""

    async def add(self, entry: Activity) -> None:
        """Appends the entry to its actor's chain. Chains hold entries in the order of their commits: the actor's is
        locked until the transaction ends, so this comes last in a transaction, and entries of several actors come in
        ascending order of actor. Raises `IdConflict`.
        """


class ActivityReader(Protocol):
    async def entries(self, wanted: ActivityFilter, *, limit: int, before: ActivityId | None = None) -> list[Activity]:
        """Newest first, ids below `before`."""

    async def links(self, *, after: tuple[UserId, int] | None, limit: int) -> list[Link]:
        """Every chain from its beginning: by actor and position, those past `after`."""

    async def chains(self, *, after: UserId | None, limit: int) -> list[ChainEnd]:
        """The ends of all chains by actor, those past `after`."""

    async def surplus(self) -> int:
        """How many more entries are stored than the ends of the chains say, at one moment; 0 if all is well."""
