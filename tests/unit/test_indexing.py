"""The jobs that keep the search index, in whatever order they come."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from socialfeed.adapters.memory.search import MemorySearch
from socialfeed.adapters.memory.storage import MemoryStorage
from socialfeed.application.ports.search import PostDocument, PostQuery, UserDocument
from socialfeed.application.search import indexing
from socialfeed.application.search.indexing import SearchIndexing
from socialfeed.domain.events import Event, PostChanged, PostPublished, ProfileChanged
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.labels import by_author, in_language, with_media, with_tag
from socialfeed.domain.names import parse_name
from socialfeed.domain.post import Post, Visibility
from socialfeed.domain.search import parse
from socialfeed.domain.user import User, UserStatus
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.given import given_posts, given_users
from socialfeed.testing.contracts.media_items import attach, given_media


class Interrupted(MemorySearch):
    """Before it writes for the first time, something else happens."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.writes = 0

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        await self._interrupt()
        await super().put_posts(documents)

    async def remove_posts_of(self, author_id: UserId) -> None:
        await self._interrupt()
        await super().remove_posts_of(author_id)

    async def put_users(self, documents: Sequence[UserDocument]) -> None:
        await self._interrupt()
        await super().put_users(documents)

    async def _interrupt(self) -> None:
        self.writes += 1
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()


class World:
    def __init__(self) -> None:
        self.make = Builder()
        self.storage = MemoryStorage(FixedClock())
        self.index = Interrupted()
        self.indexing = SearchIndexing(self.index, self.storage.posts, self.storage.users, self.storage.media)

    async def post(self, author: User, content: str = "hello", **changes: object) -> Post:
        post = replace(self.make.post(author, content=content), **changes)  # type: ignore[arg-type]
        await given_posts(self.storage, post)
        return post

    async def user(self, username: str = "ada") -> User:
        user = self.make.user(username=username)
        await given_users(self.storage, user)
        return user

    async def save(self, thing: Post | User) -> None:
        async with self.storage.uow() as tx:
            await (tx.posts.save(thing) if isinstance(thing, Post) else tx.users.save(thing))

    async def hear(self, *events: Event) -> None:
        for event in events:
            envelope = self.make.envelope(event)
            await self.indexing.index_post(envelope)
            await self.indexing.index_author(envelope)

    async def found(self, text: str = "hello", *labels: str) -> list[PostId]:
        return await self.index.newest_posts(PostQuery(parse(text), frozenset(labels)), limit=100)

    async def named(self, text: str) -> list[UserId]:
        return [hit.user_id for hit in await self.index.users(parse_name(text), limit=100)]


@pytest.fixture
def world() -> World:
    return World()


async def test_a_post_is_found_by_what_it_says_now(world: World) -> None:
    ada = await world.user()
    post = await world.post(ada)
    await world.hear(PostPublished(post.id, ada.id))
    assert await world.found() == [post.id]
    await world.save(replace(post, content="goodbye"))
    await world.hear(PostChanged(post.id))
    assert await world.found() == []
    assert await world.found("goodbye") == [post.id]
    await world.save(post.deleted(ada.id, world.make.clock.now()))
    await world.hear(PostChanged(post.id), PostPublished(post.id, ada.id))
    assert await world.found("goodbye") == []


@pytest.mark.parametrize("visibility", [each for each in Visibility if each is not Visibility.PUBLIC])
async def test_what_not_everybody_may_find_is_not_indexed(world: World, visibility: Visibility) -> None:
    ada = await world.user()
    post = await world.post(ada, visibility=visibility)
    await world.hear(PostPublished(post.id, ada.id))
    assert await world.found() == []
    await world.save(replace(post, visibility=Visibility.PUBLIC))
    await world.hear(PostChanged(post.id))
    assert await world.found() == [post.id]


async def test_filters_are_indexed(world: World) -> None:
    ada = await world.user()
    post = await world.post(ada, language="de-AT", tags=("café",), image_url="https://example.org/a.png")
    await world.hear(PostPublished(post.id, ada.id))
    for label in (in_language("de"), in_language("de-AT"), with_tag("#CAFÉ"), with_media(True), by_author(ada.id)):
        assert await world.found("hello", label) == [post.id], label
    for label in (in_language("en"), in_language("de-DE"), with_tag("caf"), with_media(False), by_author(UserId(7))):
        assert await world.found("hello", label) == [], label


async def test_what_was_uploaded_counts_as_media_as_long_as_it_belongs_to_the_post(world: World) -> None:
    ada = await world.user()
    post, media = await world.post(ada), world.make.media(ada)
    await given_media(world.storage, media)
    for attached in ([media], []):
        await attach(world.storage, post, attached)
        await world.hear(PostChanged(post.id))
        assert await world.found("hello", with_media(bool(attached))) == [post.id]
        assert await world.found("hello", with_media(not attached)) == []


@pytest.mark.parametrize("status", [UserStatus.BANNED, UserStatus.DEACTIVATED, UserStatus.ERASED])
async def test_an_account_that_is_not_active_drops_out_with_its_posts_and_comes_back(
    world: World, status: UserStatus
) -> None:
    ada, bob = await world.user(), await world.user("bob")
    posts = [await world.post(ada), await world.post(bob)]
    await world.hear(
        *(PostPublished(post.id, post.author_id) for post in posts), ProfileChanged(ada.id), ProfileChanged(bob.id)
    )
    assert await world.named("ada") == [ada.id]
    await world.save(replace(ada, status=status))
    await world.hear(ProfileChanged(ada.id))
    assert await world.found() == [posts[1].id]
    assert await world.named("ada") == []
    await world.hear(PostPublished(posts[0].id, ada.id))
    assert await world.found() == [posts[1].id]
    await world.save(ada)
    await world.hear(ProfileChanged(ada.id))
    assert await world.found() == [posts[1].id, posts[0].id]
    assert await world.named("ada") == [ada.id]


async def test_a_private_account_is_found_by_name_and_its_posts_are_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    ada = await world.user()
    posts = [await world.post(ada) for _ in range(5)]
    await world.hear(*(PostPublished(post.id, ada.id) for post in posts))
    await world.save(replace(ada, is_private=True))
    await world.hear(ProfileChanged(ada.id))
    assert await world.found() == []
    assert await world.named("ada") == [ada.id]
    await world.save(ada)
    await world.hear(ProfileChanged(ada.id))
    assert await world.found() == [post.id for post in reversed(posts)]


async def test_a_new_word_about_oneself_does_not_index_every_post_again(world: World) -> None:
    ada = await world.user()
    await world.post(ada)
    await world.hear(ProfileChanged(ada.id))
    before = world.index.writes
    await world.save(replace(ada, first_name="Augusta"))
    await world.hear(ProfileChanged(ada.id))
    assert world.index.writes == before + 1
    assert await world.named("augusta") == [ada.id]


async def test_a_post_deleted_while_it_is_indexed_is_not_found(world: World) -> None:
    ada = await world.user()
    post = await world.post(ada)

    async def delete() -> None:
        await world.save(post.deleted(ada.id, world.make.clock.now()))
        await world.hear(PostChanged(post.id))

    world.index.meanwhile = delete
    await world.hear(PostPublished(post.id, ada.id))
    assert await world.found() == []


async def test_an_author_banned_while_a_post_is_indexed_is_not_found(world: World) -> None:
    ada = await world.user()
    post = await world.post(ada)

    async def ban() -> None:
        await world.save(replace(ada, status=UserStatus.BANNED))
        await world.hear(ProfileChanged(ada.id))

    world.index.meanwhile = ban
    await world.hear(PostPublished(post.id, ada.id))
    assert await world.found() == []
    assert await world.named("ada") == []


async def test_an_account_that_opens_while_its_posts_are_removed_is_found(world: World) -> None:
    ada = await world.user()
    posts = [await world.post(ada) for _ in range(3)]
    await world.hear(*(PostPublished(post.id, ada.id) for post in posts))
    await world.save(replace(ada, is_private=True))

    async def reopen() -> None:
        await world.save(ada)
        await world.hear(ProfileChanged(ada.id))

    world.index.meanwhile = reopen
    await world.hear(ProfileChanged(ada.id))
    assert await world.found() == [post.id for post in reversed(posts)]


async def test_jobs_that_run_at_once_agree_with_the_last_state(world: World) -> None:
    ada = await world.user()
    posts = [await world.post(ada, f"hello {n}") for n in range(5)]

    async def change(n: int) -> None:
        await world.save(replace(ada, is_private=n % 2 == 1))
        await world.hear(ProfileChanged(ada.id), *(PostChanged(post.id) for post in posts))

    await asyncio.gather(*(change(n) for n in range(9)))
    assert await world.found() == [post.id for post in reversed(posts)]


async def test_rebuilding_indexes_all_there_is_and_forgets_what_may_not_be_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    ada, bob = await world.user(), await world.user("bob")
    posts = [await world.post(ada) for _ in range(3)]
    hidden = [
        await world.post(ada, visibility=Visibility.FOLLOWERS),
        await world.post(bob),
        await world.post(ada, deleted_at=world.make.clock.now()),
    ]
    await world.save(replace(bob, status=UserStatus.BANNED))
    await world.index.put_posts([PostDocument(hidden[1].id, bob.id, ("hello",))])
    await world.index.put_users([UserDocument(bob.id, ("bob",))])
    told: list[tuple[str, int]] = []
    for _ in range(2):
        await world.indexing.rebuild(lambda name, done: told.append((name, done)))
        assert await world.found() == [post.id for post in reversed(posts)]
        assert await world.named("ada") == [ada.id]
        assert await world.named("bob") == []
    assert told[:4] == [("posts", 2), ("posts", 4), ("posts", 6), ("users", 2)]
