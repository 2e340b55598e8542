"""Reading the activity log: filtered, page by page, chain by chain."""

from datetime import timedelta

import pytest

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.activity import NOBODY, Action, Activity, Outcome
from socialfeed.domain.ids import MAX_ID, ActivityId, UserId
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.activity import all_links, check_chains, end_of, given_activity
from socialfeed.testing.contracts.given import UsesStorage, chain_ends

ALL = ActivityFilter()
INSTANT = timedelta(microseconds=1)


class ActivityReaderContract(UsesStorage):
    @pytest.mark.parametrize("limit", [1, 5, 100])
    async def test_filters_leave_what_they_name_alone_and_together(
        self, storage: Storage, make: Builder, limit: int
    ) -> None:
        ada, bob, post_id = make.user(), make.user(), make.ids.post()
        entries = [
            make.activity(actor, action, outcome, object_id=object_id)
            for object_id in (None, post_id, bob.id)
            for outcome in (Outcome.DONE, Outcome.DENIED)
            for action in (Action.POST_LIKE, Action.USER_FOLLOW)
            for actor in (ada, None)
        ]
        await given_activity(storage, *entries[::2], *entries[1::2])
        since, until = entries[5].at, entries[15].at
        for wanted in (
            ActivityFilter(actor_id=ada.id),
            ActivityFilter(actor_id=NOBODY),
            ActivityFilter(action=Action.POST_LIKE),
            ActivityFilter(outcome=Outcome.DENIED),
            ActivityFilter(object_id=post_id),
            ActivityFilter(since=since),
            ActivityFilter(until=until),
            ActivityFilter(since=since, until=until),
            ActivityFilter(actor_id=ada.id, since=since),
            ActivityFilter(action=Action.USER_FOLLOW, outcome=Outcome.DONE),
            ActivityFilter(ada.id, Action.POST_LIKE, Outcome.DONE, post_id, since, until),
        ):
            expected = [entry for entry in reversed(entries) if fits(entry, wanted)]
            assert 0 < len(expected) < len(entries)
            assert await pages(storage, wanted, limit) == expected

    async def test_a_filter_that_nothing_fits_leaves_nothing(self, storage: Storage, make: Builder) -> None:
        ada = make.user()
        entry = make.activity(ada, Action.POST_LIKE, object_id=make.ids.post())
        await given_activity(storage, entry)
        for wanted in (
            ActivityFilter(actor_id=make.ids.user()),
            ActivityFilter(action=Action.POST_UNLIKE),
            ActivityFilter(outcome=Outcome.LIMITED),
            ActivityFilter(object_id=make.ids.post()),
            ActivityFilter(ada.id, Action.POST_LIKE, Outcome.DENIED),
            ActivityFilter(since=make.clock.now(), until=entry.at),
        ):
            assert await storage.activity.entries(wanted, limit=10) == []

    async def test_since_is_included_and_until_is_not(self, storage: Storage, make: Builder) -> None:
        entry = make.activity()
        await given_activity(storage, entry)
        for moment, from_there, up_to_there in (
            (entry.at - INSTANT, [entry], []),
            (entry.at, [entry], []),
            (entry.at + INSTANT, [], [entry]),
        ):
            assert await storage.activity.entries(ActivityFilter(since=moment), limit=10) == from_there
            assert await storage.activity.entries(ActivityFilter(until=moment), limit=10) == up_to_there

    async def test_pages_pass_by_nothing_that_happened_at_one_moment(self, storage: Storage) -> None:
        clock = FixedClock()
        here, there = Builder(clock), Builder(clock, node=1)
        ada = here.user()
        entries = [make.activity(actor) for actor in (ada, None) for make in (here, there, here, there)]
        assert len({entry.at for entry in entries}) == 1
        await given_activity(storage, *entries)
        newest_first = sorted(entries, key=lambda entry: entry.id, reverse=True)
        for limit in (1, 3, 8, 9):
            assert await pages(storage, ALL, limit) == newest_first
            assert await pages(storage, ActivityFilter(since=entries[0].at), limit) == newest_first
            own = [entry for entry in newest_first if entry.actor_id == ada.id]
            assert await pages(storage, ActivityFilter(actor_id=ada.id), limit) == own

    async def test_a_page_may_begin_below_any_id(self, storage: Storage, make: Builder) -> None:
        entries = [make.activity() for _ in range(3)]
        missing = make.ids.activity()
        await given_activity(storage, *entries)
        for before, expected in (
            (ActivityId(1), []),
            (entries[0].id, []),
            (ActivityId(entries[0].id + 1), entries[:1]),
            (entries[2].id, entries[1::-1]),
            (missing, entries[::-1]),
            (ActivityId(MAX_ID), entries[::-1]),
        ):
            assert await storage.activity.entries(ALL, limit=10, before=before) == expected

    async def test_links_go_on_past_any_key(self, storage: Storage, make: Builder) -> None:
        ada, missing, bob = make.user(), make.user(), make.user()
        await given_activity(storage, *(make.activity(actor) for actor in (bob, ada, None, bob, ada, bob, ada, ada)))
        links = await storage.activity.links(after=None, limit=100)
        keys = [(link.entry.actor_id, link.position) for link in links]
        assert keys == [(NOBODY, 1), *((ada.id, n) for n in range(1, 5)), *((bob.id, n) for n in range(1, 4))]
        check_chains(links)
        for limit in (1, 2, 3, 8, 9):
            assert await all_links(storage, page=limit) == links
        for after in [*keys, (NOBODY, 0), (NOBODY, 7), (ada.id, 0), (ada.id, 9), (missing.id, 3), (bob.id, 9)]:
            following = [link for link, key in zip(links, keys, strict=True) if key > after]
            assert await storage.activity.links(after=after, limit=100) == following
            assert await storage.activity.links(after=after, limit=2) == following[:2]

    async def test_chains_end_where_their_last_entry_is(self, storage: Storage, make: Builder) -> None:
        ada, missing, bob = make.user(), make.user(), make.user()
        await given_activity(storage, *(make.activity(actor) for actor in (bob, None, ada, bob, ada, bob)))
        links = await all_links(storage)
        ends = [end_of(links, actor_id) for actor_id in (NOBODY, ada.id, bob.id)]
        assert [end.position for end in ends] == [1, 2, 3]
        assert await chain_ends(storage, [bob.id, missing.id, ada.id, NOBODY, bob.id]) == {
            end.actor_id: end for end in ends
        }
        after: UserId | None
        for after, expected in (
            (None, ends),
            (NOBODY, ends[1:]),
            (ada.id, ends[2:]),
            (missing.id, ends[2:]),
            (bob.id, []),
        ):
            assert await storage.activity.chains(after=after, limit=10) == expected
            assert await storage.activity.chains(after=after, limit=1) == expected[:1]
        assert await storage.activity.surplus() == 0


async def pages(storage: Storage, wanted: ActivityFilter, limit: int) -> list[Activity]:
    """All that is wanted, read page by page."""
    entries = list[Activity]()
    before: ActivityId | None = None
    while page := await storage.activity.entries(wanted, limit=limit, before=before):
        assert len(page) <= limit
        assert before is None or page[-1].id < before
        entries += page
        before = page[-1].id
    return entries


def fits(entry: Activity, wanted: ActivityFilter) -> bool:
    return (
        wanted.actor_id in (None, entry.actor_id)
        and wanted.action in (None, entry.action)
        and wanted.outcome in (None, entry.outcome)
        and wanted.object_id in (None, entry.object_id)
        and (wanted.since is None or wanted.since <= entry.at)
        and (wanted.until is None or entry.at < wanted.until)
    )
