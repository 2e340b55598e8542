"""What a reader's home feed came to, kept for the next page of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, NewType, Protocol

from socialfeed.application.ports.readers import SharedPost
from socialfeed.domain.ids import EntryId, ShareId, UserId

Ticket = NewType("Ticket", object)
"""The right to keep what is read from now on, in case nothing happens meanwhile."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The newest part of a home feed: the entries that show a post each, newest first, what those that are shares are
    of, and until when nothing but time changes it.
    """

    entries: Sequence[EntryId]
    shared: Mapping[ShareId, SharedPost]
    until: datetime | None = None


class Look(NamedTuple):
    """What is kept, if it still holds; else a ticket, where what is read may be kept."""

    listed: Listed | None = None
    ticket: Ticket | None = None


class FeedCopies(Protocol):
    async def look(self, reader_id: UserId) -> Look:
        """What holds now: everything that was forgotten or pushed, in any process, before this call counts. Never
        raises.
        """

    def keep(self, reader_id: UserId, ticket: Ticket, listed: Listed, rests_on: Collection[int]) -> None:
        """`rests_on` are the posts, shares and accounts that had a say in it, whether or not they are listed."""


class NoFeedCopies:
    """Where nobody would tell of changes."""

    async def look(self, reader_id: UserId) -> Look:
        return Look()

    def keep(self, reader_id: UserId, ticket: Ticket, listed: Listed, rests_on: Collection[int]) -> None:
        """Nothing is."""

    async def left_to_readers(self) -> None:
        return None
