"""The post that somebody puts at the top of the own profile."""

from collections.abc import Sequence

from socialfeed.application.commands import Commands
from socialfeed.application.guard import Guard
from socialfeed.application.ports.keeping import PinReader
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import PostView
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor, Permission


class Pins:
    def __init__(self, commands: Commands, reader: PinReader, posts: Posts, guard: Guard) -> None:
        self._commands = commands
        self._reader = reader
        self._posts = posts
        self._guard = guard

    async def pin(self, actor: Actor, post_id: PostId) -> PostView:
        """One's own post, in place of any other. It stays pinned while it is deleted, and is back when it is restored.
        Idempotent. Raises `PostNotFound`, `Forbidden`.
        """
        user_id = self._guard.require(actor, Permission.POST_PIN)
        await self._posts.require(actor, post_id)
        async with self._commands.transaction() as tx:
            post = await tx.posts.locked(post_id)
            if post is None or post.is_deleted:
                raise PostNotFound(field="post_id")
            self._guard.check_owns(actor, post.author_id, Permission.POST_PIN, object_id=post_id)
            if await tx.pins.put(user_id, post_id, self._commands.clock.now()):
                await self._commands.record(tx, actor, Action.POST_PIN, post_id)
        return await self._posts.require(actor, post_id)

    async def unpin(self, actor: Actor) -> PostView | None:
        """The post that was pinned, if any. Idempotent."""
        user_id = self._guard.require(actor, Permission.POST_PIN)
        async with self._commands.transaction() as tx:
            post_id = await tx.pins.remove(user_id)
            if post_id is not None:
                await self._commands.record(tx, actor, Action.POST_UNPIN, post_id)
        return None if post_id is None else (await self._posts.by_ids(actor, [post_id])).get(post_id)

    async def pinned(self, ids: Sequence[UserId]) -> dict[UserId, PostId | None]:
        """What each of these accounts pinned: an id, which says nothing of whether the viewer may see the post."""
        found = await self._reader.pinned(ids)
        return {user_id: found.get(user_id) for user_id in ids}
