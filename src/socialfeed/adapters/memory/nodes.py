"""Leases of node numbers, for the one process there is."""

from datetime import UTC, datetime
from typing import NamedTuple

from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import MAX_NODE


class _Lease(NamedTuple):
    owner: str
    until: datetime


_NEVER = _Lease("", datetime.min.replace(tzinfo=UTC))


class MemoryNodeLeases:
    def __init__(self) -> None:
        self._leases: dict[int, _Lease] = {}

    async def lease(self, owner: str, at: datetime, until: datetime) -> int:
        """The number that has been free for longest: who lost it has had most time to notice."""
        free = [node for node in range(1, MAX_NODE + 1) if self._lease(node).until <= at]
        if not free:
            raise Unavailable(f"All {MAX_NODE} node numbers are leased.")
        node = min(free, key=lambda node: self._lease(node).until)
        self._leases[node] = _Lease(owner, until)
        return node

    async def renew(self, node: int, owner: str, until: datetime) -> bool:
        if self._lease(node).owner != owner:
            return False
        self._leases[node] = _Lease(owner, until)
        return True

    async def release(self, node: int, owner: str) -> None:
        if self._lease(node).owner == owner:
            del self._leases[node]

    def _lease(self, node: int) -> _Lease:
        return self._leases.get(node, _NEVER)
