"""Feeds of what nobody asked its author for: what trends, what stands under a tag, and what is public."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from socialfeed.application.feeds import rules
from socialfeed.application.feeds.hydrate import HydratedPosts, Hydrator
from socialfeed.application.feeds.present import post_views
from socialfeed.application.feeds.reasons import with_reason
from socialfeed.application.paging import Cursors, Listing, check_page, check_size
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.readers import PostReader
from socialfeed.application.ports.trending import KEPT, Trending
from socialfeed.application.views import Because, ConnectionView, FeedReasonView, PageView, PostView, TagTrendView
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.markup import clean_tag
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import Post
from socialfeed.domain.ranking import Window, score_at
from socialfeed.domain.text import clean_locale
from socialfeed.domain.trending import EVERYWHERE, Trend, in_language, scopes_of, under_tag

TRENDING_WINDOW = 400
"""How many posts the pages of `trending` reach over, and trending tags are taken from."""


class Discovery:
    """For anybody: the visibility policy decides what each of them sees."""

    def __init__(
        self, trending: Trending, posts: PostReader, hydrator: Hydrator, clock: Clock, cursors: Cursors
    ) -> None:
        self._trending = trending
        self._posts = posts
        self._cursors = cursors
        self._hydrator = hydrator
        self._clock = clock

    async def trending(
        self,
        actor: Actor,
        *,
        page: int,
        items_per_page: int,
        window: Window = Window.TODAY,
        language: str | None = None,
        tag: str | None = None,
    ) -> PageView[PostView]:
        """By recent reactions, of the posts in a language, with a tag, or all of them. Raises `Invalid`."""
        check_page(page)
        check_size(items_per_page, "items_per_page")
        trends, plain = await self._trends(actor, window, _scopes(language, tag))
        wanted = [trend.post_id for trend in trends[(page - 1) * items_per_page : page * items_per_page]]
        hydrated = await self._hydrator.with_reactions(actor, plain, wanted)
        return PageView(post_views(wanted, hydrated), len(trends), page, items_per_page)

    async def trending_tags(
        self, actor: Actor, *, first: int, window: Window = Window.TODAY, language: str | None = None
    ) -> list[TagTrendView]:
        """The tags of the posts that trend and that the viewer may see. A tag has the scores of its posts together, of
        each author the highest one alone, so that nobody makes a tag trend by the number of their posts. Raises
        `Invalid`.
        """
        check_size(first, "first")
        trends, plain = await self._trends(actor, window, _scopes(language))
        now_ms = int(self._clock.now().timestamp() * 1000)
        best: defaultdict[str, dict[UserId, float]] = defaultdict(dict)
        posts: defaultdict[str, int] = defaultdict(int)
        for trend in trends:  # the highest first
            post = plain.posts[trend.post_id]
            for tag in post.tags:
                posts[tag] += 1
                best[tag].setdefault(post.author_id, score_at(trend.rank, now_ms, window))
        order = sorted(best, key=lambda tag: (-sum(best[tag].values()), tag))
        return [TagTrendView(tag, posts[tag], len(best[tag])) for tag in order[:first]]

    async def tag(self, actor: Actor, tag: str, *, first: int, after: str | None = None) -> ConnectionView[PostView]:
        """The newest posts with a tag. Raises `Invalid`."""
        check_size(first, "first")
        key = clean_tag(tag)

        async def read(limit: int, position: int | None) -> Sequence[PostId]:
            return await self._posts.newest_tagged(key, limit=limit, before=_below(position))

        found = await self._newest(actor, self._cursors.of("tag", key), first, after, read)
        return with_reason(found, FeedReasonView(Because.TAG, tag=key))

    async def public(
        self, actor: Actor, *, first: int, after: str | None = None, language: str | None = None
    ) -> ConnectionView[PostView]:
        """The newest posts for everybody, or those of them in a language. Raises `Invalid`."""
        check_size(first, "first")
        spoken = None if language is None else clean_locale(language, "language")

        async def read(limit: int, position: int | None) -> Sequence[PostId]:
            return await self._posts.newest_public(limit=limit, before=_below(position), language=spoken)

        listing = self._cursors.of("public", *([] if spoken is None else [spoken]))
        return with_reason(await self._newest(actor, listing, first, after, read), FeedReasonView(Because.PUBLIC))

    async def _newest(
        self,
        actor: Actor,
        listing: Listing,
        first: int,
        after: str | None,
        read: Callable[[int, int | None], Awaitable[Sequence[PostId]]],
    ) -> ConnectionView[PostView]:
        async def keep(ids: Sequence[PostId]) -> Mapping[PostId, PostView]:
            plain = await self._hydrator.plain_posts(actor, ids)
            shown = rules.discovered(ids, plain)
            hydrated = await self._hydrator.with_reactions(actor, plain, shown)
            return {view.id: view for view in post_views(shown, hydrated)}

        return await listing.refilled(first, after, read, int, keep)

    async def _trends(self, actor: Actor, window: Window, scopes: Sequence[str]) -> tuple[list[Trend], HydratedPosts]:
        """What trends in all these scopes and the viewer may see, the highest first, `TRENDING_WINDOW` posts at most.
        What the rules take is made up for by what stands below.
        """
        limit = TRENDING_WINDOW
        while True:
            trends = await self._trending.top(scopes[-1], window, limit=limit)
            plain = await self._hydrator.plain_posts(actor, [trend.post_id for trend in trends])
            allowed = set(rules.trending(plain.posts, plain))
            # Edited since the last reaction to it, a post may belong elsewhere.
            shown = [t for t in trends if t.post_id in allowed and _is_in(scopes, plain.posts[t.post_id])]
            if len(shown) >= TRENDING_WINDOW or len(trends) < limit or limit == KEPT:
                return shown[:TRENDING_WINDOW], plain
            limit = min(4 * limit, KEPT)


def _scopes(language: str | None, tag: str | None = None) -> list[str]:
    """All that a post has to belong to, the narrowest last."""
    scopes = [EVERYWHERE]
    if language is not None:
        scopes.append(in_language(clean_locale(language, "language")))
    if tag is not None:
        scopes.append(under_tag(clean_tag(tag)))
    return scopes


def _is_in(scopes: Sequence[str], post: Post) -> bool:
    return set(scopes) <= set(scopes_of(post.language, post.tags))


def _below(position: int | None) -> PostId | None:
    return None if position is None else PostId(position)
