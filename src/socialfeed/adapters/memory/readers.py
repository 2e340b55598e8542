"""Readers of committed state. None of them suspends, so each answer is one consistent moment."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge, nlargest, nsmallest
from itertools import islice
from typing import Any

from socialfeed.adapters.memory.database import Database
from socialfeed.adapters.memory.tables import Index
from socialfeed.application.ports.readers import Candidate, Doubts, NotPushed, Page, Profile, SharedPost
from socialfeed.domain.engagement import Counts, Engaged, Reactions
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import EntryId, PostId, ShareId, UserId
from socialfeed.domain.post import Post, PostEdit, Visibility
from socialfeed.domain.text import languages_of
from socialfeed.domain.trending import Reaction, quote_reaction
from socialfeed.domain.user import User, UserStatus


@dataclass(frozen=True, slots=True)
class MemoryUserReader:
    database: Database

    async def accounts_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, User]:
        return self.database.users.by_keys(ids)

    async def account_by_login(self, login: str) -> User | None:
        rows = self.database.users.rows
        if "@" not in login:
            user_id = await self.user_id_by_username(login)
            return None if user_id is None else rows[user_id]
        accounts = [rows[user_id] for user_id in self.database.users_by_email.keys(login)]
        return max(accounts, key=lambda user: (user.is_proven, user.id), default=None)

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return {user_id: _profile(user) for user_id, user in self.database.users.by_keys(ids).items()}

    async def profile_counts(self, ids: Sequence[UserId]) -> dict[UserId, ProfileCounts]:
        return self.database.profile_counts.by_keys(ids)

    async def user_id_by_username(self, username: str) -> UserId | None:
        return next(iter(self.database.users_by_username.keys(username.lower())), None)

    async def user_ids_by_usernames(self, names: Sequence[str]) -> dict[str, UserId]:
        rows, index = self.database.users.rows, self.database.users_by_username
        return {name: user_id for name in names for user_id in index.keys(name) if rows[user_id].is_active}

    async def accounts_after(
        self, after: UserId | None, *, limit: int, status: UserStatus | None = None, role: str | None = None
    ) -> list[User]:
        wanted = (
            user
            for user in self.database.users.rows.values()
            if (after is None or user.id > after) and status in (None, user.status) and role in (None, *user.roles)
        )
        return nsmallest(limit, wanted, key=lambda user: user.id)

    async def due_for_erasure(self, at: datetime, *, limit: int) -> list[UserId]:
        accounts = self.database.users.rows.values()
        due = ((user.erase_at, user.id) for user in accounts if user.erase_at is not None and user.erase_at <= at)
        return [user_id for _, user_id in nsmallest(limit, due)]


@dataclass(frozen=True, slots=True)
class MemoryPostReader:
    database: Database

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        return self.database.posts.by_keys(ids)

    async def counts(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        return self.database.counts.by_keys(ids)

    async def page_by_author(
        self, author_id: UserId, visibilities: frozenset[Visibility], *, limit: int, offset: int
    ) -> Page:
        posts = (self.database.posts.rows[key] for key in self.database.posts_by_author.keys(author_id))
        keys = [post.id for post in posts if not post.is_deleted and post.visibility in visibilities]
        return Page(list(islice(reversed(keys), offset, offset + limit)), len(keys))

    async def ids_after(self, after: PostId | None, *, limit: int) -> list[PostId]:
        return nsmallest(limit, (post_id for post_id in self.database.posts.rows if post_id > (after or 0)))

    async def edits(self, ids: Sequence[PostId]) -> dict[PostId, list[PostEdit]]:
        data = self.database
        found = {post_id: [data.edits.rows[key] for key in data.edits_by_post.keys(post_id)] for post_id in ids}
        return {post_id: edits for post_id, edits in found.items() if edits}

    async def due_for_purge(self, deleted_before: datetime, *, limit: int) -> list[PostId]:
        deleted = [(post.deleted_at, post.id) for post in self.database.posts.rows.values() if post.deleted_at]
        due = sorted((at, post_id) for at, post_id in deleted if at < deleted_before)
        return [post_id for _, post_id in due[:limit]]

    async def newest_by_authors(
        self, author_ids: Sequence[UserId], *, limit: int, before: PostId | None = None
    ) -> list[PostId]:
        posts = self.database.posts_by_author
        newest = merge(*(_newest(posts, author, before) for author in dict.fromkeys(author_ids)), reverse=True)
        return [PostId(each.id) for each in islice(newest, limit)]

    async def newest_entries(
        self, account_ids: Sequence[UserId], *, limit: int, before: EntryId | None = None
    ) -> list[Candidate]:
        both = self.database.posts_by_author, self.database.shares_by_user
        newest = (_newest(index, account, before) for account in dict.fromkeys(account_ids) for index in both)
        return list(islice(merge(*newest, reverse=True), limit))

    async def newest_tagged(self, tag: str, *, limit: int, before: PostId | None = None) -> list[PostId]:
        tagged = (post.id for post in self.database.posts.rows.values() if tag in post.tags)
        return nlargest(limit, (post_id for post_id in tagged if before is None or post_id < before))

    async def newest_public(
        self, *, limit: int, before: PostId | None = None, language: str | None = None
    ) -> list[PostId]:
        public = (
            post.id
            for post in self.database.posts.rows.values()
            if post.visibility is Visibility.PUBLIC
            and not post.is_deleted
            and (language is None or language in languages_of(post.language))
        )
        return nlargest(limit, (post_id for post_id in public if before is None or post_id < before))

    async def not_pushed(self, reader_id: UserId, *, own: int, limit: int, since: EntryId | None) -> NotPushed:
        followed = [followee for _, followee in self.database.follows_by_follower.keys(reader_id)]
        lowest = since or 0
        left = self.database.pulled_authors.by_keys(followed)
        authors = [author for author, newest in left.items() if newest >= lowest]
        pulled = await self.newest_entries(authors, limit=limit)
        mine = await self.newest_entries([reader_id], limit=own)
        return NotPushed(mine, [each for each in pulled if each.id >= lowest])

    async def home_candidates(self, reader_id: UserId, *, limit: int, before: EntryId | None = None) -> list[Candidate]:
        followed = [followee for _, followee in self.database.follows_by_follower.keys(reader_id)]
        return await self.newest_entries(followed, limit=limit, before=before)

    async def doubtful(self, reader_id: UserId, ids: Sequence[EntryId]) -> Doubts:
        data = self.database
        mutes_words = bool(data.words_by_user.keys(reader_id))
        doubtful, shared, at_home = list[EntryId](), dict[ShareId, SharedPost](), set[PostId]()
        for entry_id in ids:
            key = next(iter(data.shares_by_id.keys(entry_id)), None)
            post = data.posts.rows.get(key[0] if key else PostId(entry_id))
            is_plain = self._is_plain(reader_id, post, key[1] if key else None)
            if mutes_words or not is_plain:
                doubtful.append(entry_id)
            if key is not None:
                shared[ShareId(entry_id)] = SharedPost(*key)
                if post is not None and self._is_at_home(reader_id, post.author_id):
                    at_home.add(post.id)
        return Doubts(doubtful, shared, at_home)

    def _is_plain(self, reader_id: UserId, post: Post | None, sharer_id: UserId | None) -> bool:
        if post is None or post.is_deleted:
            return False
        author_id = post.author_id
        if sharer_id is None:
            return self._is_heard(reader_id, author_id) and self._may_read(reader_id, post)
        hidden = {(reader_id, author_id), (author_id, reader_id)} & self.database.blocks.rows.keys()
        return self._is_heard(reader_id, sharer_id) and self._may_read(reader_id, post) and not hidden

    def _is_heard(self, reader_id: UserId, account_id: UserId) -> bool:
        """Who wrote it, or shared."""
        is_muted = (reader_id, account_id) in self.database.mutes.rows
        is_active = self.database.users.rows[account_id].is_active
        return account_id == reader_id or (is_active and not is_muted and self._is_at_home(reader_id, account_id))

    def _may_read(self, reader_id: UserId, post: Post) -> bool:
        author = self.database.users.rows[post.author_id]
        if author.id == reader_id:
            return True
        is_for_followers = author.is_private or post.visibility is Visibility.FOLLOWERS
        return (
            author.is_active
            and post.visibility is not Visibility.MENTIONED
            and (reader_id, author.id) not in self.database.mutes.rows
            and (not is_for_followers or self._is_at_home(reader_id, author.id))
        )

    def _is_at_home(self, reader_id: UserId, account_id: UserId) -> bool:
        return account_id == reader_id or (reader_id, account_id) in self.database.follows.rows


@dataclass(frozen=True, slots=True)
class MemoryEngagementReader:
    database: Database

    async def reactions(self, viewer_id: UserId, post_ids: Sequence[PostId]) -> dict[PostId, Reactions]:
        data = self.database
        likes, shares, bookmarks = data.likes.rows, data.shares.rows, data.bookmarks.rows
        found = {}
        for post_id, counts in data.counts.by_keys(post_ids).items():
            key = (post_id, viewer_id)
            found[post_id] = Reactions(counts, Engaged(key in likes, key in shares, key in bookmarks))
        return found

    async def shared_by_ids(self, ids: Sequence[ShareId]) -> dict[ShareId, SharedPost]:
        keys = ((share_id, key) for share_id in ids for key in self.database.shares_by_id.keys(share_id))
        return {share_id: SharedPost(*key) for share_id, key in keys}

    async def likers(self, post_id: PostId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        keys = self.database.likes_by_post.keys(post_id)
        return [user_id for _, user_id in keys if after is None or user_id > after][:limit]

    async def done_with(self, post_ids: Sequence[PostId]) -> dict[PostId, list[Reaction]]:
        data = self.database
        found: dict[PostId, list[Reaction]] = {}
        for post_id in post_ids:
            liked = data.likes.by_keys(data.likes_by_post.keys(post_id)).values()
            shared = data.shares.by_keys(data.shares_by_post.keys(post_id)).values()
            written = data.comments.by_keys(data.comments_by_post.keys(post_id)).values()
            quotes = data.posts.by_keys(data.posts_by_quoted.keys(post_id)).values()
            reactions = [Reaction(like.id, like.user_id) for like in liked]
            reactions += [Reaction(share.id, share.user_id) for share in shared]
            reactions += [Reaction(each.id, each.author_id) for each in written if not each.is_deleted]
            reactions += [
                Reaction(quote_reaction(quote.created_at), quote.author_id) for quote in quotes if not quote.is_deleted
            ]
            found[post_id] = sorted(reactions)
        return found


def _newest(index: Index[Any, Any], account_id: UserId, before: EntryId | None) -> Iterator[Candidate]:
    keys = index.keys(account_id)
    end = len(keys) if before is None else bisect_left(keys, before)
    return (Candidate(keys[place], account_id) for place in range(end - 1, -1, -1))


def _profile(user: User) -> Profile:
    return Profile(
        user.id,
        user.username,
        user.first_name,
        user.last_name,
        user.bio,
        user.created_at,
        user.is_active,
        user.avatar_url,
        user.is_private,
    )
