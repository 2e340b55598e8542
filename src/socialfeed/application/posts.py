"""Writing and reading posts."""

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.feeds import rules
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import post_views
from socialfeed.application.guard import Guard
from socialfeed.application.paging import check_page, check_size
from socialfeed.application.ports.readers import PostReader
from socialfeed.application.views import PageView, PostView
from socialfeed.domain.activity import Action
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.events import PostPublished
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.post import Post


class Posts:
    def __init__(self, commands: Commands, posts: PostReader, hydrator: Hydrator, guard: Guard) -> None:
        self._commands = commands
        self._posts = posts
        self._hydrator = hydrator
        self._guard = guard

    @regenerates_ids
    async def create(self, actor: Actor, *, content: str, image_url: str | None = None) -> PostView:
        author_id = self._guard.require(actor, Permission.POST_CREATE)
        post = Post.write(
            self._commands.ids.post(),
            author_id,
            content=content,
            image_url=image_url,
            at=self._commands.clock.now(),
        )
        async with self._commands.transaction() as tx:
            await tx.posts.add(post)
            await self._commands.publish(tx, PostPublished(post.id, author_id))
            await self._commands.record(tx, actor, Action.POST_CREATE, post.id)
        return await self.require(actor, post.id)

    async def by_ids(self, actor: Actor, ids: list[PostId]) -> dict[PostId, PostView]:
        """Those the viewer may see."""
        hydrated = await self._hydrator.posts(actor, ids)
        shown = rules.visible(ids, hydrated)
        return {view.id: view for view in post_views(shown, hydrated)}

    async def require(self, actor: Actor, post_id: PostId) -> PostView:
        """Raises `PostNotFound` where the viewer sees none."""
        view = (await self.by_ids(actor, [post_id])).get(post_id)
        if view is None:
            raise PostNotFound(field="post_id")
        return view

    async def by_author(self, actor: Actor, author_id: UserId, *, page: int, items_per_page: int) -> PageView[PostView]:
        """Newest first; an author whom the viewer may not see has no posts."""
        check_page(page)
        check_size(items_per_page, "items_per_page")
        author = (await self._hydrator.profiles([author_id])).get(author_id)
        if author is None or not rules.sees_posts(await self._hydrator.viewpoint(actor, [author]), author):
            return PageView([], 0, page, items_per_page)
        found = await self._posts.page_by_author(author_id, limit=items_per_page, offset=(page - 1) * items_per_page)
        ids = [PostId(post_id) for post_id in found.ids]
        views = await self.by_ids(actor, ids)
        return PageView([views[i] for i in ids if i in views], found.total, page, items_per_page)


def with_counts(view: PostView, counts: Counts) -> PostView:
    """The view with the counters of the command that was just committed."""
    view.likes_count, view.comments_count, view.shares_count = counts.likes, counts.comments, counts.shares
    return view
