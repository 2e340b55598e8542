"""Each process makes ids under a node number of its own."""

import asyncio
from datetime import datetime

import pytest

from socialfeed.application.work import nodes
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import PostId
from socialfeed.testing import TickingClock


class Leases:
    """Hands out 1, 2, 3 ...; `lost` says that the lease is somebody else's now."""

    def __init__(self) -> None:
        self.given = 0
        self.lost = False
        self.released: list[int] = []

    async def lease(self, owner: str, at: datetime, until: datetime) -> int:
        self.given += 1
        return self.given

    async def renew(self, node: int, owner: str, until: datetime) -> bool:
        was_lost, self.lost = self.lost, False
        return not was_lost

    async def release(self, node: int, owner: str) -> None:
        self.released.append(node)


class UnreachableAtTheEnd(Leases):
    async def release(self, node: int, owner: str) -> None:
        raise Unavailable


def node_of(post_id: PostId) -> int:
    return post_id >> 10 & 0xFF


async def test_a_process_makes_ids_under_its_node_and_gives_it_back() -> None:
    leases = Leases()
    async with nodes.leased_ids(leases, TickingClock()) as ids:
        assert node_of(ids.post()) == 1

    assert leases.released == [1]


async def test_a_lost_lease_is_replaced_and_later_ids_are_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "RENEW_EVERY", 0.001)
    leases = Leases()
    async with nodes.leased_ids(leases, TickingClock()) as ids:
        before = ids.post()
        leases.lost = True
        async with asyncio.timeout(10):
            while leases.given < 2 or node_of(ids.post()) == 1:
                await asyncio.sleep(0.001)
        after = ids.post()

    assert node_of(after) == 2
    assert after > before
    assert leases.released == [2]


async def test_a_database_that_is_away_at_the_end_does_not_stop_the_end() -> None:
    async with nodes.leased_ids(UnreachableAtTheEnd(), TickingClock()) as ids:
        assert node_of(ids.post()) == 1
