"""Batch readers that ask the shared cache first, and fill it with what they had to read.

Posts are written once. Profiles change, and of them only those of active accounts are kept: whoever changes an account
calls `forget` after the commit. A reader that read the old profile before and fills it in afterwards is kept out by the
cache's fence; where `forget` fails or is never reached, the old profile is shown for `LIFE` at most.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec

from socialfeed.application.ports.cache import Cache
from socialfeed.application.ports.readers import PostBatches, Profile, ProfileBatches
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post

K = TypeVar("K", bound=int)
V = TypeVar("V")

LIFE = timedelta(hours=1)


class _ReadThrough(Generic[K, V]):
    """`version` is part of the key: values written by another version of the code are not even looked at."""

    def __init__(self, cache: Cache, noun: str, version: int, kind: type[V], keep: Callable[[V], bool]) -> None:
        self._cache = cache
        self._prefix = f"{noun}:{version}:"
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._keep = keep

    async def __call__(self, ids: Sequence[K], read: Callable[[Sequence[K]], Awaitable[dict[K, V]]]) -> dict[K, V]:
        keys = {f"{self._prefix}{number}": number for number in ids}
        cached = await self._cache.get_many(list(keys)) if keys else {}
        found = {keys[key]: self._decode(value) for key, value in cached.items()}
        missing = [number for number in ids if number not in found]
        if missing:
            read_now = await read(missing)
            kept = {number: value for number, value in read_now.items() if self._keep(value)}
            if kept:
                await self._cache.fill_many({f"{self._prefix}{n}": self._encode(v) for n, v in kept.items()}, LIFE)
            found |= read_now
        return found

    async def forget(self, number: K) -> None:
        await self._cache.delete_many([f"{self._prefix}{number}"])


class CachedPosts:
    def __init__(self, posts: PostBatches, cache: Cache) -> None:
        self._posts = posts
        self._through: _ReadThrough[PostId, Post] = _ReadThrough(
            cache, "post", 3, Post, lambda post: not post.is_deleted
        )

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        return await self._through(ids, self._posts.posts_by_ids)

    async def forget(self, number: int) -> None:
        """After it returns nobody gets what the post was before. Raises `Unavailable`."""
        await self._through.forget(PostId(number))


class CachedProfiles:
    def __init__(self, users: ProfileBatches, cache: Cache) -> None:
        self._users = users
        self._through: _ReadThrough[UserId, Profile] = _ReadThrough(
            cache, "profile", 2, Profile, lambda profile: profile.is_active
        )

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return await self._through(ids, self._users.profiles_by_ids)

    async def forget(self, number: int) -> None:
        """After it returns nobody gets what the profile was before. Raises `Unavailable`."""
        await self._through.forget(UserId(number))
