"""The one visibility policy, applied to what was hydrated. What is gone is not visible."""

from collections.abc import Iterable, Iterator

from socialfeed.application.feeds.hydrate import HydratedPosts
from socialfeed.application.ports.readers import Profile
from socialfeed.domain.ids import PostId
from socialfeed.domain.post import Post
from socialfeed.domain.visibility import Reason


def visible(ids: Iterable[PostId], hydrated: HydratedPosts) -> dict[PostId, Reason | None]:
    """Those posts that may be shown to a viewer who asks for just them, in the order given: each with the reason why it
    is limited, if it is.
    """
    found: dict[PostId, Reason | None] = {}
    for post, author in _present(ids, hydrated):
        verdict = hydrated.viewpoint.post(post, is_active=author.is_active, is_private=author.is_private)
        if not verdict.is_hidden:
            found[post.id] = verdict.reason
    return found


def shown(ids: Iterable[PostId], hydrated: HydratedPosts) -> list[PostId]:
    """Those that may stand in a feed of the viewer's own choice, in the order given."""
    return [
        post.id
        for post, author in _present(ids, hydrated)
        if hydrated.viewpoint.post(post, is_active=author.is_active, is_private=author.is_private).is_shown
    ]


def at_home(ids: Iterable[PostId], hydrated: HydratedPosts) -> list[PostId]:
    """Those that may stand in the viewer's home feed, in the order given: by whom the viewer follows now, which a list
    that was made before need not know, and the viewer's own.
    """
    viewpoint = hydrated.viewpoint
    authors = {post_id: post.author_id for post_id, post in hydrated.posts.items()}
    return [
        post_id
        for post_id in shown(ids, hydrated)
        if authors[post_id] == viewpoint.viewer_id or viewpoint.relation(authors[post_id]).following
    ]


def discovered(ids: Iterable[PostId], hydrated: HydratedPosts) -> list[PostId]:
    """Those that may stand where nobody asked for their author, in the order given: tags, public feeds, search."""
    return [
        post.id
        for post, author in _present(ids, hydrated)
        if hydrated.viewpoint.discovers(post, is_active=author.is_active, is_private=author.is_private)
    ]


def trending(ids: Iterable[PostId], hydrated: HydratedPosts) -> list[PostId]:
    """Those that may stand among what trends, in the order given."""
    return [
        post.id
        for post, author in _present(ids, hydrated)
        if hydrated.viewpoint.trends(post, is_active=author.is_active, is_private=author.is_private)
    ]


def _present(ids: Iterable[PostId], hydrated: HydratedPosts) -> Iterator[tuple[Post, Profile]]:
    for post_id in ids:
        post = hydrated.posts.get(post_id)
        author = hydrated.authors.get(post.author_id) if post else None
        if post and author:
            yield post, author
