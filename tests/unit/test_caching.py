"""Readers that ask the shared cache first: faster, never different."""

from collections.abc import Sequence

import pytest

from socialfeed.adapters.caching import CachedContents
from socialfeed.adapters.memory import MemoryCache
from socialfeed.application.ports.cache import FENCE
from socialfeed.application.ports.readers import Profile
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.testing import Builder, FixedClock


class Source:
    """A database that tells what it was asked for."""

    def __init__(self, *rows: Post | Profile) -> None:
        self.rows = {row.id: row for row in rows}
        self.asked: list[list[int]] = []

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        self.asked.append(list(ids))
        return {i: row for i in ids if isinstance(row := self.rows.get(i), Post)}

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        self.asked.append(list(ids))
        return {i: row for i in ids if isinstance(row := self.rows.get(i), Profile)}


class ForgetfulCache(MemoryCache):
    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return {}


def contents(source: Source, cache: MemoryCache) -> CachedContents:
    return CachedContents(source, source, cache)


@pytest.fixture
def builder() -> Builder:
    return Builder()


def profile(builder: Builder, *, is_active: bool = True) -> Profile:
    user = builder.user(bio="naïve café\n🎈")
    return Profile(
        user.id,
        user.username,
        user.first_name,
        user.last_name,
        user.bio,
        user.created_at,
        is_active,
        avatar_url="https://example.com/ö.png",
        is_private=True,
    )


async def test_what_was_read_once_is_not_asked_for_again(builder: Builder) -> None:
    author = builder.user()
    one, two = builder.post(author), builder.post(author, image_url="https://example.com/a.jpg")
    source = Source(one, two)
    posts = contents(source, MemoryCache(FixedClock()))

    assert await posts.posts_by_ids([one.id]) == {one.id: one}
    assert await posts.posts_by_ids([one.id, two.id]) == {one.id: one, two.id: two}
    assert await posts.posts_by_ids([two.id, one.id]) == {one.id: one, two.id: two}
    assert source.asked == [[one.id], [two.id]]


async def test_what_is_not_there_is_left_out_and_asked_for_each_time(builder: Builder) -> None:
    missing = builder.post(builder.user()).id
    source = Source()
    posts = contents(source, MemoryCache(FixedClock()))

    assert await posts.posts_by_ids([missing]) == await posts.posts_by_ids([missing]) == {}
    assert len(source.asked) == 2


async def test_no_ids_ask_nobody() -> None:
    source = Source()

    assert await contents(source, MemoryCache(FixedClock())).posts_by_ids([]) == {}
    assert source.asked == []


async def test_a_profile_survives_the_cache_as_it_was(builder: Builder) -> None:
    ada = profile(builder)
    source = Source(ada)
    profiles = contents(source, MemoryCache(FixedClock()))

    first, second = await profiles.profiles_by_ids([ada.id]), await profiles.profiles_by_ids([ada.id])

    assert first == second == {ada.id: ada}
    assert len(source.asked) == 1


async def test_an_account_that_is_not_active_yet_is_not_kept_so_that_it_is_seen_once_it_is(builder: Builder) -> None:
    pending = profile(builder, is_active=False)
    source = Source(pending)
    profiles = contents(source, MemoryCache(FixedClock()))
    assert not (await profiles.profiles_by_ids([pending.id]))[pending.id].is_active

    source.rows[pending.id] = pending._replace(is_active=True)

    assert (await profiles.profiles_by_ids([pending.id]))[pending.id].is_active


async def test_a_profile_that_changed_is_read_again_once_it_is_forgotten(builder: Builder) -> None:
    ada = profile(builder)
    source = Source(ada)
    profiles = contents(source, MemoryCache(FixedClock()))
    await profiles.profiles_by_ids([ada.id])
    changed = ada._replace(bio="New.", avatar_url="https://example.com/a.png", is_private=False)
    source.rows[ada.id] = changed

    assert await profiles.profiles_by_ids([ada.id]) == {ada.id: ada}
    await profiles.forget_profile(ada.id)
    assert await profiles.profiles_by_ids([ada.id]) == {ada.id: changed}


async def test_what_was_read_before_a_change_is_not_kept_after_it(builder: Builder) -> None:
    ada, clock = profile(builder), FixedClock()
    changed = ada._replace(is_private=False)

    class SlowSource(Source):
        async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
            """Answers with what it read before the change."""
            read = await super().profiles_by_ids(ids)
            if self.rows[ada.id] == ada:
                self.rows[ada.id] = changed
                await profiles.forget_profile(ada.id)
            return read

    source = SlowSource(ada)
    profiles = contents(source, MemoryCache(clock))

    assert await profiles.profiles_by_ids([ada.id]) == {ada.id: ada}
    assert await profiles.profiles_by_ids([ada.id]) == {ada.id: changed}
    clock.advance(FENCE)
    for _ in range(3):
        assert await profiles.profiles_by_ids([ada.id]) == {ada.id: changed}
    assert len(source.asked) == 2


async def test_a_cache_that_has_nothing_changes_nothing(builder: Builder) -> None:
    post = builder.post(builder.user())
    posts = contents(Source(post), ForgetfulCache(FixedClock()))

    assert await posts.posts_by_ids([post.id]) == await posts.posts_by_ids([post.id]) == {post.id: post}


async def test_posts_and_profiles_of_one_number_do_not_meet(builder: Builder) -> None:
    cache = MemoryCache(FixedClock())
    post = builder.post(builder.user())
    await contents(Source(post), cache).posts_by_ids([post.id])

    assert await contents(Source(), cache).profiles_by_ids([UserId(post.id)]) == {}
    assert await cache.get_many([f"post:3:{post.id}"])


async def test_a_post_survives_the_cache_with_its_life_and_is_asked_for_anew_once_it_is_forgotten(
    builder: Builder,
) -> None:
    first = builder.post(builder.user())
    edited = first.edited(content="another", at=builder.clock.now())
    source = Source(edited)
    posts = contents(source, MemoryCache(FixedClock()))
    for _ in range(2):
        assert await posts.posts_by_ids([first.id]) == {first.id: edited}
    assert len(source.asked) == 1

    source.rows[first.id] = gone = edited.deleted(first.author_id, builder.clock.now())
    await posts.forget_post(first.id)

    for _ in range(2):
        assert await posts.posts_by_ids([first.id]) == {first.id: gone}
    assert len(source.asked) == 2
