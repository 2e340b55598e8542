"""A stream of reactions as jobs would tell them, the same each time: made by chance of a fixed seed.

Over a month, hence over changes of the landmark. People like, comment and share, some again and again; they take back
some of it at once and some of it days later, and a few react to far more within an hour than counts. What they do is
told late, out of order, and now and then twice; its end may be told before its beginning.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from socialfeed.domain.ids import Kind, PostId, UserId, compose
from socialfeed.domain.trending import Reaction, Trendable, scopes_of

BEGIN_MS = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
SPAN_MS = timedelta(days=30) // timedelta(milliseconds=1)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000

LANGUAGES = ("de", "de-AT", "en", "es", None)
TAGS = ("art", "rain", "größe", "音楽")
KINDS = (Kind.LIKE, Kind.LIKE, Kind.LIKE, Kind.LIKE, Kind.COMMENT, Kind.COMMENT, Kind.SHARE)

TAKEN_BACK, TOLD_TWICE, LATE = 0.25, 0.08, 0.05
SPREES = 0.002
"""So many of the reactions are the first of a hundred by one person within half an hour."""


class Told(NamedTuple):
    """What one job says."""

    post: Trendable
    reaction: Reaction


class Stream:
    """So many jobs, in the order in which they come."""

    def __init__(self, jobs: int, seed: int = 8) -> None:
        self._chance = Random(seed)
        self._numbers = 0
        posts = [self._post(number) for number in range(max(60, jobs // 120))]
        born = {post.id: self._chance.random() * SPAN_MS for post in posts}
        people = [UserId(compose(BEGIN_MS, Kind.USER, 201, n)) for n in range(max(50, jobs // 60))]
        told: list[tuple[float, int, Told]] = []
        while len(told) < jobs:
            post = posts[min(int(self._chance.expovariate(3 / len(posts))), len(posts) - 1)]
            at = born[post.id] + self._chance.expovariate(1 / (10 * HOUR_MS))
            who = self._chance.choice(people[: max(10, len(people) // 4)] if self._chance.random() < 0.5 else people)
            reactions = [(post, at)]
            if self._chance.random() < SPREES:
                reactions = [(each, at + n * 15_000) for n, each in enumerate(self._chance.choices(posts, k=100))]
            for each, moment in reactions:
                told += ((come, len(told) + n, what) for n, (come, what) in enumerate(self._told(each, who, moment)))
        told.sort()
        self.told = [what for _, _, what in told[:jobs]]
        self.scopes = sorted({scope for post in posts for scope in post.scopes})

    def parts(self, number: int) -> Iterator[Sequence[Told]]:
        """All of it, in so many parts."""
        size = -(-len(self.told) // number)
        return (self.told[start : start + size] for start in range(0, len(self.told), size))

    def _told(self, post: Trendable, who: UserId, at: float) -> Iterator[tuple[float, Told]]:
        """A reaction, and when its jobs come."""
        chance, self._numbers = self._chance, self._numbers + 1
        at_ms = BEGIN_MS + int(at)
        reaction = Reaction(compose(at_ms, chance.choice(KINDS), 201, self._numbers % 1_024), who)
        yield from self._jobs(Told(post, reaction), at)
        if chance.random() < TAKEN_BACK:
            gap = chance.expovariate(1 / (30 * HOUR_MS if chance.random() < 0.3 else 2 * MINUTE_MS))
            yield from self._jobs(Told(post, reaction._replace(sign=-1)), at + gap)

    def _jobs(self, told: Told, at: float) -> Iterator[tuple[float, Told]]:
        chance = self._chance
        comes = at + chance.expovariate(1 / (5 * HOUR_MS if chance.random() < LATE else MINUTE_MS))
        yield comes, told
        if chance.random() < TOLD_TWICE:
            yield comes + chance.expovariate(1 / HOUR_MS), told

    def _post(self, number: int) -> Trendable:
        tags = self._chance.sample(TAGS, self._chance.choice((0, 0, 1, 1, 2)))
        post_id = PostId(compose(BEGIN_MS + number // 1_024, Kind.POST, 201, number % 1_024))
        return Trendable(post_id, scopes_of(self._chance.choice(LANGUAGES), tags))
