"""The feed of a list: what those on it wrote, pulled when it is read."""

from collections.abc import Mapping, Sequence

from socialfeed.application.feeds import rules
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import post_views
from socialfeed.application.feeds.reasons import with_reason
from socialfeed.application.graph.lists import Lists
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.lists import ListReader
from socialfeed.application.views import Because, ConnectionView, FeedReasonView, PostView
from socialfeed.domain.errors import ListNotFound
from socialfeed.domain.ids import ListId, PostId
from socialfeed.domain.permissions import Actor


class ListFeeds:
    """Not pushed to: a list has five hundred members at most, and is read by one."""

    def __init__(self, lists: Lists, reader: ListReader, hydrator: Hydrator, cursors: Cursors) -> None:
        self._lists = lists
        self._reader = reader
        self._hydrator = hydrator
        self._cursors = cursors

    async def page(
        self, actor: Actor, list_id: ListId, *, first: int, after: str | None = None
    ) -> ConnectionView[PostView]:
        """Newest first, to the beginning. What is for followers is there where the actor follows, too. Raises
        `Unauthenticated`, `ListNotFound`, of somebody else's too, and `Invalid`.
        """
        if await self._lists.find(actor, list_id) is None:
            raise ListNotFound(field="list_id")
        check_size(first, "first")

        async def read(limit: int, position: int | None) -> Sequence[PostId]:
            before = None if position is None else PostId(position)
            return await self._reader.newest_posts(list_id, limit=limit, before=before)

        async def keep(ids: Sequence[PostId]) -> Mapping[PostId, PostView]:
            hydrated = await self._hydrator.posts(actor, ids)
            return {view.id: view for view in post_views(rules.shown(ids, hydrated), hydrated)}

        found = await self._cursors.of("list", list_id).refilled(first, after, read, int, keep)
        return with_reason(found, FeedReasonView(Because.LIST))
