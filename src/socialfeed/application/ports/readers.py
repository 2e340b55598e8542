"""Reading from the database.

Readers see committed data only, take many ids at once and leave out what does not exist. They run outside transactions
and cost one round trip a call, whatever the number of ids; no ids, no round trip.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from socialfeed.application.ports.timelines import Entry
from socialfeed.domain.comment import Comment, Liking, Sort
from socialfeed.domain.engagement import Counts, Reactions
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import CommentId, EntryId, EventId, PostId, SessionId, ShareId, UserId
from socialfeed.domain.post import Post, PostEdit, Visibility
from socialfeed.domain.session import Session
from socialfeed.domain.trending import Reaction
from socialfeed.domain.user import User, UserStatus


class Profile(NamedTuple):
    """The public face of an account, whether it is active, and whether only followers see what it writes."""

    id: UserId
    username: str
    first_name: str
    last_name: str
    bio: str
    created_at: datetime
    is_active: bool
    avatar_url: str | None = None
    is_private: bool = False


class Page(NamedTuple):
    """One page of ids with the number of all."""

    ids: Sequence[int]
    total: int


Candidate = Entry
"""A post, or a share of one, that may belong in a feed."""


class NotPushed(NamedTuple):
    """What a home timeline is completed with when it is read."""

    own: Sequence[Candidate]
    pulled: Sequence[Candidate]


class SharedPost(NamedTuple):
    """What was shared, and by whom."""

    post_id: PostId
    sharer_id: UserId


class Doubts(NamedTuple):
    """Of entries of a home feed: those that somebody has to judge, what is shared by those that are shares and still
    there, and which of the shared posts are the reader's own or by somebody whom the reader follows.
    """

    doubtful: Sequence[EntryId]
    shared: Mapping[ShareId, SharedPost] = MappingProxyType({})
    at_home: AbstractSet[PostId] = frozenset()


class ProfileBatches(Protocol):
    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]: ...


class PostBatches(Protocol):
    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]: ...


class ContentBatches(PostBatches, ProfileBatches, Protocol):
    """Each method looks once at what has changed, and answers with nothing older."""

    async def posts_and_authors(
        self, ids: Sequence[PostId], others: Iterable[UserId] = ()
    ) -> tuple[dict[PostId, Post], dict[UserId, Profile]]:
        """The posts, and the profiles of those who wrote them and of the others."""


class UserReader(ProfileBatches, Protocol):
    async def accounts_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, User]:
        """Whole accounts, secrets included: for identity only."""

    async def account_by_login(self, login: str) -> User | None:
        """By username (without case), or by address when `login` holds an @: the account that has proven it, else the
        newest unverified one.
        """

    async def profile_counts(self, ids: Sequence[UserId]) -> dict[UserId, ProfileCounts]: ...

    async def user_id_by_username(self, username: str) -> UserId | None: ...

    async def user_ids_by_usernames(self, names: Sequence[str]) -> dict[str, UserId]:
        """The active accounts of these names, which are in lower case, as are those in the answer."""

    async def accounts_after(
        self, after: UserId | None, *, limit: int, status: UserStatus | None = None, role: str | None = None
    ) -> list[User]:
        """Accounts by ascending id, those past `after`: all, or those of a status, those with a role."""

    async def due_for_erasure(self, at: datetime, *, limit: int) -> list[UserId]:
        """Deleted accounts whose grace is over at `at`, the longest due first."""


class PostReader(PostBatches, Protocol):
    async def counts(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        """The exact counters."""

    async def page_by_author(
        self, author_id: UserId, visibilities: frozenset[Visibility], *, limit: int, offset: int
    ) -> Page:
        """Those of the author's posts with one of these visibilities, newest first, and how many there are; deleted
        ones are left out.
        """

    async def ids_after(self, after: PostId | None, *, limit: int) -> list[PostId]:
        """Of all posts there are, deleted ones too, by ascending id, those past `after`."""

    async def edits(self, ids: Sequence[PostId]) -> dict[PostId, list[PostEdit]]:
        """What these posts said before, oldest first; posts that were never edited may be left out."""

    async def due_for_purge(self, deleted_before: datetime, *, limit: int) -> list[PostId]:
        """Posts deleted before this moment, the longest deleted first."""

    async def newest_by_authors(
        self, author_ids: Sequence[UserId], *, limit: int, before: PostId | None = None
    ) -> list[PostId]:
        """The newest posts of these authors together, newest first, ids below `before`."""

    async def newest_entries(
        self, account_ids: Sequence[UserId], *, limit: int, before: EntryId | None = None
    ) -> list[Candidate]:
        """The newest of what these accounts wrote and shared together, newest first, ids below `before`."""

    async def newest_tagged(self, tag: str, *, limit: int, before: PostId | None = None) -> list[PostId]:
        """The newest posts with this tag, by its key, newest first, ids below `before`: all of them, whoever they are
        for.
        """

    async def newest_public(
        self, *, limit: int, before: PostId | None = None, language: str | None = None
    ) -> list[PostId]:
        """The newest posts for everybody that are not deleted, newest first, ids below `before`; with a language, those
        alone that `text.languages_of` finds by it.
        """

    async def not_pushed(self, reader_id: UserId, *, own: int, limit: int, since: EntryId | None) -> NotPushed:
        """What no timeline of the reader need hold, posts and shares: the newest `own` of the reader; and the newest
        `limit`, newest first, with ids from `since` on, of those whom the reader follows and of whose posts and shares
        at least one of these was left to readers.
        """

    async def home_candidates(self, reader_id: UserId, *, limit: int, before: EntryId | None = None) -> list[Candidate]:
        """The newest of what those whom the reader follows wrote and shared, newest first, ids below `before`."""

    async def doubtful(self, reader_id: UserId, ids: Sequence[EntryId]) -> Doubts:
        """What is to be known of posts and shares before they stand in the reader's home feed. Those that nobody need
        judge do stand there, each by itself: the post is not deleted, and by the reader, or for all followers of an
        active account that the reader follows and does not mute; and the reader mutes no words. Of a share this holds
        for who shared, and its post is by the reader, or for everybody, or for followers whom the reader is among, by
        an active account that the reader does not mute and where neither blocks the other. A block ends follows, so it
        is not asked for otherwise. Costs the same whether the posts are by one author or by as many as there are posts.
        """


class Onlooker(NamedTuple):
    """Who reads a thread: sees the own comments and those of active accounts, but none where one of the two blocks the
    other; and of hidden ones the own and those under own posts, or all of them for whoever `moderates`.
    """

    user_id: UserId | None = None
    moderates: bool = False


NO_ONE = Onlooker()
"""Nobody in particular."""


class Place(NamedTuple):
    """Where a comment stands among those beside it. `score` is what they are sorted by, 0 where that is their age."""

    score: int
    id: CommentId


class Placed(NamedTuple):
    comment: Comment
    score: int

    @property
    def place(self) -> Place:
        return Place(self.score, self.comment.id)


class CommentReader(Protocol):
    async def comments_by_ids(self, ids: Sequence[CommentId]) -> dict[CommentId, Comment]: ...

    async def children(
        self,
        post_id: PostId,
        parent_ids: Sequence[CommentId | None],
        onlooker: Onlooker = NO_ONE,
        *,
        limit: int,
        sort: Sort = Sort.OLDEST,
        after: Place | None = None,
    ) -> dict[CommentId | None, list[Placed]]:
        """For each parent (None: the post itself) the first `limit` of its direct children that the onlooker sees, and
        of the tombstones between them, past `after` where it is given. One whose score changes between two pages may
        stand on both, or on neither.
        """

    async def child_counts(
        self, post_id: PostId, parent_ids: Sequence[CommentId | None], onlooker: Onlooker = NO_ONE
    ) -> dict[CommentId | None, int]:
        """How many direct children of each parent the onlooker sees, tombstones not counted; parents without any may
        be left out.
        """

    async def hidden_above(self, ids: Sequence[CommentId]) -> dict[CommentId, frozenset[UserId]]:
        """The authors of the hidden comments on the way from each of these, itself included, up to the post. Those with
        none may be left out.
        """

    async def liking(self, viewer_id: UserId | None, ids: Sequence[CommentId]) -> dict[CommentId, Liking]:
        """The exact numbers of likes. Comments that nobody likes may be left out."""


class EngagementReader(Protocol):
    async def reactions(self, viewer_id: UserId, post_ids: Sequence[PostId]) -> dict[PostId, Reactions]:
        """The exact counters of each post and what the viewer did with it, both at one moment."""

    async def shared_by_ids(self, ids: Sequence[ShareId]) -> dict[ShareId, SharedPost]:
        """What was shared by these shares, as far as they were not taken back."""

    async def likers(self, post_id: PostId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        """Who likes the post, by ascending id, those past `after`."""

    async def done_with(self, post_ids: Sequence[PostId]) -> dict[PostId, list[Reaction]]:
        """All that anybody did with each post and did not take back, by ascending id: likes, shares, comments, and
        quotes, which share by an id of their moment. Posts that nobody reacted to may be left out.
        """


class SessionReader(Protocol):
    async def sessions_by_ids(self, ids: Sequence[SessionId]) -> dict[SessionId, Session]: ...

    async def sessions_of(self, user_id: UserId, at: datetime) -> list[Session]:
        """Those that are live at `at`, the last used first."""

    async def last_active(self, since: datetime, *, limit: int) -> list[UserId]:
        """Whose sessions were used since then, the last used first."""

    async def revoked_since(self, since: datetime) -> dict[EventId, UserId]:
        """The revocations said since then."""
