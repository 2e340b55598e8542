"""Rate limits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Limit:
    """`points` per `period`, and no more than `points` at once."""

    points: int
    period: timedelta


class Verdict(NamedTuple):
    """`remaining` points are left now; `retry_after` seconds until the refused cost would pass (0 if allowed);
    `reset_after` seconds until the full limit is back.
    """

    allowed: bool
    remaining: int
    retry_after: float
    reset_after: float


class RateLimiter(Protocol):
    """GCRA, the generic cell rate algorithm (ITU-T I.371; ATM Forum TM 4.0), kept in a shared store."""

    async def hit(self, key: str, limit: Limit, cost: int = 1) -> Verdict:
        """Takes `cost` points or, if they are not there, none. Exact under any concurrency: of n simultaneous hits on
        a fresh key with n above `points`, `points` pass. A cost above `points` never passes.
        """

    async def give_back(self, key: str, limit: Limit, cost: int = 1) -> None:
        """Returns points taken by `hit` under this limit, at most those that are owed: a success is not held against
        anybody. Best effort: never raises.
        """
