"""How much one client may ask for."""

import logging
from typing import NamedTuple

from socialfeed.application.ports.limits import Limit, RateLimiter, Verdict
from socialfeed.domain.addresses import limit_key
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.permissions import Actor

log = logging.getLogger(__name__)


class Budget(NamedTuple):
    """What a client may spend, and how it stands after it was asked for some of it."""

    limit: Limit
    verdict: Verdict

    def given_back(self, points: int) -> "Budget":
        """How it stands with these points back."""
        verdict = self.verdict
        back = points / self.restore_rate
        return self._replace(
            verdict=verdict._replace(
                remaining=min(self.limit.points, verdict.remaining + points),
                reset_after=max(0.0, verdict.reset_after - back),
            )
        )

    @property
    def restore_rate(self) -> float:
        """Points a second that come back."""
        return self.limit.points / self.limit.period.total_seconds()


class Throttle:
    """Points per account, or per client address where nobody is signed in; IPv6 by /64.

    Where the shared store does not answer each process counts by itself: general limits would rather be a few times too
    wide than shut everybody out. (The doors of accounts do the opposite: see `CredentialLimits`.)
    """

    def __init__(
        self, limiter: RateLimiter, local: RateLimiter, signed_in: Limit | None, anonymous: Limit | None
    ) -> None:
        self._limiter = limiter
        self._local = local
        self._signed_in = signed_in
        self._anonymous = anonymous

    async def spend(self, actor: Actor, points: int) -> Budget | None:
        """Takes the points or, if they are not there, none; a full budget is enough for anything. None where nothing is
        limited.
        """
        asked = self._asked(actor)
        if asked is None:
            return None
        key, limit = asked
        try:
            return Budget(limit, await self._limiter.hit(key, limit, min(points, limit.points)))
        except Unavailable:
            log.debug("the shared store does not answer: points are counted here")
            return Budget(limit, await self._local.hit(key, limit, min(points, limit.points)))

    async def give_back(self, actor: Actor, points: int) -> None:
        """Of points that were spent, those that were not needed."""
        asked = self._asked(actor)
        if asked is not None and points > 0:
            await self._limiter.give_back(*asked, points)

    def _asked(self, actor: Actor) -> tuple[str, Limit] | None:
        if actor.user_id is not None:
            return (f"api:user:{actor.user_id}", self._signed_in) if self._signed_in else None
        if self._anonymous is None or not actor.address:
            return None
        return f"api:address:{limit_key(actor.address)}", self._anonymous
