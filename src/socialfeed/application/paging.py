"""Page numbers, page sizes and cursors as clients give them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from socialfeed.application.views import ConnectionView, EdgeView, PageInfoView
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import MAX_ID

PAGE_SIZE_MAX = 100
PAGE_MAX = 1_000_000


class Identified(Protocol):
    @property
    def id(self) -> int: ...


Node = TypeVar("Node", bound=Identified)
Row = TypeVar("Row")
Shown = TypeVar("Shown")

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


def encode_cursor(position: int) -> str:
    return urlsafe_b64encode(b"i%d" % position).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, field: str = "after") -> int | None:
    """The id behind a cursor of `encode_cursor`. Raises `Invalid` (INVALID_CURSOR) for anything else."""
    if cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = int(raw[1:])
        if 0 < position <= MAX_ID and encode_cursor(position) == cursor:
            return position
    except (ValueError, Base64Error):
        pass
    raise Invalid("This is not a cursor of this list.", code="INVALID_CURSOR", field=field)


def encode_place(order: str, score: int, position: int) -> str:
    """A cursor of a list that is sorted by a score, then by id; `order` is a word of its own for each such list."""
    return _encode(order, score, position)


def decode_place(order: str, cursor: str | None, field: str = "after") -> tuple[int, int] | None:
    """The score and the id behind a cursor of `encode_place`. Raises `Invalid` (INVALID_CURSOR) for anything else, and
    for a cursor of another order.
    """
    if cursor is None:
        return None
    score, position = _decode(order, cursor, 2, field)
    return score, position


def encode_pinned(order: str, score: int, position: int, below: int) -> str:
    """As `encode_place`, of a list that is made of what was there when its first page was: ids below `below`."""
    return _encode(order, score, position, below)


def decode_pinned(order: str, cursor: str | None, field: str = "after") -> tuple[int, int, int] | None:
    """As `decode_place`, with `below`."""
    if cursor is None:
        return None
    score, position, below = _decode(order, cursor, 3, field)
    return score, position, below


def _encode(order: str, *numbers: int) -> str:
    return urlsafe_b64encode(":".join((order, *map(str, numbers))).encode("ascii")).rstrip(b"=").decode()


def _decode(order: str, cursor: str, count: int, field: str) -> list[int]:
    """A score, and ids behind it."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        score, *ids = numbers = [int(part) for part in raw.split(b":")[1:]]
        if (
            len(numbers) == count
            and -1 <= score <= MAX_ID
            and all(0 < number <= MAX_ID for number in ids)
            and _encode(order, *numbers) == cursor
        ):
            return numbers
    except (ValueError, Base64Error):
        pass
    raise Invalid("This is not a cursor of this list.", code="INVALID_CURSOR", field=field)


def connection(
    nodes: Sequence[Node], *, has_next: bool, after: str | None, stopped_at: int | None = None
) -> ConnectionView[Node]:
    """A forward page. `stopped_at` is the last id scanned, where rules dropped what stood behind the last node."""
    edges = [EdgeView(encode_cursor(node.id), node) for node in nodes]
    end = encode_cursor(stopped_at) if stopped_at is not None else None
    return ConnectionView(edges, page_info(edges, has_next=has_next, after=after, end=end))


def page_info(edges: Sequence[EdgeView[Any]], *, has_next: bool, after: str | None, end: str | None) -> PageInfoView:
    """`end` is the cursor of the last place scanned, where it is not that of the last edge."""
    last = edges[-1].cursor if edges else after
    return PageInfoView(
        has_next_page=has_next,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=last if end is None else end,
    )


async def refilled(
    first: int,
    after: str | None,
    read: Callable[[int, int | None], Awaitable[Sequence[Row]]],
    place: Callable[[Row], int],
    keep: Callable[[Sequence[Row]], Awaitable[Mapping[Any, Shown]]],
) -> ConnectionView[Shown]:
    """A forward page of those rows that `keep` lets through, by their place in the list. `read` gives at most so many
    rows past a place. A page that loses rows is refilled from those that follow.
    """
    position, found, has_next = decode_cursor(after), dict[int, Shown](), False
    stopped_at = position
    for _ in range(_ROUNDS):
        missing = first - len(found)
        limit = first + 1 if stopped_at == position else missing + missing // 2 + 5
        rows = await read(limit, stopped_at)
        kept = await keep(rows)
        for row in rows:
            number = place(row)
            if number in kept and len(found) == first:
                return _page(found, True, after, None)
            if number in kept:
                found[number] = kept[number]
            stopped_at = number
        has_next = len(rows) == limit
        if not has_next:
            break
    return _page(found, has_next, after, stopped_at)


def _page(
    found: Mapping[int, Shown], has_next: bool, after: str | None, stopped_at: int | None
) -> ConnectionView[Shown]:
    edges = [EdgeView(encode_cursor(number), node) for number, node in found.items()]
    end = encode_cursor(stopped_at) if stopped_at is not None else None
    return ConnectionView(edges, page_info(edges, has_next=has_next, after=after, end=end))
