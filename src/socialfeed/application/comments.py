"""Comments: writing them and reading a thread level by level."""

from collections.abc import Sequence

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.counters import Counters
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import comment_view, user_view
from socialfeed.application.guard import Guard
from socialfeed.application.paging import check_size, connection, decode_cursor
from socialfeed.application.ports.readers import CommentReader
from socialfeed.application.posts import Posts
from socialfeed.application.views import CommentView, ThreadView
from socialfeed.domain.activity import Action
from socialfeed.domain.comment import Comment
from socialfeed.domain.errors import CommentNotFound
from socialfeed.domain.events import CommentAdded
from socialfeed.domain.ids import CommentId, PostId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.visibility import Viewpoint


class Comments:
    def __init__(
        self,
        commands: Commands,
        comments: CommentReader,
        posts: Posts,
        hydrator: Hydrator,
        counters: Counters,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._comments = comments
        self._posts = posts
        self._hydrator = hydrator
        self._counters = counters
        self._guard = guard

    @regenerates_ids
    async def create(
        self, actor: Actor, post_id: PostId, *, content: str, parent_id: CommentId | None = None
    ) -> CommentView:
        """Raises `PostNotFound`, `CommentNotFound` (no such parent under this post), `Invalid`."""
        author_id = self._guard.require(actor, Permission.COMMENT_CREATE)
        await self._posts.require(actor, post_id)
        if parent_id is not None and not await self._shows(actor, parent_id):
            raise CommentNotFound(field="parent_id")
        now = self._commands.clock.now()
        async with self._commands.transaction() as tx:
            parent = await tx.comments.get(parent_id) if parent_id is not None else None
            if parent_id is not None and parent is None:
                raise CommentNotFound(field="parent_id")
            comment = Comment.write(
                self._commands.ids.comment(), author_id, post_id, content=content, parent=parent, at=now
            )
            counts = await tx.comments.add(comment)
            await self._commands.publish(
                tx,
                CommentAdded(post_id, author_id, round(now.timestamp() * 1000), comment_id=comment.id),
            )
            await self._commands.record(tx, actor, Action.COMMENT_CREATE, comment.id)
        await self._counters.changed(post_id, counts)
        return (await self._views(actor, [comment]))[0]

    async def thread(
        self,
        actor: Actor,
        post_id: PostId,
        parents: Sequence[CommentId | None],
        *,
        first: int,
        after: str | None = None,
        newest_first: bool = False,
    ) -> dict[CommentId | None, ThreadView]:
        """For each parent (None: the post) a page of what answers it directly, all in one read."""
        check_size(first, "first")
        position = decode_cursor(after)
        children = await self._comments.children(
            post_id,
            parents,
            limit=first + 1,
            after=CommentId(position) if position else None,
            newest_first=newest_first,
        )
        page = {parent: children.get(parent, []) for parent in parents}
        views = await self._views(actor, [comment for level in page.values() for comment in level[:first]])
        by_id = {view.id: view for view in views}
        threads: dict[CommentId | None, ThreadView] = {}
        for parent, level in page.items():
            shown = [by_id[comment.id] for comment in level[:first] if comment.id in by_id]
            stopped_at = level[:first][-1].id if level else None
            found = connection(shown, has_next=len(level) > first, after=after, stopped_at=stopped_at)
            threads[parent] = ThreadView(found.edges, found.page_info, post_id, parent)
        return threads

    async def top_level(
        self,
        actor: Actor,
        post_id: PostId,
        *,
        first: int,
        after: str | None = None,
        newest_first: bool = False,
    ) -> ThreadView:
        """Raises `PostNotFound` where the viewer sees no such post."""
        await self._posts.require(actor, post_id)
        pages = await self.thread(actor, post_id, [None], first=first, after=after, newest_first=newest_first)
        return pages[None]

    async def answers(self, post_id: PostId, parents: Sequence[CommentId | None]) -> dict[CommentId | None, int]:
        """How many comments answer each parent directly."""
        counts = await self._comments.child_counts(post_id, parents)
        return {parent: counts.get(parent, 0) for parent in parents}

    async def _shows(self, actor: Actor, comment_id: CommentId) -> bool:
        return bool(await self._views(actor, list((await self._comments.comments_by_ids([comment_id])).values())))

    async def _views(self, actor: Actor, comments: Sequence[Comment]) -> list[CommentView]:
        profiles = await self._hydrator.profiles(list({comment.author_id for comment in comments}))
        viewpoint = Viewpoint(actor.user_id)
        authors = {
            user_id: user_view(profile)
            for user_id, profile in profiles.items()
            if viewpoint.knows(user_id, is_active=profile.is_active)
        }
        return [
            comment_view(comment, authors[comment.author_id]) for comment in comments if comment.author_id in authors
        ]
