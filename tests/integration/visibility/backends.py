"""The product on one set of backends, asked in numbers: what a viewer sees on every read path, as the model says it."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple, TypeVar

from socialfeed.application.feeds.service import Ranking
from socialfeed.application.search.service import PostFilter, Sort
from socialfeed.application.services import Services
from socialfeed.application.views import Because, CommentView, ConnectionView, FeedEdgeView, PostView, UserView
from socialfeed.domain.errors import SocialFeedError
from socialfeed.domain.ids import CommentId, ListId, PostId, UserId
from socialfeed.domain.permissions import ANONYMOUS, USER, Actor
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client
from tests.integration.visibility.model import SHOWN

T = TypeVar("T")
BEFORE = datetime.now(UTC) - timedelta(days=1)
"""Everything is written later."""
_ALL = PostFilter()


class Trends(NamedTuple):
    """The tags that trend."""


class Tagged(NamedTuple):
    tag: str


class Public(NamedTuple):
    language: str | None = None


Way = Trends | Tagged | Public


class Backend:
    """Ids stay inside: `people`, `lists`, `posts` and `comments` hold them by number. What is done here is looked at in
    turns from here and `elsewhere`, another process on the same servers.
    """

    def __init__(self, name: str, client: Client, elsewhere: Client | None = None) -> None:
        self.name = name
        self.client = client
        self.services = client.app.services
        self.lookouts = cycle([elsewhere.app.services, self.services] if elsewhere else [self.services])
        self.people: list[UserId] = []
        self.lists: list[ListId] = []
        self.posts: list[PostId] = []
        self.comments: list[CommentId] = []

    async def populate(self, names: list[str]) -> None:
        builder = Builder(self.client.app.clock)
        users = [builder.user(username=name) for name in names]
        async with self.client.app.storage.uow() as tx:
            for user in users:
                await tx.users.add(user)
        self.people = [user.id for user in users]
        self.lists = [(await self.services.lists.create(self.actor(who), "Mine")).id for who in range(len(names))]

    def actor(self, who: int | None) -> Actor:
        return ANONYMOUS if who is None else Actor(self.people[who], USER.permissions)

    async def code_of(self, doing: Awaitable[object]) -> str | None:
        """What it is refused with; afterwards every job has run."""
        try:
            await doing
        except SocialFeedError as error:
            return error.code
        finally:
            await self.client.settle()
        return None

    async def sight(self, viewer: int | None, person: int, post: int | None, way: Way) -> dict[str, Any]:
        """Everything the viewer sees; of pages, lists and threads those of one person and one post, of what there is to
        be discovered what one finds on a way.
        """
        actor, services, who = self.actor(viewer), next(self.lookouts), self.people[person]
        found = await services.objects.by_ids(actor, [*self.people, *self.posts, *self.comments])
        page = await services.author_pages.page(actor, who, page=1, items_per_page=100)
        scrolled = await services.author_pages.posts(actor, who, first=100)
        assert [view.id for view in scrolled.nodes] == [view.id for view in page.items]
        found_by = []
        for sort in Sort:
            hits = await services.search.posts(actor, "hello", _ALL, sort=sort, first=100)
            found_by.append({self._post(view.id) for view in hits.nodes})
        assert found_by[0] == found_by[1], found_by
        trending = await services.discovery.trending(actor, page=1, items_per_page=100)
        seen: dict[str, Any] = {
            "posts": {
                self._post(view.id): view.limited or SHOWN for view in found.values() if isinstance(view, PostView)
            },
            "comments": {
                self.comments.index(view.id): view.limited or SHOWN
                for view in found.values()
                if isinstance(view, CommentView)
            },
            "page": ([self._post(view.id) for view in page.items], page.total_items),
            "found": found_by[0],
            "trending": {self._post(view.id) for view in trending.items},
            "trending count": trending.total_items,
            "discovered": await self._discovered(services, actor, way),
            "people": {self.people.index(view.id) for view in found.values() if isinstance(view, UserView)},
            "followers": await self._listed(services.graph.followers(actor, who, first=100)),
            "following": await self._listed(services.graph.following(actor, who, first=100)),
        }
        if post is not None:
            post_id = self.posts[post]
            seen["thread"] = await self._thread(services, actor, post_id)
            seen["likers"] = await self._listed(services.engagement.likers(actor, post_id, first=100))
        if viewer is not None:
            home = await services.feeds.home_page(actor, page=1, items_per_page=100)
            endless = await services.feeds.home(actor, first=100)
            ranked = await services.feeds.home(actor, first=100, ranking=Ranking.ENGAGEMENT)
            missed = await services.feeds.catch_up(actor, BEFORE, first=100)
            seen["ranked home"] = self._reasons(ranked)
            seen["missed"] = self._reasons(missed)
            seen["home"] = [self._post(view.id) for view in home.items]
            seen["home count"] = home.total_items
            seen["endless home"] = list(self._reasons(endless).items())
            mine = self.lists[viewer]
            read_apart = await services.list_feeds.page(actor, mine, first=100)
            seen["list feed"] = [self._post(view.id) for view in read_apart.nodes]
            members = (await services.lists.members(actor, [mine], first=100))[mine]
            seen["on list"] = [self.people.index(user.id) for user in members.nodes]
            kept = await services.bookmarks.page(actor, first=100)
            seen["bookmarks"] = {self._post(view.post.id) for view in kept.nodes}
            seen["requests"] = await self._listed(services.graph.requests(actor, first=100))
            seen["blocked"] = await self._listed(services.boundaries.blocked(actor, first=100))
            seen["muted"] = await self._listed(services.boundaries.muted(actor, first=100))
            seen["suggested"] = [
                self.people.index(user.id) for user in await services.graph.suggested(actor, first=100)
            ]
        return seen

    async def _discovered(self, services: Services, actor: Actor, way: Way) -> object:
        match way:
            case Trends():
                tags = await services.discovery.trending_tags(actor, first=100)
                return {tag.name: (tag.posts_count, tag.authors_count) for tag in tags}
            case Tagged(tag):
                found = await services.discovery.tag(actor, tag, first=100)
            case Public(language):
                found = await services.discovery.public(actor, first=100, language=language)
        return [self._post(view.id) for view in found.nodes]

    async def _thread(self, services: Services, actor: Actor, post_id: PostId) -> dict[int, str] | str:
        try:
            thread = await services.comments.below(actor, post_id, first=100)
        except SocialFeedError as error:
            return error.code
        return {self.comments.index(view.id): view.limited or SHOWN for view in thread.nodes}

    async def _listed(self, reading: Awaitable[ConnectionView[Any]]) -> list[int] | str:
        try:
            return [self.people.index(user.id) for user in (await reading).nodes]
        except SocialFeedError as error:
            return error.code

    def _reasons(self, feed: ConnectionView[PostView]) -> dict[int, int | None]:
        """The posts, each with the one who shared it, if that is why it is there."""
        found: dict[int, int | None] = {}
        for edge in feed.edges:
            assert isinstance(edge, FeedEdgeView)
            sharers = edge.reason.users if edge.reason.kind is Because.SHARED else []
            assert self._post(edge.node.id) not in found
            found[self._post(edge.node.id)] = next((self.people.index(user.id) for user in sharers), None)
        return found

    def _post(self, post_id: PostId) -> int:
        return self.posts.index(post_id)
