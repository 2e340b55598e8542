"""The tables of the memory storage, and all of them as one transaction sees them."""

from datetime import datetime
from typing import NamedTuple

from socialfeed.adapters.memory.tables import Index, Staged, Table
from socialfeed.domain.activity import Activity, ChainEnd, Link
from socialfeed.domain.bookmark import Bookmark
from socialfeed.domain.comment import Comment, CommentLike
from socialfeed.domain.draft import Draft
from socialfeed.domain.engagement import Counts, Like, Share
from socialfeed.domain.events import Envelope
from socialfeed.domain.graph import Block, Follow, FollowRequest, Mute, MutedWord, ProfileCounts
from socialfeed.domain.idempotency import IdempotencyKey
from socialfeed.domain.ids import (
    ActivityId,
    CommentId,
    DraftId,
    EntryId,
    EventId,
    ListId,
    MediaId,
    PostId,
    SessionId,
    ShareId,
    UserId,
)
from socialfeed.domain.media import Media
from socialfeed.domain.permissions import Grant, Permission, Role
from socialfeed.domain.post import Post, PostEdit
from socialfeed.domain.session import Session
from socialfeed.domain.user import CodePurpose, OneTimeCode, User
from socialfeed.domain.user_list import Member, UserList

Pair = tuple[UserId, UserId]
Reaction = tuple[PostId, UserId]
Membership = tuple[ListId, UserId]
Place = tuple[UserId, int]
"""An actor and a position in that actor's chain."""


class Revocation(NamedTuple):
    user_id: UserId
    at: datetime


class MediaUsage(NamedTuple):
    """What the media of one owner count together."""

    bytes: int = 0
    pending: int = 0


class Pin(NamedTuple):
    post_id: PostId
    at: datetime


class Database:
    """Committed state."""

    def __init__(self) -> None:
        self.users_by_username = Index[UserId, User](lambda user: user.username.lower())
        self.users_by_email = Index[UserId, User](lambda user: user.email)
        self.posts_by_author = Index[PostId, Post](lambda post: post.author_id)
        self.comments_by_parent = Index[CommentId, Comment](lambda comment: (comment.post_id, comment.parent_id))
        self.comments_by_author = Index[CommentId, Comment](lambda comment: comment.author_id)
        # Keys are (follower, followee), so each index has the other side in ascending order.
        self.follows_by_follower = Index[Pair, Follow](lambda follow: follow.follower_id)
        self.follows_by_followee = Index[Pair, Follow](lambda follow: follow.followee_id)
        self.sessions_by_user = Index[SessionId, Session](lambda session: session.user_id)
        self.grants_by_user = Index[tuple[UserId, Permission], Grant](lambda grant: grant.user_id)
        self.activity_by_actor = Index[ActivityId, Activity](lambda entry: entry.actor_id)
        # One value for all: every entry in the order of ids.
        self.activity_by_id = Index[ActivityId, Activity](lambda _: None)
        self.links_by_actor = Index[Place, Link](lambda link: link.entry.actor_id)

        self.users = Table[UserId, User](self.users_by_username, self.users_by_email)
        self.profile_counts = Table[UserId, ProfileCounts]()
        self.codes = Table[tuple[UserId, CodePurpose], OneTimeCode]()
        self.posts_by_quoted = Index[PostId, Post](lambda post: post.quote_of)
        self.posts = Table[PostId, Post](self.posts_by_author, self.posts_by_quoted)
        self.edits_by_post = Index[tuple[PostId, int], PostEdit](lambda edit: edit.post_id)
        self.edits = Table[tuple[PostId, int], PostEdit](self.edits_by_post)
        self.likes_by_post = Index[Reaction, Like](lambda like: like.post_id)
        self.bookmarks_by_post = Index[Reaction, Bookmark](lambda bookmark: bookmark.post_id)
        self.bookmarks_by_user = Index[Reaction, Bookmark](lambda bookmark: bookmark.user_id)
        self.shares_by_post = Index[Reaction, Share](lambda share: share.post_id)
        self.shares_by_id = Index[Reaction, Share](lambda share: share.id)
        self.shares_by_user = Index[ShareId, Share](lambda share: share.user_id, lambda share: share.id)
        self.comments_by_post = Index[CommentId, Comment](lambda comment: comment.post_id)
        self.counts = Table[PostId, Counts]()
        self.comments = Table[CommentId, Comment](
            self.comments_by_parent, self.comments_by_author, self.comments_by_post
        )
        self.likes_by_comment = Index[tuple[CommentId, UserId], CommentLike](lambda like: like.comment_id)
        self.comment_likes = Table[tuple[CommentId, UserId], CommentLike](self.likes_by_comment)
        self.likes = Table[Reaction, Like](self.likes_by_post)
        self.shares = Table[Reaction, Share](self.shares_by_post, self.shares_by_id, self.shares_by_user)
        self.bookmarks = Table[Reaction, Bookmark](self.bookmarks_by_post, self.bookmarks_by_user)
        self.pins = Table[UserId, Pin]()
        self.pulled_authors = Table[UserId, EntryId]()
        self.drafts_by_author = Index[DraftId, Draft](lambda draft: draft.author_id)
        self.drafts = Table[DraftId, Draft](self.drafts_by_author)
        self.lists_by_owner = Index[ListId, UserList](lambda each: each.owner_id)
        self.lists = Table[ListId, UserList](self.lists_by_owner)
        self.members_by_list = Index[Membership, Member](lambda member: member.list_id)
        self.members_by_user = Index[Membership, Member](lambda member: member.user_id)
        self.members = Table[Membership, Member](self.members_by_list, self.members_by_user)
        self.follows = Table[Pair, Follow](self.follows_by_follower, self.follows_by_followee)
        self.requests_by_target = Index[Pair, FollowRequest](lambda request: request.target_id)
        self.requests = Table[Pair, FollowRequest](self.requests_by_target)
        self.blocks_by_blocker = Index[Pair, Block](lambda block: block.blocker_id)
        self.blocks = Table[Pair, Block](self.blocks_by_blocker)
        self.mutes_by_muter = Index[Pair, Mute](lambda mute: mute.muter_id)
        self.mutes = Table[Pair, Mute](self.mutes_by_muter)
        self.words_by_user = Index[tuple[UserId, str], MutedWord](lambda word: word.user_id)
        self.words = Table[tuple[UserId, str], MutedWord](self.words_by_user)
        self.sessions = Table[SessionId, Session](self.sessions_by_user)
        self.revocations = Table[EventId, Revocation]()
        self.roles = Table[str, Role]()
        self.grants = Table[tuple[UserId, Permission], Grant](self.grants_by_user)
        self.activity = Table[ActivityId, Activity](self.activity_by_actor, self.activity_by_id)
        self.links = Table[Place, Link](self.links_by_actor)
        self.chains = Table[UserId, ChainEnd]()
        self.media_by_owner = Index[MediaId, Media](lambda media: media.owner_id)
        self.media_by_post = Index[MediaId, Media](lambda media: media.post_id)
        self.media_by_draft = Index[MediaId, Media](lambda media: media.draft_id)
        self.media = Table[MediaId, Media](self.media_by_owner, self.media_by_post, self.media_by_draft)
        self.media_usage = Table[UserId, MediaUsage]()
        self.outbox = Table[EventId, Envelope]()
        self.inbox = Table[tuple[EventId, str], datetime]()
        self.idempotency_keys = Table[tuple[UserId, str], IdempotencyKey]()


class Changes:
    """The tables with what one transaction changed laid over them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.users = Staged(database.users)
        self.profile_counts = Staged(database.profile_counts)
        self.codes = Staged(database.codes)
        self.posts = Staged(database.posts)
        self.edits = Staged(database.edits)
        self.counts = Staged(database.counts)
        self.comments = Staged(database.comments)
        self.comment_likes = Staged(database.comment_likes)
        self.likes = Staged(database.likes)
        self.shares = Staged(database.shares)
        self.follows = Staged(database.follows)
        self.requests = Staged(database.requests)
        self.blocks = Staged(database.blocks)
        self.mutes = Staged(database.mutes)
        self.words = Staged(database.words)
        self.sessions = Staged(database.sessions)
        self.revocations = Staged(database.revocations)
        self.roles = Staged(database.roles)
        self.grants = Staged(database.grants)
        self.activity = Staged(database.activity)
        self.links = Staged(database.links)
        self.chains = Staged(database.chains)
        self.media = Staged(database.media)
        self.media_usage = Staged(database.media_usage)
        self.outbox = Staged(database.outbox)
        self.inbox = Staged(database.inbox)
        self.bookmarks = Staged(database.bookmarks)
        self.pins = Staged(database.pins)
        self.pulled_authors = Staged(database.pulled_authors)
        self.drafts = Staged(database.drafts)
        self.lists = Staged(database.lists)
        self.members = Staged(database.members)
        self.idempotency_keys = Staged(database.idempotency_keys)

    def commit(self) -> None:
        """Applies everything in one step: there is no suspension in which a reader could see half of it."""
        for staged in (
            self.users,
            self.profile_counts,
            self.codes,
            self.posts,
            self.edits,
            self.counts,
            self.comments,
            self.comment_likes,
            self.likes,
            self.shares,
            self.follows,
            self.requests,
            self.blocks,
            self.mutes,
            self.words,
            self.sessions,
            self.revocations,
            self.roles,
            self.grants,
            self.activity,
            self.links,
            self.chains,
            self.media,
            self.media_usage,
            self.outbox,
            self.inbox,
            self.bookmarks,
            self.pins,
            self.pulled_authors,
            self.drafts,
            self.lists,
            self.members,
            self.idempotency_keys,
        ):
            staged.apply()
