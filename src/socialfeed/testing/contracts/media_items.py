"""Media in the database: what each owner's count together, which post has which, and what is left for upkeep."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.draft import Draft
from socialfeed.domain.errors import (
    IdConflict,
    Invalid,
    MediaAttached,
    MediaFailed,
    MediaNotFound,
    QuotaExceeded,
    Rejected,
    TooManyPending,
)
from socialfeed.domain.ids import MediaId
from socialfeed.domain.media import Allowance, Look, Media, MediaStatus, Rendition
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, given_post, given_user, outcomes, rolled_back

PLENTY = Allowance(bytes=1_000_000, pending=1_000)
ANY_TIME = timedelta(days=10_000)


class MediaItemsContract(UsesStorage):
    async def test_media_are_read_back_whole_in_every_state(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        every = [make.media(owner, status=status) for status in MediaStatus]
        every.append(make.media(owner, content_type="video/mp4"))
        every.append(replace(make.media(owner), duration_ms=1_500, blurhash=None, renditions=()))
        await given_media(storage, *every)
        assert await storage.media.media_by_ids([media.id for media in every]) == {media.id: media for media in every}
        async with storage.uow() as tx:
            assert await tx.media.locked(every[0].id) == every[0]
            assert await tx.media.locked(MediaId(1)) is None

    async def test_a_saved_state_replaces_the_one_before(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        media = make.media(owner, status=MediaStatus.RECEIVING)
        await given_media(storage, media)
        look = Look("image/webp", 1_300, 900, 17, "LEHV6nWB2yk8pyo0adR*.7kCMdnj", (Rendition(320, 222),), 40)
        life = [
            media.received(),
            media.received().ready(look),
            media.received().ready(look).described("Another"),
            media.received().failed("MEDIA_BROKEN"),
            media.received().removed(make.clock.now()),
        ]
        for state in life:
            await save(storage, state)
            assert await storage.media.media_by_ids([media.id]) == {media.id: state}

    async def test_what_is_not_there_cannot_be_saved(self, storage: Storage, make: Builder) -> None:
        media = make.media(await given_user(storage, make))
        with pytest.raises(MediaNotFound):
            await save(storage, media)

    async def test_an_id_is_given_once(self, storage: Storage, make: Builder) -> None:
        media = make.media(await given_user(storage, make))
        await given_media(storage, media)
        async with storage.uow() as tx:
            with pytest.raises(IdConflict):
                await tx.media.add(replace(media, key="another"), PLENTY)
            assert await tx.media.locked(media.id) == media

    async def test_the_last_free_byte_is_given_and_no_more(self, storage: Storage, make: Builder) -> None:
        owner, other = await given_user(storage, make), await given_user(storage, make)
        allowance = Allowance(bytes=100, pending=1_000)
        with pytest.raises(QuotaExceeded):
            await add(storage, make.media(owner, size=101), allowance)
        await add(storage, make.media(owner, size=99), allowance)
        with pytest.raises(QuotaExceeded):
            await add(storage, make.media(owner, size=2), allowance)
        await add(storage, make.media(owner, size=1), allowance)
        with pytest.raises(QuotaExceeded):
            await add(storage, make.media(owner, size=1), allowance)
        await add(storage, make.media(other, size=100), allowance)

    async def test_a_refused_one_leaves_the_transaction_usable(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        small, large = make.media(owner, size=10), make.media(owner, size=11)
        async with storage.uow() as tx:
            with pytest.raises(QuotaExceeded):
                await tx.media.add(large, Allowance(bytes=10, pending=1))
            await tx.media.add(small, Allowance(bytes=10, pending=1))
        assert await storage.media.media_by_ids([small.id, large.id]) == {small.id: small}

    async def test_simultaneous_uploads_share_what_is_left(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        allowance = Allowance(bytes=50, pending=1_000)
        uploads = [make.media(owner, size=10) for _ in range(12)]
        results = await outcomes(*(add(storage, media, allowance) for media in uploads))
        assert [type(result) for result in results if result is not None] == [QuotaExceeded] * 7
        assert len(await storage.media.media_by_ids([media.id for media in uploads])) == 5
        await add(storage, make.media(await given_user(storage, make), size=50), allowance)

    async def test_so_many_may_be_under_way(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        allowance = Allowance(bytes=1_000, pending=3)
        uploads = [make.media(owner, status=MediaStatus.RECEIVING) for _ in range(8)]
        results = await outcomes(*(add(storage, media, allowance) for media in uploads))
        assert [type(result) for result in results if result is not None] == [TooManyPending] * 5
        taken = next(media for media, result in zip(uploads, results, strict=True) if result is None)
        await save(storage, taken.received())
        with pytest.raises(TooManyPending):
            await add(storage, make.media(owner, status=MediaStatus.RECEIVING), allowance)
        await save(storage, taken.received().failed("MEDIA_BROKEN"))
        await add(storage, make.media(owner, status=MediaStatus.RECEIVING), allowance)

    async def test_what_is_given_back_can_be_used_again(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        allowance = Allowance(bytes=100, pending=1_000)

        async def is_full() -> bool:
            refused: list[object] = []
            try:
                async with rolled_back(storage) as tx:
                    await tx.media.add(make.media(owner, size=1), allowance)
            except QuotaExceeded as error:
                refused.append(error)
            return bool(refused)

        async def remove(media: Media) -> None:
            await save(storage, media.removed(make.clock.now()))

        async def fail(media: Media) -> None:
            await save(storage, media.failed("MEDIA_BROKEN"))

        async def forget_it(media: Media) -> None:
            await forget(storage, media)

        async def remove_all(_: Media) -> None:
            await remove_of(storage, owner, make.clock.now())

        for give_back in (remove, fail, forget_it, remove_all):
            media = make.media(owner, size=100)
            await add(storage, media, allowance)
            assert await is_full()
            await give_back(media)
            assert not await is_full()
            # What is gone already gives nothing back a second time.
            for _ in range(2):
                await forget(storage, media)
        await add(storage, make.media(owner, size=100), allowance)
        assert await is_full()

    async def test_what_processing_adds_or_saves_counts(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        media = make.media(owner, size=40)
        await add(storage, media, Allowance(bytes=100, pending=9))
        await save(storage, replace(media, bytes=90))
        with pytest.raises(QuotaExceeded):
            await add(storage, make.media(owner, size=11), Allowance(bytes=100, pending=9))
        await add(storage, make.media(owner, size=10), Allowance(bytes=100, pending=9))

    async def test_a_rolled_back_upload_counts_for_nothing(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        media = make.media(owner, size=100)
        async with rolled_back(storage) as tx:
            await tx.media.add(media, Allowance(bytes=100, pending=1))
        assert await storage.media.media_by_ids([media.id]) == {}
        await add(storage, media, Allowance(bytes=100, pending=1))

    async def test_a_post_has_its_media_in_order(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        post, other = await given_post(storage, make, owner), await given_post(storage, make, owner)
        first, second, third, fourth = pictures = [make.media(owner) for _ in range(4)]
        video = make.media(owner, content_type="video/webm", status=MediaStatus.PENDING)
        await given_media(storage, *pictures, video)
        order = [third, first, fourth, second]
        await attach(storage, post, order)
        await attach(storage, other, [video])
        found = await storage.media.media_of_posts([post.id, other.id, make.ids.post()])
        assert found == {
            post.id: [m.attached(post.id, n) for n, m in enumerate(order)],
            other.id: [attached(video, other)],
        }
        assert await storage.media.media_of_posts([]) == {}

    async def test_attaching_again_says_anew_what_a_post_has(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        post = await given_post(storage, make, owner)
        first, second, third = pictures = [make.media(owner) for _ in range(3)]
        await given_media(storage, *pictures)
        await attach(storage, post, [first, second])
        await attach(storage, post, [second, third])
        assert await media_of(storage, post) == [second.attached(post.id, 0), third.attached(post.id, 1)]
        assert (await storage.media.media_by_ids([first.id]))[first.id] == first
        await attach(storage, post, [])
        assert await media_of(storage, post) == []

    async def test_what_a_post_may_not_have_is_refused_and_changes_nothing(
        self, storage: Storage, make: Builder
    ) -> None:
        owner, stranger = await given_user(storage, make), await given_user(storage, make)
        post, other = await given_post(storage, make, owner), await given_post(storage, make, owner)
        mine, taken, video = make.media(owner), make.media(owner), make.media(owner, content_type="video/mp4")
        failed = make.media(owner, status=MediaStatus.FAILED)
        gone = make.media(owner).removed(make.clock.now())
        receiving = make.media(owner, status=MediaStatus.RECEIVING)
        theirs, missing = make.media(stranger), make.media(owner)
        many = [make.media(owner) for _ in range(4)]
        await given_media(storage, mine, taken, video, failed, gone, receiving, theirs, *many)
        await attach(storage, other, [taken])
        await attach(storage, post, [mine])
        cases: list[tuple[Sequence[Media], type[Rejected], str]] = [
            ([mine, theirs], MediaNotFound, "MEDIA_NOT_FOUND"),
            ([mine, missing], MediaNotFound, "MEDIA_NOT_FOUND"),
            ([gone], MediaNotFound, "MEDIA_NOT_FOUND"),
            ([receiving], MediaNotFound, "MEDIA_NOT_FOUND"),
            ([mine, taken], MediaAttached, "MEDIA_ATTACHED"),
            ([failed], MediaFailed, "MEDIA_FAILED"),
            ([mine, mine], Invalid, "DUPLICATE_MEDIA"),
            ([mine, *many], Invalid, "TOO_MANY_MEDIA"),
            ([mine, video], Invalid, "TOO_MANY_MEDIA"),
        ]
        for wanted, kind, code in cases:
            async with storage.uow() as tx:
                with pytest.raises(kind) as refused:
                    await tx.media.attach(post.id, owner.id, [media.id for media in wanted])
            assert refused.value.code == code
        assert await media_of(storage, post) == [attached(mine, post)]
        assert await media_of(storage, other) == [attached(taken, other)]

    async def test_of_two_posts_that_want_the_same_picture_one_gets_it(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        posts = [await given_post(storage, make, owner) for _ in range(5)]
        media, others = make.media(owner), [make.media(owner) for _ in range(5)]
        await given_media(storage, media, *others)
        results = await outcomes(
            *(attach(storage, post, [other, media]) for post, other in zip(posts, others, strict=True))
        )
        assert [type(result) for result in results if result is not True] == [MediaAttached] * 4
        found = await storage.media.media_of_posts([post.id for post in posts])
        assert [len(of_post) for of_post in found.values()] == [2]

    async def test_attaching_says_whether_it_changed_anything(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        post, (first, second) = await given_post(storage, make, owner), (make.media(owner) for _ in range(2))
        await given_media(storage, first, second)
        for wanted, is_other in (
            ([], False),
            ([first, second], True),
            ([first, second], False),
            ([second, first], True),
            ([second], True),
            ([], True),
        ):
            assert await attach(storage, post, wanted) is is_other

    async def test_what_a_draft_holds_is_in_no_other_and_no_orphan_until_it_lets_go(
        self, storage: Storage, make: Builder
    ) -> None:
        owner = await given_user(storage, make)
        post, (draft, other) = await given_post(storage, make, owner), (make.draft(owner) for _ in range(2))
        first, second, third = pictures = [make.media(owner) for _ in range(3)]
        await given_media(storage, *pictures)
        now = make.clock.now()
        await hold(storage, draft, [second, first])
        assert await storage.media.unattached(now, limit=9) == [third]
        assert await storage.media.media_by_ids([first.id]) == {first.id: first.held(draft.id)}
        for refused in (hold(storage, other, [third, first]), attach(storage, post, [third, first])):
            with pytest.raises(MediaAttached):
                await refused
        assert await storage.media.unattached(now, limit=9) == [third]
        await hold(storage, draft, [third, second])
        assert await storage.media.unattached(now, limit=9) == [first]
        await hold(storage, other, [first])
        await hold(storage, draft, [])
        assert await storage.media.unattached(now, limit=9) == [second, third]
        async with rolled_back(storage) as tx:
            await tx.media.hold(draft.id, owner.id, [second.id])
        assert await storage.media.media_by_ids([second.id]) == {second.id: second}
        await attach(storage, post, [third])
        with pytest.raises(MediaAttached):
            await hold(storage, draft, [third])

    async def test_a_post_takes_over_what_its_draft_held(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        post, (draft, other) = await given_post(storage, make, owner), (make.draft(owner) for _ in range(2))
        first, second = make.media(owner), make.media(owner)
        await given_media(storage, first, second)
        await hold(storage, draft, [first, second])
        async with storage.uow() as tx:
            with pytest.raises(MediaAttached):
                await tx.media.attach(post.id, owner.id, [first.id], draft_id=other.id)
            assert await tx.media.attach(post.id, owner.id, [second.id, first.id], draft_id=draft.id)
        assert await media_of(storage, post) == [second.attached(post.id, 0), first.attached(post.id, 1)]
        await hold(storage, draft, [])
        assert len(await media_of(storage, post)) == 2

    async def test_what_a_draft_may_not_hold_is_refused_and_changes_nothing(
        self, storage: Storage, make: Builder
    ) -> None:
        owner, stranger = await given_user(storage, make), await given_user(storage, make)
        draft = make.draft(owner)
        mine, failed, theirs = make.media(owner), make.media(owner, status=MediaStatus.FAILED), make.media(stranger)
        gone, video = make.media(owner).removed(make.clock.now()), make.media(owner, content_type="video/mp4")
        many = [make.media(owner) for _ in range(4)]
        await given_media(storage, mine, failed, theirs, gone, video, *many)
        await hold(storage, draft, [mine])
        cases: list[tuple[Sequence[Media], type[Rejected], str]] = [
            ([mine, theirs], MediaNotFound, "MEDIA_NOT_FOUND"),
            ([gone], MediaNotFound, "MEDIA_NOT_FOUND"),
            ([failed], MediaFailed, "MEDIA_FAILED"),
            ([mine, mine], Invalid, "DUPLICATE_MEDIA"),
            ([mine, *many], Invalid, "TOO_MANY_MEDIA"),
            ([mine, video], Invalid, "TOO_MANY_MEDIA"),
        ]
        for wanted, kind, code in cases:
            async with storage.uow() as tx:
                with pytest.raises(kind) as refused:
                    await tx.media.hold(draft.id, owner.id, [media.id for media in wanted])
            assert refused.value.code == code
        ids = [media.id for media in (mine, *many)]
        expected = {mine.id: mine.held(draft.id), **{media.id: media for media in many}}
        assert await storage.media.media_by_ids(ids) == expected

    async def test_however_many_are_named_is_refused(self, storage: Storage, make: Builder) -> None:
        post = await given_post(storage, make)
        ids = [MediaId(number) for number in range(1, 100_000)]
        async with storage.uow() as tx:
            for wanted in (
                tx.media.hold(make.draft(make.user()).id, post.author_id, ids),
                tx.media.attach(post.id, post.author_id, ids),
            ):
                with pytest.raises(Invalid, match="at most"):
                    await wanted

    async def test_of_drafts_and_posts_that_want_the_same_picture_one_gets_it(
        self, storage: Storage, make: Builder
    ) -> None:
        owner = await given_user(storage, make)
        posts, drafts = (
            [await given_post(storage, make, owner) for _ in range(4)],
            [make.draft(owner) for _ in range(4)],
        )
        media = make.media(owner)
        await given_media(storage, media)
        results = await outcomes(
            *(attach(storage, post, [media]) for post in posts), *(hold(storage, draft, [media]) for draft in drafts)
        )
        assert [type(result) for result in results].count(MediaAttached) == 7

    async def test_no_draft_holds_what_is_removed(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        draft, (first, second) = make.draft(owner), (make.media(owner) for _ in range(2))
        await given_media(storage, first, second)
        await hold(storage, draft, [first, second])
        at = make.clock.now()
        await save(storage, first.held(draft.id).removed(at))
        assert await storage.media.media_by_ids([first.id]) == {first.id: first.removed(at)}
        await remove_of(storage, owner, at)
        assert (await storage.media.media_by_ids([second.id]))[second.id].draft_id is None

    async def test_the_media_of_a_purged_post_are_removed(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        post = await given_post(storage, make, owner)
        mine, free = make.media(owner), make.media(owner)
        await given_media(storage, mine, free)
        await attach(storage, post, [mine])
        at = make.clock.now()
        async with storage.uow() as tx:
            await tx.media.remove_of_post(post.id, at)
        assert await media_of(storage, post) == []
        assert await storage.media.media_by_ids([mine.id, free.id]) == {mine.id: mine.removed(at), free.id: free}

    async def test_everything_of_an_owner_is_removed_and_says_nothing_any_more(
        self, storage: Storage, make: Builder
    ) -> None:
        owner, other = await given_user(storage, make), await given_user(storage, make)
        post = await given_post(storage, make, owner)
        first, second, theirs = make.media(owner), make.media(owner), make.media(other)
        earlier = make.media(owner).removed(make.clock.now())
        await given_media(storage, first, second, earlier, theirs)
        await attach(storage, post, [first])
        at = make.clock.now()
        await remove_of(storage, owner, at)
        gone = [replace(media.removed(at), alt_text="") for media in (first, second)] + [replace(earlier, alt_text="")]
        ids = [media.id for media in (*gone, theirs)]
        assert await storage.media.media_by_ids(ids) == {media.id: media for media in (*gone, theirs)}
        assert await media_of(storage, post) == []

    async def test_upkeep_finds_what_is_in_no_post(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        post = await given_post(storage, make, owner)
        mine, first, second, gone = (make.media(owner) for _ in range(4))
        await given_media(storage, mine, first, second, gone.removed(make.clock.now()))
        await attach(storage, post, [mine])
        late = make.media(owner)
        await given_media(storage, late)
        assert await storage.media.unattached(late.created_at, limit=9) == [first, second]
        assert await storage.media.unattached(late.created_at, limit=1) == [first]
        assert await storage.media.unattached(first.created_at, limit=9) == []

    async def test_upkeep_finds_what_takes_too_long(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        every = {status: make.media(owner, status=status) for status in MediaStatus}
        gone = make.media(owner, status=MediaStatus.PENDING).removed(make.clock.now())
        await given_media(storage, *every.values(), gone)
        now = make.clock.now()
        for status in (MediaStatus.RECEIVING, MediaStatus.PENDING):
            assert await storage.media.lagging(status, now, limit=9) == [every[status]]
            assert await storage.media.lagging(status, every[status].created_at, limit=9) == []
        assert await storage.media.lagging(MediaStatus.PENDING, now - ANY_TIME, limit=9) == []

    async def test_upkeep_finds_what_was_removed_until_it_is_forgotten(self, storage: Storage, make: Builder) -> None:
        owner = await given_user(storage, make)
        gone = [make.media(owner).removed(make.clock.now()) for _ in range(3)]
        await given_media(storage, make.media(owner), *gone)
        assert await storage.media.removed(None, limit=9) == gone
        assert await storage.media.removed(gone[0].id, limit=1) == [gone[1]]
        await forget(storage, gone[1])
        assert await storage.media.removed(None, limit=9) == [gone[0], gone[2]]


async def given_media(storage: Storage, *every: Media) -> None:
    async with storage.uow() as tx:
        for media in every:
            await tx.media.add(replace(media, removed_at=None), PLENTY)
            if media.is_removed:
                await tx.media.save(media)


async def add(storage: Storage, media: Media, allowance: Allowance) -> None:
    async with storage.uow() as tx:
        await tx.media.add(media, allowance)


async def save(storage: Storage, media: Media) -> None:
    async with storage.uow() as tx:
        await tx.media.save(media)


async def forget(storage: Storage, media: Media) -> None:
    async with storage.uow() as tx:
        await tx.media.forget(media.id)


async def remove_of(storage: Storage, owner: User, at: datetime) -> None:
    async with storage.uow() as tx:
        await tx.media.remove_of(owner.id, at)


async def attach(storage: Storage, post: Post, media: Sequence[Media]) -> bool:
    async with storage.uow() as tx:
        return await tx.media.attach(post.id, post.author_id, [one.id for one in media])


async def hold(storage: Storage, draft: Draft, media: Sequence[Media]) -> None:
    async with storage.uow() as tx:
        await tx.media.hold(draft.id, draft.author_id, [one.id for one in media])


async def media_of(storage: Storage, post: Post) -> list[Media]:
    return (await storage.media.media_of_posts([post.id])).get(post.id, [])


def attached(media: Media, post: Post) -> Media:
    return media.attached(post.id, 0)
