"""What somebody shares stands in the feeds of those who follow them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from socialfeed.application.feeds.service import Ranking
from socialfeed.application.ports.timelines import KEPT
from socialfeed.application.services import Services
from socialfeed.application.views import Because, EdgeView, FeedEdgeView, PostView
from socialfeed.domain.engagement import ECHO
from socialfeed.domain.graph import MuteOf
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import OPERATOR, USER, Actor
from socialfeed.domain.post import Visibility
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client
from socialfeed.testing.clock import FixedClock, TickingClock

Timed = tuple[Client, FixedClock]
DAY = timedelta(days=1)


class Seen(NamedTuple):
    post: PostId
    kind: Because
    by: tuple[UserId, ...]


def actor(user: User) -> Actor:
    return Actor(user.id, USER.permissions)


def written(post: PostId, author: User) -> Seen:
    return Seen(post, Because.FOLLOWED, (author.id,))


def shared(post: PostId, sharer: User) -> Seen:
    return Seen(post, Because.SHARED, (sharer.id,))


def seen(edge: EdgeView[PostView]) -> Seen:
    assert isinstance(edge, FeedEdgeView)
    return Seen(edge.node.id, edge.reason.kind, tuple(user.id for user in edge.reason.users))


class Town:
    """Everything happens a second after what was before it."""

    def __init__(self, client: Client, clock: FixedClock) -> None:
        self.client, self.clock, self.services = client, clock, client.app.services
        self.make = Builder(TickingClock(clock.now() - 9 * DAY), node=200)

    async def people(self, number: int) -> list[User]:
        users = [self.make.user() for _ in range(number)]
        async with self.client.app.storage.uow() as tx:
            for user in users:
                await tx.users.add(user)
        return users

    async def done(self, doing: Awaitable[Any]) -> Any:
        self.clock.advance(timedelta(seconds=1))
        result = await doing
        await self.client.settle()
        return result

    async def post(self, author: User, content: str = "Hello", **options: Any) -> PostId:
        view = await self.done(self.services.posts.create(actor(author), content=content, **options))
        return PostId(view.id)

    async def share(self, sharer: User, post: PostId) -> None:
        await self.done(self.services.engagement.share(actor(sharer), post))

    async def unshare(self, sharer: User, post: PostId) -> None:
        await self.done(self.services.engagement.unshare(actor(sharer), post))

    async def follow(self, follower: User, *followees: User) -> None:
        for followee in followees:
            await self.done(self.services.graph.follow(actor(follower), followee.id))

    async def unfollow(self, follower: User, followee: User) -> None:
        await self.done(self.services.graph.unfollow(actor(follower), followee.id))

    async def home(self, reader: User) -> list[Seen]:
        """By cursor, in whole and in pages of one; by page number; and ranked: all must agree."""
        feeds, who = self.services.feeds, actor(reader)
        found = [seen(edge) for edge in (await feeds.home(who, first=100)).edges]
        assert await self.in_pages(reader, first=1) == found
        page = await feeds.home_page(who, page=1, items_per_page=100)
        assert ([view.id for view in page.items], page.total_items) == ([each.post for each in found], len(found))
        ranked = await feeds.home(who, first=100, ranking=Ranking.ENGAGEMENT)
        assert sorted(seen(edge) for edge in ranked.edges) == sorted(found)
        return found

    async def in_pages(self, reader: User, first: int, ranking: Ranking = Ranking.CHRONOLOGICAL) -> list[Seen]:
        found, after = list[Seen](), None
        while True:
            page = await self.services.feeds.home(actor(reader), first=first, after=after, ranking=ranking)
            found += map(seen, page.edges)
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page:
                return found

    async def caught_up(self, reader: User) -> list[Seen]:
        page = await self.services.feeds.catch_up(actor(reader), self.clock.now() - 20 * DAY, first=100)
        return [seen(edge) for edge in page.edges]


@pytest.fixture
def town(timed: Timed) -> Town:
    return Town(*timed)


class TestSharing:
    async def test_a_share_brings_a_post_home_says_by_whom_and_takes_it_away_again(self, town: Town) -> None:
        reader, friend, stranger = await town.people(3)
        await town.follow(reader, friend)
        assert await town.home(reader) == []
        post = await town.post(stranger)
        other = await town.post(friend)
        assert await town.home(reader) == [written(other, friend)]

        await town.share(friend, post)
        assert await town.home(reader) == [shared(post, friend), written(other, friend)]
        newest = await town.post(friend)
        assert await town.home(reader) == [written(newest, friend), shared(post, friend), written(other, friend)]
        await town.services.engagement.unshare(actor(friend), post)
        assert await town.home(reader) == [written(newest, friend), written(other, friend)]
        await town.share(friend, post)
        assert (await town.home(reader))[0] == shared(post, friend)
        assert await town.home(stranger) == [Seen(post, Because.OWN, ())]

    async def test_who_shares_sees_it_at_once(self, town: Town) -> None:
        sharer, stranger = await town.people(2)
        post, older = await town.post(stranger), await town.post(sharer)
        await town.home(sharer)
        town.clock.advance(timedelta(seconds=1))
        await town.services.engagement.share(actor(sharer), post)
        assert await town.home(sharer) == [shared(post, sharer), Seen(older, Because.OWN, ())]

    async def test_who_follows_later_finds_what_was_shared_before(self, town: Town) -> None:
        reader, friend, stranger = await town.people(3)
        assert await town.home(reader) == []
        post = await town.post(stranger)
        await town.share(friend, post)
        await town.follow(reader, friend)
        assert await town.home(reader) == [shared(post, friend)]

    async def test_a_share_with_words_is_a_post_and_nothing_else(self, town: Town) -> None:
        reader, friend, stranger = await town.people(3)
        await town.follow(reader, friend)
        await town.home(reader)
        post = await town.post(stranger)
        made = await town.done(town.services.quotes.quote(actor(friend), post, content="Look at this"))
        assert await town.home(reader) == [written(made.quote.id, friend)]

    async def test_the_reason_reaches_clients(self, client: Client) -> None:
        ada, bob, cem = [await client.sign_up(name) for name in ("ada", "bob", "cem")]
        await ada.run("mutation ($u: ID!) { followUser(userId: $u) { success } }", {"u": bob.user_id})
        made = await cem.run('mutation { createPost(content: "Hello") { post { id } } }')
        post = made["createPost"]["post"]["id"]
        await bob.run("mutation ($p: ID!) { sharePost(postId: $p) { success } }", {"p": post})
        await client.settle()
        feed = await ada.run("{ homeFeed { edges { node { id } reason { kind users { username } } } } }")
        assert feed["homeFeed"]["edges"] == [
            {"node": {"id": post}, "reason": {"kind": "SHARED", "users": [{"username": "bob"}]}}
        ]


class TestOnce:
    async def test_of_several_who_shared_the_last_one_counts(self, town: Town) -> None:
        reader, first, second, stranger = await town.people(4)
        await town.follow(reader, first, second)
        post, between = await town.post(stranger), await town.post(first)
        await town.share(second, post)
        later = await town.post(second)
        await town.share(first, post)
        below = [written(later, second), written(between, first)]
        assert await town.home(reader) == [shared(post, first), *below]
        await town.unfollow(reader, first)
        assert await town.home(reader) == [written(later, second), shared(post, second)]
        await town.follow(reader, first)
        await town.unshare(first, post)
        assert await town.home(reader) == [written(later, second), shared(post, second), written(between, first)]

    async def test_shares_of_its_first_day_do_not_move_a_post_that_is_at_home_anyway(self, town: Town) -> None:
        reader, author, friend, other = await town.people(4)
        await town.follow(reader, author, friend, other)
        post = await town.post(author)
        above = await town.post(other)
        town.clock.advance(ECHO - timedelta(seconds=10))
        await town.share(friend, post)
        await town.share(author, post)
        assert await town.home(reader) == [written(above, other), written(post, author)]
        await town.unfollow(reader, author)
        assert await town.home(reader) == [shared(post, friend), written(above, other)]
        await town.follow(reader, author)

        town.clock.advance(timedelta(seconds=10))
        await town.share(other, post)
        assert await town.home(reader) == [shared(post, other), written(above, other)]
        await town.unshare(other, post)
        assert await town.home(reader) == [written(above, other), written(post, author)]

    async def test_ones_own_post_comes_back_when_others_share_it_later(self, town: Town) -> None:
        reader, friend = await town.people(2)
        await town.follow(reader, friend)
        post, newer = await town.post(reader), await town.post(friend)
        town.clock.advance(ECHO)
        await town.share(friend, post)
        assert await town.home(reader) == [shared(post, friend), written(newer, friend)]

    async def test_no_page_repeats_what_stood_on_one_before(self, town: Town) -> None:
        """Also below what a timeline keeps, where there are only posts that the reader finds anyway."""
        reader, author, friend, other, stranger = await town.people(5)
        await town.follow(reader, author, friend, other)
        archive = [town.make.post(author) for _ in range(KEPT)]
        async with town.client.app.storage.uow() as tx:
            for post in archive:
                await tx.posts.add(post)
        posts = [await town.post(stranger) for _ in range(3)]
        for sharer in (friend, other):
            for number in (1, 30, 60):
                await town.share(sharer, archive[number].id)
            for post_id in posts:
                await town.share(sharer, post_id)
        expected = [shared(post_id, other) for post_id in reversed(posts)]
        expected += [shared(archive[number].id, other) for number in (60, 30, 1)]
        expected += [
            written(each.id, author) for number, each in reversed([*enumerate(archive)]) if number not in (1, 30, 60)
        ]
        for _ in range(2):
            for first in (7, 100):
                assert await town.in_pages(reader, first) == expected


class Scene(NamedTuple):
    """A friend of the reader's has shared the post of a stranger."""

    reader: User
    friend: User
    stranger: User
    post: PostId


HIDES: dict[str, Callable[[Services, Scene], Awaitable[object]]] = {
    "the author is muted": lambda of, s: of.boundaries.mute(actor(s.reader), s.stranger.id, kinds=[MuteOf.POSTS]),
    "the author is blocked": lambda of, s: of.boundaries.block(actor(s.reader), s.stranger.id),
    "the author blocks": lambda of, s: of.boundaries.block(actor(s.stranger), s.reader.id),
    "a word is muted": lambda of, s: of.boundaries.mute_word(actor(s.reader), "cats"),
    "the author is banned": lambda of, s: of.members.ban(OPERATOR, s.stranger.id),
    "the author is private": lambda of, s: of.own_account.update_profile(actor(s.stranger), is_private=True),
    "it is for followers": lambda of, s: of.posts.update(actor(s.stranger), s.post, visibility=Visibility.FOLLOWERS),
    "it is for the mentioned": lambda of, s: of.posts.update(
        actor(s.stranger), s.post, visibility=Visibility.MENTIONED
    ),
    "it is deleted": lambda of, s: of.posts.delete(actor(s.stranger), s.post),
    "shares are muted": lambda of, s: of.boundaries.mute(actor(s.reader), s.friend.id, kinds=[MuteOf.SHARES]),
    "who shared is blocked": lambda of, s: of.boundaries.block(actor(s.reader), s.friend.id),
    "who shared blocks": lambda of, s: of.boundaries.block(actor(s.friend), s.reader.id),
    "who shared is banned": lambda of, s: of.members.ban(OPERATOR, s.friend.id),
    "nobody is followed": lambda of, s: of.graph.unfollow(actor(s.reader), s.friend.id),
}


class TestVisibility:
    @pytest.fixture
    async def scene(self, town: Town) -> Scene:
        reader, friend, stranger = await town.people(3)
        await town.follow(reader, friend)
        post = await town.post(stranger, "Hello, cats")
        await town.share(friend, post)
        assert await town.home(reader) == [shared(post, friend)]
        return Scene(reader, friend, stranger, post)

    @pytest.mark.parametrize("why", HIDES)
    async def test_it_is_gone_from_the_next_read_on(self, town: Town, scene: Scene, why: str) -> None:
        town.clock.advance(timedelta(seconds=1))
        await HIDES[why](town.services, scene)
        assert await town.home(scene.reader) == []

    async def test_a_mute_of_posts_leaves_shares_and_one_of_shares_leaves_posts(self, town: Town, scene: Scene) -> None:
        reader, friend, _, post = scene
        own = await town.post(friend)
        mute, who = town.services.boundaries.mute, actor(reader)
        await town.done(mute(who, friend.id, kinds=[MuteOf.POSTS], minutes=5))
        assert await town.home(reader) == [shared(post, friend)]
        await town.done(mute(who, friend.id, kinds=[MuteOf.SHARES], minutes=5))
        assert await town.home(reader) == [written(own, friend)]
        await town.done(mute(who, friend.id, kinds=[MuteOf.ALL], minutes=5))
        assert await town.home(reader) == []
        town.clock.advance(timedelta(minutes=6))
        assert await town.home(reader) == [written(own, friend), shared(post, friend)]

    async def test_a_share_that_is_hidden_leaves_its_place_to_another(self, town: Town, scene: Scene) -> None:
        reader, friend, _, post = scene
        [other] = await town.people(1)
        await town.follow(reader, other)
        between = await town.post(other)
        await town.share(other, post)
        assert await town.home(reader) == [shared(post, other), written(between, other)]
        await town.done(town.services.boundaries.mute(actor(reader), other.id, kinds=[MuteOf.SHARES]))
        assert await town.home(reader) == [written(between, other), shared(post, friend)]

    async def test_what_is_unlisted_or_for_followers_stands_where_the_reader_may_see_it(
        self, town: Town, scene: Scene
    ) -> None:
        reader, friend, stranger, post = scene
        update, author = town.services.posts.update, actor(stranger)
        await town.done(update(author, post, visibility=Visibility.UNLISTED))
        assert await town.home(reader) == [shared(post, friend)]
        town.clock.advance(ECHO)
        await town.unshare(friend, post)
        await town.share(friend, post)
        await town.follow(reader, stranger)
        await town.done(update(author, post, visibility=Visibility.FOLLOWERS))
        assert await town.home(reader) == [shared(post, friend)]
        await town.unfollow(reader, stranger)
        assert await town.home(reader) == []


class TestRanked:
    async def test_one_catches_up_with_what_was_shared_three_of_nobody(self, town: Town) -> None:
        reader, friend, stranger, *strangers = await town.people(8)
        await town.follow(reader, friend)
        await town.follow(friend, reader)
        own = await town.post(reader)
        posts = [await town.post(author) for author in strangers]
        for post in (*posts, own):
            await town.share(friend, post)
        found = await town.caught_up(reader)
        assert len(found) == 3
        assert {*found} < {shared(post, friend) for post in posts}

        await town.follow(reader, *strangers[:4])
        many = [await town.post(stranger) for _ in range(4)]
        for post, sharer in zip(many, strangers[:4], strict=True):
            await town.share(sharer, post)
        found = await town.caught_up(reader)
        assert sum(each.post in many for each in found) == 3

    async def test_what_is_not_shared_any_more_leaves_the_order_one_pages_through(self, town: Town) -> None:
        reader, friend, stranger = await town.people(3)
        await town.follow(reader, friend)
        posts = [await town.post(stranger) for _ in range(4)]
        for post in posts:
            await town.share(friend, post)
        feeds = town.services.feeds
        page = await feeds.home(actor(reader), first=1, ranking=Ranking.ENGAGEMENT)
        rest = [post for post in posts if post != page.nodes[0].id]
        await town.unshare(friend, rest[0])
        after = page.page_info.end_cursor
        page = await feeds.home(actor(reader), first=9, after=after, ranking=Ranking.ENGAGEMENT)
        assert {seen(edge) for edge in page.edges} == {shared(post, friend) for post in rest[1:]}
