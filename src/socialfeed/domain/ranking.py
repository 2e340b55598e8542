"""How much a reaction weighs, how that weight fades, and what makes a comment hot.

Forward decay (Cormode et al., "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009):
instead of shrinking every score as time passes, a reaction at time t adds w * 2^((t - L) / h) for a landmark L
and half-life h. Order is the same as with ordinary exponential decay, stored scores never need an update, and
taking a reaction back subtracts exactly what it added.
"""

from datetime import UTC, datetime, timedelta
from math import log10

LIKE, COMMENT, SHARE = 1.0, 2.0, 3.0

HALF_LIFE = timedelta(hours=24)
EPOCH_LENGTH = timedelta(days=128)
"""How long one landmark serves: growth within an epoch is at most 2^128, far from a double's limits."""

_ZERO = datetime(2024, 1, 1, tzinfo=UTC)


def epoch_of(at: datetime) -> int:
    """The number of the landmark in force at a moment."""
    return (at - _ZERO) // EPOCH_LENGTH


def forward_weight(weight: float, at: datetime, epoch: int) -> float:
    """What a reaction at `at` adds to a score kept under the landmark of `epoch`."""
    landmark = _ZERO + epoch * EPOCH_LENGTH
    return float(weight * 2.0 ** ((at - landmark) / HALF_LIFE))


def rollover_factor(epochs: int = 1) -> float:
    """What to multiply scores by when they move `epochs` landmarks on."""
    return float(2.0 ** (-epochs * (EPOCH_LENGTH / HALF_LIFE)))


TENFOLD_MS = 45_000_000
"""Ten times the likes make up for so many milliseconds: 12.5 hours."""


def hot(written_ms: int, likes: int) -> int:
    """What something is worth that was written at a moment (Unix milliseconds) and has so many likes; the greater, the
    hotter. Only its own likes ever change it, so an order by it needs no rescoring as time goes by.

    Reddit's formula, log10(votes) + seconds / 45000, with the author's vote counted as it is there (Salihefendic, "How
    Reddit ranking algorithms work", 2010); in milliseconds and rounded, so that a cursor holds it exactly.
    """
    return written_ms + round(TENFOLD_MS * log10(1 + likes))
