"""Comments: writing them and reading a thread level by level."""

from collections.abc import Mapping, Sequence

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.counters import Counters
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import comment_view, user_view
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, Listing, check_size, page_info
from socialfeed.application.ports.readers import CommentReader, Onlooker, Place, Placed, Profile
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import CommentView, EdgeView, ThreadView, UserView
from socialfeed.domain.activity import Action
from socialfeed.domain.comment import LEVELS_SHOWN, Comment, Liking, Sort
from socialfeed.domain.errors import CommentNotFound, PostNotFound, ThreadLocked
from socialfeed.domain.events import CommentAdded
from socialfeed.domain.ids import CommentId, PostId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.visibility import GONE, SHOWN, Verdict, Viewpoint


class Comments:
    def __init__(
        self,
        commands: Commands,
        comments: CommentReader,
        posts: Posts,
        hydrator: Hydrator,
        counters: Counters,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._comments = comments
        self._posts = posts
        self._hydrator = hydrator
        self._counters = counters
        self._cursors = cursors
        self._guard = guard

    @regenerates_ids
    async def create(
        self, actor: Actor, post_id: PostId, *, content: str, parent_id: CommentId | None = None
    ) -> CommentView:
        """Raises `PostNotFound`, `RepliesRestricted`, `ThreadLocked`, `CommentNotFound` (no such parent under this
        post), `Invalid`. Once a thread was locked, no comment of another than its author is stored.
        """
        author_id = self._guard.require(actor, Permission.COMMENT_CREATE)
        await self._posts.require_reply(actor, post_id)
        parent = await self._seen(actor, parent_id) if parent_id is not None else None
        if parent_id is not None and (parent is None or parent.is_deleted):
            raise CommentNotFound(field="parent_id")
        now = self._commands.clock.now()
        async with self._commands.transaction() as tx:
            post = await tx.posts.kept(post_id)
            if post is None or post.is_deleted:
                raise PostNotFound(field="post_id")
            if post.is_locked and post.author_id != author_id:
                raise ThreadLocked(field="post_id")
            parent = await tx.comments.locked(parent_id) if parent_id is not None else None
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
        return await self.view(actor, comment)

    async def update(self, actor: Actor, comment_id: CommentId, *, content: str) -> CommentView:
        """One's own. Raises `CommentNotFound`, `Forbidden`, `Invalid`."""
        self._guard.require(actor, Permission.COMMENT_UPDATE)
        known = await self.require(actor, comment_id)
        async with self._commands.transaction() as tx:
            post = await tx.posts.kept(known.post_id)
            if post is None or post.is_deleted:
                raise CommentNotFound(field="comment_id")
            comment = await self._owned(tx, actor, comment_id, Permission.COMMENT_UPDATE)
            edited = comment.edited(content, self._commands.clock.now())
            if edited != comment:
                await tx.comments.save(edited)
                await self._commands.record(tx, actor, Action.COMMENT_UPDATE, comment_id)
        return await self.view(actor, edited)

    async def delete(self, actor: Actor, comment_id: CommentId) -> PostId:
        """One's own, or anybody's for who may. A comment that was answered leaves a tombstone. Returns the post that it
        stood under. Raises `CommentNotFound`, `Forbidden`.
        """
        self._guard.require(actor, Permission.COMMENT_DELETE)
        await self.require(actor, comment_id)
        now = self._commands.clock.now()
        async with self._commands.transaction() as tx:
            comment = await self._owned(tx, actor, comment_id, Permission.COMMENT_DELETE, Permission.COMMENT_DELETE_ANY)
            counts = await tx.comments.delete(comment.deleted(now))
            at_ms = round(comment.created_at.timestamp() * 1000)
            await self._commands.publish(
                tx, CommentAdded(comment.post_id, comment.author_id, at_ms, sign=-1, comment_id=comment_id)
            )
            await self._commands.record(tx, actor, Action.COMMENT_DELETE, comment_id)
        await self._counters.changed(comment.post_id, counts)
        return comment.post_id

    async def thread(
        self,
        actor: Actor,
        post_id: PostId,
        parents: Sequence[CommentId | None],
        *,
        first: int,
        after: str | None = None,
        sort: Sort = Sort.OLDEST,
        level: int = 0,
    ) -> dict[CommentId | None, ThreadView]:
        """For each parent (None: the post) a page of what answers it directly, all in one read. `level` is how many
        levels below the beginning of the answer that is: none is read from `LEVELS_SHOWN` on.
        """
        check_size(first, "first")
        listing = self._cursors.of("comments", post_id, sort)
        place = listing.place(after, 2)
        if level >= LEVELS_SHOWN:
            return {parent: _page([], {}, listing, after, first, post_id, parent) for parent in parents}
        children = await self._comments.children(
            post_id,
            parents,
            _onlooker(actor),
            limit=first + 1,
            sort=sort,
            after=Place(place[0], CommentId(place[1])) if place else None,
        )
        page = {parent: children.get(parent, []) for parent in parents}
        views = await self._views(actor, [each.comment for found in page.values() for each in found[:first]])
        for view in views:
            view.level = level
        by_id = {view.id: view for view in views}
        return {parent: _page(found, by_id, listing, after, first, post_id, parent) for parent, found in page.items()}

    async def below(
        self,
        actor: Actor,
        post_id: PostId,
        parent_id: CommentId | None = None,
        *,
        first: int,
        after: str | None = None,
        sort: Sort = Sort.OLDEST,
    ) -> ThreadView:
        """What answers a post, or a comment under it. Raises `PostNotFound` where the viewer sees no such post, and
        `CommentNotFound` where it sees no such comment there.
        """
        await self._posts.require(actor, post_id)
        if parent_id is not None:
            parent = await self._seen(actor, parent_id)
            if parent is None or parent.post_id != post_id:
                raise CommentNotFound(field="parent_id")
        return (await self.thread(actor, post_id, [parent_id], first=first, after=after, sort=sort))[parent_id]

    async def answers(
        self, actor: Actor, post_id: PostId, parents: Sequence[CommentId | None]
    ) -> dict[CommentId | None, int]:
        """How many comments that the viewer sees answer each parent directly."""
        counts = await self._comments.child_counts(post_id, parents, _onlooker(actor))
        return {parent: counts.get(parent, 0) for parent in parents}

    async def by_ids(self, actor: Actor, ids: Sequence[CommentId]) -> dict[CommentId, CommentView]:
        """Those that the viewer sees, as it sees the posts they stand under; tombstones, too."""
        found = await self._comments.comments_by_ids(ids)
        posts = await self._posts.by_ids(actor, sorted({comment.post_id for comment in found.values()}))
        views = await self._views(actor, [comment for comment in found.values() if comment.post_id in posts])
        open_ids = await self._open(actor, [found[view.id] for view in views])
        return {view.id: view for view in views if view.id in open_ids}

    async def _seen(self, actor: Actor, comment_id: CommentId) -> Comment | None:
        """The comment, or its tombstone, if the viewer sees it."""
        comment = (await self._comments.comments_by_ids([comment_id])).get(comment_id)
        if comment is None or not await self._views(actor, [comment]) or not await self._open(actor, [comment]):
            return None
        return comment

    async def _open(self, actor: Actor, comments: Sequence[Comment]) -> set[CommentId]:
        """Those to which nothing on the way is hidden from the viewer. Pages of a thread need not ask: below what is
        not shown they show nothing.
        """
        found = {comment.id for comment in comments}
        if _onlooker(actor).moderates:
            return found
        above = await self._comments.hidden_above([each.id for each in comments if each.parent_id is not None])
        hidden = {each.id: frozenset({each.author_id}) for each in comments if each.is_hidden} | above
        closed = [each for each in comments if not hidden.get(each.id, frozenset()) <= {actor.user_id}]
        if not closed:
            return found
        posts = await self._posts.by_ids(actor, sorted({each.post_id for each in closed}))
        own = {post_id for post_id, post in posts.items() if post.author.id == actor.user_id}
        return found - {each.id for each in closed if each.post_id not in own}

    async def require(self, actor: Actor, comment_id: CommentId) -> Comment:
        """Raises `CommentNotFound` unless the viewer sees the comment, and the post it stands under."""
        comment = await self._seen(actor, comment_id)
        if comment is None or comment.is_deleted or not await self._posts.by_ids(actor, [comment.post_id]):
            raise CommentNotFound(field="comment_id")
        return comment

    async def _owned(
        self, tx: Transaction, actor: Actor, comment_id: CommentId, own: Permission, anybodys: Permission | None = None
    ) -> Comment:
        """The comment, locked, if the actor may do this to it."""
        comment = await tx.comments.locked(comment_id)
        if comment is None or comment.is_deleted:
            raise CommentNotFound(field="comment_id")
        self._guard.check_owns(actor, comment.author_id, own, anybodys, object_id=comment_id)
        return comment

    async def view(self, actor: Actor, comment: Comment) -> CommentView:
        """Of one that the viewer saw a moment ago. Raises `CommentNotFound` where its author is gone since."""
        for view in await self._views(actor, [comment]):
            return view
        raise CommentNotFound(field="comment_id")

    async def _views(self, actor: Actor, comments: Sequence[Comment]) -> list[CommentView]:
        profiles = await self._hydrator.profiles(list({comment.author_id for comment in comments}))
        viewpoint = await self._hydrator.viewpoint(actor, list(profiles))
        shown = [(comment, *_sight(comment, profiles.get(comment.author_id), viewpoint)) for comment in comments]
        shown = [each for each in shown if not each[2].is_hidden]
        liking = await self._comments.liking(actor.user_id, [each.id for each, _, _ in shown if not each.is_deleted])
        return [
            comment_view(comment, author, liking.get(comment.id, Liking()), verdict.reason)
            for comment, author, verdict in shown
        ]


def _sight(comment: Comment, profile: Profile | None, viewpoint: Viewpoint) -> tuple[UserView | None, Verdict]:
    """The author as shown with the comment, and what the policy says. A tombstone is shown, without its author."""
    if comment.is_deleted:
        return None, SHOWN
    if profile is None:
        return None, GONE
    return user_view(profile), viewpoint.words(profile.id, comment.content, is_active=profile.is_active)


def _onlooker(actor: Actor) -> Onlooker:
    return Onlooker(actor.user_id, Permission.COMMENT_HIDE_ANY in actor.permissions)


def _page(
    found: Sequence[Placed],
    views: Mapping[CommentId, CommentView],
    listing: Listing,
    after: str | None,
    first: int,
    post_id: PostId,
    parent: CommentId | None,
) -> ThreadView:
    cursors = {each.comment.id: listing.cursor(*each.place) for each in found[:first]}
    edges = [EdgeView(cursor, views[comment_id]) for comment_id, cursor in cursors.items() if comment_id in views]
    end = cursors[found[:first][-1].comment.id] if found else None
    info = page_info(edges, has_next=len(found) > first, after=after, end=end)
    return ThreadView(edges, info, post_id, parent)
