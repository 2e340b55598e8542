"""64-bit, time-ordered identifiers: 41 bits of milliseconds, 4 of kind, 8 of node, 10 of sequence.

Among ids of one kind the order is that of creation, which gives keyset cursors and index locality; the kind makes a
look-up by id alone one primary-key read and lets an id of the wrong noun be refused before any storage is
asked. The scheme is Snowflake's (Twitter, 2010) with a kind in place of half of the worker bits.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NewType

from socialfeed.domain.errors import Invalid

UserId = NewType("UserId", int)
PostId = NewType("PostId", int)
CommentId = NewType("CommentId", int)
LikeId = NewType("LikeId", int)
ShareId = NewType("ShareId", int)
FollowId = NewType("FollowId", int)
EventId = NewType("EventId", int)
CodeId = NewType("CodeId", int)
SessionId = NewType("SessionId", int)
ActivityId = NewType("ActivityId", int)
MediaId = NewType("MediaId", int)
DraftId = NewType("DraftId", int)
ListId = NewType("ListId", int)

EntryId = PostId | ShareId
"""What stands in a home feed: a post, where it was written or where somebody shared it."""


class Kind(IntEnum):
    """The noun an id names. Values are stored inside ids: never renumber."""

    USER = 1
    POST = 2
    COMMENT = 3
    LIKE = 4
    SHARE = 5
    FOLLOW = 6
    EVENT = 7
    CODE = 8
    SESSION = 9
    ACTIVITY = 10
    MEDIA = 11
    DRAFT = 12
    LIST = 13


EPOCH_MS = 1_704_067_200_000
"""2024-01-01T00:00:00Z in Unix milliseconds; 41 bits from here last until 2093."""

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MAX_ID = (1 << 63) - 1
MAX_NODE = (1 << 8) - 1
_SEQUENCE_BITS, _NODE_BITS, _KIND_BITS = 10, 8, 4
_MAX_SEQUENCE = (1 << _SEQUENCE_BITS) - 1
_NODE_SHIFT = _SEQUENCE_BITS
_KIND_SHIFT = _NODE_SHIFT + _NODE_BITS
_TIME_SHIFT = _KIND_SHIFT + _KIND_BITS
_KIND_MASK = (1 << _KIND_BITS) - 1
_KIND_FIELD, _SHARE_FIELD = _KIND_MASK << _KIND_SHIFT, Kind.SHARE << _KIND_SHIFT


def compose(ms: int, kind: Kind, node: int, sequence: int) -> int:
    """The id of a moment (Unix milliseconds), a kind, a node (0 to 255) and a sequence (0 to 1,023)."""
    return (ms - EPOCH_MS) << _TIME_SHIFT | kind << _KIND_SHIFT | node << _NODE_SHIFT | sequence


def kind_of(value: int) -> Kind | None:
    """The kind inside an id, or None where no kind has that number."""
    try:
        return Kind(value >> _KIND_SHIFT & _KIND_MASK)
    except ValueError:
        return None


def is_share(value: EntryId) -> bool:
    """As `kind_of` says, and fast."""
    return value & _KIND_FIELD == _SHARE_FIELD


def shares_among(ids: Iterable[EntryId]) -> list[ShareId]:
    """As fast as can be: all 400 entries of a timeline are asked, page by page."""
    return [ShareId(each) for each in ids if each & _KIND_FIELD == _SHARE_FIELD]


def unix_ms(value: int) -> int:
    """The Unix milliseconds at which the id was made."""
    return (value >> _TIME_SHIFT) + EPOCH_MS


def first_id(moment: datetime) -> int:
    """Ids made from this moment's millisecond on are this or higher, those made before are lower."""
    ms = (moment - _UNIX_EPOCH) // timedelta(milliseconds=1)
    return min(max(ms - EPOCH_MS, 0) << _TIME_SHIFT, MAX_ID)


def parse_id(value: str | int, kind: Kind, field: str | None = None) -> int:
    """The number behind an id as clients write it.

    Raises `Invalid` (INVALID_ID) for anything but the canonical decimal form of an id of this kind.
    """
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) <= 19:
        number = int(text)
        if number <= MAX_ID and str(number) == text and kind_of(number) is kind:
            return number
    raise Invalid(f"This is not the id of a {kind.name.lower()}.", code="INVALID_ID", field=field)


def parse_any_id(value: str | int, field: str | None = None) -> int:
    """As `parse_id`, of whatever kind."""
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    kind = kind_of(number)
    if kind is None:
        raise Invalid("This is not an id.", code="INVALID_ID", field=field)
    return parse_id(value, kind, field)


def parse_user_id(value: str | int, field: str | None = None) -> UserId:
    return UserId(parse_id(value, Kind.USER, field))


def parse_post_id(value: str | int, field: str | None = None) -> PostId:
    return PostId(parse_id(value, Kind.POST, field))


def parse_session_id(value: str | int, field: str | None = None) -> SessionId:
    return SessionId(parse_id(value, Kind.SESSION, field))


def parse_comment_id(value: str | int, field: str | None = None) -> CommentId:
    return CommentId(parse_id(value, Kind.COMMENT, field))


def parse_draft_id(value: str | int, field: str | None = None) -> DraftId:
    return DraftId(parse_id(value, Kind.DRAFT, field))


def parse_list_id(value: str | int, field: str | None = None) -> ListId:
    return ListId(parse_id(value, Kind.LIST, field))


def parse_media_id(value: str | int, field: str | None = None) -> MediaId:
    return MediaId(parse_id(value, Kind.MEDIA, field))


def parse_media_ids(values: Sequence[str], field: str | None = None) -> list[MediaId]:
    return [parse_media_id(value, field) for value in values]


class IdFactory:
    """Makes ids for one node. Not thread-safe: one per event loop.

    Ids of one kind are strictly increasing whatever the clock does: a clock that steps back keeps the last
    millisecond, and the 1,025th id of a millisecond borrows the next.
    """

    __slots__ = ("_clock_ms", "_last_ms", "_node", "_sequence")

    def __init__(self, clock_ms: Callable[[], int], node: int) -> None:
        if not 0 <= node <= MAX_NODE:
            raise ValueError(f"node must be 0 to {MAX_NODE}, not {node}")
        self._clock_ms = clock_ms
        self._node = node
        self._last_ms = EPOCH_MS
        self._sequence = 0

    def move_to(self, node: int) -> None:
        """Goes on under another node number, after the lease of the first was lost; later ids are still greater."""
        self._node = node
        self._last_ms, self._sequence = self._last_ms + 1, 0

    def _next(self, kind: Kind) -> int:
        now = self._clock_ms()
        if now > self._last_ms:
            self._last_ms, self._sequence = now, 0
        elif self._sequence < _MAX_SEQUENCE:
            self._sequence += 1
        else:
            self._last_ms, self._sequence = self._last_ms + 1, 0
        return compose(self._last_ms, kind, self._node, self._sequence)

    def user(self) -> UserId:
        return UserId(self._next(Kind.USER))

    def post(self) -> PostId:
        return PostId(self._next(Kind.POST))

    def comment(self) -> CommentId:
        return CommentId(self._next(Kind.COMMENT))

    def like(self) -> LikeId:
        return LikeId(self._next(Kind.LIKE))

    def share(self) -> ShareId:
        return ShareId(self._next(Kind.SHARE))

    def follow(self) -> FollowId:
        return FollowId(self._next(Kind.FOLLOW))

    def event(self) -> EventId:
        return EventId(self._next(Kind.EVENT))

    def code(self) -> CodeId:
        return CodeId(self._next(Kind.CODE))

    def session(self) -> SessionId:
        return SessionId(self._next(Kind.SESSION))

    def activity(self) -> ActivityId:
        return ActivityId(self._next(Kind.ACTIVITY))

    def draft(self) -> DraftId:
        return DraftId(self._next(Kind.DRAFT))

    def list(self) -> ListId:
        return ListId(self._next(Kind.LIST))

    def media(self) -> MediaId:
        return MediaId(self._next(Kind.MEDIA))
