"""Which events wait for which."""

from collections.abc import Sequence

from socialfeed.application.ports.jobs import Handler, Queue
from socialfeed.application.work.reactions import Reaction, lanes
from socialfeed.domain import events
from socialfeed.domain.events import Envelope, Event


async def handle(_: Envelope) -> None:
    raise AssertionError("nothing runs here")


def table(*reactions: tuple[str, Sequence[type[Event]]], handler: Handler = handle) -> dict[str, Reaction]:
    return {f"job_{n}": Reaction(f"job_{n}", queue, answers, handler) for n, (queue, answers) in enumerate(reactions)}


def test_events_of_slow_queues_have_lanes_apart_and_all_others_the_first() -> None:
    found = lanes(
        table(
            (Queue.INTERACTIVE, (events.UserFollowed, events.PostPublished)),
            (Queue.FANOUT, (events.PostPublished, events.FanOutContinued)),
            (Queue.MEDIA, (events.MediaUploaded,)),
            (Queue.MAIL, (events.VerificationRequested,)),
            (Queue.MAINTENANCE, (events.ProfileChanged,)),
        )
    )
    apart = [lane.names for lane in found if not lane.is_rest]
    assert apart == [
        {"post_published", "fan_out_continued"},
        {"media_uploaded"},
        {"verification_requested", "profile_changed"},
    ]
    [rest] = [lane for lane in found if lane.is_rest]
    assert rest is found[0]
    assert rest.names == frozenset().union(*apart)


def test_no_event_is_in_two_lanes() -> None:
    found = lanes(table((Queue.FANOUT, (events.PostPublished,)), (Queue.MAIL, (events.PostPublished,))))
    assert [lane.names for lane in found if not lane.is_rest] == [{"post_published"}]
