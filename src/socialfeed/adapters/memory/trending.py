"""Trending posts, scored by forward decay."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import EventId, PostId
from socialfeed.domain.ranking import epoch_of, forward_weight, rollover_factor

REMEMBERED = timedelta(days=2)
"""For how long a redelivered event is recognised."""


@dataclass(slots=True)
class _Score:
    """`value` decays and is rounded. `balance` is the sum of the plain weights, which is exact: at zero everything
    was taken back, whatever rounding left of the value.
    """

    value: float = 0.0
    balance: float = 0.0


class MemoryTrending:
    """No method suspends, so each is atomic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._epoch = 0
        self._scores: dict[PostId, _Score] = {}
        # In the order in which they came.
        self._seen: dict[EventId, datetime] = {}

    async def add(self, event_id: EventId, post_id: PostId, weight: float, at: datetime) -> None:
        if not self._is_new(event_id):
            return
        self._roll_to(epoch_of(at))
        score = self._scores.setdefault(post_id, _Score())
        score.value += forward_weight(weight, at, self._epoch)
        score.balance += weight
        if score.balance == 0:
            del self._scores[post_id]
        elif len(self._scores) > 2 * KEPT:
            self._forget_the_lowest()

    async def top(self, *, limit: int, at: datetime) -> list[PostId]:
        """Decay does not change the order, so `at` does not matter here."""
        rising = ((score.value, post_id) for post_id, score in self._scores.items() if score.value > 0)
        return [post_id for _, post_id in nlargest(min(limit, KEPT), rising)]

    def _is_new(self, event_id: EventId) -> bool:
        now = self._clock.now()
        while self._seen and now - next(iter(self._seen.values())) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        if event_id in self._seen:
            return False
        self._seen[event_id] = now
        return True

    def _roll_to(self, epoch: int) -> None:
        """Moves all scores under a newer landmark. Late reactions are counted under the one in force."""
        if epoch <= self._epoch:
            return
        factor = rollover_factor(epoch - self._epoch)
        for score in self._scores.values():
            score.value *= factor
        self._epoch = epoch

    def _forget_the_lowest(self) -> None:
        kept = nlargest(KEPT, self._scores.items(), key=lambda item: (item[1].value, item[0]))
        self._scores = dict(kept)
