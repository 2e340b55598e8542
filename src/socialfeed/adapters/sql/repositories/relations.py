"""Requests to follow, blocks, mutes, and words not to be read."""

from functools import cache

from sqlalchemy import BindParameter, Insert, and_, bindparam, delete, or_, select

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.graph import (
    REQUEST,
    WORD,
    block_values,
    mute_values,
    request_from_row,
    request_values,
    word_values,
    words_from_rows,
)
from socialfeed.adapters.sql.tables import blocks, follow_requests, muted_words, mutes, user_counters
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.graph import Block, FollowRequest, Mute, MutedWord
from socialfeed.domain.ids import UserId

_ONE: BindParameter[int] = bindparam("one")
_OTHER: BindParameter[int] = bindparam("other")

_IS_REQUEST = (follow_requests.c.requester_id == _ONE, follow_requests.c.target_id == _OTHER)
_REQUEST = select(*REQUEST).where(*_IS_REQUEST)
_REMOVE_REQUEST = delete(follow_requests).where(*_IS_REQUEST).returning(*REQUEST)

_REMOVE_BLOCK = delete(blocks).where(blocks.c.blocker_id == _ONE, blocks.c.blocked_id == _OTHER)
_BETWEEN = (
    select(blocks.c.blocker_id)
    .where(
        or_(
            and_(blocks.c.blocker_id == _ONE, blocks.c.blocked_id == _OTHER),
            and_(blocks.c.blocker_id == _OTHER, blocks.c.blocked_id == _ONE),
        )
    )
    .limit(1)
)
_c = user_counters.c
_LOCK_BOTH = select(_c.user_id).where(_c.user_id.in_([_ONE, _OTHER])).order_by(_c.user_id).with_for_update()

_REMOVE_MUTE = delete(mutes).where(mutes.c.muter_id == _ONE, mutes.c.muted_id == _OTHER)
_WORDS = select(*WORD).where(muted_words.c.user_id == _ONE)
_LOCK = select(_c.user_id).where(_c.user_id == _ONE).with_for_update()
_REMOVE_WORDS = delete(muted_words).where(muted_words.c.user_id == _ONE)
_REMOVE_WORD = delete(muted_words).where(muted_words.c.user_id == _ONE, muted_words.c.phrase == bindparam("phrase_"))


@cache
def _request(dialect: Dialect) -> Insert:
    return dialect.insert(follow_requests).on_conflict_do_nothing(index_elements=["requester_id", "target_id"])


@cache
def _block(dialect: Dialect) -> Insert:
    return dialect.insert(blocks).on_conflict_do_nothing(index_elements=["blocker_id", "blocked_id"])


@cache
def _mute(dialect: Dialect) -> Insert:
    new = dialect.insert(mutes)
    changed = {name: new.excluded[name] for name in ("kinds", "created_at", "until")}
    return new.on_conflict_do_update(index_elements=["muter_id", "muted_id"], set_=changed)


@cache
def _mute_word(dialect: Dialect) -> Insert:
    new = dialect.insert(muted_words)
    changed = {name: new.excluded[name] for name in ("created_at", "until")}
    return new.on_conflict_do_update(index_elements=["user_id", "phrase"], set_=changed)


class SqlFollowRequests(Repository):
    __slots__ = ()

    async def add(self, request: FollowRequest) -> FollowRequest:
        key = {"one": request.requester_id, "other": request.target_id}
        while not await self._run(_request(self._dialect), request_values(request)):
            if row := await self._first(_REQUEST, key):
                return request_from_row(row)
        return request

    async def remove(self, requester_id: UserId, target_id: UserId) -> FollowRequest | None:
        row = await self._first(_REMOVE_REQUEST, {"one": requester_id, "other": target_id})
        return request_from_row(row) if row else None


class SqlBlocks(Repository):
    __slots__ = ()

    async def add(self, block: Block) -> bool:
        await self._lock_both(block.blocker_id, block.blocked_id)
        return bool(await self._run(_block(self._dialect), block_values(block)))

    async def remove(self, blocker_id: UserId, blocked_id: UserId) -> bool:
        return bool(await self._run(_REMOVE_BLOCK, {"one": blocker_id, "other": blocked_id}))

    async def between(self, one: UserId, other: UserId) -> bool:
        await self._lock_both(one, other)
        return await self._first(_BETWEEN, {"one": one, "other": other}) is not None

    async def _lock_both(self, one: UserId, other: UserId) -> None:
        found = (await self._connection.execute(_LOCK_BOTH, {"one": one, "other": other})).all()
        if len(found) < len({one, other}):
            raise UserNotFound


class SqlMutes(Repository):
    __slots__ = ()

    async def put(self, mute: Mute) -> None:
        await self._run(_mute(self._dialect), mute_values(mute))

    async def remove(self, muter_id: UserId, muted_id: UserId) -> bool:
        return bool(await self._run(_REMOVE_MUTE, {"one": muter_id, "other": muted_id}))


class SqlMutedWords(Repository):
    __slots__ = ()

    async def of(self, user_id: UserId) -> list[MutedWord]:
        if await self._first(_LOCK, {"one": user_id}) is None:
            raise UserNotFound
        return words_from_rows((await self._connection.execute(_WORDS, {"one": user_id})).all())

    async def put(self, word: MutedWord) -> None:
        await self._run(_mute_word(self._dialect), word_values(word))

    async def remove(self, user_id: UserId, phrase: str) -> bool:
        return bool(await self._run(_REMOVE_WORD, {"one": user_id, "phrase_": phrase}))

    async def remove_of(self, user_id: UserId) -> None:
        await self._run(_REMOVE_WORDS, {"one": user_id})
