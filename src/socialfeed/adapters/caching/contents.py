"""Posts and profiles, as feeds read them."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from sys import getsizeof
from typing import Final

from socialfeed.adapters.caching.copies import Copies
from socialfeed.adapters.caching.through import Noun, ReadThrough
from socialfeed.adapters.caching.watch import Watch
from socialfeed.application.cache_use import cache_use
from socialfeed.application.ports.cache import Cache
from socialfeed.application.ports.readers import PostBatches, Profile, ProfileBatches
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post

COPY_LIFE: Final = 60.0
"""Seconds that a process keeps a copy: how long it would stay if neither `forget` nor its job ever came."""

MAX_BYTES: Final = 64_000_000

POSTS: Final[Noun[PostId, Post]] = Noun(
    # Copies of deleted ones keep timelines that still have them from asking for them each time. Nobody else keeps any.
    "post",
    3,
    PostId,
    Post,
    copied=lambda post: True,
    shared=lambda post: not post.is_deleted,
)
PROFILES: Final[Noun[UserId, Profile]] = Noun(
    # An account becomes active without a word to the caches.
    "profile",
    2,
    UserId,
    Profile,
    copied=lambda profile: profile.is_active,
    shared=lambda profile: profile.is_active,
)


class StoredContents:
    """Where nothing is cached."""

    def __init__(self, posts: PostBatches, users: ProfileBatches) -> None:
        self._posts = posts
        self._users = users

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        self._note(ids)
        return await self._posts.posts_by_ids(ids)

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        self._note(ids)
        return await self._users.profiles_by_ids(ids)

    async def posts_and_authors(
        self, ids: Sequence[PostId], others: Iterable[UserId] = ()
    ) -> tuple[dict[PostId, Post], dict[UserId, Profile]]:
        posts = await self.posts_by_ids(ids)
        return posts, await self.profiles_by_ids(_accounts(posts, others))

    async def forget_post(self, post_id: PostId) -> None:
        return None

    async def forget_profile(self, user_id: UserId) -> None:
        return None

    def _note(self, ids: Sequence[int]) -> None:
        if ids and (use := cache_use()):
            use.read = True


class CachedContents:
    """`max_bytes` is how much this process keeps, roughly: three quarters of it posts."""

    def __init__(
        self,
        posts: PostBatches,
        users: ProfileBatches,
        cache: Cache,
        *,
        max_bytes: int = MAX_BYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        quarter = max_bytes // 4
        post_copies = Copies[PostId, Post](post_size, 3 * quarter, COPY_LIFE, now)
        profile_copies = Copies[UserId, Profile](profile_size, quarter, COPY_LIFE, now)
        self._posts = ReadThrough(POSTS, cache, post_copies, posts.posts_by_ids)
        self._profiles = ReadThrough(PROFILES, cache, profile_copies, users.profiles_by_ids)
        self.watch = Watch(cache, self._posts, self._profiles)

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        return await self._posts.by_ids(ids, await self._caught_up(ids))

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return await self._profiles.by_ids(ids, await self._caught_up(ids))

    async def posts_and_authors(
        self, ids: Sequence[PostId], others: Iterable[UserId] = ()
    ) -> tuple[dict[PostId, Post], dict[UserId, Profile]]:
        watch = await self._caught_up(ids)
        posts = await self._posts.by_ids(ids, watch)
        return posts, await self._profiles.by_ids(_accounts(posts, others), watch)

    async def forget_post(self, post_id: PostId) -> None:
        await self._posts.forget(post_id, self.watch)

    async def forget_profile(self, user_id: UserId) -> None:
        await self._profiles.forget(user_id, self.watch)

    async def _caught_up(self, ids: Sequence[int]) -> Watch | None:
        """The watch, where copies may be used."""
        return self.watch if ids and await self.watch.catch_up() else None


def _accounts(posts: Mapping[PostId, Post], others: Iterable[UserId]) -> list[UserId]:
    return list({*(post.author_id for post in posts.values()), *others})


def post_size(post: Post) -> int:
    """Bytes of memory, roughly and rather too many: what has a fixed size, and what has not."""
    texts = getsizeof(post.content) + len(post.image_url or "") + 4 * len(post.content_warning or "")
    return 300 + texts + 100 * len(post.tags) + 40 * len(post.mentions)


def profile_size(profile: Profile) -> int:
    return 450 + getsizeof(profile.bio) + len(profile.avatar_url or "")
