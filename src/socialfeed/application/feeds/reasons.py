"""Why a post stands in a feed."""

from collections.abc import Sequence

from socialfeed.application.ports.ranking import Ranked
from socialfeed.application.views import (
    Because,
    ConnectionView,
    FeedEdgeView,
    FeedReasonView,
    PostView,
    ScoreTermView,
)
from socialfeed.domain.ids import UserId


def at_home(view: PostView, reader_id: UserId, ranked: Ranked | None = None) -> FeedReasonView:
    """A post in the home feed of its author, or of somebody who follows them."""
    terms = [ScoreTermView(name, value) for name, value in ranked.terms.items()] if ranked else []
    score = ranked.score if ranked else None
    if view.author.id == reader_id:
        return FeedReasonView(Because.OWN, [], score, terms)
    return FeedReasonView(Because.FOLLOWED, [view.author], score, terms)


def with_reasons(connection: ConnectionView[PostView], reader_id: UserId) -> ConnectionView[PostView]:
    """A page of the home feed in order of time."""
    edges: Sequence[FeedEdgeView] = [
        FeedEdgeView(edge.cursor, edge.node, at_home(edge.node, reader_id)) for edge in connection.edges
    ]
    return ConnectionView(edges, connection.page_info)


def with_reason(connection: ConnectionView[PostView], reason: FeedReasonView) -> ConnectionView[PostView]:
    """A page of a feed in which every post stands for the same."""
    edges: Sequence[FeedEdgeView] = [FeedEdgeView(edge.cursor, edge.node, reason) for edge in connection.edges]
    return ConnectionView(edges, connection.page_info)
