"""What the figures of some rounds come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


def percentile(took: Sequence[float], percent: float) -> float:
    """Milliseconds, of seconds."""
    return sorted(took)[min(int(len(took) * percent / 100), len(took) - 1)] * 1000


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of those of the rounds: what slowed a round slowed both."""
    return median(our / their for our, their in zip(ours, theirs, strict=True))


@dataclass(frozen=True, slots=True)
class Goal:
    """`at_least` or, where a goal is a bound from above, at most."""

    what: str
    wanted: float
    at_least: bool = True

    def holds(self, found: float | None) -> bool:
        if found is None:
            return False
        return found >= self.wanted if self.at_least else found <= self.wanted

    def verdict(self, found: float | None) -> str:
        """A line; None was not measured, which is no success."""
        bound = f"goal at {'least' if self.at_least else 'most'} {self.wanted:g}"
        if found is None:
            return f"{self.what}: not measured; {bound}"
        return f"{self.what}: {found:.3g}; {bound}: {'yes' if self.holds(found) else 'NO'}"
