"""The one visibility policy, applied to what was hydrated."""

from collections.abc import Iterable

from socialfeed.application.feeds.hydrate import HydratedPosts
from socialfeed.domain.ids import PostId
from socialfeed.domain.visibility import Viewpoint


def visible(ids: Iterable[PostId], hydrated: HydratedPosts, viewpoint: Viewpoint) -> list[PostId]:
    """Those posts the viewer may see, in the order given; what is gone is not visible."""
    shown = []
    for post_id in ids:
        post = hydrated.posts.get(post_id)
        author = hydrated.authors.get(post.author_id) if post else None
        if post and author and viewpoint.sees(post.author_id, author.is_active):
            shown.append(post_id)
    return shown
