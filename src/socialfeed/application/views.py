"""What the outside sees: read models shaped like the SDL, in snake case. Made by `present`, never changed after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from socialfeed.domain.ids import CommentId, EventId, LikeId, MediaId, PostId, SessionId, ShareId, UserId
from socialfeed.domain.matching import Piece, excerpt
from socialfeed.domain.permissions import Grant, Permission
from socialfeed.domain.post import ReplyPolicy, Visibility
from socialfeed.domain.search import Query
from socialfeed.domain.visibility import Reason

T = TypeVar("T")


@dataclass(slots=True)
class UserView:
    """`email` and `locale` are set only where the viewer looks at the own account."""

    id: UserId
    username: str
    first_name: str
    last_name: str
    bio: str
    created_at: datetime
    avatar: str | None = None
    is_private: bool = False
    email: str | None = None
    locale: str | None = None


@dataclass(slots=True)
class RelationshipView:
    """How the viewer stands to an account. Whether that one blocks or mutes the viewer is not the viewer's to know."""

    user_id: UserId
    is_following: bool
    is_followed_by: bool
    is_requested: bool
    has_requested: bool
    is_blocking: bool
    muted_kinds: Sequence[str]
    muted_until: datetime | None
    priority: str

    @property
    def is_muting(self) -> bool:
        return bool(self.muted_kinds)


@dataclass(slots=True)
class MemberView:
    """An account as those see it who manage accounts."""

    user: UserView
    status: str
    roles: Sequence[str]
    erase_at: datetime | None


@dataclass(slots=True)
class AccessView:
    """What an account may do: `permissions` are all it holds at this moment, by roles and grants together."""

    user_id: UserId
    roles: Sequence[str]
    permissions: Sequence[Permission]
    grants: Sequence[Grant]


@dataclass(slots=True)
class SessionView:
    id: SessionId
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    is_current: bool


@dataclass(slots=True)
class PostView:
    id: PostId
    content: str
    image: str | None
    author: UserView
    created_at: datetime
    edited_at: datetime | None
    likes_count: int
    comments_count: int
    shares_count: int
    is_liked: bool
    is_shared: bool
    is_bookmarked: bool
    visibility: Visibility
    reply_policy: ReplyPolicy
    sensitive: bool
    content_warning: str | None
    language: str | None
    tags: Sequence[str]
    mention_ids: Sequence[UserId]
    quote_of: PostId | None
    can_reply: bool

    @property
    def is_quote(self) -> bool:
        return self.quote_of is not None

    limited: Reason | None = None
    is_locked: bool = False


@dataclass(slots=True)
class BookmarkView:
    id: EventId
    post: PostView
    folder: str
    created_at: datetime


@dataclass(slots=True)
class RenditionView:
    url: str
    width: int
    height: int
    content_type: str


@dataclass(slots=True)
class MediaView:
    """`url` is there once it is READY; of a video that is not, the sides are not known. `duration` is in seconds."""

    id: MediaId
    kind: str
    status: str
    url: str | None
    width: int | None
    height: int | None
    duration: float | None
    content_type: str
    blurhash: str | None
    alt_text: str
    renditions: Sequence[RenditionView]
    failure: str | None
    created_at: datetime


@dataclass(slots=True)
class CommentView:
    """A deleted one is a place without words and without an author."""

    id: CommentId
    content: str
    author: UserView | None
    post_id: PostId
    parent_id: CommentId | None
    depth: int
    created_at: datetime
    edited_at: datetime | None
    is_deleted: bool
    likes_count: int
    is_liked: bool
    limited: Reason | None = None
    is_hidden: bool = False
    level: int = 0
    """How many levels below the beginning of the answer it stands in."""


@dataclass(slots=True)
class LikeView:
    id: LikeId
    user: UserView
    post: PostView
    created_at: datetime


@dataclass(slots=True)
class ShareView:
    id: ShareId
    user: UserView
    post: PostView
    created_at: datetime


@dataclass(slots=True)
class PageView(Generic[T]):
    items: Sequence[T]
    total_items: int
    current_page: int
    items_per_page: int

    @property
    def total_pages(self) -> int:
        return -(-self.total_items // self.items_per_page)

    @property
    def has_next(self) -> bool:
        return self.current_page < self.total_pages


@dataclass(slots=True)
class TagTrendView:
    """A tag that trends, by its key, with how many posts make it trend, and how many authors wrote them."""

    name: str
    posts_count: int
    authors_count: int


@dataclass(slots=True)
class EdgeView(Generic[T]):
    cursor: str
    node: T


@dataclass(slots=True)
class FoundView(EdgeView[PostView]):
    """A post that was found by a query."""

    query: Query

    @property
    def highlights(self) -> list[Piece]:
        return excerpt(self.query, self.node.content)


class Because(StrEnum):
    """What brought a post into a feed."""

    OWN = "own"
    FOLLOWED = "followed"
    SHARED = "shared"
    LIST = "list"
    TAG = "tag"
    PUBLIC = "public"


@dataclass(slots=True)
class ScoreTermView:
    name: str
    value: float


@dataclass(slots=True)
class FeedReasonView:
    """`users` are those through whom it came, `tag` is the key of the tag that it was found by. The score and what made
    it are there where the feed is ranked.
    """

    kind: Because
    users: Sequence[UserView] = ()
    score: float | None = None
    terms: Sequence[ScoreTermView] = ()
    tag: str | None = None


@dataclass(slots=True)
class FeedEdgeView(EdgeView[PostView]):
    """A post in a feed that people and circumstances fill."""

    reason: FeedReasonView


@dataclass(slots=True)
class PageInfoView:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class ConnectionView(Generic[T]):
    edges: Sequence[EdgeView[T]]
    page_info: PageInfoView

    @property
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]


@dataclass(slots=True)
class ThreadView(ConnectionView[CommentView]):
    """One level of a thread: the comments that answer `parent_id`, or the post itself where that is None."""

    post_id: PostId
    parent_id: CommentId | None
