"""Clocks for tests."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
"""A Monday morning, safely in the past of every machine that runs a test."""


class FixedClock:
    """A `Clock` that stands still until it is told otherwise."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Moves on, or back where `by` is negative, and returns the new time."""
        self._now += by
        return self._now

    def set(self, moment: datetime) -> None:
        self._now = moment


class TickingClock(FixedClock):
    """A `Clock` that moves on by `tick` after each look at it, so that no two moments are the same."""

    def __init__(
        self, start: datetime = START, tick: timedelta = timedelta(milliseconds=1_001, microseconds=1)
    ) -> None:
        super().__init__(start)
        self._tick = tick

    def now(self) -> datetime:
        now = self._now
        self._now += self._tick
        return now
