"""The reads that home feeds are made of."""

from collections.abc import Sequence
from dataclasses import replace

from socialfeed.application.ports.readers import Candidate
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.graph import Block, Mute, MutedWord, MuteOf
from socialfeed.domain.ids import EntryId, UserId
from socialfeed.domain.post import Visibility
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    given_follows,
    given_post,
    given_posts,
    given_shares,
    given_users,
    rolled_back,
    unfollow,
    unshare,
)
from socialfeed.testing.contracts.posts import given_shuffled_posts, newest_candidates


class HomeContract(UsesStorage):
    async def test_home_candidates_are_the_posts_of_the_followed(self, storage: Storage, make: Builder) -> None:
        reader, stranger, *followed = (make.user() for _ in range(5))
        await given_users(storage, reader, stranger, *followed)
        await given_follows(storage, *(make.follow(reader, user) for user in followed))
        await given_follows(storage, make.follow(stranger, reader), make.follow(followed[0], stranger))
        posts = await given_shuffled_posts(storage, make, reader, stranger, *followed, each=4)
        authors = {user.id for user in followed}
        expected = newest_candidates(post for post in posts if post.author_id in authors)
        assert list(await storage.posts.home_candidates(reader.id, limit=100)) == expected
        assert list(await storage.posts.home_candidates(reader.id, limit=5)) == expected[:5]
        third = expected[2].id
        assert list(await storage.posts.home_candidates(reader.id, limit=5, before=third)) == expected[3:8]

    async def test_home_candidates_follow_the_graph(self, storage: Storage, make: Builder) -> None:
        reader, author = make.user(), make.user()
        await given_users(storage, reader, author)
        post = await given_post(storage, make, author)
        assert list(await storage.posts.home_candidates(reader.id, limit=5)) == []
        await given_follows(storage, make.follow(reader, author))
        assert list(await storage.posts.home_candidates(reader.id, limit=5)) == [Candidate(post.id, author.id)]
        await unfollow(storage, reader, author)
        assert list(await storage.posts.home_candidates(reader.id, limit=5)) == []

    async def test_pulled_are_posts_of_the_followed_from_where_one_was_left_to_readers(
        self, storage: Storage, make: Builder
    ) -> None:
        reader, left, pushed, stranger = (make.user() for _ in range(4))
        await given_users(storage, reader, left, pushed, stranger)
        await given_follows(storage, make.follow(reader, left), make.follow(reader, pushed))
        older, newer, later = (make.post(left) for _ in range(3))
        foreign = make.post(stranger)
        await given_posts(storage, older, newer, later, foreign, make.post(pushed))
        assert await pulled(storage, reader) == []
        for post in (newer, foreign, older, newer):
            async with storage.uow() as tx:
                await tx.posts.leave_to_readers(post.id, post.author_id)
        everything = newest_candidates([older, newer, later])
        assert await pulled(storage, reader) == everything
        assert await pulled(storage, reader, limit=2) == everything[:2]
        assert await pulled(storage, reader, since=older.id) == everything
        assert await pulled(storage, reader, since=newer.id) == everything[:2]
        assert await pulled(storage, reader, since=later.id) == []
        await unfollow(storage, reader, left)
        assert await pulled(storage, reader) == []

    async def test_the_newest_own_posts_are_not_pushed_either(self, storage: Storage, make: Builder) -> None:
        reader, author = make.user(), make.user()
        await given_users(storage, reader, author)
        await given_follows(storage, make.follow(reader, author))
        posts = await given_shuffled_posts(storage, make, reader, author, each=5)
        newest = newest_candidates(post for post in posts if post.author_id == reader.id)
        for since in (None, max(post.id for post in posts)):
            found = await storage.posts.not_pushed(reader.id, own=3, limit=2, since=since)
            assert (list(found.own), list(found.pulled)) == (newest[:3], [])

    async def test_doubtful_is_what_need_not_stand_at_home(self, storage: Storage, make: Builder) -> None:
        reader, followed, muted, stranger = (make.user() for _ in range(4))
        gone = make.pending_user()
        await given_users(storage, reader, followed, muted, stranger, gone)
        await given_follows(storage, *(make.follow(reader, user) for user in (followed, muted, gone)))
        await given_follows(storage, make.follow(stranger, reader))
        async with storage.uow() as tx:
            await tx.mutes.put(Mute.start(reader.id, muted.id, [MuteOf.SHARES], at=make.clock.now()))
            await tx.mutes.put(Mute.start(stranger.id, followed.id, [MuteOf.ALL], at=make.clock.now()))
        plain = [
            make.post(reader),
            replace(make.post(reader), visibility=Visibility.MENTIONED),
            *(replace(make.post(followed), visibility=each) for each in Visibility if each is not Visibility.MENTIONED),
        ]
        doubtful = [
            replace(make.post(followed), visibility=Visibility.MENTIONED, mentions=(reader.id,)),
            make.post(followed).deleted(followed.id, at=make.clock.now()),
            make.post(reader).deleted(reader.id, at=make.clock.now()),
            *(make.post(author) for author in (muted, stranger, gone)),
        ]
        await given_posts(storage, *plain, *doubtful)
        missing = make.ids.post()
        ids = [missing, *(post.id for post in (*plain, *doubtful))]
        found = await storage.posts.doubtful(reader.id, ids)
        assert sorted(found.doubtful) == sorted([missing, *(post.id for post in doubtful)])
        assert (found.shared, found.at_home) == ({}, set())
        assert list((await storage.posts.doubtful(reader.id, [])).doubtful) == []

    async def test_whoever_mutes_words_may_doubt_everything(self, storage: Storage, make: Builder) -> None:
        reader, author = make.user(), make.user()
        await given_users(storage, reader, author)
        await given_follows(storage, make.follow(reader, author))
        mine, post = await given_post(storage, make, reader), await given_post(storage, make, author)
        async with storage.uow() as tx:
            await tx.muted_words.put(MutedWord.mute(author.id, "cats", at=make.clock.now()))
        shares = make.share(post, author), make.share(mine, author)
        await given_shares(storage, *shares)
        ids: list[EntryId] = [mine.id, post.id, *(share.id for share in shares)]
        assert list((await storage.posts.doubtful(reader.id, ids)).doubtful) == []
        async with storage.uow() as tx:
            await tx.muted_words.put(MutedWord.mute(reader.id, "dogs", at=make.clock.now()))
        assert {*ids[1:]} <= {*(await storage.posts.doubtful(reader.id, ids)).doubtful}

    async def test_of_shares_it_is_told_what_they_are_of_and_which_are_doubtful(
        self, storage: Storage, make: Builder
    ) -> None:
        reader, friend, sharer, away, stranger, private, muted, blocked, blocking = (make.user() for _ in range(9))
        private = replace(private, is_private=True)
        gone = make.pending_user()
        await given_users(storage, reader, friend, sharer, away, stranger, private, muted, blocked, blocking, gone)
        await given_follows(storage, *(make.follow(reader, user) for user in (friend, sharer, gone)))
        at = make.clock.now()
        async with storage.uow() as tx:
            for user in (muted, friend):
                await tx.mutes.put(Mute.start(sharer.id, user.id, [MuteOf.ALL], at=at))
            await tx.mutes.put(Mute.start(reader.id, muted.id, [MuteOf.POSTS], at=at))
            await tx.blocks.add(Block.start(reader.id, blocked.id, at=at))
            await tx.blocks.add(Block.start(blocking.id, reader.id, at=at))
        unlisted = replace(make.post(stranger), visibility=Visibility.UNLISTED)
        plain = [
            (make.post(reader), sharer),
            (make.post(friend), sharer),
            (replace(make.post(friend), visibility=Visibility.FOLLOWERS), friend),
            (make.post(stranger), sharer),
            (unlisted, sharer),
            (unlisted, reader),
        ]
        deleted = make.post(stranger).deleted(stranger.id, at=at)
        doubtful = [
            (deleted, sharer),
            (replace(make.post(stranger), visibility=Visibility.FOLLOWERS), sharer),
            (replace(make.post(friend), visibility=Visibility.MENTIONED), sharer),
            *((make.post(author), sharer) for author in (private, muted, blocked, blocking, gone)),
            (make.post(friend), away),
            (make.post(stranger), gone),
        ]
        await given_posts(storage, *dict.fromkeys(post for post, _ in (*plain, *doubtful)))
        shares = [make.share(post, user) for post, user in (*plain, *doubtful)]
        never, purged = make.share(deleted, stranger), make.share(make.post(friend), sharer)
        taken_back = make.share(plain[1][0], reader)
        await given_shares(storage, *shares, taken_back)
        await unshare(storage, plain[1][0], reader)
        post = make.post(stranger)
        await given_posts(storage, post)
        ids: list[EntryId] = [post.id, never.id, *(each.id for each in shares), purged.id, taken_back.id]
        found = await storage.posts.doubtful(reader.id, ids)
        gone_ids = [post.id, never.id, purged.id, taken_back.id]
        assert sorted(found.doubtful) == sorted([*gone_ids, *(each.id for each in shares[len(plain) :])])
        assert found.shared == {each.id: (each.post_id, each.user_id) for each in shares}
        own = {each.id for each, _ in (*plain, *doubtful) if each.author_id in (reader.id, friend.id, gone.id)}
        assert found.at_home == own
        alone = await storage.posts.doubtful(reader.id, [shares[0].id])
        assert (list(alone.doubtful), alone.at_home) == ([], {plain[0][0].id})

    async def test_what_was_shared_stands_among_what_was_written(self, storage: Storage, make: Builder) -> None:
        reader, friend, stranger = (make.user() for _ in range(3))
        await given_users(storage, reader, friend, stranger)
        await given_follows(storage, make.follow(reader, friend), make.follow(friend, stranger))
        entries: dict[UserId, list[Candidate]] = {user.id: [] for user in (reader, friend, stranger)}
        for _ in range(4):
            for user in (reader, friend, stranger):
                post = make.post(stranger if user is friend else user)
                share = make.share(post, user)
                await given_posts(storage, post)
                await given_shares(storage, share)
                entries[post.author_id].insert(0, Candidate(post.id, post.author_id))
                entries[user.id].insert(0, Candidate(share.id, user.id))
        home = entries[friend.id]
        assert list(await storage.posts.home_candidates(reader.id, limit=100)) == home
        assert list(await storage.posts.home_candidates(reader.id, limit=2, before=home[1].id)) == home[2:4]
        both = sorted([*entries[friend.id], *entries[stranger.id]], reverse=True)
        accounts = [friend.id, stranger.id, friend.id]
        assert list(await storage.posts.newest_entries(accounts, limit=100)) == both
        assert list(await storage.posts.newest_entries(accounts, limit=3, before=both[4].id)) == both[5:8]
        assert list(await storage.posts.newest_entries([], limit=3)) == []
        own = (await storage.posts.not_pushed(reader.id, own=3, limit=9, since=None)).own
        assert list(own) == entries[reader.id][:3]
        async with storage.uow() as tx:
            await tx.posts.leave_to_readers(home[2].id, friend.id)
        assert await pulled(storage, reader) == home
        assert await pulled(storage, reader, limit=2) == home[:2]
        assert await pulled(storage, reader, since=home[1].id) == []
        assert await pulled(storage, reader, since=home[2].id) == home[:3]

    async def test_a_share_that_is_taken_back_is_nowhere(self, storage: Storage, make: Builder) -> None:
        reader, friend = make.user(), make.user()
        await given_users(storage, reader, friend)
        await given_follows(storage, make.follow(reader, friend))
        post = await given_post(storage, make)
        first, again = make.share(post, friend), make.share(post, friend)
        await given_shares(storage, first)
        await unshare(storage, post, friend)
        assert await storage.posts.home_candidates(reader.id, limit=5) == []
        await given_shares(storage, again)
        assert await storage.posts.home_candidates(reader.id, limit=5) == [Candidate(again.id, friend.id)]
        found = await storage.engagement.shared_by_ids([again.id, first.id, make.ids.share()])
        assert found == {again.id: (post.id, friend.id)}
        async with storage.uow() as tx:
            await tx.posts.remove(post.id)
        assert await storage.posts.home_candidates(reader.id, limit=5) == []

    async def test_what_is_left_to_readers_is_rolled_back_with_its_transaction(
        self, storage: Storage, make: Builder
    ) -> None:
        reader, author = make.user(), make.user()
        await given_users(storage, reader, author)
        await given_follows(storage, make.follow(reader, author))
        post = await given_post(storage, make, author)
        async with rolled_back(storage) as tx:
            await tx.posts.leave_to_readers(post.id, author.id)
        assert await pulled(storage, reader) == []

    async def test_a_quiet_author_is_not_hidden_by_busy_ones(self, storage: Storage, make: Builder) -> None:
        reader, quiet, busy = make.user(), make.user(), make.user()
        await given_users(storage, reader, quiet, busy)
        await given_follows(storage, make.follow(reader, quiet), make.follow(reader, busy))
        old = await given_post(storage, make, quiet)
        newer = [make.post(busy) for _ in range(30)]
        await given_posts(storage, *newer)
        found = list(await storage.posts.home_candidates(reader.id, limit=10, before=newer[2].id))
        assert found == newest_candidates([old, *newer[:2]])


async def pulled(
    storage: Storage, reader: User, *, limit: int = 10, since: EntryId | None = None
) -> Sequence[Candidate]:
    return list((await storage.posts.not_pushed(reader.id, own=1, limit=limit, since=since)).pulled)
