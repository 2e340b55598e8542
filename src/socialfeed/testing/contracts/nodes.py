"""Leases of node numbers: no two processes make ids under one number."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from socialfeed.application.ports.storage import NodeLeases
from socialfeed.domain.errors import Unavailable

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
ALL = 255


class NodeLeasesContract:
    """Fixture: `nodes`, fresh and without leases for each test."""

    async def test_numbers_are_distinct_and_in_range(self, nodes: NodeLeases) -> None:
        leased = await asyncio.gather(*(nodes.lease(f"owner-{n}", NOW, LATER) for n in range(30)))
        assert len(set(leased)) == 30
        assert all(1 <= node <= ALL for node in leased)

    async def test_when_all_are_taken_the_next_is_refused_until_one_lapses(self, nodes: NodeLeases) -> None:
        short = await nodes.lease("short", NOW, NOW + timedelta(seconds=30))
        leased = [await nodes.lease(f"owner-{n}", NOW, LATER) for n in range(ALL - 1)]
        assert {short, *leased} == set(range(1, ALL + 1))
        with pytest.raises(Unavailable):
            await nodes.lease("one-too-many", NOW, LATER)
        at = NOW + timedelta(seconds=31)
        assert await nodes.lease("patient", at, at + timedelta(minutes=1)) == short
        assert await nodes.renew(short, "short", LATER) is False
        assert await nodes.renew(short, "patient", LATER) is True

    async def test_a_released_number_is_free_at_once(self, nodes: NodeLeases) -> None:
        leased = [await nodes.lease(f"owner-{n}", NOW, LATER) for n in range(ALL)]
        for _ in range(2):
            await nodes.release(leased[7], "owner-7")
        assert await nodes.lease("next", NOW, LATER) == leased[7]

    async def test_a_renewed_lease_is_held_longer(self, nodes: NodeLeases) -> None:
        leased = [await nodes.lease(f"owner-{n}", NOW, LATER) for n in range(ALL)]
        much_later = LATER + timedelta(minutes=5)
        assert await nodes.renew(leased[0], "owner-0", much_later) is True
        free = set()
        for n in range(ALL - 1):
            free.add(await nodes.lease(f"new-{n}", LATER + timedelta(seconds=1), much_later))
        assert free == set(leased[1:])

    async def test_a_lapsed_lease_nobody_took_can_be_renewed(self, nodes: NodeLeases) -> None:
        node = await nodes.lease("slow", NOW, LATER)
        assert await nodes.renew(node, "slow", LATER + timedelta(minutes=5)) is True

    async def test_nobody_renews_or_releases_anothers_lease(self, nodes: NodeLeases) -> None:
        node = await nodes.lease("mine", NOW, LATER)
        assert await nodes.renew(node, "not-mine", LATER + timedelta(minutes=5)) is False
        await nodes.release(node, "not-mine")
        assert await nodes.renew(node, "mine", LATER) is True

    async def test_a_released_lease_cannot_be_renewed(self, nodes: NodeLeases) -> None:
        node = await nodes.lease("mine", NOW, LATER)
        await nodes.release(node, "mine")
        assert await nodes.renew(node, "mine", LATER) is False
