"""Chance with a shape."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random

_BATCH = 4096


def zipf(count: int, exponent: float) -> list[float]:
    """The weight of each rank, first to last: 1/rank^exponent."""
    return [1 / rank**exponent for rank in range(1, count + 1)]


def draws(chance: Random, weights: Sequence[float]) -> Iterator[int]:
    """Indexes without end, each as often as its weight says.

    Drawn in batches: one at a time costs ten times more.
    """
    cumulative = list(accumulate(weights))
    indexes = range(len(cumulative))
    while True:
        yield from chance.choices(indexes, cum_weights=cumulative, k=_BATCH)


def allot(chance: Random, total: int, weights: Sequence[float], most: int) -> list[int]:
    """`total` things over as many places as there are weights, at most `most` in one place."""
    given = [0] * len(weights)
    source = draws(chance, weights) if total else iter(())
    left = total
    for _ in range(2 * total):
        if not left:
            return given
        place = next(source)
        if given[place] < most:
            given[place] += 1
            left -= 1
    # The heavy places are full: the rest goes wherever there is room, in order.
    for place, count in enumerate(given):
        more = min(left, most - count)
        given[place] += more
        left -= more
    return given


def distinct(
    chance: Random, count: int, likely: Sequence[int], source: Iterator[int], *, without: int, among: int
) -> list[int]:
    """`count` different numbers below `among`, never `without`: most from `likely`, the others from `source`,
    and when that repeats itself too often whichever are left.
    """
    chosen = set(chance.sample(likely, min(len(likely), (2 * count + 2) // 3)))
    chosen.discard(without)
    tries = 8 * count + 16
    while len(chosen) < count and tries:
        tries -= 1
        candidate = next(source)
        if candidate != without:
            chosen.add(candidate)
    for candidate in range(among):
        if len(chosen) >= count:
            break
        if candidate != without:
            chosen.add(candidate)
    # Sets of small numbers iterate alike in every process, but that is no promise of the language.
    return sorted(chosen)
