"""How accounts stand to one another: written in transactions, read as `ports.readers` says."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from socialfeed.domain.graph import Block, Follow, FollowRequest, Mute, MutedWord, Priority, Relation
from socialfeed.domain.ids import FollowId, UserId


class Follows(Protocol):
    async def add(self, follow: Follow) -> Follow:
        """Idempotent: the stored follow, which is another than `follow` if there was one. Bumps both counts once."""

    async def remove(self, follower_id: UserId, followee_id: UserId) -> bool:
        """Whether there was one."""

    async def prioritize(self, follower_id: UserId, followee_id: UserId, priority: Priority) -> bool:
        """Whether there is such a follow."""


class FollowRequests(Protocol):
    async def add(self, request: FollowRequest) -> FollowRequest:
        """Idempotent: the stored request, which is another than `request` if there was one."""

    async def remove(self, requester_id: UserId, target_id: UserId) -> FollowRequest | None:
        """The request that was there, if any; of several transactions that remove it one gets it."""


class Blocks(Protocol):
    async def add(self, block: Block) -> bool:
        """Idempotent: whether it is new. Afterwards no follow or request between the two is committed by others unless
        this transaction sees it. Raises `UserNotFound`.
        """

    async def remove(self, blocker_id: UserId, blocked_id: UserId) -> bool:
        """Whether there was one."""

    async def between(self, one: UserId, other: UserId) -> bool:
        """Whether either blocks the other, which nobody changes until this transaction ends. It locks what counts both
        accounts' follows: ask last. Raises `UserNotFound`.
        """


class Mutes(Protocol):
    async def put(self, mute: Mute) -> None:
        """In place of any other of the same two."""

    async def remove(self, muter_id: UserId, muted_id: UserId) -> bool:
        """Whether there was one."""


class MutedWords(Protocol):
    async def of(self, user_id: UserId) -> list[MutedWord]:
        """All of the user's, those that are over, too, in order of the phrase. Nobody else who asks this changes them
        until this transaction ends. Raises `UserNotFound`.
        """

    async def put(self, word: MutedWord) -> None:
        """In place of any other of the same phrase."""

    async def remove(self, user_id: UserId, phrase: str) -> bool:
        """Whether there was one."""

    async def remove_of(self, user_id: UserId) -> None:
        """All of the user's."""


class FollowerIds(NamedTuple):
    """`last` is the follow to go on below."""

    user_ids: Sequence[UserId]
    last: FollowId | None


class Standings(Protocol):
    """What the visibility policy asks about a viewer, page by page."""

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        """How the viewer stands to each; those it has nothing to do with may be left out. A mute that is over may still
        be told.
        """

    async def muted_words(self, viewer_id: UserId) -> Sequence[MutedWord]:
        """In order of the phrase; words whose time is over may still be told."""


class GraphReader(Standings, Protocol):
    async def followers(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> list[Follow]:
        """Who follows the user, the newest follows first, ids below `before`."""

    async def follower_ids(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> FollowerIds:
        """As `followers`, for thousands at once: what a fan-out needs and nothing else."""

    async def following(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> list[Follow]:
        """Whom the user follows, the newest follows first, ids below `before`."""

    async def requests(self, target_id: UserId, *, limit: int, before: FollowId | None = None) -> list[FollowRequest]:
        """Who asks to follow the user, the newest first, ids below `before`."""

    async def blocked(self, blocker_id: UserId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        """Whom the user blocks, by ascending id, those past `after`."""

    async def muted(self, muter_id: UserId, *, limit: int, after: UserId | None = None) -> list[Mute]:
        """Whom the user mutes, by ascending id, those past `after`; mutes that are over may still be told."""

    async def suggestions(self, user_id: UserId, *, limit: int) -> list[UserId]:
        """Accounts that those follow whom the user follows, and the user does not: those with the most first, then by
        ascending id. May look only at the newest 100 follows of the user, and the newest 100 of each of them.
        """

    async def followed_among(self, follower_id: UserId, user_ids: Sequence[UserId]) -> frozenset[UserId]:
        """Those of the users whom the follower follows."""
