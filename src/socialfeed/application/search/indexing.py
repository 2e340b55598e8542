"""Keeping the search index: jobs, and building it anew.

Jobs come more than once, late, and two at a time. Each reads the state of the day, writes it down, and looks again: if
it is another by then, so is what was written. So whoever writes last has seen the last state.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from socialfeed.application.ports.media_items import MediaReader
from socialfeed.application.ports.readers import PostReader, Profile, UserReader
from socialfeed.application.ports.search import PostDocument, SearchIndex, UserDocument
from socialfeed.domain.events import Envelope, PostChanged, PostPublished, ProfileChanged
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.labels import labels_of
from socialfeed.domain.names import name_words
from socialfeed.domain.post import Post
from socialfeed.domain.search import indexed
from socialfeed.domain.visibility import Viewpoint

BATCH = 500

_ANYBODY = Viewpoint(None, datetime.min.replace(tzinfo=UTC))
"""Who mutes nobody, whatever the moment."""

Progress = Callable[[str, int], None]
"""Gets what is being indexed and how much of it is done so far."""


class SearchIndexing:
    def __init__(self, index: SearchIndex, posts: PostReader, users: UserReader, media: MediaReader) -> None:
        self._index = index
        self._posts = posts
        self._users = users
        self._media = media

    async def index_post(self, envelope: Envelope) -> None:
        """Job: the index says what the post says, if it may be found."""
        match envelope.event:
            case PostPublished(post_id) | PostChanged(post_id):
                await self._index_posts([post_id])

    async def index_author(self, envelope: Envelope) -> None:
        """Job: the index knows the account by its names, and its posts as long as everybody may see them."""
        event = envelope.event
        if not isinstance(event, ProfileChanged):
            return
        profile, anew = await self._profile(event.user_id), False
        while True:
            await self._index_author(event.user_id, profile, anew=anew)
            today = await self._profile(event.user_id)
            if today == profile:
                return
            profile, anew = today, True

    async def rebuild(self, progress: Progress) -> None:
        """Goes through all posts and accounts there are, while everybody goes on working. May be run again."""
        after, done = None, 0
        while ids := await self._posts.ids_after(after, limit=BATCH):
            await self._index_posts(ids)
            after, done = ids[-1], done + len(ids)
            progress("posts", done)
        last, done = None, 0
        while accounts := await self._users.accounts_after(last, limit=BATCH):
            await self._index_profiles([account.id for account in accounts])
            last, done = accounts[-1].id, done + len(accounts)
            progress("users", done)

    async def index(self, ids: Sequence[PostId]) -> None:
        """The index says what these posts say, as far as they may be found."""
        await self._index_posts(ids)

    async def findable(self, ids: Sequence[PostId]) -> set[PostId]:
        """Those of them that belong in the index."""
        return set(await self._documents(ids))

    async def _index_posts(self, ids: Sequence[PostId]) -> None:
        documents = await self._documents(ids)
        while True:
            await self._index.put_posts(list(documents.values()))
            await self._index.remove_posts([post_id for post_id in ids if post_id not in documents])
            today = await self._documents(ids)
            if today == documents:
                return
            documents = today

    async def _documents(self, ids: Sequence[PostId]) -> dict[PostId, PostDocument]:
        """Of those posts that anybody may find."""
        posts = await self._posts.posts_by_ids(ids)
        authors = await self._users.profiles_by_ids(list({post.author_id for post in posts.values()}))
        public = [post for post in posts.values() if _is_public(post, authors.get(post.author_id))]
        media = await self._media.media_of_posts([post.id for post in public])
        return {
            post.id: PostDocument(
                post.id,
                post.author_id,
                tuple(indexed(post.content)),
                labels_of(post, has_media=bool(media.get(post.id))),
            )
            for post in public
        }

    async def _index_author(self, user_id: UserId, profile: Profile | None, *, anew: bool) -> None:
        if profile is None or not profile.is_active:
            await self._index.remove_users([user_id])
            await self._index.remove_posts_of(user_id)
            return
        if profile.is_private:
            await self._index.put_users([_document(profile, has_posts=False)])
            await self._index.remove_posts_of(user_id)
            return
        known = (await self._index.users_by_ids([user_id])).get(user_id)
        if anew or known is None or not known.has_posts:
            before = None
            while newest := await self._posts.newest_by_authors([user_id], limit=BATCH, before=before):
                await self._index_posts(newest)
                before = newest[-1]
        await self._index.put_users([_document(profile, has_posts=True)])

    async def _index_profiles(self, ids: Sequence[UserId]) -> None:
        """Of accounts whose posts were gone through."""
        profiles = await self._users.profiles_by_ids(ids)
        while True:
            active = [profile for profile in profiles.values() if profile.is_active]
            await self._index.put_users([_document(profile, has_posts=not profile.is_private) for profile in active])
            await self._index.remove_users(list(set(ids) - {profile.id for profile in active}))
            today = await self._users.profiles_by_ids(ids)
            if today == profiles:
                return
            profiles = today

    async def _profile(self, user_id: UserId) -> Profile | None:
        return (await self._users.profiles_by_ids([user_id])).get(user_id)


def _document(profile: Profile, *, has_posts: bool) -> UserDocument:
    names = name_words(profile.username, profile.first_name, profile.last_name)
    return UserDocument(profile.id, names, has_posts)


def _is_public(post: Post, author: Profile | None) -> bool:
    """Saves looking at what the visibility policy hides from everybody; it is asked again at each search."""
    if author is None:
        return False
    return _ANYBODY.discovers(post, is_active=author.is_active, is_private=author.is_private)
