"""GCRA for one process."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.limits import Limit, Verdict

MAX_KEYS = 100_000
_ZERO = datetime(2024, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Arrival(NamedTuple):
    """The theoretical arrival time, in microseconds times `points`: whole numbers, however badly a period divides."""

    scaled: int
    points: int

    def under(self, points: int) -> int:
        """The same moment at the scale of another limit."""
        return self.scaled if points == self.points else self.scaled * points // self.points


class MemoryRateLimiter:
    """Holds at most `max_keys`; beyond these, keys that have most of their points left are forgotten first."""

    def __init__(self, clock: Clock | None = None, *, max_keys: int = MAX_KEYS) -> None:
        self._clock = clock or SystemClock()
        self._max = max_keys
        self._arrivals: dict[str, _Arrival] = {}

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Verdict:
        points, period = limit.points, limit.period // _MICROSECOND
        now, arrival, horizon = self._arrival(key, points, period)
        next_arrival = arrival + cost * period
        allowed = next_arrival <= horizon
        if allowed:
            arrival = next_arrival
        self._arrivals[key] = _Arrival(arrival, points)
        if len(self._arrivals) > self._max:
            self._forget_the_fullest()
        return Verdict(
            allowed,
            remaining=(horizon - arrival) // period,
            retry_after=0.0 if allowed else _seconds(next_arrival - horizon, points),
            reset_after=_seconds(arrival - now, points),
        )

    async def give_back(self, key: str, limit: Limit, cost: int = 1) -> None:
        points, period = limit.points, limit.period // _MICROSECOND
        now, arrival, _ = self._arrival(key, points, period)
        arrival -= cost * period
        if arrival > now:
            self._arrivals[key] = _Arrival(arrival, points)
        else:
            self._arrivals.pop(key, None)

    def _arrival(self, key: str, points: int, period: int) -> tuple[int, int, int]:
        """Now, the key's arrival and the latest there may be, at the scale of the limit."""
        now = (self._clock.now() - _ZERO) // _MICROSECOND * points
        horizon = now + period * points
        known = self._arrivals.get(key)
        # No later than the horizon, so that a clock that was set back locks nobody out for longer than a period.
        return now, now if known is None else min(max(now, known.under(points)), horizon), horizon

    def _forget_the_fullest(self) -> None:
        """Half of the keys at once, so that the sorting is rare. A key that is forgotten has its points back early."""
        by_arrival = sorted(self._arrivals, key=lambda key: self._arrivals[key].under(1))
        for key in by_arrival[: len(by_arrival) // 2]:
            del self._arrivals[key]


def _seconds(scaled: int, points: int) -> float:
    return scaled / points / 1_000_000
