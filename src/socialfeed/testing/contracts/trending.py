"""Trending: forward decay that an unlike undoes exactly."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from random import Random

import pytest

from socialfeed.application.ports.trending import Trending
from socialfeed.domain.ids import Kind, PostId, UserId, compose
from socialfeed.domain.ranking import EPOCH_HALF_LIVES, Window, score_at
from socialfeed.domain.trending import (
    EVERYWHERE,
    KNOWN,
    Limits,
    Reaction,
    Trendable,
    in_language,
    scopes_of,
    under_tag,
)
from socialfeed.testing.builders import Builder

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
LIKE, COMMENT, SHARE = Kind.LIKE, Kind.COMMENT, Kind.SHARE

ANYBODY = Limits(actors=1, hourly=1_000)
"""Where each reaction shows at once."""


class TrendingContract:
    """Fixture: `trending`, fresh and empty for each test."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    @pytest.fixture
    def say(self, trending: Trending) -> "Saying":
        return Saying(trending)

    async def test_nothing_trends_at_first(self, trending: Trending) -> None:
        for window in Window:
            assert await trending.top(EVERYWHERE, window, limit=10) == []

    async def test_the_highest_score_comes_first(self, say: "Saying", make: Builder) -> None:
        liked, shared, commented = (make.ids.post() for _ in range(3))
        await say.that(liked, LIKE)
        await say.that(shared, SHARE)
        await say.that(commented, COMMENT)
        assert await say.top() == [shared, commented, liked]
        assert await say.top(limit=2) == [shared, commented]

    async def test_reactions_add_up(self, say: "Saying", make: Builder) -> None:
        often, once = make.ids.post(), make.ids.post()
        await say.that(once, SHARE)
        for _ in range(4):
            await say.that(often, LIKE)
        assert await say.top() == [often, once]

    async def test_equal_scores_come_newest_post_first(self, say: "Saying", make: Builder) -> None:
        posts = [make.ids.post() for _ in range(12)]
        for number in (3, 11, 0, 7, 5, 9, 1, 10, 2, 8, 4, 6):
            await say.that(posts[number], LIKE)
        assert await say.top(limit=20) == posts[::-1]
        assert await say.top(limit=5) == posts[:-6:-1]

    @pytest.mark.parametrize("window", Window)
    async def test_a_reaction_weighs_half_after_a_half_life(self, say: "Saying", make: Builder, window: Window) -> None:
        three_old, one_new, one_old = (make.ids.post() for _ in range(3))
        old = NOW - window.half_life
        await say.that(one_new, LIKE)
        await say.that(one_old, LIKE, at=old)
        for _ in range(3):
            await say.that(three_old, LIKE, at=old)
        assert await say.top(window=window) == [three_old, one_new, one_old]
        ranks = await say.trending.top(EVERYWHERE, window, limit=3)
        now_ms = int(NOW.timestamp() * 1000)
        assert [score_at(rank, now_ms, window) for _, rank in ranks] == pytest.approx([1.5, 1.0, 0.5], rel=1e-9)

    async def test_what_is_taken_up_now_may_be_another_than_what_the_day_is_about(
        self, say: "Saying", make: Builder
    ) -> None:
        of_now, of_today = make.ids.post(), make.ids.post()
        await say.that(of_now, LIKE)
        for _ in range(3):
            await say.that(of_today, LIKE, at=NOW - timedelta(hours=6))
        assert await say.top(window=Window.NOW) == [of_now, of_today]
        assert await say.top(window=Window.TODAY) == [of_today, of_now]

    async def test_a_redelivered_reaction_counts_once(self, say: "Saying", make: Builder) -> None:
        once, twice = make.ids.post(), make.ids.post()
        reaction = say.reaction(LIKE)
        await asyncio.gather(*(say.told(once, [reaction]) for _ in range(30)))
        await say.told(once, [reaction] * 3)
        for _ in range(2):
            await say.that(twice, LIKE)
        assert await say.top() == [twice, once]

    async def test_somebody_counts_once_for_a_post_and_kind(self, say: "Saying", make: Builder) -> None:
        one_person, two_people = make.ids.post(), make.ids.post()
        talker = say.person()
        for _ in range(5):
            await say.that(one_person, COMMENT, by=talker)
        await say.that(one_person, LIKE, by=talker)
        for _ in range(2):
            await say.that(two_people, COMMENT)
        assert await say.top() == [two_people, one_person]

    async def test_of_several_comments_the_first_that_is_left_counts(self, say: "Saying", make: Builder) -> None:
        post, between = make.ids.post(), make.ids.post()
        talker = say.person()
        first, second = (say.reaction(COMMENT, by=talker, at=NOW - timedelta(hours=hours)) for hours in (24, 0))
        await say.told(post, [second, first])
        await say.that(between, COMMENT, at=NOW - timedelta(hours=12))
        assert await say.top() == [between, post]
        await say.told(post, [first._replace(sign=-1)])
        assert await say.top() == [post, between]
        await say.told(post, [second._replace(sign=-1), first])
        assert await say.top() == [between]

    async def test_a_post_trends_from_so_many_people_on_and_no_longer(self, say: "Saying", make: Builder) -> None:
        post, limits = make.ids.post(), Limits(actors=3)
        talker = say.person()
        for kind in (LIKE, COMMENT, COMMENT, SHARE):
            await say.that(post, kind, by=talker, limits=limits)
        await say.that(post, LIKE, limits=limits)
        assert await say.top() == []
        third = await say.that(post, LIKE, limits=limits)
        assert await say.top() == [post]
        await say.told(post, [third._replace(sign=-1)], limits=limits)
        assert await say.top() == []
        await say.that(post, SHARE, limits=limits)
        assert await say.top() == [post]

    async def test_beyond_their_number_in_an_hour_reactions_of_somebody_add_nothing(
        self, say: "Saying", make: Builder
    ) -> None:
        posts, limits = [make.ids.post() for _ in range(5)], Limits(actors=1, hourly=3)
        busy = say.person()
        for post in posts:
            last = await say.that(post, LIKE, by=busy, limits=limits)
        assert sorted(await say.top()) == posts[:3]
        await say.told(posts[4], [last], limits=limits)  # not when it comes again, either
        assert sorted(await say.top()) == posts[:3]
        await say.told(posts[4], [last._replace(sign=-1)], limits=limits)
        assert sorted(await say.top()) == posts[:3]
        await say.that(posts[3], LIKE, limits=limits)
        await say.that(posts[4], LIKE, by=busy, at=NOW + timedelta(hours=1), limits=limits)
        assert sorted(await say.top()) == posts

    async def test_what_was_taken_back_had_its_place_in_the_hour(self, say: "Saying", make: Builder) -> None:
        post, other, limits = make.ids.post(), make.ids.post(), Limits(actors=1, hourly=2)
        busy = say.person()
        for _ in range(2):
            liked = await say.that(post, LIKE, by=busy, limits=limits)
            await say.told(post, [liked._replace(sign=-1)], limits=limits)
        await say.that(other, LIKE, by=busy, limits=limits)
        assert await say.top() == []

    async def test_a_reaction_taken_back_leaves_no_trace(self, say: "Saying", make: Builder) -> None:
        taken, kept = make.ids.post(), make.ids.post()
        await say.that(kept, LIKE)
        reaction = await say.that(taken, LIKE, at=NOW - timedelta(hours=5, milliseconds=123))
        await say.told(taken, [reaction._replace(sign=-1)])
        assert await say.top() == [kept]

    async def test_what_is_left_is_as_if_the_rest_had_never_been(self, say: "Saying", make: Builder) -> None:
        """Whatever rounding leaves of sums of numbers of very different size."""
        chance = Random(7)
        posts = [make.ids.post() for _ in range(6)]
        for number, post in enumerate(posts):
            await say.that(post, LIKE, at=NOW - timedelta(hours=60, minutes=number))
            passing = [
                await say.that(post, chance.choice((LIKE, SHARE)), at=NOW - timedelta(minutes=chance.random() * 999))
                for _ in range(20)
            ]
            for reaction in passing:
                await say.told(post, [reaction._replace(sign=-1)])
        for window in Window:
            trends = await say.trending.top(EVERYWHERE, window, limit=10)
            assert [trend.post_id for trend in trends] == posts
            steps = [one.rank - other.rank for one, other in pairwise(trends)]
            assert steps == pytest.approx([timedelta(minutes=1) / window.half_life] * 5, abs=1e-9)

    async def test_posts_whose_reactions_were_all_taken_back_do_not_trend(self, say: "Saying", make: Builder) -> None:
        kept = make.ids.post()
        await say.that(kept, LIKE)
        for turn in range(20):
            post = make.ids.post()
            reactions = [say.reaction(COMMENT, at=NOW - timedelta(hours=turn * n, milliseconds=n)) for n in (1, 2, 3)]
            await say.told(post, reactions)
            await say.told(post, [reaction._replace(sign=-1) for reaction in reactions])
        assert await say.top(limit=100) == [kept]

    async def test_taking_back_may_arrive_first(self, say: "Saying", make: Builder) -> None:
        """Jobs are retried, so an unlike may overtake its like."""
        undone, done = make.ids.post(), make.ids.post()
        reaction = say.reaction(LIKE)
        await say.told(undone, [reaction._replace(sign=-1)])
        assert await say.top() == []
        await say.told(undone, [reaction])
        await say.that(done, LIKE)
        assert await say.top() == [done]
        await say.that(undone, SHARE, by=reaction.actor_id)
        assert await say.top() == [undone, done]

    async def test_whoever_likes_again_counts_again(self, say: "Saying", make: Builder) -> None:
        post, person = make.ids.post(), say.person()
        first, again = (say.reaction(LIKE, by=person, at=NOW + timedelta(seconds=n)) for n in range(2))
        await say.told(post, [again, first, first._replace(sign=-1)])
        assert await say.top() == [post]
        await say.told(post, [again._replace(sign=-1), first, again])
        assert await say.top() == []

    async def test_somebody_who_changes_their_mind_all_the_time_is_kept_in_mind(
        self, say: "Saying", make: Builder
    ) -> None:
        post, person = make.ids.post(), say.person()
        likes = [say.reaction(LIKE, by=person, at=NOW + timedelta(seconds=n)) for n in range(KNOWN + 5)]
        for like in likes:
            await say.told(post, [like, like._replace(sign=-1)])
        await say.told(post, likes[-5:])
        assert await say.top() == []
        await say.that(post, LIKE, by=person, at=NOW + timedelta(hours=1))
        assert await say.top() == [post]

    async def test_more_comments_of_somebody_than_are_kept_in_mind_change_nothing(
        self, say: "Saying", make: Builder
    ) -> None:
        post, talker = make.ids.post(), say.person()
        comments = [say.reaction(COMMENT, by=talker, at=NOW + timedelta(seconds=n)) for n in range(KNOWN + 1)]
        await say.told(post, comments)
        await say.told(post, [comment._replace(sign=-1) for comment in comments[:KNOWN]])
        assert await say.top() == []

    async def test_simultaneous_reactions_all_count(self, say: "Saying", make: Builder) -> None:
        more, fewer = make.ids.post(), make.ids.post()
        posts = [more] * 51 + [fewer] * 50
        await asyncio.gather(*(say.that(post, LIKE) for post in posts))
        assert await say.top() == [more, fewer]
        trends = await say.trending.top(EVERYWHERE, Window.TODAY, limit=2)
        now_ms = int(NOW.timestamp() * 1000)
        scores = [score_at(rank, now_ms, Window.TODAY) for _, rank in trends]
        assert scores == pytest.approx([51, 50], rel=1e-9)

    async def test_reactions_of_one_person_at_once_keep_to_the_hour(self, say: "Saying", make: Builder) -> None:
        posts, limits, busy = [make.ids.post() for _ in range(30)], Limits(actors=1, hourly=10), say.person()
        await asyncio.gather(*(say.that(post, LIKE, by=busy, limits=limits) for post in posts))
        assert len(await say.top(limit=50)) == 10

    async def test_many_reactions_may_be_told_at_once(self, say: "Saying", make: Builder) -> None:
        at_once, one_by_one = make.ids.post(), make.ids.post()
        at = NOW - timedelta(hours=30)
        await say.told(at_once, [say.reaction(LIKE, at=at + timedelta(minutes=n)) for n in range(500)])
        await say.told(at_once, [])
        for n in range(0, 500, 50):
            batch = [say.reaction(LIKE, at=at + timedelta(minutes=n + m)) for m in range(50)]
            await say.told(one_by_one, batch[:-1])
        [first, second] = await say.trending.top(EVERYWHERE, Window.TODAY, limit=5)
        assert (first.post_id, second.post_id) == (at_once, one_by_one)
        assert 0.01 < first.rank - second.rank < 0.06

    async def test_a_post_stands_in_all_its_scopes(self, say: "Saying", make: Builder) -> None:
        german, austrian, neither = (make.ids.post() for _ in range(3))
        await say.that(neither, LIKE)
        await say.that(german, COMMENT, scopes=scopes_of("de", ["art"]))
        await say.that(austrian, SHARE, scopes=scopes_of("de-AT", ["art", "größe {x}"]))
        assert await say.top() == [austrian, german, neither]
        assert await say.top(in_language("de")) == [austrian, german]
        assert await say.top(in_language("de-AT")) == [austrian]
        assert await say.top(in_language("de"), limit=1) == [austrian]
        assert await say.top(under_tag("art")) == [austrian, german]
        assert await say.top(under_tag("größe {x}"), window=Window.NOW) == [austrian]
        assert await say.top(under_tag("arts")) == await say.top(in_language("d")) == []

    async def test_what_is_taken_back_is_gone_from_all_scopes(self, say: "Saying", make: Builder) -> None:
        post, scopes = make.ids.post(), scopes_of("de", ["art"])
        reaction = await say.that(post, LIKE, scopes=scopes)
        await say.told(post, [reaction._replace(sign=-1)], scopes=scopes)
        for scope in scopes:
            assert await say.top(scope) == []

    async def test_forgotten_everything_begins_anew(self, say: "Saying", make: Builder) -> None:
        post, scopes, limits = make.ids.post(), scopes_of("de", ["art"]), Limits(actors=1, hourly=1)
        reaction = await say.that(post, LIKE, scopes=scopes, limits=limits)
        await say.trending.clear()
        for scope in scopes:
            assert await say.top(scope) == []
        await say.told(post, [reaction], scopes=scopes, limits=limits)
        assert await say.top(under_tag("art")) == [post]

    @pytest.mark.parametrize("window", Window)
    async def test_the_order_holds_across_a_change_of_landmark(
        self, say: "Saying", make: Builder, window: Window
    ) -> None:
        length = EPOCH_HALF_LIVES * window.half_life
        change = datetime(2024, 1, 1, tzinfo=UTC) + 6 * length
        before, later = change - window.half_life / 24, change + window.half_life / 24
        older, newer, many, undone = (make.ids.post() for _ in range(4))
        await say.that(older, LIKE, at=before)
        shared = await say.that(undone, SHARE, at=before)
        for _ in range(2):
            await say.that(many, LIKE, at=before)
        assert await say.top(window=window) == [undone, many, older]
        await say.that(newer, LIKE, at=later)
        assert await say.top(window=window) == [undone, many, newer, older]
        liked = await say.that(undone, LIKE, at=later)
        await say.told(undone, [shared._replace(sign=-1)])
        assert await say.top(window=window) == [many, undone, newer, older]
        await say.told(undone, [liked._replace(sign=-1)])
        assert await say.top(window=window) == [many, newer, older]

    async def test_a_reaction_from_before_the_landmark_may_arrive_late(self, say: "Saying", make: Builder) -> None:
        change = datetime(2024, 1, 1, tzinfo=UTC) + 6 * EPOCH_HALF_LIVES * Window.TODAY.half_life
        late, newer, both = (make.ids.post() for _ in range(3))
        await say.that(both, LIKE, at=change - timedelta(hours=1))
        await say.that(newer, LIKE, at=change + timedelta(hours=1))
        await say.that(late, LIKE, at=change - timedelta(hours=2))
        await say.that(both, LIKE, at=change - timedelta(hours=2))
        assert await say.top() == [both, newer, late]


class Saying:
    """Tells reactions, each by somebody else and at the same moment, unless it is said otherwise."""

    def __init__(self, trending: Trending) -> None:
        self.trending = trending
        self._numbers = count(1)

    def person(self) -> UserId:
        return UserId(compose(int(NOW.timestamp() * 1000), Kind.USER, 7, next(self._numbers) % 1_024))

    def reaction(self, kind: Kind, *, by: UserId | None = None, at: datetime = NOW) -> Reaction:
        reaction_id = compose(round(at.timestamp() * 1000), kind, 7, next(self._numbers) % 1_024)
        return Reaction(reaction_id, by or UserId(next(self._numbers)))

    async def told(
        self,
        post_id: PostId,
        reactions: Sequence[Reaction],
        *,
        scopes: tuple[str, ...] = (EVERYWHERE,),
        limits: Limits = ANYBODY,
    ) -> None:
        await self.trending.add(Trendable(post_id, scopes), reactions, limits)

    async def that(
        self,
        post_id: PostId,
        kind: Kind,
        *,
        by: UserId | None = None,
        at: datetime = NOW,
        scopes: tuple[str, ...] = (EVERYWHERE,),
        limits: Limits = ANYBODY,
    ) -> Reaction:
        reaction = self.reaction(kind, by=by, at=at)
        await self.told(post_id, [reaction], scopes=scopes, limits=limits)
        return reaction

    async def top(self, scope: str = EVERYWHERE, *, window: Window = Window.TODAY, limit: int = 10) -> list[PostId]:
        return [trend.post_id for trend in await self.trending.top(scope, window, limit=limit)]
