"""The order in which a reader pages, kept for a quarter of an hour."""

import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import isnan, nan
from sys import byteorder
from typing import NamedTuple

from socialfeed.application.ports.cache import Cache
from socialfeed.domain.ids import EntryId, EventId, PostId, UserId

KEPT_FOR = timedelta(minutes=15)


class Ordered(NamedTuple):
    """An entry of a home feed, with what its post scored."""

    id: EntryId
    score: float | None
    terms: Mapping[str, float]


class Orders:
    """Over a cache, which may forget: who asks makes the order anew, and keeps it under the same id."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def keep(self, reader_id: UserId, order_id: EventId, order: Sequence[Ordered]) -> None:
        await self._cache.fill_many({_key(reader_id, order_id): encode(order)}, KEPT_FOR)

    async def find(self, reader_id: UserId, order_id: EventId) -> list[Ordered] | None:
        key = _key(reader_id, order_id)
        content = (await self._cache.get_many([key])).get(key)
        return None if content is None else decode(content)


def _key(reader_id: UserId, order_id: EventId) -> str:
    return f"order:{reader_id}:{order_id}"


def encode(order: Sequence[Ordered]) -> bytes:
    """One line of JSON, how many entries and which terms there are; then all ids; then for each its score and terms.
    8 bytes a number, little-endian, and no number where there is none.
    """
    names = list(dict.fromkeys(name for each in order for name in each.terms))
    ids = array("q", [each.id for each in order])
    numbers = array("d")
    for each in order:
        numbers.append(nan if each.score is None else each.score)
        numbers.extend(each.terms.get(name, nan) for name in names)
    head = json.dumps([len(order), names]).encode()
    return head + b"\n" + _little(ids) + _little(numbers)


def decode(content: bytes) -> list[Ordered]:
    head, _, body = content.partition(b"\n")
    count, names = json.loads(head)
    ids, numbers = array("q"), array("d")
    ids.frombytes(body[: 8 * count])
    numbers.frombytes(body[8 * count :])
    if byteorder == "big":
        ids.byteswap()
        numbers.byteswap()
    width = 1 + len(names)
    order = []
    for n, entry_id in enumerate(ids):
        score, *values = numbers[n * width : (n + 1) * width]
        terms = {name: value for name, value in zip(names, values, strict=True) if not isnan(value)}
        order.append(Ordered(PostId(entry_id), None if isnan(score) else score, terms))
    return order


def _little(numbers: "array[int] | array[float]") -> bytes:
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
