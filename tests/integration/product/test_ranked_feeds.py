"""Feeds in the order of a ranker: what comes first, that it stays while one pages, and what is caught up with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.application.feeds import ranked
from socialfeed.application.feeds.orders import Orders
from socialfeed.application.feeds.service import Ranking
from socialfeed.application.ports.ranking import CONTENDERS_MAX
from socialfeed.application.views import ConnectionView, PostView
from socialfeed.domain.errors import Invalid
from socialfeed.domain.graph import MuteOf, Priority
from socialfeed.domain.ids import PostId
from socialfeed.domain.permissions import USER, Actor
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.settings import SettingsError, load
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client, open_client
from socialfeed.testing.clock import TickingClock
from tests.integration.product.conftest import BACKENDS, backend

NOW = datetime.now(UTC)
Page = ConnectionView[PostView]


@pytest.fixture(params=BACKENDS)
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    """Ranked by likes alone, equal ones newest first."""
    settings = await backend(request.param, request, tmp_path)
    async with open_client(data_dir=tmp_path, ranking="likes", **settings) as client:
        yield client


class Town:
    """A reader who follows some authors, and a crowd that likes."""

    def __init__(self, client: Client, *, days: float = 1) -> None:
        self.client, self.services = client, client.app.services
        self.make = Builder(TickingClock(NOW - timedelta(days=days)), node=200)

    async def people(self, number: int) -> list[User]:
        users = [self.make.user() for _ in range(number)]
        async with self.client.app.storage.uow() as tx:
            for user in users:
                await tx.users.add(user)
        return users

    async def settle_in(self, authors: int = 2, fans: int = 5) -> None:
        self.reader, *self.authors = await self.people(1 + authors)
        self.fans = await self.people(fans)
        async with self.client.app.storage.uow() as tx:
            for author in self.authors:
                await tx.follows.add(self.make.follow(self.reader, author))

    async def post(self, author: User, *, likes: int = 0, at: datetime | None = None) -> PostId:
        make = self.make if at is None else Builder(TickingClock(at), node=201)
        post = Post.write(make.ids.post(), author.id, content="Hello", at=make.clock.now())
        async with self.client.app.storage.uow() as tx:
            await tx.posts.add(post)
            for fan in self.fans[:likes]:
                await tx.likes.add(self.make.like(post, fan))
        return post.id

    async def like(self, post_id: PostId, times: int) -> None:
        for fan in self.fans[:times]:
            await self.services.engagement.like(actor(fan), post_id)
        await self.client.settle()

    async def home(self, *, first: int = 100, after: str | None = None) -> Page:
        return await self.services.feeds.home(actor(self.reader), first=first, after=after, ranking=Ranking.ENGAGEMENT)

    async def catch_up(self, since: datetime, *, first: int = 100, after: str | None = None) -> Page:
        return await self.services.feeds.catch_up(actor(self.reader), since, first=first, after=after)


def actor(user: User) -> Actor:
    return Actor(user.id, USER.permissions)


def ids(page: Page) -> list[PostId]:
    return [view.id for view in page.nodes]


async def the_rest(read: Callable[[str | None], Awaitable[Page]], after: str | None) -> list[PostId]:
    found: list[PostId] = []
    while True:
        page = await read(after)
        found += ids(page)
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            return found


@pytest.fixture
async def town(client: Client) -> Town:
    town = Town(client)
    await town.settle_in()
    return town


async def six_posts(town: Town) -> list[PostId]:
    """In the order of their likes, which is not that of their ages."""
    one, other = town.authors
    likes = {0: one, 3: other, 5: one, 1: other, 4: one, 2: other}
    posts = {number: await town.post(author, likes=number) for number, author in likes.items()}
    return [posts[number] for number in (5, 4, 3, 2, 1, 0)]


class TestTheOrder:
    async def test_the_most_liked_comes_first_and_by_default_the_newest(self, town: Town) -> None:
        by_likes = await six_posts(town)

        assert ids(await town.home()) == by_likes
        by_default = await town.services.feeds.home(actor(town.reader), first=100)
        assert ids(by_default) == sorted(by_likes, reverse=True)

    async def test_it_stays_while_one_pages_whatever_is_liked_and_written(self, town: Town) -> None:
        by_likes = await six_posts(town)

        page = await town.home(first=2)
        assert ids(page) == by_likes[:2]
        assert page.page_info.has_next_page
        await town.like(by_likes[5], 5)
        await town.like(by_likes[4], 5)
        new = await town.services.posts.create(actor(town.authors[0]), content="New")
        await town.client.settle()
        await town.like(new.id, 5)

        after = page.page_info.end_cursor
        assert await the_rest(lambda after: town.home(first=2, after=after), after) == by_likes[2:]
        assert ids(await town.home())[0] == new.id

    async def test_every_edge_has_a_cursor_to_go_on_from(self, town: Town) -> None:
        by_likes = await six_posts(town)
        page = await town.home()

        for place, edge in enumerate(page.edges):
            assert ids(await town.home(after=edge.cursor)) == by_likes[place + 1 :]

    async def test_the_unfollowed_are_left_out_of_the_next_page_and_it_is_refilled(self, town: Town) -> None:
        by_likes = await six_posts(town)
        page = await town.home(first=1)
        await town.services.graph.unfollow(actor(town.reader), town.authors[0].id)
        found = await town.home(first=3, after=page.page_info.end_cursor)

        assert ids(found) == by_likes[2:5]
        assert not found.page_info.has_next_page

    async def test_a_block_and_a_deletion_count_from_the_next_page_on(self, town: Town) -> None:
        by_likes = await six_posts(town)
        one, other = town.authors
        page = await town.home(first=1)
        await town.services.posts.delete(actor(one), by_likes[1])
        await town.services.boundaries.block(actor(town.reader), other.id)

        assert ids(page) == [by_likes[0]]
        assert ids(await town.home(first=5, after=page.page_info.end_cursor)) == [by_likes[5]]

    async def test_an_order_that_was_forgotten_goes_on_behind_the_same_post(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_likes = await six_posts(town)
        page = await town.home(first=2)
        await town.services.posts.create(actor(town.authors[0]), content="New")
        await town.client.settle()

        async def nothing(*_: object) -> None:
            return None

        monkeypatch.setattr(Orders, "find", nothing)
        after = page.page_info.end_cursor
        assert await the_rest(lambda after: town.home(first=1, after=after), after) == by_likes[2:]

        await town.services.posts.delete(actor(town.authors[0]), by_likes[1])
        assert ids(await town.home(after=after)) == by_likes[2:]

    async def test_one_that_was_forgotten_counts_what_people_did_since(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What rises past the reader is passed over; what falls behind comes again."""
        by_likes = await six_posts(town)
        page = await town.home(first=3)
        await town.like(by_likes[5], 5)
        for fan in town.fans:
            await town.services.engagement.unlike(actor(fan), by_likes[0])

        async def nothing(*_: object) -> None:
            return None

        assert ids(await town.home(after=page.page_info.end_cursor)) == by_likes[3:]
        monkeypatch.setattr(Orders, "find", nothing)
        assert ids(await town.home(after=page.page_info.end_cursor)) == [by_likes[3], by_likes[4], by_likes[0]]

    async def test_a_cursor_is_of_one_ranking_and_one_reader(self, town: Town) -> None:
        await six_posts(town)
        [stranger] = await town.people(1)
        ranked_cursor = (await town.home(first=1)).page_info.end_cursor
        feeds = town.services.feeds
        by_time = (await feeds.home(actor(town.reader), first=1)).page_info.end_cursor

        for asking in (
            feeds.home(actor(town.reader), first=1, after=ranked_cursor),
            feeds.home(actor(stranger), first=1, after=ranked_cursor, ranking=Ranking.ENGAGEMENT),
            feeds.catch_up(actor(town.reader), NOW, first=1, after=ranked_cursor),
            town.home(first=1, after=by_time),
        ):
            with pytest.raises(Invalid) as refused:
                await asking
            assert refused.value.code == "INVALID_CURSOR"

    async def test_nobody_to_follow_is_nothing_to_rank(self, town: Town) -> None:
        [lonely] = await town.people(1)
        page = await town.services.feeds.home(actor(lonely), first=5, ranking=Ranking.ENGAGEMENT)

        assert (ids(page), page.page_info.has_next_page) == ([], False)


async def posts_of(town: Town, author: User) -> list[PostId]:
    return await town.client.app.storage.posts.newest_by_authors([author.id], limit=100)


class TestReasons:
    QUERY = """query ($ranking: Ranking!) {
      homeFeed(first: 5, ranking: $ranking) {
        edges { node { id } reason { kind users { username } score terms { name value } } }
      }
    }"""

    async def test_each_post_says_why_it_is_here(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await ada.run("mutation ($u: ID!) { followUser(userId: $u) { success } }", {"u": bob.user_id})
        for author in (ada, bob):
            await author.run('mutation { createPost(content: "Hello") { success } }')
        await client.settle()

        async def reasons(ranking: str) -> list[dict[str, Any]]:
            answer = await ada.run(self.QUERY, {"ranking": ranking})
            return [edge["reason"] for edge in answer["homeFeed"]["edges"]]

        assert await reasons("CHRONOLOGICAL") == [
            {"kind": "FOLLOWED", "users": [{"username": "bob"}], "score": None, "terms": []},
            {"kind": "OWN", "users": [], "score": None, "terms": []},
        ]
        assert await reasons("ENGAGEMENT") == [
            {
                "kind": "FOLLOWED",
                "users": [{"username": "bob"}],
                "score": 0.0,
                "terms": [{"name": "likes", "value": 0}],
            },
            {"kind": "OWN", "users": [], "score": 0.0, "terms": [{"name": "likes", "value": 0}]},
        ]

    async def test_on_an_authors_page_there_is_nothing_to_explain(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        await ada.run('mutation { createPost(content: "Hello") { success } }')
        answer = await ada.run(
            "query ($u: ID!) { userPosts(userId: $u, first: 1) { edges { reason { kind } } } }", {"u": ada.user_id}
        )

        assert answer["userPosts"]["edges"] == [{"reason": None}]

    async def test_the_score_on_a_later_page_is_that_of_the_order(self, town: Town) -> None:
        by_likes = await six_posts(town)
        page = await town.home(first=1)
        await town.like(by_likes[1], 5)
        [edge] = (await town.home(first=1, after=page.page_info.end_cursor)).edges

        reason: Any = getattr(edge, "reason", None)
        assert (edge.node.id, reason.score, edge.node.likes_count) == (by_likes[1], 4.0, 5)


class TestCatchingUp:
    async def test_what_mattered_since_comes_best_first_without_the_own(self, town: Town) -> None:
        one, other = town.authors
        await town.post(one, likes=5, at=NOW - timedelta(hours=9))
        quiet = await town.post(one, likes=1, at=NOW - timedelta(hours=3))
        loud = await town.post(other, likes=4, at=NOW - timedelta(hours=2))
        await town.post(town.reader, likes=3, at=NOW - timedelta(hours=1))

        assert ids(await town.catch_up(NOW - timedelta(hours=5))) == [loud, quiet]
        assert ids(await town.catch_up(NOW + timedelta(hours=1))) == []

    async def test_of_nobody_there_are_more_than_three(self, town: Town) -> None:
        one, other = town.authors
        many = [await town.post(one, likes=n % 6) for n in range(9)]
        few = [await town.post(other, likes=0) for _ in range(2)]
        read = await the_rest(lambda after: town.catch_up(NOW - timedelta(days=2), first=2, after=after), None)

        assert read == [many[5], many[4], many[3], few[1], few[0]]

    async def test_it_goes_thirty_days_back_at_most(self, town: Town) -> None:
        one, other = town.authors
        await town.post(one, likes=5, at=NOW - timedelta(days=31))
        found = await town.post(other, at=NOW - timedelta(days=29))

        assert ids(await town.catch_up(NOW - timedelta(days=300))) == [found]

    async def test_the_muted_and_the_unfollowed_are_left_out(self, town: Town) -> None:
        one, other = town.authors
        for author in town.authors:
            await town.post(author, likes=2)
        await town.services.boundaries.mute(actor(town.reader), one.id, kinds=[MuteOf.POSTS])
        kept = await posts_of(town, other)

        assert ids(await town.catch_up(NOW - timedelta(days=2))) == kept
        await town.services.graph.unfollow(actor(town.reader), other.id)
        assert ids(await town.catch_up(NOW - timedelta(days=2))) == []

    async def test_what_mattered_is_found_below_what_is_new(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        """More posts than can be ranked: those with the most reactions are."""
        one, other = town.authors
        best = await town.post(other, likes=5)
        await chatter(town, one, CONTENDERS_MAX + 50)

        found = ids(await town.catch_up(NOW - timedelta(days=2)))
        assert (found[0], len(found)) == (best, 4)
        monkeypatch.setattr(ranked, "_REACH", CONTENDERS_MAX)
        assert best not in ids(await town.catch_up(NOW - timedelta(days=2)))


async def chatter(town: Town, author: User, number: int) -> None:
    posts = [town.make.post(author) for _ in range(number)]
    async with town.client.app.storage.uow() as tx:
        for post in posts:
            await tx.posts.add(post)


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "expected"),
        [({}, [1, 0]), ({"ranking": "shares - likes"}, [0, 1]), ({"ranker_url": "chronological://"}, [0, 1])],
    )
    async def test_an_operator_sets_the_formula_or_the_ranker(
        self, settings: dict[str, Any], expected: Sequence[int]
    ) -> None:
        async with open_client(**settings) as client:
            town = Town(client)
            await town.settle_in()
            liked, new = await town.post(town.authors[0], likes=5), await town.post(town.authors[1])

            found = ids(await town.home())

        assert found == [[new, liked][number] for number in expected]

    async def test_care_for_an_author_counts(self) -> None:
        async with open_client(ranking="priority") as client:
            town = Town(client)
            await town.settle_in()
            one, other = town.authors
            old, new = await town.post(one), await town.post(other)
            assert ids(await town.home()) == [new, old]

            await town.services.graph.prioritize(actor(town.reader), one.id, Priority.HIGH)
            assert ids(await town.home()) == [old, new]

    async def test_a_ranker_of_another_package_is_found_by_its_scheme(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It leaves out, repeats and makes up: what is shown is what was asked about, once."""
        (tmp_path / "acme_ranker.py").write_text(ACME)
        described = tmp_path / "acme_ranker-1.0.dist-info"
        described.mkdir()
        (described / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ranker\nVersion: 1.0\n")
        (described / "entry_points.txt").write_text(
            "[socialfeed.adapters]\nranker.acme = acme_ranker:open_oldest_first\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        async with open_client(ranker_url="acme://model") as client:
            town = Town(client)
            await town.settle_in()
            one, other = town.authors
            posts = [await town.post(author) for author in (one, other, one)]
            page = await town.home()

        assert ids(page) == posts
        assert [getattr(edge, "reason").score for edge in page.edges] == [1.0, 1.0, 1.0]  # noqa: B009

    async def test_a_formula_that_makes_no_sense_keeps_the_product_from_starting(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOCIALFEED_RANKING", "likes + 2*coments")
        with pytest.raises(SettingsError, match=r"^SOCIALFEED_RANKING: .*at character 11: there is no term 'coments'"):
            load()


ACME = """
from contextlib import asynccontextmanager

from socialfeed.application.ports.ranking import Ranked
from socialfeed.domain.ids import PostId


class OldestFirst:
    async def rank(self, reader_id, contenders, at):
        found = [Ranked(each.post_id, 1.0) for each in sorted(contenders)]
        return [Ranked(PostId(5)), *found, *found]


@asynccontextmanager
async def open_oldest_first(url, context):
    assert url == "acme://model"
    yield OldestFirst()
"""
