"""Whether counters still say what they count, looked at in passing: a few posts a minute, for who watches metrics."""

import random

from socialfeed.application.metrics import COUNTERS_COMPARED, COUNTERS_DRIFTED
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.counters import CounterReader
from socialfeed.application.ports.metrics import Metrics
from socialfeed.application.ports.readers import PostReader
from socialfeed.domain.ids import PostId, first_id

SAMPLE = 50
"""Posts compared at a time: reading what they count costs as many rows as they have reactions."""


class DriftWatch:
    """`socialfeed doctor` compares them all; this tells when it is time to call it."""

    def __init__(
        self,
        counters: CounterReader,
        posts: PostReader,
        clock: Clock,
        metrics: Metrics,
        chance: random.Random | None = None,
    ) -> None:
        self._counters = counters
        self._posts = posts
        self._clock = clock
        self._metrics = metrics
        self._chance = chance or random.Random()

    async def sample(self) -> int:
        """Compares the posts that follow a moment drawn from all there were; returns how many drifted."""
        oldest = await self._posts.ids_after(None, limit=1)
        if not oldest:
            return 0
        past = self._chance.randrange(oldest[0] - 1, max(first_id(self._clock.now()), oldest[0]))
        ids = await self._posts.ids_after(PostId(past), limit=SAMPLE) or oldest
        drifted = await self._counters.drift(ids)
        self._metrics.inc(COUNTERS_COMPARED, by=len(ids))
        self._metrics.inc(COUNTERS_DRIFTED, by=len(drifted))
        return len(drifted)
