"""Bookmarks: nobody's business but their owner's. The activity log has that somebody kept something, and not what."""

from collections.abc import Sequence

from socialfeed.application.commands import Commands
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.keeping import BookmarkReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import BookmarkView, ConnectionView, PostView
from socialfeed.domain.activity import Action
from socialfeed.domain.bookmark import (
    DEFAULT_FOLDER,
    FOLDERS_MAX,
    Bookmark,
    Folder,
    clean_folder,
    clean_own_folder,
)
from socialfeed.domain.errors import FolderExists, FolderNotFound, Invalid
from socialfeed.domain.ids import EventId, PostId, UserId
from socialfeed.domain.permissions import Actor, Permission


class Bookmarks:
    def __init__(
        self, commands: Commands, reader: BookmarkReader, posts: Posts, cursors: Cursors, guard: Guard
    ) -> None:
        self._commands = commands
        self._reader = reader
        self._posts = posts
        self._cursors = cursors
        self._guard = guard

    async def keep(self, actor: Actor, post_id: PostId, *, folder: str = DEFAULT_FOLDER) -> PostView:
        """Idempotent; with another folder than before the bookmark moves there and keeps its place in time. Raises
        `PostNotFound`, `Invalid` (TOO_MANY_FOLDERS, …).
        """
        user_id = self._guard.require(actor, Permission.POST_BOOKMARK)
        new = Bookmark.keep(self._commands.ids.event(), user_id, post_id, folder, at=self._commands.clock.now())
        await self._posts.require(actor, post_id)
        async with self._commands.transaction() as tx:
            if new.folder != DEFAULT_FOLDER:
                await self._make_room(tx, user_id, new.folder)
            if await tx.bookmarks.put(new):
                await self._commands.record(tx, actor, Action.POST_BOOKMARK)
        return await self._posts.require(actor, post_id)

    async def remove(self, actor: Actor, post_id: PostId) -> PostView | None:
        """Idempotent, and alike for posts that the user does not see any more, or that never were."""
        user_id = self._guard.require(actor, Permission.POST_BOOKMARK)
        async with self._commands.transaction() as tx:
            if await tx.bookmarks.remove(user_id, post_id):
                await self._commands.record(tx, actor, Action.POST_UNBOOKMARK)
        return (await self._posts.by_ids(actor, [post_id])).get(post_id)

    async def page(
        self, actor: Actor, *, folder: str | None = None, first: int, after: str | None = None
    ) -> ConnectionView[BookmarkView]:
        """Newest first, of one folder or of all. Posts that the user does not see any more are left out."""
        user_id = self._guard.require(actor, Permission.POST_BOOKMARK)
        check_size(first, "first")
        wanted = None if folder is None else clean_folder(folder, "folder")

        async def read(limit: int, before: int | None) -> Sequence[Bookmark]:
            return await self._reader.page(
                user_id, folder=wanted, limit=limit, before=None if before is None else EventId(before)
            )

        async def shown(bookmarks: Sequence[Bookmark]) -> dict[int, BookmarkView]:
            posts = await self._posts.by_ids(actor, [bookmark.post_id for bookmark in bookmarks])
            return {
                bookmark.id: BookmarkView(bookmark.id, posts[bookmark.post_id], bookmark.folder, bookmark.created_at)
                for bookmark in bookmarks
                if bookmark.post_id in posts
            }

        listing = self._cursors.of("bookmarks", user_id, "" if wanted is None else f"in {wanted}")
        return await listing.refilled(first, after, read, lambda bookmark: bookmark.id, shown)

    async def folders(self, actor: Actor) -> Sequence[Folder]:
        """Those that hold something, by name, the default one first."""
        return await self._reader.folders(self._guard.require(actor, Permission.POST_BOOKMARK))

    async def rename_folder(self, actor: Actor, name: str, new_name: str) -> Sequence[Folder]:
        """Raises `FolderNotFound`, `FolderExists`, `Invalid` (DEFAULT_FOLDER, …)."""
        user_id = self._guard.require(actor, Permission.POST_BOOKMARK)
        old, new = clean_own_folder(name, "name"), clean_own_folder(new_name, "new_name")
        async with self._commands.transaction() as tx:
            names = await self._names(tx, user_id)
            if old not in names:
                raise FolderNotFound(field="name")
            if new in names and new != old:
                raise FolderExists(field="new_name")
            if new != old:
                await tx.bookmarks.move(user_id, old, new)
                await self._commands.record(tx, actor, Action.BOOKMARK_RENAME_FOLDER)
        return await self._reader.folders(user_id)

    async def delete_folder(self, actor: Actor, name: str) -> Sequence[Folder]:
        """What was in it moves to the default folder. Raises `FolderNotFound`, `Invalid` (DEFAULT_FOLDER, …)."""
        user_id = self._guard.require(actor, Permission.POST_BOOKMARK)
        folder = clean_own_folder(name, "name")
        async with self._commands.transaction() as tx:
            if folder not in await self._names(tx, user_id):
                raise FolderNotFound(field="name")
            await tx.bookmarks.move(user_id, folder, DEFAULT_FOLDER)
            await self._commands.record(tx, actor, Action.BOOKMARK_DELETE_FOLDER)
        return await self._reader.folders(user_id)

    async def _make_room(self, tx: Transaction, user_id: UserId, folder: str) -> None:
        names = await self._names(tx, user_id)
        if folder not in names and len(names) >= FOLDERS_MAX:
            raise Invalid(f"At most {FOLDERS_MAX} folders, please.", code="TOO_MANY_FOLDERS", field="folder")

    async def _names(self, tx: Transaction, user_id: UserId) -> set[str]:
        """The user's own folders. Whoever makes one waits for the lock, so all that there are have been committed."""
        await tx.users.get(user_id)
        return {folder.name for folder in await self._reader.folders(user_id)} - {DEFAULT_FOLDER}
