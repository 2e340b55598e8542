"""Page numbers, page sizes and cursors as clients give them.

A cursor says where in a list a page ended. It is sealed for its list: it tells nothing, not even of what was left out
of the page, nobody makes one up, and one of another list, or of another reader's, is none of this.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from socialfeed.application.ports.security import CursorSeal
from socialfeed.application.views import ConnectionView, EdgeView, PageInfoView
from socialfeed.domain.errors import Invalid

PAGE_SIZE_MAX = 100
PAGE_MAX = 1_000_000


class Identified(Protocol):
    @property
    def id(self) -> int: ...


Node = TypeVar("Node", bound=Identified)
Row = TypeVar("Row")
Shown = TypeVar("Shown")

_NUMBER = 8

_ROUNDS = 10
"""So often a page is refilled at most; one that is short even then says that there is more."""


def check_size(size: int, field: str) -> int:
    if not 1 <= size <= PAGE_SIZE_MAX:
        raise Invalid(f"1 to {PAGE_SIZE_MAX}, please.", code="INVALID_PAGE_SIZE", field=field)
    return size


def check_page(page: int) -> int:
    if not 1 <= page <= PAGE_MAX:
        raise Invalid("Pages are numbered from 1.", code="INVALID_PAGE", field="page")
    return page


@dataclass(frozen=True, slots=True)
class Listing:
    """The cursors of one list."""

    seal: CursorSeal
    name: str

    def cursor(self, *place: int) -> str:
        """Of a place: the numbers by which the list is sorted, the id last."""
        return self.seal.seal(self.name, b"".join(number.to_bytes(_NUMBER, "big", signed=True) for number in place))

    def place(self, cursor: str | None, length: int, field: str = "after") -> tuple[int, ...] | None:
        """What `cursor` was made of, so many numbers. Raises `Invalid` (INVALID_CURSOR) for anything else."""
        if cursor is None:
            return None
        raw = self.seal.unseal(self.name, cursor)
        if raw is None or len(raw) != length * _NUMBER:
            raise Invalid("This is not a cursor of this list.", code="INVALID_CURSOR", field=field)
        return tuple(int.from_bytes(raw[at : at + _NUMBER], "big", signed=True) for at in range(0, len(raw), _NUMBER))

    def position(self, cursor: str | None, field: str = "after") -> int | None:
        """As `place`, where the list is sorted by ids alone."""
        place = self.place(cursor, 1, field)
        return None if place is None else place[0]

    def connection(
        self, nodes: Sequence[Node], *, has_next: bool, after: str | None, stopped_at: int | None = None
    ) -> ConnectionView[Node]:
        """A forward page of what is sorted by id. `stopped_at` is the last id scanned, where rules dropped what stood
        behind the last node.
        """
        edges = [EdgeView(self.cursor(node.id), node) for node in nodes]
        end = self.cursor(stopped_at) if stopped_at is not None else None
        return ConnectionView(edges, page_info(edges, has_next=has_next, after=after, end=end))

    async def refilled(
        self,
        first: int,
        after: str | None,
        read: Callable[[int, int | None], Awaitable[Sequence[Row]]],
        place: Callable[[Row], int],
        keep: Callable[[Sequence[Row]], Awaitable[Mapping[Any, Shown]]],
    ) -> ConnectionView[Shown]:
        """A forward page of those rows that `keep` lets through, by their place in the list. `read` gives at most so
        many rows past a place. A page that loses rows is refilled from those that follow.
        """
        position, found, has_next = self.position(after), dict[int, Shown](), False
        stopped_at = position
        for _ in range(_ROUNDS):
            missing = first - len(found)
            limit = first + 1 if stopped_at == position else missing + missing // 2 + 5
            rows = await read(limit, stopped_at)
            kept = await keep(rows)
            for row in rows:
                number = place(row)
                if number in kept and len(found) == first:
                    return self._page(found, True, after, None)
                if number in kept:
                    found[number] = kept[number]
                stopped_at = number
            has_next = len(rows) == limit
            if not has_next:
                break
        return self._page(found, has_next, after, stopped_at)

    def _page(
        self, found: Mapping[int, Shown], has_next: bool, after: str | None, stopped_at: int | None
    ) -> ConnectionView[Shown]:
        edges = [EdgeView(self.cursor(number), node) for number, node in found.items()]
        end = self.cursor(stopped_at) if stopped_at is not None else None
        return ConnectionView(edges, page_info(edges, has_next=has_next, after=after, end=end))


@dataclass(frozen=True, slots=True)
class Cursors:
    seal: CursorSeal

    def of(self, name: str, *about: int | str) -> Listing:
        """Of the list of this name, about these things: whose it is, or what it is under."""
        return Listing(self.seal, ":".join((name, *map(str, about))))


def page_info(edges: Sequence[EdgeView[Any]], *, has_next: bool, after: str | None, end: str | None) -> PageInfoView:
    """`end` is the cursor of the last place scanned, where it is not that of the last edge."""
    last = edges[-1].cursor if edges else after
    return PageInfoView(
        has_next_page=has_next,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=last if end is None else end,
    )
