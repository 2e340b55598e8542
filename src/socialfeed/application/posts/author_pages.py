"""What stands on somebody's page: their posts, newest first."""

from collections.abc import Mapping, Sequence

from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.paging import Cursors, check_page, check_size
from socialfeed.application.ports.readers import PostReader
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import ConnectionView, PageView, PostView
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import Visibility


class AuthorPages:
    """An author whom the viewer may not see has no posts."""

    def __init__(self, reader: PostReader, posts: Posts, hydrator: Hydrator, cursors: Cursors) -> None:
        self._reader = reader
        self._posts = posts
        self._hydrator = hydrator
        self._cursors = cursors

    async def page(self, actor: Actor, author_id: UserId, *, page: int, items_per_page: int) -> PageView[PostView]:
        """By page number. Raises `Invalid`."""
        check_page(page)
        check_size(items_per_page, "items_per_page")
        there = await self._visibilities(actor, author_id)
        if not there:
            return PageView([], 0, page, items_per_page)
        skipped = (page - 1) * items_per_page
        found = await self._reader.page_by_author(author_id, there, limit=items_per_page, offset=skipped)
        ids = [PostId(post_id) for post_id in found.ids]
        views = await self._posts.by_ids(actor, ids)
        return PageView([views[i] for i in ids if i in views], found.total, page, items_per_page)

    async def posts(
        self, actor: Actor, author_id: UserId, *, first: int, after: str | None = None
    ) -> ConnectionView[PostView]:
        """By cursor. Raises `Invalid`."""
        check_size(first, "first")
        there = await self._visibilities(actor, author_id)

        async def read(limit: int, position: int | None) -> Sequence[PostId]:
            if not there:
                return []
            before = None if position is None else PostId(position)
            return await self._reader.newest_by_authors([author_id], limit=limit, before=before)

        async def keep(found: Sequence[PostId]) -> Mapping[PostId, PostView]:
            views = await self._posts.by_ids(actor, list(found))
            return {post_id: view for post_id, view in views.items() if view.visibility in there}

        listing = self._cursors.of("posts", author_id)
        return await listing.refilled(first, after, read, int, keep)

    async def _visibilities(self, actor: Actor, author_id: UserId) -> frozenset[Visibility]:
        """What of the page stands there for the viewer; nothing, where there is no page."""
        author = (await self._hydrator.profiles([author_id])).get(author_id)
        if author is None:
            return frozenset()
        viewpoint = await self._hydrator.viewpoint(actor, [author_id])
        page = viewpoint.page(author_id, is_active=author.is_active, is_private=author.is_private)
        return viewpoint.on_page(author_id) if page.is_shown else frozenset()
