"""Rankers that need nothing but the posts: by age, and by a formula."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialfeed.adapters.ranking.chronological import ChronologicalRanker
from socialfeed.adapters.ranking.engagement import EngagementRanker
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.ranking import Ranker

__all__ = ["ChronologicalRanker", "EngagementRanker", "open_chronological", "open_engagement"]


@asynccontextmanager
async def open_chronological(url: str, context: AdapterContext) -> AsyncIterator[Ranker]:
    """`chronological://`: newest first, whatever people do."""
    _require_bare(url, "chronological")
    yield ChronologicalRanker()


@asynccontextmanager
async def open_engagement(url: str, context: AdapterContext) -> AsyncIterator[Ranker]:
    """`engagement://`: by the formula of the context."""
    _require_bare(url, "engagement")
    yield EngagementRanker(context.ranking)


def _require_bare(url: str, scheme: str) -> None:
    if url != f"{scheme}://":
        raise ValueError(f"this ranker is written {scheme}://")
