"""Posts and the reads that feeds are made of."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from socialfeed.application.ports.readers import Candidate
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import IdConflict, PostNotFound
from socialfeed.domain.ids import MAX_ID, PostId, UserId
from socialfeed.domain.post import Post, PostEdit, ReplyPolicy, Visibility
from socialfeed.domain.user import User
from socialfeed.domain.visibility import EVERY_VISIBILITY, FOR_ANYBODY, FOR_FOLLOWERS
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    counts_of,
    engaged_in,
    given_post,
    given_posts,
    given_user,
    given_users,
    like,
    outcomes,
    rolled_back,
    share,
)


class PostsContract(UsesStorage):
    async def test_an_added_post_is_read_back_whole(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        plain = make.post(author)
        pictured = make.post(author, image_url="https://example.org/a.png?x=%20&y=é")
        await given_posts(storage, plain, pictured)
        assert await storage.posts.posts_by_ids([plain.id, pictured.id]) == {
            plain.id: plain,
            pictured.id: pictured,
        }
        async with storage.uow() as tx:
            assert await tx.posts.get(pictured.id) == pictured

    async def test_a_new_post_has_counts_of_zero(self, storage: Storage, make: Builder) -> None:
        post = await given_post(storage, make)
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_blanking_takes_the_posts_of_an_author_and_leaves_the_rest(
        self, storage: Storage, make: Builder
    ) -> None:
        author, other = await given_user(storage, make), await given_user(storage, make)
        mine = [make.post(author, image_url="https://example.org/a.png") for _ in range(3)]
        theirs = make.post(other, image_url="https://example.org/b.png")
        await given_posts(storage, *mine, theirs)
        ids = [post.id for post in (*mine, theirs)]
        async with rolled_back(storage) as tx:
            await tx.posts.blank_of(author.id)
        assert await storage.posts.posts_by_ids(ids) == {post.id: post for post in (*mine, theirs)}
        async with storage.uow() as tx:
            await tx.posts.blank_of(author.id)
        gone: dict[str, Any] = {"content": "", "image_url": None, "content_warning": None, "tags": (), "mentions": ()}
        blank = {post.id: replace(post, **gone) for post in mine}
        assert await storage.posts.posts_by_ids(ids) == {**blank, theirs.id: theirs}

    async def test_a_post_is_saved_with_its_life(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        post = make.post(author)
        await given_posts(storage, post)
        life = [
            post.edited(content="another", image_url="https://example.org/b.png", at=make.clock.now()),
            post.deleted(author.id, make.clock.now()),
            replace(
                post,
                visibility=Visibility.MENTIONED,
                reply_policy=ReplyPolicy.FOLLOWED,
                sensitive=True,
                content_warning="Straße",
                language="zh-Hant-TW",
                tags=("日本語", "straße", "x"),
                mentions=(author.id, UserId(MAX_ID)),
                quote_of=PostId(MAX_ID),
                locked_at=make.clock.now(),
            ),
            replace(post, visibility=Visibility.UNLISTED, reply_policy=ReplyPolicy.NOBODY, tags=("x",)),
            replace(post, visibility=Visibility.FOLLOWERS, reply_policy=ReplyPolicy.MENTIONED),
            post,
        ]
        for state in life:
            async with storage.uow() as tx:
                assert await tx.posts.locked(post.id) is not None
                await tx.posts.save(state)
            assert await storage.posts.posts_by_ids([post.id]) == {post.id: state}
        with pytest.raises(PostNotFound):
            async with storage.uow() as tx:
                await tx.posts.save(make.post(author))

    async def test_deleted_posts_are_neither_counted_nor_listed(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        kept, gone = make.post(author), make.post(author)
        await given_posts(storage, kept, gone)
        for _ in range(2):
            async with storage.uow() as tx:
                await tx.posts.save(gone.deleted(author.id, make.clock.now()))
            assert await storage.posts.page_by_author(author.id, EVERY_VISIBILITY, limit=10, offset=0) == ([kept.id], 1)
        async with storage.uow() as tx:
            await tx.posts.save(gone)
        assert await storage.posts.page_by_author(author.id, EVERY_VISIBILITY, limit=10, offset=0) == (
            [gone.id, kept.id],
            2,
        )
        assert (await storage.users.profile_counts([author.id]))[author.id].posts == 2

    async def test_a_page_has_the_visibilities_that_are_asked_for(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        by_visibility = {each: [replace(make.post(author), visibility=each) for _ in range(3)] for each in Visibility}
        await given_posts(storage, *(post for posts in zip(*by_visibility.values(), strict=True) for post in posts))
        async with storage.uow() as tx:
            for posts in by_visibility.values():
                await tx.posts.save(posts[0].deleted(author.id, make.clock.now()))
        for asked in (EVERY_VISIBILITY, FOR_FOLLOWERS, FOR_ANYBODY):
            there = [post.id for each in asked for post in by_visibility[each][1:]]
            newest = sorted(there, reverse=True)
            assert await storage.posts.page_by_author(author.id, asked, limit=20, offset=0) == (newest, len(there))
            assert await storage.posts.page_by_author(author.id, asked, limit=2, offset=1) == (newest[1:3], len(there))

    async def test_edits_are_read_oldest_first(self, storage: Storage, make: Builder) -> None:
        edited, other = await given_post(storage, make), await given_post(storage, make)
        edits = [
            PostEdit(edited.id, 1, "naïve", None, edited.created_at),
            PostEdit(edited.id, 2, "line\nline", "https://example.org/c.png", edited.created_at, "Vorsicht: ß"),
            PostEdit(edited.id, 10, "", None, edited.created_at),
        ]
        async with storage.uow() as tx:
            for edit in reversed(edits):
                await tx.posts.add_edit(edit)
        assert await storage.posts.edits([other.id, edited.id]) == {edited.id: edits}
        assert await storage.posts.edits([]) == {}

    async def test_a_removed_post_takes_everything_with_it(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        post, other = await given_post(storage, make), await given_post(storage, make)
        comment, kept = make.comment(post, user), make.comment(other, user)
        async with storage.uow() as tx:
            for each in (post, other):
                await tx.likes.add(make.like(each, user))
                await tx.shares.add(make.share(each, user))
            await tx.comments.add(comment)
            await tx.comments.add(kept)
            await tx.posts.add_edit(PostEdit(post.id, 1, "before", None, post.created_at))
        for _ in range(2):
            async with storage.uow() as tx:
                await tx.posts.remove(post.id)
        assert await storage.posts.posts_by_ids([post.id, other.id]) == {other.id: other}
        assert await storage.posts.edits([post.id]) == {}
        assert set(await storage.posts.counts([post.id, other.id])) == {other.id}
        assert await storage.comments.comments_by_ids([comment.id, kept.id]) == {kept.id: kept}
        assert set(await engaged_in(storage, user.id, [post.id, other.id])) == {other.id}

    async def test_a_quote_is_a_share_of_what_it_quotes_until_it_is_deleted(
        self, storage: Storage, make: Builder
    ) -> None:
        author = await given_user(storage, make)
        post = await given_post(storage, make)
        quote = replace(make.post(author), quote_of=post.id)
        async with rolled_back(storage) as tx:
            await tx.posts.add(quote)
        assert await counts_of(storage, post.id) == (0, 0, 0)
        async with storage.uow() as tx:
            added = await tx.posts.add(quote)
        assert added == (await storage.posts.counts([post.id]))[post.id] == (0, 0, 1, 1)
        for state, shares in ((quote.deleted(author.id, make.clock.now()), 0), (quote, 1)):
            async with storage.uow() as tx:
                saved = await tx.posts.save(state)
                again = await tx.posts.save(replace(state, content="as it was, with other words"))
            assert saved == (await storage.posts.counts([post.id]))[post.id]
            assert (saved[2], again) == (shares, None)
        assert await counts_of(storage, quote.id) == (0, 0, 0)

    async def test_quotes_made_and_deleted_at_once_are_counted_exactly(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(10)]
        await given_users(storage, *users)
        post = await given_post(storage, make)
        quotes = [replace(make.post(user), quote_of=post.id) for user in users]

        async def delete(quote: Post) -> None:
            async with storage.uow() as tx:
                stored = await tx.posts.locked(quote.id)
                assert stored is not None
                await tx.posts.save(stored.deleted(quote.author_id, make.clock.now()))

        await outcomes(*(given_posts(storage, quote) for quote in quotes))
        assert await counts_of(storage, post.id) == (0, 0, 10)
        more = [replace(make.post(user), quote_of=post.id) for user in users]
        likes = [make.like(post, user) for user in users]
        await outcomes(
            *(delete(quote) for quote in quotes[:7] * 2),
            *(given_posts(storage, quote) for quote in more[:4]),
            *(share(storage, make.share(post, user)) for user in users[:5]),
            *(like(storage, each) for each in likes),
        )
        assert await counts_of(storage, post.id) == (10, 0, 3 + 4 + 5)
        profiles = await storage.users.profile_counts([user.id for user in users])
        assert sum(profiles[user.id].posts for user in users) == 3 + 4

    async def test_what_is_not_there_is_not_quoted(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        quote = replace(make.post(author), quote_of=make.ids.post())
        async with storage.uow() as tx:
            with pytest.raises(PostNotFound):
                await tx.posts.add(quote)
        assert await storage.posts.posts_by_ids([quote.id]) == {}
        assert await storage.posts.counts([quote.id]) == {}
        assert (await storage.users.profile_counts([author.id]))[author.id].posts == 0

    async def test_a_quote_outlives_what_it_quotes(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        post = await given_post(storage, make)
        quote = replace(make.post(author), quote_of=post.id)
        await given_posts(storage, quote)
        async with storage.uow() as tx:
            await tx.posts.remove(post.id)
        assert await storage.posts.posts_by_ids([post.id, quote.id]) == {quote.id: quote}
        async with storage.uow() as tx:
            assert await tx.posts.save(quote.deleted(author.id, make.clock.now())) is None
        assert await storage.posts.counts([post.id]) == {}

    async def test_due_for_purge_is_what_was_deleted_before(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        posts = [make.post(author) for _ in range(4)]
        await given_posts(storage, *posts)
        moments = [make.clock.now() for _ in range(3)]
        async with storage.uow() as tx:
            for post, at in zip(posts[::-1], moments, strict=False):
                await tx.posts.save(post.deleted(author.id, at))
        assert await storage.posts.due_for_purge(moments[0], limit=10) == []
        assert await storage.posts.due_for_purge(moments[2], limit=10) == [posts[3].id, posts[2].id]
        assert await storage.posts.due_for_purge(moments[2], limit=1) == [posts[3].id]

    async def test_an_unknown_post_is_none(self, storage: Storage, make: Builder) -> None:
        async with storage.uow() as tx:
            assert await tx.posts.get(make.ids.post()) is None

    async def test_a_transaction_sees_its_own_post(self, storage: Storage, make: Builder) -> None:
        post = make.post(await given_user(storage, make))
        async with storage.uow() as tx:
            await tx.posts.add(post)
            assert await tx.posts.get(post.id) == post

    async def test_batch_readers_leave_out_what_does_not_exist(self, storage: Storage, make: Builder) -> None:
        post, missing = await given_post(storage, make), make.ids.post()
        assert await storage.posts.posts_by_ids([missing, post.id, post.id]) == {post.id: post}
        assert set(await storage.posts.counts([missing, post.id])) == {post.id}

    async def test_no_ids_give_no_posts(self, storage: Storage) -> None:
        assert await storage.posts.posts_by_ids([]) == {}
        assert await storage.posts.counts([]) == {}
        assert list(await storage.posts.newest_by_authors([], limit=10)) == []

    async def test_posting_bumps_the_authors_post_count(self, storage: Storage, make: Builder) -> None:
        author, other = make.user(), make.user()
        await given_users(storage, author, other)
        await outcomes(*(given_posts(storage, make.post(author)) for _ in range(20)))
        counts = await storage.users.profile_counts([author.id, other.id])
        assert [counts[user.id].posts for user in (author, other)] == [20, 0]

    async def test_a_conflict_of_ids_leaves_the_first_post_and_counts_once(
        self, storage: Storage, make: Builder
    ) -> None:
        author = await given_user(storage, make)
        first, second = make.post(author), make.post(author)
        await given_posts(storage, first)
        with pytest.raises(IdConflict):
            await given_posts(storage, replace(second, id=first.id))
        assert await storage.posts.posts_by_ids([first.id]) == {first.id: first}
        assert (await storage.users.profile_counts([author.id]))[author.id].posts == 1

    async def test_a_rolled_back_post_leaves_nothing(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        post = make.post(author)
        async with rolled_back(storage) as tx:
            await tx.posts.add(post)
        await cancelled_after(storage, lambda tx: tx.posts.add(post))
        assert await storage.posts.posts_by_ids([post.id]) == {}
        assert await storage.posts.counts([post.id]) == {}
        assert (await storage.posts.page_by_author(author.id, EVERY_VISIBILITY, limit=10, offset=0)).total == 0
        assert (await storage.users.profile_counts([author.id]))[author.id].posts == 0

    async def test_an_authors_page_is_newest_first_with_the_number_of_all(
        self, storage: Storage, make: Builder
    ) -> None:
        author, other = make.user(), make.user()
        await given_users(storage, author, other)
        posts = await given_shuffled_posts(storage, make, author, other, each=7)
        newest = sorted((post.id for post in posts if post.author_id == author.id), reverse=True)
        for offset in (0, 3, 6, 7, 50):
            page = await storage.posts.page_by_author(author.id, EVERY_VISIBILITY, limit=3, offset=offset)
            assert (list(page.ids), page.total) == (newest[offset : offset + 3], 7)

    async def test_an_author_without_posts_has_an_empty_page(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        page = await storage.posts.page_by_author(author.id, EVERY_VISIBILITY, limit=10, offset=0)
        assert (list(page.ids), page.total) == ([], 0)

    async def test_the_newest_posts_of_several_authors_come_merged(self, storage: Storage, make: Builder) -> None:
        wanted, others = [make.user() for _ in range(3)], [make.user() for _ in range(2)]
        await given_users(storage, *wanted, *others)
        posts = await given_shuffled_posts(storage, make, *wanted, *others, each=5)
        authors = [user.id for user in wanted]
        expected = [each.id for each in newest_candidates(post for post in posts if post.author_id in authors)]
        assert list(await storage.posts.newest_by_authors(authors, limit=100)) == expected
        assert list(await storage.posts.newest_by_authors([*authors, authors[0]], limit=4)) == expected[:4]

    async def test_the_newest_posts_are_walked_by_keyset(self, storage: Storage, make: Builder) -> None:
        authors = [make.user() for _ in range(3)]
        await given_users(storage, *authors)
        posts = await given_shuffled_posts(storage, make, *authors, each=5)
        ids, walked, before = [user.id for user in authors], list[PostId](), None
        for _ in posts:
            page = await storage.posts.newest_by_authors(ids, limit=4, before=before)
            walked += page
            before = page[-1] if page else before
        assert walked == [each.id for each in newest_candidates(posts)]

    async def test_posts_with_a_tag_are_walked_newest_first(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        tagged = [replace(make.post(author), tags=("größe", f"tag {n}")) for n in range(5)]
        await given_posts(storage, replace(make.post(author), tags=("größer",)), *tagged, make.post(author))
        newest = [post.id for post in reversed(tagged)]
        assert await storage.posts.newest_tagged("größe", limit=10) == newest
        assert await storage.posts.newest_tagged("größe", limit=2) == newest[:2]
        assert await storage.posts.newest_tagged("größe", limit=2, before=newest[1]) == newest[2:4]
        assert await storage.posts.newest_tagged("größe", limit=2, before=newest[-1]) == []
        async with storage.uow() as tx:
            await tx.posts.save(tagged[4].edited(content="another", tags=("other",), at=make.clock.now()))
        assert await storage.posts.newest_tagged("größe", limit=2) == newest[1:3]
        assert await storage.posts.newest_tagged("other", limit=2) == newest[:1]

    async def test_posts_for_everybody_are_walked_newest_first(self, storage: Storage, make: Builder) -> None:
        authors = [await given_user(storage, make) for _ in range(2)]
        public = [make.post(authors[n % 2]) for n in range(4)]
        others = [replace(make.post(authors[0]), visibility=each) for each in set(Visibility) - {Visibility.PUBLIC}]
        await given_posts(storage, *public[:2], *others, *public[2:])
        newest = [post.id for post in reversed(public)]
        assert await storage.posts.newest_public(limit=10) == newest
        assert await storage.posts.newest_public(limit=3, before=newest[0]) == newest[1:]
        assert await storage.posts.newest_public(limit=1, before=newest[2]) == newest[3:]
        async with storage.uow() as tx:
            await tx.posts.save(public[3].deleted(authors[1].id, make.clock.now()))
        assert await storage.posts.newest_public(limit=1) == newest[1:2]

    async def test_posts_for_everybody_are_walked_by_language(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        languages = ("de", "de-AT", None, "fil", "zh-Hant-TW", "fi", "de-AT", "zh", "de-419", "de")
        posts = [replace(make.post(author), language=language) for language in languages]
        restricted = [
            replace(make.post(author), language="de-AT", visibility=each)
            for each in set(Visibility) - {Visibility.PUBLIC}
        ]
        await given_posts(storage, *posts, *restricted)
        ids = [post.id for post in posts]

        async def newest(language: str, *, limit: int = 10, below: int | None = None) -> list[int]:
            before = None if below is None else ids[below]
            found = await storage.posts.newest_public(limit=limit, before=before, language=language)
            return [ids.index(post_id) for post_id in found]

        assert await newest("de") == [9, 8, 6, 1, 0]
        assert await newest("de", limit=2) == [9, 8]
        assert await newest("de", limit=2, below=8) == [6, 1]
        assert await newest("de", below=0) == []
        assert await newest("de-AT") == [6, 1]
        assert await newest("de-AT", limit=1, below=6) == [1]
        assert (await newest("fi"), await newest("fil"), await newest("zh-Hant-TW")) == ([5], [3], [4])
        assert (await newest("zh"), await newest("zh-Hant"), await newest("at")) == ([7, 4], [], [])
        async with storage.uow() as tx:
            await tx.posts.save(posts[6].edited(language="fi", at=make.clock.now()))
            await tx.posts.save(posts[9].deleted(author.id, make.clock.now()))
        assert (await newest("de"), await newest("de-AT"), await newest("fi")) == ([8, 1, 0], [1], [6, 5])

    async def test_a_post_that_is_kept_is_locked_by_nobody_meanwhile(self, storage: Storage, make: Builder) -> None:
        post = await given_post(storage, make)
        kept, order = asyncio.Event(), list[str]()

        async def keep() -> None:
            async with storage.uow() as tx:
                assert await tx.posts.kept(post.id) == post
                kept.set()
                for _ in range(20):  # long enough for whoever would not wait
                    await tx.posts.get(post.id)
                order.append("kept")

        async def lock() -> None:
            await kept.wait()
            async with storage.uow() as tx:
                found = await tx.posts.locked(post.id)
                order.append("locked")
                assert found is not None
                await tx.posts.save(found.locked(make.clock.now()))

        await asyncio.gather(lock(), keep())
        assert order == ["kept", "locked"]
        async with storage.uow() as tx:
            assert await tx.posts.kept(make.ids.post()) is None
            found = await tx.posts.kept(post.id)
        assert found is not None
        assert found.is_locked


async def given_shuffled_posts(storage: Storage, make: Builder, *authors: User, each: int) -> list[Post]:
    """Posts of all authors in mixed order, stored in another: ids are not always committed in their order."""
    random = Random(7)
    turns = [author for author in authors for _ in range(each)]
    random.shuffle(turns)
    posts = [make.post(author) for author in turns]
    shuffled = posts.copy()
    random.shuffle(shuffled)
    await given_posts(storage, *shuffled)
    return posts


def newest_candidates(posts: Iterable[Post]) -> list[Candidate]:
    newest = sorted(posts, key=lambda post: post.id, reverse=True)
    return [Candidate(post.id, post.author_id) for post in newest]
