"""The books of what trends: who did what with a post, and what that comes to. `domain.ranking` says what counts.

A reaction is told by its id, which says what it was and when. Telling it twice changes nothing, and it does not matter
whether its end is told before its beginning: so jobs may come in any order, and more than once.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from socialfeed.domain.ids import Kind, PostId, UserId, compose, kind_of, unix_ms
from socialfeed.domain.ranking import (
    WEIGHTS,
    Window,
    epoch_of,
    forward_weight,
    rank_of,
    rollover_factor,
)
from socialfeed.domain.text import languages_of

LIFE = timedelta(days=7)
"""What nobody reacted to for so long is forgotten, and begins anew with its next reaction."""

KNOWN = 64
"""So many reactions of a kind, by one person to one post, are kept in mind: those that were taken back go first."""

CANCELLED = 2.0**-10
"""A sum that is so much less than it once was is added up anew: what rounding took from the greater might show."""

HOUR_MS = 3_600_000

HOURS_KNOWN = timedelta(hours=48)
"""For so long, from the first that is told, the reactions are numbered that somebody made within an hour."""


class Limits(NamedTuple):
    """What an operator sets: the people it takes to trend, and how many reactions of one person count in an hour."""

    actors: int = 5
    hourly: int = 100


class Reaction(NamedTuple):
    """`id` is that of the like, the comment or the share; `sign` is -1 where it is taken back."""

    id: int
    actor_id: UserId
    sign: int = 1

    @property
    def hour(self) -> int:
        return unix_ms(self.id) // HOUR_MS


def quote_reaction(at: datetime) -> int:
    """The id by which a quote made at `at` shares what it quotes, as its events have it."""
    return compose(round(at.timestamp() * 1000), Kind.SHARE, 0, 0)


class Trendable(NamedTuple):
    """A post, and the scopes it belongs to."""

    id: PostId
    scopes: tuple[str, ...]


class Trend(NamedTuple):
    """A post that trends. The greater its rank, the higher it stands; see `ranking.score_at`."""

    post_id: PostId
    rank: float


EVERYWHERE = "all"


def in_language(language: str) -> str:
    """The scope of a language: that of `de` has what is in `de-AT`, too."""
    return f"language:{language.lower()}"


def under_tag(tag: str) -> str:
    """The scope of a tag, by its key."""
    return f"tag:{tag}"


def scopes_of(language: str | None, tags: Iterable[str]) -> tuple[str, ...]:
    """All that a post belongs to."""
    return (EVERYWHERE, *map(in_language, languages_of(language)), *dict.fromkeys(map(under_tag, tags)))


Standing = tuple[int, ...]
"""What one person did with one post: ids of reactions, in ascending order but for the sign, which is negative where
they were taken back.
"""


def after(standing: Standing, reaction: Reaction) -> Standing:
    """The standing once the reaction is told; the same where that says nothing new."""
    if -reaction.id in standing or reaction.sign * reaction.id in standing:
        return standing
    rest = [known for known in standing if known != reaction.id]
    same = [known for known in rest if kind_of(abs(known)) is kind_of(reaction.id)]
    if len(same) >= KNOWN:
        gone = next((known for known in same if known < 0), None)
        if gone is None:
            return standing
        rest.remove(gone)
    return tuple(sorted([*rest, reaction.sign * reaction.id], key=abs))


def counted(standing: Standing) -> list[int]:
    """Those of somebody's reactions that count: of each kind the first that was not taken back."""
    first: dict[Kind | None, int] = {}
    for known in standing:
        if known > 0:
            first.setdefault(kind_of(known), known)
    return list(first.values())


@dataclass(frozen=True, slots=True)
class Score:
    """A sum under the landmark of an epoch. `peak` is the greatest it was since it was added up from scratch."""

    epoch: int = 0
    total: float = 0.0
    peak: float = 0.0

    def changed(self, reaction_id: int, sign: int, window: Window) -> "Score":
        """With a reaction more, or less."""
        kind, at_ms = kind_of(reaction_id), unix_ms(reaction_id)
        score = self._rolled_to(epoch_of(at_ms, window))
        weight = sign * WEIGHTS[kind] if kind in WEIGHTS else 0.0
        total = score.total + forward_weight(weight, at_ms, score.epoch, window)
        return replace(score, total=total, peak=max(score.peak, total))

    @property
    def is_cancelled(self) -> bool:
        return self.total < self.peak * CANCELLED

    @property
    def rank(self) -> float | None:
        """None where there is nothing."""
        return rank_of(self.total, self.epoch) if self.total > 0 else None

    def _rolled_to(self, epoch: int) -> "Score":
        if epoch <= self.epoch:
            return self
        factor = rollover_factor(epoch - self.epoch)
        return Score(epoch, self.total * factor, self.peak * factor)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a post has: the people who count, and its score for each window."""

    actors: int = 0
    scores: tuple[Score, ...] = (Score(),) * len(Window)

    def moved(self, before: Standing, after: Standing) -> "Tally":
        """Once somebody's standing is another. Where that leaves `is_cancelled`, it is to be added up."""
        had, has = counted(before), counted(after)
        if had == has:
            return self
        actors = self.actors + bool(has) - bool(had)
        if not actors:
            return Tally()
        changes = [(known, -1) for known in had if known not in has] + [(known, 1) for known in has if known not in had]
        scores = []
        for window, score in zip(Window, self.scores, strict=True):
            for reaction_id, sign in changes:
                score = score.changed(reaction_id, sign, window)
            scores.append(score)
        return Tally(actors, tuple(scores))

    @property
    def is_cancelled(self) -> bool:
        return any(score.is_cancelled for score in self.scores)

    def ranks(self, limits: Limits) -> tuple[float | None, ...]:
        """For each window; None where the post does not trend."""
        if self.actors < limits.actors:
            return (None,) * len(self.scores)
        return tuple(score.rank for score in self.scores)


def added_up(standings: Collection[Standing]) -> Tally:
    """Of all standings, those that do not count among them, from scratch."""
    tally = Tally()
    for standing in standings:
        tally = tally.moved((), standing)
    return Tally(tally.actors, tuple(replace(score, peak=score.total) for score in tally.scores))
