"""Why a post stands in a feed."""

from collections.abc import Sequence

from socialfeed.application.feeds.hydrate import HydratedPosts
from socialfeed.application.feeds.orders import Ordered
from socialfeed.application.feeds.present import user_view
from socialfeed.application.views import Because, ConnectionView, FeedEdgeView, FeedReasonView, PostView, ScoreTermView
from socialfeed.domain.ids import EntryId, ShareId, is_share


def at_home(
    entry_id: EntryId, view: PostView, hydrated: HydratedPosts, ordered: Ordered | None = None
) -> FeedReasonView:
    """Of an entry that is shown to the viewer of what was hydrated."""
    terms = [ScoreTermView(name, value) for name, value in ordered.terms.items()] if ordered else []
    score = ordered.score if ordered else None
    if is_share(entry_id):
        sharer = hydrated.authors[hydrated.shared[ShareId(entry_id)].sharer_id]
        return FeedReasonView(Because.SHARED, [user_view(sharer)], score, terms)
    if view.author.id == hydrated.viewpoint.viewer_id:
        return FeedReasonView(Because.OWN, [], score, terms)
    return FeedReasonView(Because.FOLLOWED, [view.author], score, terms)


def with_reason(connection: ConnectionView[PostView], reason: FeedReasonView) -> ConnectionView[PostView]:
    """A page of a feed in which every post stands for the same."""
    edges: Sequence[FeedEdgeView] = [FeedEdgeView(edge.cursor, edge.node, reason) for edge in connection.edges]
    return ConnectionView(edges, connection.page_info)
