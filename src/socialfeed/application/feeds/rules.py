"""The one visibility policy, applied to what was hydrated."""

from collections.abc import Iterable

from socialfeed.application.feeds.hydrate import HydratedPosts
from socialfeed.application.ports.readers import Profile
from socialfeed.domain.ids import PostId
from socialfeed.domain.visibility import Viewpoint


def visible(ids: Iterable[PostId], hydrated: HydratedPosts) -> list[PostId]:
    """Those posts the viewer may see, in the order given; what is gone is not visible."""
    shown = []
    for post_id in ids:
        post = hydrated.posts.get(post_id)
        author = hydrated.authors.get(post.author_id) if post else None
        if post and not post.is_deleted and author and sees_posts(hydrated.viewpoint, author):
            shown.append(post_id)
    return shown


def sees_posts(viewpoint: Viewpoint, author: Profile) -> bool:
    return viewpoint.sees(author.id, is_active=author.is_active, is_private=author.is_private)
