"""Bookmarks and pinned posts."""

from dataclasses import replace

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.bookmark import Bookmark, Folder
from socialfeed.domain.engagement import Engaged
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    engaged_in,
    given_post,
    given_posts,
    given_user,
    given_users,
    like,
    outcomes,
    rolled_back,
)


class KeepingContract(UsesStorage):
    async def test_bookmarks_are_read_newest_first_page_by_page(self, storage: Storage, make: Builder) -> None:
        user, other = make.user(), make.user()
        await given_users(storage, user, other)
        posts = [make.post(other) for _ in range(6)]
        await given_posts(storage, *posts)
        folders = ["", "Straße", "", "a b", "straße", "Straße"]
        kept = [make.bookmark(post, user, folder=folder) for post, folder in zip(posts, folders, strict=True)]
        for number in (3, 0, 5, 1, 4, 2):
            assert await put(storage, kept[number])
        await put(storage, make.bookmark(posts[0], other, folder="Straße"))
        newest = kept[::-1]
        reader = storage.bookmarks
        assert await reader.page(user.id, limit=10) == newest
        assert await reader.page(user.id, limit=2) == newest[:2]
        assert await reader.page(user.id, limit=2, before=newest[1].id) == newest[2:4]
        assert await reader.page(user.id, limit=2, before=kept[0].id) == []
        assert await reader.page(user.id, folder="", limit=10) == [kept[2], kept[0]]
        assert await reader.page(user.id, folder="Straße", limit=10) == [kept[5], kept[1]]
        assert await reader.page(user.id, folder="Straße", limit=1) == [kept[5]]
        assert await reader.page(user.id, folder="Straße", limit=1, before=kept[5].id) == [kept[1]]
        for nothing in ("STRASSE", "a", "a b ", "a\0b"):
            assert await reader.page(user.id, folder=nothing, limit=10) == []
        assert await reader.folders(user.id) == [
            Folder("", 2),
            Folder("Straße", 2),
            Folder("a b", 1),
            Folder("straße", 1),
        ]
        assert await reader.folders(make.ids.user()) == []

    async def test_a_bookmark_that_is_made_again_only_changes_its_folder(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first = make.bookmark(post, user)
        assert await put(storage, first)
        assert not await put(storage, make.bookmark(post, user))
        assert await put(storage, make.bookmark(post, user, folder="later"))
        assert await storage.bookmarks.page(user.id, limit=10) == [replace(first, folder="later")]
        results = await outcomes(*(put(storage, make.bookmark(post, user, folder="x")) for _ in range(10)))
        assert results.count(True) == 1
        assert await storage.bookmarks.folders(user.id) == [Folder("x", 1)]

    async def test_a_bookmark_is_removed_once(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        await put(storage, make.bookmark(post, user))
        async with rolled_back(storage) as tx:
            assert await tx.bookmarks.remove(user.id, post.id)
        async with storage.uow() as tx:
            assert not await tx.bookmarks.remove(post.author_id, post.id)
            assert await tx.bookmarks.remove(user.id, post.id)
            assert not await tx.bookmarks.remove(user.id, post.id)
        assert await storage.bookmarks.page(user.id, limit=10) == []

    async def test_a_folder_moves_as_a_whole_and_nobody_elses(self, storage: Storage, make: Builder) -> None:
        user, other = make.user(), make.user()
        await given_users(storage, user, other)
        posts = [make.post(other) for _ in range(3)]
        await given_posts(storage, *posts)
        mine = [make.bookmark(post, user, folder="a") for post in posts]
        theirs = make.bookmark(posts[0], other, folder="a")
        for each in (*mine, theirs):
            await put(storage, each)
        async with storage.uow() as tx:
            assert await tx.bookmarks.move(user.id, "a", "b") == 3
            assert await tx.bookmarks.move(user.id, "a", "b") == 0
        moved = [replace(each, folder="b") for each in mine]
        assert await storage.bookmarks.page(user.id, folder="b", limit=10) == moved[::-1]
        assert await storage.bookmarks.page(other.id, limit=10) == [theirs]
        async with storage.uow() as tx:
            await tx.bookmarks.remove_of(user.id)
        assert await storage.bookmarks.page(user.id, limit=10) == []
        assert await storage.bookmarks.page(other.id, limit=10) == [theirs]

    async def test_what_a_viewer_keeps_is_read_with_what_it_likes(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        posts = [await given_post(storage, make) for _ in range(4)]
        await put(storage, make.bookmark(posts[0], user))
        await put(storage, make.bookmark(posts[1], user, folder="x"))
        await like(storage, make.like(posts[1], user))
        await like(storage, make.like(posts[2], user))
        await put(storage, make.bookmark(posts[3], await given_user(storage, make)))
        engaged = await engaged_in(storage, user.id, [post.id for post in posts])
        assert [engaged.get(post.id, Engaged()) for post in posts] == [
            Engaged(bookmarked=True),
            Engaged(liked=True, bookmarked=True),
            Engaged(liked=True),
            Engaged(),
        ]

    async def test_each_user_pins_one_post(self, storage: Storage, make: Builder) -> None:
        ada, bob, cleo = make.user(), make.user(), make.user()
        await given_users(storage, ada, bob, cleo)
        first, second, theirs = make.post(ada), make.post(ada), make.post(bob)
        await given_posts(storage, first, second, theirs)
        at = make.clock.now()
        async with rolled_back(storage) as tx:
            assert await tx.pins.put(ada.id, first.id, at)
        async with storage.uow() as tx:
            assert await tx.pins.put(ada.id, first.id, at)
            assert not await tx.pins.put(ada.id, first.id, make.clock.now())
            assert await tx.pins.put(ada.id, second.id, at)
            assert await tx.pins.put(bob.id, theirs.id, at)
        ids = [ada.id, bob.id, cleo.id, ada.id]
        assert await storage.pins.pinned(ids) == {ada.id: second.id, bob.id: theirs.id}
        assert await storage.pins.pinned([]) == {}
        async with storage.uow() as tx:
            assert await tx.pins.remove(ada.id) == second.id
            assert await tx.pins.remove(ada.id) is None
        assert await storage.pins.pinned(ids) == {bob.id: theirs.id}

    async def test_a_removed_post_takes_bookmarks_and_pins_with_it(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        gone, stays = make.post(user), make.post(user)
        await given_posts(storage, gone, stays)
        kept = make.bookmark(stays, user)
        for each in (make.bookmark(gone, user), kept):
            await put(storage, each)
        async with storage.uow() as tx:
            await tx.pins.put(user.id, gone.id, make.clock.now())
            await tx.posts.remove(gone.id)
        assert await storage.bookmarks.page(user.id, limit=10) == [kept]
        assert await storage.pins.pinned([user.id]) == {}
        async with storage.uow() as tx:
            await tx.pins.put(user.id, stays.id, make.clock.now())
            await tx.posts.remove(gone.id)
        assert await storage.pins.pinned([user.id]) == {user.id: stays.id}


async def put(storage: Storage, bookmark: Bookmark) -> bool:
    async with storage.uow() as tx:
        return await tx.bookmarks.put(bookmark)
