"""How much a reaction weighs, how that weight fades, and what makes a comment hot.

What trends is ordered by forward decay (Cormode et al., "Forward Decay: A Practical Time Decay Model for Streaming
Systems", ICDE 2009). The score of a post at time t, for a half-life h, is

    score(t) = sum over what counts of  w * 2^(-(t - r) / h)  =  2^(-(t - L) / h) * sum of  w * 2^((r - L) / h)

where r is when the reaction was made and L a landmark. The factor before the second sum is the same for all posts, so
the sum is what is kept: it needs no update as time passes, and taking a reaction back subtracts exactly what it added.
Posts are compared by the logarithm of the sum, counted from one moment for all (`Score.rank`): that is the same
whatever landmark a sum is kept under, so each post moves to the next one by itself, when its next reaction comes.

What counts (`domain.trending` keeps the books):

- of a like w = 1, of a comment 2, of a share 3, and a reaction's moment is that in its id;
- somebody counts once for a post and kind: likes and shares are one each anyway, and of the comments that are left the
  first counts;
- authors do not count for their own posts;
- of the reactions that somebody makes within a clock hour, those count that come first, as many as `Limits.hourly`:
  what is taken back had its place among them, too;
- a post trends from `Limits.actors` different people on whose reactions count, no sooner, and no longer;
- and only where the visibility policy says so: see `Viewpoint.trends`.
"""

from datetime import timedelta
from enum import StrEnum
from math import log2, log10

from socialfeed.domain.ids import EPOCH_MS, Kind

LIKE, COMMENT, SHARE = 1.0, 2.0, 3.0

WEIGHTS = {Kind.LIKE: LIKE, Kind.COMMENT: COMMENT, Kind.SHARE: SHARE}


class Window(StrEnum):
    """What is trending: over which time reactions fade."""

    NOW = "now"
    TODAY = "today"

    @property
    def half_life(self) -> timedelta:
        return _HALF_LIVES[self]

    @property
    def half_life_ms(self) -> int:
        return self.half_life // timedelta(milliseconds=1)


_HALF_LIVES = {Window.NOW: timedelta(hours=2), Window.TODAY: timedelta(hours=24)}

EPOCH_HALF_LIVES = 128
"""How long one landmark serves: growth within an epoch is at most 2^128, far from a double's limits."""


def epoch_of(at_ms: int, window: Window) -> int:
    """The number of the landmark in force at a moment."""
    return (at_ms - EPOCH_MS) // (EPOCH_HALF_LIVES * window.half_life_ms)


def forward_weight(weight: float, at_ms: int, epoch: int, window: Window) -> float:
    """What a reaction at `at_ms` adds to a sum kept under the landmark of `epoch`."""
    landmark_ms = EPOCH_MS + epoch * EPOCH_HALF_LIVES * window.half_life_ms
    return float(weight * 2.0 ** ((at_ms - landmark_ms) / window.half_life_ms))


def rollover_factor(epochs: int = 1) -> float:
    """What to multiply sums by when they move `epochs` landmarks on."""
    return float(2.0 ** (-epochs * EPOCH_HALF_LIVES))


def rank_of(total: float, epoch: int) -> float:
    """The logarithm of a sum under the landmark of `epoch`, as if it were under the first: in half-lives since then.
    Doubles hold it so finely that scores which differ by more than a part in 10^11 do not become the same.
    """
    return epoch * EPOCH_HALF_LIVES + log2(total)


def score_at(rank: float, at_ms: int, window: Window) -> float:
    """What a score is worth at a moment."""
    return float(2.0 ** (rank - (at_ms - EPOCH_MS) / window.half_life_ms))


TENFOLD_MS = 45_000_000
"""Ten times the likes make up for so many milliseconds: 12.5 hours."""


def hot(written_ms: int, likes: int) -> int:
    """What something is worth that was written at a moment (Unix milliseconds) and has so many likes; the greater, the
    hotter. Only its own likes ever change it, so an order by it needs no rescoring as time goes by.

    Reddit's formula, log10(votes) + seconds / 45000, with the author's vote counted as it is there (Salihefendic, "How
    Reddit ranking algorithms work", 2010); in milliseconds and rounded, so that a cursor holds it exactly.
    """
    return written_ms + round(TENFOLD_MS * log10(1 + likes))
