"""What there is with an id of its own, looked up by ids alone, whatever they are of."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from socialfeed.application.accounts.sessions import Sessions
from socialfeed.application.comments.service import Comments
from socialfeed.application.graph.lists import Lists
from socialfeed.application.graph.service import Graph
from socialfeed.application.media.service import MediaLibrary
from socialfeed.application.posts.drafts import Drafts
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import CommentView, MediaView, PostView, SessionView, UserView
from socialfeed.domain.draft import Draft
from socialfeed.domain.ids import Kind, kind_of
from socialfeed.domain.permissions import Actor
from socialfeed.domain.user_list import UserList

Found = UserView | PostView | CommentView | MediaView | Draft | SessionView | UserList

_Read = Callable[[Actor, Any], Awaitable[Mapping[Any, Found]]]


class Objects:
    """For anybody: each noun's service decides what of it the actor sees."""

    def __init__(
        self,
        graph: Graph,
        posts: Posts,
        comments: Comments,
        media: MediaLibrary,
        drafts: Drafts,
        sessions: Sessions,
        lists: Lists,
    ) -> None:
        self._reads: Mapping[Kind | None, _Read] = {
            Kind.USER: graph.profiles,
            Kind.POST: posts.by_ids,
            Kind.COMMENT: comments.by_ids,
            Kind.MEDIA: media.by_ids,
            Kind.DRAFT: drafts.by_ids,
            Kind.SESSION: sessions.by_ids,
            Kind.LIST: lists.by_ids,
        }

    async def by_ids(self, actor: Actor, ids: Sequence[int]) -> dict[int, Found]:
        """Those that the actor sees. Each noun is read once, whatever the number of ids; what is of none is not looked
        for.
        """
        of_kind: defaultdict[Kind | None, list[int]] = defaultdict(list)
        for each in dict.fromkeys(ids):
            of_kind[kind_of(each)].append(each)
        found: dict[int, Found] = {}
        for kind, wanted in of_kind.items():
            if kind in self._reads:
                found |= await self._reads[kind](actor, wanted)
        return found
