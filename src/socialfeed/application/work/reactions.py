"""Which jobs follow which events. The names of jobs and queues are a wire format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialfeed.application.accounts.credentials import OneTimeCodes
from socialfeed.application.counters import Counters
from socialfeed.application.feeds.fan_out import FanOut
from socialfeed.application.feeds.reactions import FeedReactions
from socialfeed.application.feeds.trends import Trends
from socialfeed.application.media.work import MediaWork
from socialfeed.application.ports.jobs import Handler, Queue
from socialfeed.application.ports.outbox import Lane
from socialfeed.application.search.indexing import SearchIndexing
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain import events
from socialfeed.domain.events import Event

_CACHED = (
    events.ProfileChanged,
    events.PostChanged,
    events.PostPublished,
    events.PostShared,
    events.StandingChanged,
    events.UserFollowed,
)
_REACTIONS = (events.PostLiked, events.PostShared, events.CommentAdded)


@dataclass(frozen=True, slots=True)
class Reaction:
    """One job: what it is called, where it queues, what it answers to and how."""

    name: str
    queue: str
    answers: Sequence[type[Event]]
    handler: Handler


def reactions(
    codes: OneTimeCodes,
    feeds: FeedReactions,
    fan_out: FanOut,
    counters: Counters,
    freshness: Freshness,
    indexing: SearchIndexing,
    media: MediaWork,
    trends: Trends,
) -> dict[str, Reaction]:
    """Every job of the product by name."""
    table = (
        Reaction(
            "mail_code",
            Queue.MAIL,
            (events.VerificationRequested, events.PasswordResetRequested, events.EmailChangeRequested),
            codes.mail_code,
        ),
        Reaction("forget_changed", Queue.INTERACTIVE, _CACHED, freshness.forget),
        Reaction("index_post", Queue.INTERACTIVE, (events.PostPublished, events.PostChanged), indexing.index_post),
        Reaction("index_author", Queue.MAINTENANCE, (events.ProfileChanged,), indexing.index_author),
        Reaction("fan_out", Queue.FANOUT, (events.PostPublished, events.PostShared), fan_out.begin),
        Reaction("fan_out_more", Queue.FANOUT, (events.FanOutContinued,), fan_out.go_on),
        Reaction("backfill", Queue.INTERACTIVE, (events.UserFollowed,), feeds.backfill),
        Reaction("trend", Queue.INTERACTIVE, _REACTIONS, trends.react),
        Reaction("refresh_counters", Queue.INTERACTIVE, _REACTIONS, counters.refresh),
        Reaction("process_media", Queue.MEDIA, (events.MediaUploaded,), media.process),
        Reaction("delete_media", Queue.INTERACTIVE, (events.MediaRemoved,), media.delete_files),
    )
    return {reaction.name: reaction for reaction in table}


_APART = ((Queue.FANOUT,), (Queue.MEDIA,), (Queue.MAIL, Queue.MAINTENANCE))
"""Queues whose backlog nothing else waits for, where jobs run as events are relayed."""


def lanes(table: Mapping[str, Reaction]) -> list[Lane]:
    """Events by the queues of the jobs that follow them; with a job of several, the first of `_APART` is theirs."""
    queues: dict[str, set[str]] = {}
    for reaction in table.values():
        for event in reaction.answers:
            queues.setdefault(event.name, set()).add(reaction.queue)
    apart: list[Lane] = []
    taken: frozenset[str] = frozenset()
    for together in _APART:
        names = frozenset(name for name, of_event in queues.items() if of_event.intersection(together)) - taken
        if names:
            apart.append(Lane(names, is_rest=False))
        taken |= names
    return [Lane(taken), *apart]


def subscriptions(table: Mapping[str, Reaction]) -> dict[str, tuple[str, ...]]:
    """Event name to the names of the jobs that follow it."""
    names: dict[str, tuple[str, ...]] = {}
    for reaction in table.values():
        for event in reaction.answers:
            names[event.name] = (*names.get(event.name, ()), reaction.name)
    return names
