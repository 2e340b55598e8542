"""Newest first."""

from collections.abc import Sequence
from datetime import datetime

from socialfeed.application.ports.ranking import Contender, Ranked
from socialfeed.domain.ids import UserId


class ChronologicalRanker:
    async def rank(self, reader_id: UserId, contenders: Sequence[Contender], at: datetime) -> list[Ranked]:
        return [Ranked(post_id) for post_id in sorted((each.post_id for each in contenders), reverse=True)]
