"""Not asking again and again somebody who does not answer."""

import logging
import time
from collections.abc import Callable

from socialfeed.domain.errors import Unavailable

logger = logging.getLogger(__name__)

FAILURES, PAUSE = 3, 1.0


class Breaker:
    """Opens after `FAILURES` failures in a row; then everything is refused at once, except one try every `PAUSE`
    seconds. The first success closes it.

    So while a server hangs, its time-out is paid by the calls under way when it began to and by one call a second.
    """

    def __init__(self, place: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._place, self._clock = place, clock
        self._failures = 0
        self._next_try = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES

    def admit(self) -> None:
        """Raises `Unavailable` unless this call may be made."""
        if not self.is_open:
            return
        now = self._clock()
        if now < self._next_try:
            raise Unavailable
        self._next_try = now + PAUSE  # This call is the probe; those after it wait for its outcome.

    def succeeded(self) -> None:
        if self.is_open:
            logger.warning("Redis at %s answers again.", self._place)
        self._failures = 0

    def failed(self, error: BaseException) -> None:
        self._failures += 1
        self._next_try = self._clock() + PAUSE
        if self._failures == FAILURES:
            logger.warning(
                "Redis at %s does not answer (%s); doing without it.", self._place, str(error) or type(error).__name__
            )
