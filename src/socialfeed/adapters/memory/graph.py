"""How accounts stand to one another."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

from socialfeed.adapters.memory.counting import bump_profile
from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.application.ports.graph import FollowerIds
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.graph import (
    STRANGER,
    Block,
    Follow,
    FollowRequest,
    Mute,
    MutedWord,
    Priority,
    Relation,
)
from socialfeed.domain.ids import MAX_ID, FollowId, UserId

_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class MemoryFollows:
    changes: Changes

    async def add(self, follow: Follow) -> Follow:
        key = follow.follower_id, follow.followee_id
        present = self.changes.follows.get(key)
        if present is not None:
            return present
        self.changes.follows.put(key, follow)
        self._bump(follow.follower_id, follow.followee_id, 1)
        return follow

    async def remove(self, follower_id: UserId, followee_id: UserId) -> bool:
        if self.changes.follows.remove((follower_id, followee_id)) is None:
            return False
        self._bump(follower_id, followee_id, -1)
        return True

    async def prioritize(self, follower_id: UserId, followee_id: UserId, priority: Priority) -> bool:
        follow = self.changes.follows.get((follower_id, followee_id))
        if follow is None:
            return False
        self.changes.follows.put((follower_id, followee_id), replace(follow, priority=priority))
        return True

    def _bump(self, follower_id: UserId, followee_id: UserId, by: int) -> None:
        bump_profile(self.changes, follower_id, following=by)
        bump_profile(self.changes, followee_id, followers=by)


@dataclass(frozen=True, slots=True)
class MemoryFollowRequests:
    changes: Changes

    async def add(self, request: FollowRequest) -> FollowRequest:
        key = request.requester_id, request.target_id
        present = self.changes.requests.get(key)
        if present is not None:
            return present
        self.changes.requests.put(key, request)
        return request

    async def remove(self, requester_id: UserId, target_id: UserId) -> FollowRequest | None:
        return self.changes.requests.remove((requester_id, target_id))


@dataclass(frozen=True, slots=True)
class MemoryBlocks:
    changes: Changes

    async def add(self, block: Block) -> bool:
        for user_id in (block.blocker_id, block.blocked_id):
            self._require(user_id)
        key = block.blocker_id, block.blocked_id
        if self.changes.blocks.get(key) is not None:
            return False
        self.changes.blocks.put(key, block)
        return True

    async def remove(self, blocker_id: UserId, blocked_id: UserId) -> bool:
        return self.changes.blocks.remove((blocker_id, blocked_id)) is not None

    async def between(self, one: UserId, other: UserId) -> bool:
        for user_id in (one, other):
            self._require(user_id)
        return any(self.changes.blocks.get(pair) is not None for pair in ((one, other), (other, one)))

    def _require(self, user_id: UserId) -> None:
        if self.changes.users.get(user_id) is None:
            raise UserNotFound


@dataclass(frozen=True, slots=True)
class MemoryMutes:
    changes: Changes

    async def put(self, mute: Mute) -> None:
        self.changes.mutes.put((mute.muter_id, mute.muted_id), mute)

    async def remove(self, muter_id: UserId, muted_id: UserId) -> bool:
        return self.changes.mutes.remove((muter_id, muted_id)) is not None


@dataclass(frozen=True, slots=True)
class MemoryMutedWords:
    changes: Changes

    async def of(self, user_id: UserId) -> list[MutedWord]:
        if self.changes.users.get(user_id) is None:
            raise UserNotFound
        words = self.changes.words.matching(self.changes.database.words_by_user, user_id)
        return sorted(words, key=lambda word: word.phrase)

    async def put(self, word: MutedWord) -> None:
        self.changes.words.put((word.user_id, word.phrase), word)

    async def remove(self, user_id: UserId, phrase: str) -> bool:
        return self.changes.words.remove((user_id, phrase)) is not None

    async def remove_of(self, user_id: UserId) -> None:
        for word in self.changes.words.matching(self.changes.database.words_by_user, user_id):
            self.changes.words.remove((user_id, word.phrase))


@dataclass(frozen=True, slots=True)
class MemoryGraphReader:
    database: Database

    async def followed_among(self, follower_id: UserId, user_ids: Sequence[UserId]) -> frozenset[UserId]:
        follows = self.database.follows.rows
        return frozenset(user_id for user_id in user_ids if (follower_id, user_id) in follows)

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        found = {user_id: self._relation(viewer_id, user_id) for user_id in user_ids}
        return {user_id: relation for user_id, relation in found.items() if relation != STRANGER}

    async def muted_words(self, viewer_id: UserId) -> list[MutedWord]:
        return [self.database.words.rows[key] for key in self.database.words_by_user.keys(viewer_id)]

    async def followers(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> list[Follow]:
        rows = self.database.follows.rows
        of = (rows[key] for key in self.database.follows_by_followee.keys(user_id))
        return _newest(of, limit, before)

    async def follower_ids(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> FollowerIds:
        follows = await self.followers(user_id, limit=limit, before=before)
        return FollowerIds([follow.follower_id for follow in follows], follows[-1].id if follows else None)

    async def following(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> list[Follow]:
        return _newest(self._follows_of(user_id), limit, before)

    async def requests(self, target_id: UserId, *, limit: int, before: FollowId | None = None) -> list[FollowRequest]:
        rows = self.database.requests.rows
        of = (rows[key] for key in self.database.requests_by_target.keys(target_id))
        below = before or FollowId(MAX_ID)
        return nlargest(limit, (request for request in of if request.id < below), key=lambda request: request.id)

    async def blocked(self, blocker_id: UserId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        keys = self.database.blocks_by_blocker.keys(blocker_id)
        start = bisect_right(keys, (blocker_id, after or UserId(0)))
        return [blocked for _, blocked in keys[start : start + limit]]

    async def muted(self, muter_id: UserId, *, limit: int, after: UserId | None = None) -> list[Mute]:
        keys = self.database.mutes_by_muter.keys(muter_id)
        start = bisect_right(keys, (muter_id, after or UserId(0)))
        return [self.database.mutes.rows[key] for key in keys[start : start + limit]]

    async def suggestions(self, user_id: UserId, *, limit: int) -> list[UserId]:
        newest = _newest(self._follows_of(user_id), _LOOKED_AT)
        theirs = (
            each.followee_id for mine in newest for each in _newest(self._follows_of(mine.followee_id), _LOOKED_AT)
        )
        rows = self.database.follows.rows
        common = Counter(other for other in theirs if other != user_id and (user_id, other) not in rows)
        return [other for other, _ in sorted(common.items(), key=lambda item: (-item[1], item[0]))[:limit]]

    def _follows_of(self, user_id: UserId) -> Iterator[Follow]:
        rows = self.database.follows.rows
        return (rows[key] for key in self.database.follows_by_follower.keys(user_id))

    def _relation(self, viewer_id: UserId, other_id: UserId) -> Relation:
        data, out, back = self.database, (viewer_id, other_id), (other_id, viewer_id)
        follow = data.follows.rows.get(out)
        return Relation(
            following=follow is not None,
            followed_by=back in data.follows.rows,
            requested=out in data.requests.rows,
            requested_by=back in data.requests.rows,
            blocking=out in data.blocks.rows,
            blocked_by=back in data.blocks.rows,
            mute=data.mutes.rows.get(out),
            priority=follow.priority if follow else Priority.NORMAL,
        )


def _newest(follows: Iterator[Follow], limit: int, before: FollowId | None = None) -> list[Follow]:
    below = before or FollowId(MAX_ID)
    return nlargest(limit, (follow for follow in follows if follow.id < below), key=lambda follow: follow.id)
