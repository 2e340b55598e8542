"""By a formula over what people did with a post, how old it is and how much its reader cares."""

import math
from collections.abc import Sequence
from datetime import datetime

from socialfeed.application.ports.ranking import Contender, Ranked
from socialfeed.domain.ids import UserId
from socialfeed.domain.scores import Terms, parse_score


class EngagementRanker:
    """What has no score stands behind all that have one; equal scores by newest post."""

    def __init__(self, formula: str) -> None:
        """Raises `ValueError`, as `parse_score`."""
        self._formula = parse_score(formula)
        self._shown = [(name, Terms._fields.index(name)) for name in self._formula.names]

    async def rank(self, reader_id: UserId, contenders: Sequence[Contender], at: datetime) -> list[Ranked]:
        ranked = [self._scored(each, at) for each in contenders]
        return sorted(ranked, key=lambda each: (_or_last(each.score), each.post_id), reverse=True)

    def _scored(self, each: Contender, at: datetime) -> Ranked:
        terms = Terms(
            likes=float(each.counts.likes),
            comments=float(each.counts.comments),
            shares=float(each.counts.shares),
            age_hours=max((at - each.created_at).total_seconds() / 3600, 0.0),
            priority=float(each.priority),
            affinity=float(each.affinity),
            is_followed=float(each.is_followed),
            is_own=float(each.is_own),
        )
        return Ranked(each.post_id, self._formula(terms), {name: terms[index] for name, index in self._shown})


def _or_last(score: float | None) -> float:
    return -math.inf if score is None else score
