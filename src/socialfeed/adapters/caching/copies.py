"""What one process keeps of what it read."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=int)
V = TypeVar("V")

OVERHEAD = 200
"""What an entry costs beside its value, in bytes: its place in the table and in the order, its key and its end."""


class Copies(Generic[K, V]):
    """Bounded by bytes, which `size` tells of a value: what was used least recently goes first. Ends after `life`
    seconds of `now`.
    """

    def __init__(self, size: Callable[[V], int], max_bytes: int, life: float, now: Callable[[], float]) -> None:
        self._size_of = size
        self._max = max_bytes
        self._life = life
        self._now = now
        self._size = 0
        self._kept: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get_many(self, ids: Sequence[K]) -> tuple[dict[K, V], float]:
        """What is there, and in how many seconds the first of it ends; with nothing there, a whole life."""
        kept, now = self._kept, self._now()
        soonest = now + self._life
        found: dict[K, V] = {}
        for number in ids:
            entry = kept.get(number)
            if entry is None:
                continue
            value, until = entry
            if until <= now:
                self.drop((number,))
                continue
            kept.move_to_end(number)
            found[number] = value
            if until < soonest:
                soonest = until
        return found, soonest - now

    def put_many(self, values: Mapping[K, V]) -> None:
        self.drop(values)
        until = self._now() + self._life
        for number, value in values.items():
            self._kept[number] = (value, until)
            self._size += self._size_of(value) + OVERHEAD
        while self._size > self._max:
            self.drop((next(iter(self._kept)),))

    def replace(self, number: K, value: V) -> None:
        """Another value of the same size for what is there, which ends when that would have."""
        entry = self._kept.get(number)
        if entry is not None:
            self._kept[number] = (value, entry[1])

    def drop(self, ids: Iterable[K]) -> None:
        for number in ids:
            entry = self._kept.pop(number, None)
            if entry is not None:
                self._size -= self._size_of(entry[0]) + OVERHEAD

    def clear(self) -> None:
        self._kept.clear()
        self._size = 0
