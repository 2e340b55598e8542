"""The repositories of one open transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from socialfeed.adapters.memory.access import MemoryGrants, MemoryRoles
from socialfeed.adapters.memory.activity import MemoryActivityLog
from socialfeed.adapters.memory.comments import MemoryCommentLikes, MemoryComments, remove_likes
from socialfeed.adapters.memory.counters import MemoryCounters
from socialfeed.adapters.memory.counting import NO_COUNTS, bump_post, bump_profile, counts_of
from socialfeed.adapters.memory.database import Changes, Reaction
from socialfeed.adapters.memory.drafts import MemoryDrafts
from socialfeed.adapters.memory.graph import (
    MemoryBlocks,
    MemoryFollowRequests,
    MemoryFollows,
    MemoryMutedWords,
    MemoryMutes,
)
from socialfeed.adapters.memory.idempotency import MemoryIdempotencyKeys
from socialfeed.adapters.memory.keeping import MemoryBookmarks, MemoryPins
from socialfeed.adapters.memory.lists import MemoryLists
from socialfeed.adapters.memory.media_items import MemoryMediaItems
from socialfeed.adapters.memory.sessions import MemoryRevocations, MemorySessions
from socialfeed.adapters.memory.tables import Staged
from socialfeed.domain.engagement import Counts, Like, Share
from socialfeed.domain.errors import EmailTaken, IdConflict, PostNotFound, UsernameTaken
from socialfeed.domain.events import Envelope
from socialfeed.domain.ids import EntryId, EventId, PostId, UserId
from socialfeed.domain.post import Post, PostEdit
from socialfeed.domain.user import CodePurpose, OneTimeCode, User


@dataclass(frozen=True, slots=True)
class MemoryUsers:
    changes: Changes

    async def get(self, user_id: UserId) -> User | None:
        return self.changes.users.get(user_id)

    async def by_username(self, username: str) -> User | None:
        index = self.changes.database.users_by_username
        return next(iter(self.changes.users.matching(index, username.lower())), None)

    async def proven_by_email(self, email: str) -> User | None:
        return next((user for user in self._by_email(email) if user.is_proven), None)

    async def pending_by_email(self, email: str) -> User | None:
        return max(self._pending(email), key=lambda user: user.id, default=None)

    async def add(self, user: User) -> None:
        if self.changes.users.get(user.id) is not None:
            raise IdConflict
        await self.save(user)
        self.changes.profile_counts.put(user.id, NO_COUNTS)

    async def save(self, user: User) -> None:
        named = await self.by_username(user.username)
        if named is not None and named.id != user.id:
            raise UsernameTaken
        proven = await self.proven_by_email(user.email) if user.is_proven else None
        if proven is not None and proven.id != user.id:
            raise EmailTaken
        self.changes.users.put(user.id, user)

    async def remove_pending(self, email: str) -> None:
        for user in self._pending(email):
            self.changes.users.remove(user.id)
            self.changes.profile_counts.remove(user.id)
            for purpose in CodePurpose:
                self.changes.codes.remove((user.id, purpose))

    def _by_email(self, email: str) -> list[User]:
        return self.changes.users.matching(self.changes.database.users_by_email, email)

    def _pending(self, email: str) -> list[User]:
        return [user for user in self._by_email(email) if not user.is_proven]


@dataclass(frozen=True, slots=True)
class MemoryCodes:
    changes: Changes

    async def get(self, user_id: UserId, purpose: CodePurpose) -> OneTimeCode | None:
        return self.changes.codes.get((user_id, purpose))

    async def put(self, code: OneTimeCode) -> None:
        self.changes.codes.put((code.user_id, code.purpose), code)

    async def remove(self, user_id: UserId, purpose: CodePurpose) -> None:
        self.changes.codes.remove((user_id, purpose))


@dataclass(frozen=True, slots=True)
class MemoryPosts:
    changes: Changes

    async def get(self, post_id: PostId) -> Post | None:
        return self.changes.posts.get(post_id)

    async def add(self, post: Post) -> Counts | None:
        if self.changes.posts.get(post.id) is not None:
            raise IdConflict
        quoted = None if post.quote_of is None else bump_post(self.changes, post.quote_of, shares=1)
        self.changes.posts.put(post.id, post)
        self.changes.counts.put(post.id, Counts())
        bump_profile(self.changes, post.author_id, posts=1)
        return quoted

    async def locked(self, post_id: PostId) -> Post | None:
        return self.changes.posts.get(post_id)

    async def kept(self, post_id: PostId) -> Post | None:
        return self.changes.posts.get(post_id)

    async def save(self, post: Post) -> Counts | None:
        old = self.changes.posts.get(post.id)
        if old is None:
            raise PostNotFound
        self.changes.posts.put(post.id, post)
        by = old.is_deleted - post.is_deleted
        bump_profile(self.changes, post.author_id, posts=by)
        if not by or post.quote_of is None or self.changes.counts.get(post.quote_of) is None:
            return None
        return bump_post(self.changes, post.quote_of, shares=by)

    async def add_edit(self, edit: PostEdit) -> None:
        self.changes.edits.put((edit.post_id, edit.number), edit)

    async def remove(self, post_id: PostId) -> None:
        data, changes = self.changes.database, self.changes
        for edit in changes.edits.matching(data.edits_by_post, post_id):
            changes.edits.remove((post_id, edit.number))
        for like in changes.likes.matching(data.likes_by_post, post_id):
            changes.likes.remove((post_id, like.user_id))
        for share in changes.shares.matching(data.shares_by_post, post_id):
            changes.shares.remove((post_id, share.user_id))
        for comment in changes.comments.matching(data.comments_by_post, post_id):
            remove_likes(changes, comment.id)
            changes.comments.remove(comment.id)
        for bookmark in changes.bookmarks.matching(data.bookmarks_by_post, post_id):
            changes.bookmarks.remove((post_id, bookmark.user_id))
        changes.counts.remove(post_id)
        post = changes.posts.remove(post_id)
        pin = changes.pins.get(post.author_id) if post else None
        if post and pin and pin.post_id == post_id:
            changes.pins.remove(post.author_id)

    async def leave_to_readers(self, entry_id: EntryId, account_id: UserId) -> None:
        newest = self.changes.pulled_authors.get(account_id)
        self.changes.pulled_authors.put(account_id, max(entry_id, newest or entry_id))

    async def blank_of(self, author_id: UserId) -> None:
        for post in self.changes.posts.matching(self.changes.database.posts_by_author, author_id):
            blank = replace(post, content="", image_url=None, content_warning=None, tags=(), mentions=())
            self.changes.posts.put(post.id, blank)
            for edit in self.changes.edits.matching(self.changes.database.edits_by_post, post.id):
                self.changes.edits.put(
                    (post.id, edit.number), replace(edit, content="", image_url=None, content_warning=None)
                )


class _Reaction(Protocol):
    @property
    def post_id(self) -> PostId: ...
    @property
    def user_id(self) -> UserId: ...


R = TypeVar("R", bound=_Reaction)


def _add_reaction(changes: Changes, rows: Staged[Reaction, R], reaction: R, noun: str) -> tuple[R, Counts]:
    key = reaction.post_id, reaction.user_id
    present = rows.get(key)
    if present is not None:
        return present, counts_of(changes, reaction.post_id)
    counts = bump_post(changes, reaction.post_id, **{noun: 1})
    rows.put(key, reaction)
    return reaction, counts


def _remove_reaction(
    changes: Changes, rows: Staged[Reaction, R], post_id: PostId, user_id: UserId, noun: str
) -> tuple[R | None, Counts]:
    removed = rows.remove((post_id, user_id))
    if removed is None:
        return None, counts_of(changes, post_id)
    return removed, bump_post(changes, post_id, **{noun: -1})


@dataclass(frozen=True, slots=True)
class MemoryLikes:
    changes: Changes

    async def add(self, like: Like) -> tuple[Like, Counts]:
        return _add_reaction(self.changes, self.changes.likes, like, "likes")

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[Like | None, Counts]:
        return _remove_reaction(self.changes, self.changes.likes, post_id, user_id, "likes")


@dataclass(frozen=True, slots=True)
class MemoryShares:
    changes: Changes

    async def add(self, share: Share) -> tuple[Share, Counts]:
        return _add_reaction(self.changes, self.changes.shares, share, "shares")

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[Share | None, Counts]:
        return _remove_reaction(self.changes, self.changes.shares, post_id, user_id, "shares")


@dataclass(frozen=True, slots=True)
class MemoryOutboxWriter:
    changes: Changes

    async def add(self, envelope: Envelope) -> None:
        self.changes.outbox.put(envelope.id, envelope)


@dataclass(frozen=True, slots=True)
class MemoryInbox:
    changes: Changes

    async def claim(self, event_id: EventId, consumer: str, at: datetime) -> bool:
        if await self.seen(event_id, consumer):
            return False
        self.changes.inbox.put((event_id, consumer), at)
        return True

    async def seen(self, event_id: EventId, consumer: str) -> bool:
        return self.changes.inbox.get((event_id, consumer)) is not None


class MemoryTransaction:
    """Sees what was committed and what it changed itself."""

    def __init__(self, changes: Changes) -> None:
        self.users = MemoryUsers(changes)
        self.codes = MemoryCodes(changes)
        self.posts = MemoryPosts(changes)
        self.counters = MemoryCounters(changes)
        self.comments = MemoryComments(changes)
        self.comment_likes = MemoryCommentLikes(changes)
        self.likes = MemoryLikes(changes)
        self.shares = MemoryShares(changes)
        self.bookmarks = MemoryBookmarks(changes)
        self.pins = MemoryPins(changes)
        self.drafts = MemoryDrafts(changes)
        self.lists = MemoryLists(changes)
        self.follows = MemoryFollows(changes)
        self.media = MemoryMediaItems(changes)
        self.requests = MemoryFollowRequests(changes)
        self.blocks = MemoryBlocks(changes)
        self.mutes = MemoryMutes(changes)
        self.muted_words = MemoryMutedWords(changes)
        self.sessions = MemorySessions(changes)
        self.revocations = MemoryRevocations(changes)
        self.roles = MemoryRoles(changes)
        self.grants = MemoryGrants(changes)
        self.activity = MemoryActivityLog(changes)
        self.outbox = MemoryOutboxWriter(changes)
        self.inbox = MemoryInbox(changes)
        self.idempotency = MemoryIdempotencyKeys(changes)
