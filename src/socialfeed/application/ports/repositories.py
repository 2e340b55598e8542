"""Writing to the database: the repositories of one transaction.

Inside a transaction `get` locks what it returns until the transaction ends: between a `get` and a `save` no other
transaction changes the row. Two transactions that lock several rows must lock them in ascending order of id.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialfeed.application.ports.access import Grants, Roles
from socialfeed.application.ports.activity import ActivityLog
from socialfeed.application.ports.counters import PostCounters
from socialfeed.application.ports.graph import Blocks, FollowRequests, Follows, MutedWords, Mutes
from socialfeed.application.ports.keeping import Bookmarks, Drafts, Pins
from socialfeed.application.ports.lists import Lists
from socialfeed.application.ports.media_items import MediaItems
from socialfeed.domain.comment import Comment, CommentLike
from socialfeed.domain.engagement import Counts, Like, Share
from socialfeed.domain.events import Envelope
from socialfeed.domain.idempotency import IdempotencyKey
from socialfeed.domain.ids import CommentId, EntryId, EventId, PostId, SessionId, UserId
from socialfeed.domain.post import Post, PostEdit
from socialfeed.domain.session import Session
from socialfeed.domain.user import CodePurpose, OneTimeCode, User


class Users(Protocol):
    async def get(self, user_id: UserId) -> User | None: ...

    async def by_username(self, username: str) -> User | None:
        """The account with this username, compared without case."""

    async def proven_by_email(self, email: str) -> User | None:
        """The account that has proven this address, whatever became of it since; there is at most one."""

    async def pending_by_email(self, email: str) -> User | None:
        """The newest unverified account that gave this address."""

    async def add(self, user: User) -> None:
        """Raises `UsernameTaken`, `EmailTaken` (another account has proven the address) or `IdConflict`."""

    async def save(self, user: User) -> None:
        """Replaces the stored user of this id. Raises as `add` does."""

    async def remove_pending(self, email: str) -> None:
        """Removes every unverified account that gave this address, with its codes."""


class Codes(Protocol):
    async def get(self, user_id: UserId, purpose: CodePurpose) -> OneTimeCode | None: ...

    async def put(self, code: OneTimeCode) -> None:
        """Stores the code in place of any other of the same user and purpose."""

    async def remove(self, user_id: UserId, purpose: CodePurpose) -> None:
        """Idempotent."""


class Sessions(Protocol):
    async def get(self, session_id: SessionId) -> Session | None: ...

    async def add(self, session: Session) -> None:
        """Raises `IdConflict`. May remove sessions of the same user that have expired."""

    async def save(self, session: Session) -> None:
        """Replaces the stored session of this id. Raises `SessionNotFound`: an ended session does not come back."""

    async def remove(self, session_id: SessionId) -> bool:
        """Whether there was one."""

    async def remove_of(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """Removes the user's sessions, all or all but one; returns how many."""


EVERYBODY = UserId(0)


class Revocations(Protocol):
    async def add(self, event_id: EventId, user_id: UserId, at: datetime) -> None:
        """Says that what was known of this user's sessions and permissions, or of everybody's where `user_id` is
        `EVERYBODY`, is void from the commit on. Kept for an hour at least.
        """


class Posts(Protocol):
    async def get(self, post_id: PostId) -> Post | None:
        """The post, without a lock: a hot post must not become a queue."""

    async def locked(self, post_id: PostId) -> Post | None:
        """The post, which no other transaction edits, locks, deletes or restores until this one ends."""

    async def kept(self, post_id: PostId) -> Post | None:
        """The post, which is `locked` by no other transaction until this one ends; any number may keep it at once.
        Where something of it is locked, too, the post comes first.
        """

    async def add(self, post: Post) -> Counts | None:
        """Stores the post with counts of zero and bumps the author's post count. One that quotes another is counted
        among the other's shares, whose new counts are returned. Raises `IdConflict`, `PostNotFound` (none to quote).
        """

    async def save(self, post: Post) -> Counts | None:
        """Replaces the stored post of this id, which must be `locked`. The author's number of posts, and the shares of
        a quoted post, go by those that are not deleted: where that changed, and the quoted post is still there, its
        new counts are returned. Raises `PostNotFound`.
        """

    async def add_edit(self, edit: PostEdit) -> None:
        """Keeps what a `locked` post said before."""

    async def remove(self, post_id: PostId) -> None:
        """Removes a deleted post and everything that hangs on it; posts that quote it stay. Idempotent."""

    async def leave_to_readers(self, entry_id: EntryId, account_id: UserId) -> None:
        """Says that this post, or share, is in nobody's timeline, so that it is among what is `PostReader.not_pushed`
        to followers whose timelines reach as far. Idempotent, and in any order of ids.
        """

    async def blank_of(self, author_id: UserId) -> None:
        """Takes text, image, warning, tags and mentions out of everything the author posted, and its edits; ids,
        moments and counts stay.
        """


class Comments(Protocol):
    async def get(self, comment_id: CommentId) -> Comment | None:
        """The comment, without a lock."""

    async def locked(self, comment_id: CommentId) -> Comment | None:
        """The comment, which nobody else changes, deletes or answers until this transaction ends. Where several are
        locked, an answer comes before what it answers.
        """

    async def add(self, comment: Comment) -> Counts:
        """Stores the comment and returns the post's new counts. Raises `PostNotFound`, `IdConflict`."""

    async def save(self, comment: Comment) -> None:
        """Replaces the stored comment of this id, which must be `locked`. Raises `CommentNotFound`."""

    async def delete(self, comment: Comment) -> Counts:
        """Counts the comment, which must be `locked` and not deleted yet, no more, and returns the post's new counts.
        One that was answered is saved as it is given; one that was not is removed, and so are the tombstones above
        that lose their last answer by it. Its likes are gone either way.
        """

    async def blank_of(self, author_id: UserId) -> None:
        """Takes the text out of everything the author commented; ids, places and counts stay."""


class CommentLikes(Protocol):
    async def add(self, like: CommentLike) -> tuple[CommentLike, int]:
        """Idempotent, as `Likes.add`; the number is how many like the comment now. Until this transaction ends nobody
        else likes or deletes it. Raises `CommentNotFound`, also for a tombstone.
        """

    async def remove(self, comment_id: CommentId, user_id: UserId) -> tuple[CommentLike | None, int]:
        """Idempotent: the like that was there, if any. Locks and raises as `add`."""


class Likes(Protocol):
    async def add(self, like: Like) -> tuple[Like, Counts]:
        """Idempotent: a second like of the same user leaves the first, which is returned in place of the new one
        (`result is not like` tells), and counts once under any concurrency. The counts are what was committed when it
        was counted, and itself: of what others count at the same moment, some may be left out. Raises `PostNotFound`.
        """

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[Like | None, Counts]:
        """Idempotent: the like that was there, if any. Raises `PostNotFound`."""


class Shares(Protocol):
    async def add(self, share: Share) -> tuple[Share, Counts]:
        """As `Likes.add`."""

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[Share | None, Counts]:
        """As `Likes.remove`."""


class Outbox(Protocol):
    async def add(self, envelope: Envelope) -> None:
        """Stores the event; it is relayed if, and only if, the transaction commits."""


class Inbox(Protocol):
    async def claim(self, event_id: EventId, consumer: str, at: datetime) -> bool:
        """True for the first transaction to commit a claim of this event by this consumer, else False: what a
        consumer writes in the same transaction happens once, however often the event is delivered. `at` is the present
        moment: claims may be forgotten 30 days after it.
        """

    async def seen(self, event_id: EventId, consumer: str) -> bool:
        """Whether such a claim was committed: for effects outside the database, which are made first and claimed
        after, so that a crash between the two repeats them rather than losing them.
        """


class IdempotencyKeys(Protocol):
    async def claim(self, key: IdempotencyKey) -> IdempotencyKey:
        """Stores the key and returns it, or returns the one that is stored and live (`result is not key` tells). Under
        any concurrency one claim of a key is stored: others wait for that transaction to end.
        """

    async def remove_before(self, moment: datetime, *, limit: int) -> int:
        """Removes at most `limit` keys made before this moment; returns how many. Keys that others hold may stay."""


class Transaction(Protocol):
    """The repositories of one open transaction."""

    @property
    def users(self) -> Users: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def posts(self) -> Posts: ...
    @property
    def counters(self) -> PostCounters: ...
    @property
    def comments(self) -> Comments: ...
    @property
    def comment_likes(self) -> CommentLikes: ...
    @property
    def likes(self) -> Likes: ...
    @property
    def shares(self) -> Shares: ...
    @property
    def bookmarks(self) -> Bookmarks: ...
    @property
    def pins(self) -> Pins: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def lists(self) -> Lists: ...
    @property
    def follows(self) -> Follows: ...
    @property
    def media(self) -> MediaItems: ...
    @property
    def requests(self) -> FollowRequests: ...
    @property
    def blocks(self) -> Blocks: ...
    @property
    def mutes(self) -> Mutes: ...
    @property
    def muted_words(self) -> MutedWords: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def roles(self) -> Roles: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def activity(self) -> ActivityLog: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def idempotency(self) -> IdempotencyKeys: ...


class UnitOfWork(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[Transaction]:
        """`async with uow() as tx:` commits on a clean exit and rolls everything back on any exception, cancellation
        included. Nothing is visible to others before the commit; an error while committing raises and leaves
        nothing. Transactions do not nest.
        """
