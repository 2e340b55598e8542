"""What trends is what a slow and exact computation makes of the same stream, on every adapter."""

from collections import Counter, defaultdict
from decimal import Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import EPOCH_MS, Kind, PostId, UserId, kind_of, unix_ms
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import KNOWN, Limits, Reaction
from socialfeed.testing.client import open_client
from tests.integration.feeds.stream import HOUR_MS, Stream, Told

ALL = 100_000
LIMITS = Limits(actors=5, hourly=30)
LOOKS = 5

EVERYDAY = [("memory", 10_000), ("sqlite", 1_000), ("postgres", 1_000), ("valkey", 3_000)]
BACKENDS = [name for name, _ in EVERYDAY]

WEIGHTS = {Kind.LIKE: 1, Kind.COMMENT: 2, Kind.SHARE: 3}
HALF_LIVES_MS = {Window.NOW: 2 * HOUR_MS, Window.TODAY: 24 * HOUR_MS}
EXACT = Context(prec=60, Emax=10**9, Emin=-(10**9))

Order = list[tuple[PostId, Decimal]]


@cache
def power(at_ms: int, window: Window) -> Decimal:
    """Two to the half-lives since ids began: to sixty digits."""
    whole, rest = divmod(at_ms - EPOCH_MS, HALF_LIVES_MS[window])
    return EXACT.multiply(Decimal(2**whole), EXACT.power(2, EXACT.divide(rest, HALF_LIVES_MS[window])))


class Oracle:
    """Remembers all that was told, and adds it up from scratch each time."""

    def __init__(self) -> None:
        self._counts: dict[Reaction, bool] = {}
        self._posts: dict[Reaction, PostId] = {}
        self._made: Counter[tuple[UserId, int]] = Counter()
        self._scopes: defaultdict[str, set[PostId]] = defaultdict(set)
        self.refused = 0

    def hear(self, told: Told) -> None:
        reaction = told.reaction._replace(sign=1)
        hour = (reaction.actor_id, unix_ms(reaction.id) // HOUR_MS)
        self._posts[reaction] = told.post.id
        for scope in told.post.scopes:
            self._scopes[scope].add(told.post.id)
        if told.reaction.sign < 0:
            self._counts[reaction] = False
        elif reaction not in self._counts:
            if self._made[hour] < LIMITS.hourly:
                self._made[hour] += 1
                self._counts[reaction] = True
            else:
                self.refused += 1

    def scores(self, window: Window) -> dict[PostId, Decimal]:
        """Of the posts that trend."""
        first: dict[tuple[PostId, UserId, Kind | None], int] = {}
        for reaction, counts in self._counts.items():
            if counts:
                key = (self._posts[reaction], reaction.actor_id, kind_of(reaction.id))
                first[key] = min(reaction.id, first.get(key, reaction.id))
        people: defaultdict[PostId, set[UserId]] = defaultdict(set)
        scores: defaultdict[PostId, Decimal] = defaultdict(Decimal)
        for (post_id, actor_id, kind), reaction_id in first.items():
            assert kind is not None
            people[post_id].add(actor_id)
            weighed = EXACT.multiply(Decimal(WEIGHTS[kind]), power(unix_ms(reaction_id), window))
            scores[post_id] = EXACT.add(scores[post_id], weighed)
        return {post_id: score for post_id, score in scores.items() if len(people[post_id]) >= LIMITS.actors}

    def of_scope(self, scope: str, scores: dict[PostId, Decimal]) -> Order:
        found = [(post_id, scores[post_id]) for post_id in self._scopes[scope] & scores.keys()]
        return sorted(found, key=lambda each: (each[1], each[0]), reverse=True)

    @property
    def most_by_one(self) -> int:
        """The most reactions of a kind by one person to one post."""
        known = Counter((self._posts[each], each.actor_id, kind_of(each.id)) for each in self._counts)
        return max(known.values())


async def compared(settings: dict[str, Any], jobs: int, folder: Path) -> None:
    stream, oracle = Stream(jobs), Oracle()
    async with open_client(data_dir=folder, **settings) as client:
        trending = (client.app.shared or client.app.storage).trending
        for part in stream.parts(LOOKS):
            for told in part:
                oracle.hear(told)
                await trending.add(told.post, [told.reaction], LIMITS)
            for window in Window:
                scores = oracle.scores(window)
                for scope in stream.scopes:
                    expected = oracle.of_scope(scope, scores)
                    trends = await trending.top(scope, window, limit=KEPT)
                    assert [trend.post_id for trend in trends] == [post_id for post_id, _ in expected], (scope, window)
                    for trend, (_, score) in zip(trends, expected, strict=True):
                        exact = EXACT.divide(EXACT.ln(score), EXACT.ln(2))
                        assert trend.rank == pytest.approx(float(exact), rel=0, abs=1e-9)
    assert oracle.refused > 0
    assert oracle.most_by_one <= KNOWN
    assert len(oracle.scores(Window.NOW)) > 20


@pytest.mark.parametrize(
    ("backend", "jobs"),
    [*EVERYDAY, *(pytest.param(name, ALL, marks=pytest.mark.nightly) for name in BACKENDS)],
)
async def test_what_trends_is_what_an_exact_computation_says(
    backend: str, jobs: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = {
        "memory": {},
        "sqlite": {"database_url": "migrated_sqlite_url"},
        "postgres": {"database_url": "migrated_postgres_url"},
        "valkey": {"redis_url": "redis_url"},
    }[backend]
    chosen = {name: request.getfixturevalue(fixture) for name, fixture in settings.items()}
    await compared(chosen, jobs, tmp_path)


def test_the_stream_is_told_out_of_order_twice_and_taken_back() -> None:
    """Else it would prove little."""
    told = [each.reaction for each in Stream(10_000).told]
    first: dict[Reaction, int] = {}
    again = overtaken = late = 0
    newest = 0
    for place, reaction in enumerate(told):
        again += reaction in first
        first.setdefault(reaction, place)
        late += unix_ms(reaction.id) < newest - HOUR_MS and reaction.sign > 0
        newest = max(newest, unix_ms(reaction.id))
        overtaken += reaction.sign < 0 and reaction._replace(sign=1) not in first
    taken_back = sum(reaction.sign < 0 for reaction in first)
    assert min(again, late) > 100
    assert taken_back > 1_000
    assert overtaken > 10
    assert newest - min(unix_ms(reaction.id) for reaction in told) > 20 * 24 * HOUR_MS
