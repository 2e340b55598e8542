"""The one visibility policy, applied to what was hydrated. What is gone is not visible."""

from collections.abc import Container, Iterable, Iterator, Mapping

from socialfeed.application.feeds.hydrate import HydratedPosts
from socialfeed.application.ports.readers import Profile, SharedPost
from socialfeed.domain.engagement import is_echo
from socialfeed.domain.ids import EntryId, PostId, ShareId, is_share
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


def welcome(ids: Iterable[EntryId], hydrated: HydratedPosts) -> list[EntryId]:
    """Those posts and shares that may stand in the viewer's home feed, in the order given, each for itself: of those
    whom the viewer follows now, which a list that was made before need not know, and the viewer's own.
    """
    found: list[EntryId] = []
    for entry_id in ids:
        post_id = hydrated.post_of(entry_id)
        post = None if post_id is None else hydrated.posts.get(post_id)
        author = hydrated.authors.get(post.author_id) if post else None
        if post and author and _is_welcome(entry_id, post, author, hydrated):
            found.append(entry_id)
    return found


def at_home(ids: Iterable[EntryId], hydrated: HydratedPosts, *, floor: EntryId | None = None) -> dict[EntryId, PostId]:
    """Of those that are `welcome` the ones that show a post each, once, with it; as `once_each`."""
    viewpoint = hydrated.viewpoint
    own = {post.id for post in hydrated.posts.values() if viewpoint.welcomes(post.author_id)}
    return once_each(welcome(ids, hydrated), hydrated.shared, own, floor=floor)


def once_each(
    ids: Iterable[EntryId],
    shared: Mapping[ShareId, SharedPost],
    at_home: Container[PostId],
    *,
    floor: EntryId | None = None,
) -> dict[EntryId, PostId]:
    """A post that comes by several ways stands where it was shared last. Where it is `at_home` without that, shares of
    its first day do not count, and none below `floor`: it follows further down. Newest first, as they are given.
    """
    found: dict[PostId, EntryId] = {}
    for entry_id in ids:
        if not is_share(entry_id):
            found.setdefault(PostId(entry_id), entry_id)
            continue
        share_id = ShareId(entry_id)
        post_id = shared[share_id].post_id
        is_repeated = is_echo(share_id, post_id) or (floor is not None and share_id < floor)
        if not (is_repeated and post_id in at_home):
            found.setdefault(post_id, share_id)
    return {entry_id: post_id for post_id, entry_id in found.items()}


def _is_welcome(entry_id: EntryId, post: Post, author: Profile, hydrated: HydratedPosts) -> bool:
    viewpoint = hydrated.viewpoint
    if not is_share(entry_id):
        verdict = viewpoint.post(post, is_active=author.is_active, is_private=author.is_private)
        return verdict.is_shown and viewpoint.welcomes(post.author_id)
    sharer = hydrated.authors.get(hydrated.shared[ShareId(entry_id)].sharer_id)
    return sharer is not None and viewpoint.shared(
        post, sharer.id, sharer_is_active=sharer.is_active, is_active=author.is_active, is_private=author.is_private
    )


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
