"""Home timelines: cold, warming, warm; and never silently incomplete."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from socialfeed.application.ports.timelines import KEPT, Entry, Timeline, Timelines, VersionedTimelines, Warming
from socialfeed.domain.ids import EntryId, PostId, UserId
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock


class UsesTimelines:
    """Base of the suites over `Timelines`: supply the fixture `timelines`, fresh and empty for each test."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()


class TimelinesContract(UsesTimelines):
    async def test_a_timeline_begins_cold(self, timelines: Timelines, make: Builder) -> None:
        assert await timelines.read(make.ids.user()) is None

    async def test_pushes_to_a_cold_timeline_do_nothing(self, timelines: Timelines, make: Builder) -> None:
        owner = make.ids.user()
        await timelines.push(entries_of(make, 1)[0], [owner])
        await timelines.backfill(owner, entries_of(make, 2))
        assert await timelines.read(owner) is None
        await warm(timelines, owner)
        assert await read(timelines, owner) == Timeline([], None)

    async def test_one_caller_warms(self, timelines: Timelines, make: Builder) -> None:
        owner, other = make.ids.user(), make.ids.user()
        asked = await asyncio.gather(*(timelines.start_warming(owner) for _ in range(20)))
        assert asked.count(None) == 19
        assert await timelines.start_warming(other) is not None

    async def test_a_warming_timeline_is_not_read(self, timelines: Timelines, make: Builder) -> None:
        owner = make.ids.user()
        await timelines.start_warming(owner)
        await timelines.push(entries_of(make, 1)[0], [owner])
        assert await timelines.read(owner) is None

    async def test_a_filled_timeline_is_warm_and_newest_first(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 5)
        floor = entries[0].id
        warming = await start(timelines, owner)
        await timelines.fill(owner, warming, [entries[n] for n in (3, 0, 4, 1, 2, 3)], floor)
        assert await read(timelines, owner) == Timeline(entries[::-1], floor)
        assert await timelines.start_warming(owner) is None

    async def test_an_empty_timeline_can_be_warm(self, timelines: Timelines, make: Builder) -> None:
        owner, entry = make.ids.user(), entries_of(make, 1)[0]
        await warm(timelines, owner)
        assert await read(timelines, owner) == Timeline([], None)
        assert await timelines.start_warming(owner) is None
        await timelines.push(entry, [owner])
        assert await read(timelines, owner) == Timeline([entry], None)

    async def test_a_floor_above_all_entries_is_kept(self, timelines: Timelines, make: Builder) -> None:
        owner, floor, entry = make.ids.user(), make.ids.post(), entries_of(make, 1)[0]
        warming = await start(timelines, owner)
        await timelines.fill(owner, warming, [], floor)
        assert await read(timelines, owner) == Timeline([], floor)
        await timelines.push(entry, [owner])
        assert await read(timelines, owner) == Timeline([entry], floor)

    async def test_what_is_pushed_while_warming_is_merged_into_the_snapshot(
        self, timelines: Timelines, make: Builder
    ) -> None:
        owner = make.ids.user()
        old, both, new = entries_of(make, 3)
        warming = await start(timelines, owner)
        await timelines.push(new, [owner])
        await timelines.push(both, [owner])
        await timelines.fill(owner, warming, [old, both], None)
        assert await read(timelines, owner) == Timeline([new, both, old], None)

    async def test_filling_does_nothing_to_a_timeline_that_is_not_warming(
        self, timelines: Timelines, make: Builder
    ) -> None:
        owner, entries = make.ids.user(), entries_of(make, 2)
        await timelines.fill(owner, Warming(1), entries, None)
        assert await timelines.read(owner) is None
        warming = await start(timelines, owner)
        await timelines.fill(owner, warming, entries[:1], None)
        await timelines.fill(owner, warming, entries, entries[0].id)
        assert await read(timelines, owner) == Timeline(entries[:1], None)

    async def test_a_warming_that_was_dropped_does_not_end_the_next_one(
        self, timelines: Timelines, make: Builder
    ) -> None:
        """Between the two, the timeline was cold: what was pushed then is in the second snapshot alone."""
        owner = make.ids.user()
        old, between, new = entries_of(make, 3)
        late = await start(timelines, owner)
        await timelines.drop(owner)
        await timelines.push(between, [owner])
        warming = await start(timelines, owner)
        assert warming != late
        await timelines.fill(owner, late, [old], None)
        assert await timelines.read(owner) is None
        await timelines.push(new, [owner])
        await timelines.fill(owner, warming, [old, between], None)
        assert await read(timelines, owner) == Timeline([new, between, old], None)
        await timelines.fill(owner, late, [old], None)
        assert await read(timelines, owner) == Timeline([new, between, old], None)

    async def test_the_right_to_fill_outlives_a_flood_of_pushes(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, KEPT + 150)
        late = await start(timelines, owner)
        await timelines.drop(owner)
        warming = await start(timelines, owner)
        for entry in entries:
            await timelines.push(entry, [owner])
        await timelines.fill(owner, late, entries[:1], None)
        assert await timelines.read(owner) is None
        await timelines.fill(owner, warming, entries[:KEPT], None)
        timeline = await read(timelines, owner)
        assert list(timeline.entries) == entries[: -KEPT - 1 : -1]
        assert is_complete(timeline, entries)

    async def test_pushes_come_in_any_order_and_count_once(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 6)
        await warm(timelines, owner)
        for number in (2, 5, 0, 2, 4, 1, 3, 5):
            await timelines.push(entries[number], [owner])
        assert await read(timelines, owner) == Timeline(entries[::-1], None)

    async def test_a_push_reaches_all_its_owners_and_no_one_else(self, timelines: Timelines, make: Builder) -> None:
        followers, stranger, cold = [make.ids.user() for _ in range(50)], make.ids.user(), make.ids.user()
        for owner in (*followers, stranger):
            await warm(timelines, owner)
        entry = entries_of(make, 1)[0]
        await timelines.push(entry, [*followers, cold, followers[0]])
        await timelines.push(entry, [])
        for owner in followers:
            assert await read(timelines, owner) == Timeline([entry], None)
        assert await read(timelines, stranger) == Timeline([], None)
        assert await timelines.read(cold) is None

    async def test_a_full_timeline_raises_its_floor_as_it_forgets(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, KEPT + 60)
        await warm(timelines, owner)
        for entry in entries:
            await timelines.push(entry, [owner])
        timeline = await read(timelines, owner)
        assert list(timeline.entries) == entries[: -KEPT - 1 : -1]
        assert is_complete(timeline, entries)

    async def test_a_snapshot_that_is_too_long_raises_the_floor(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, KEPT + 60)
        await warm(timelines, owner, entries)
        timeline = await read(timelines, owner)
        assert list(timeline.entries) == entries[: -KEPT - 1 : -1]
        assert is_complete(timeline, entries)

    async def test_a_full_timeline_is_complete_whatever_the_order_of_pushes(
        self, timelines: Timelines, make: Builder
    ) -> None:
        owner, entries = make.ids.user(), entries_of(make, KEPT + 60)
        warming = await start(timelines, owner)
        early = entries[::3]
        for entry in early:
            await timelines.push(entry, [owner])
        await timelines.fill(owner, warming, entries[1::3], None)
        await timelines.backfill(owner, entries[2::3][::-1])
        timeline = await read(timelines, owner)
        assert len(timeline.entries) == KEPT
        assert is_complete(timeline, entries)

    async def test_a_backfill_adds_what_is_above_the_floor(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 6)
        warming = await start(timelines, owner)
        await timelines.fill(owner, warming, [entries[3]], entries[2].id)
        for _ in range(2):
            await timelines.backfill(owner, [entries[5], entries[4], entries[3], entries[0]])
        timeline = await read(timelines, owner)
        assert timeline == Timeline([entries[5], entries[4], entries[3]], entries[2].id)

    async def test_a_backfill_of_a_warming_timeline_is_kept(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 3)
        warming = await start(timelines, owner)
        await timelines.backfill(owner, entries[1:])
        await timelines.fill(owner, warming, entries[:1], None)
        assert await read(timelines, owner) == Timeline(entries[::-1], None)

    async def test_a_dropped_timeline_is_cold(self, timelines: Timelines, make: Builder) -> None:
        owner, other, entries = make.ids.user(), make.ids.user(), entries_of(make, 2)
        for each in (owner, other):
            await warm(timelines, each, entries)
        for _ in range(2):
            await timelines.drop(owner)
            assert await timelines.read(owner) is None
        await timelines.push(entries_of(make, 1)[0], [owner])
        await warm(timelines, owner, entries[:1])
        assert await read(timelines, owner) == Timeline(entries[:1], None)
        assert await read(timelines, other) == Timeline(entries[::-1], None)

    async def test_dropping_a_warming_timeline_ends_the_warming(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 2)
        warming = await start(timelines, owner)
        await timelines.push(entries[1], [owner])
        await timelines.drop(owner)
        await timelines.fill(owner, warming, entries[:1], None)
        assert await timelines.read(owner) is None
        warming = await start(timelines, owner)
        await timelines.fill(owner, warming, entries[:1], None)
        assert await read(timelines, owner) == Timeline(entries[:1], None)

    async def test_no_push_is_lost_while_a_snapshot_is_filled_in(self, timelines: Timelines, make: Builder) -> None:
        for _ in range(10):
            owner, entries = make.ids.user(), entries_of(make, 30)
            warming = await start(timelines, owner)
            pushes = [timelines.push(entry, [owner]) for entry in entries[10:]]
            fill = timelines.fill(owner, warming, entries[:15], None)
            await asyncio.gather(*pushes[:10], fill, *pushes[10:])
            assert await read(timelines, owner) == Timeline(entries[::-1], None)

    async def test_simultaneous_pushes_all_arrive(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 100)
        await warm(timelines, owner)
        await asyncio.gather(*(timelines.push(entry, [owner]) for entry in entries[::-1]))
        assert await read(timelines, owner) == Timeline(entries[::-1], None)

    async def test_those_whose_timelines_are_not_cold_are_listed(self, timelines: Timelines, make: Builder) -> None:
        assert await owners(timelines) == []
        warmed = [make.ids.user() for _ in range(700)]
        for owner in warmed:
            await warm(timelines, owner)
        warming, dropped = make.ids.user(), warmed.pop()
        await start(timelines, warming)
        await timelines.drop(dropped)
        assert await owners(timelines) == sorted({*warmed, warming})

    async def test_reading_for_somebody_else_finds_the_same(self, timelines: Timelines, make: Builder) -> None:
        owner, entries = make.ids.user(), entries_of(make, 3)
        await warm(timelines, owner, entries)
        assert await timelines.read(owner, renew=False) == await timelines.read(owner)


class VersionedTimelinesContract(UsesTimelines):
    @pytest.fixture
    def versioned(self, timelines: VersionedTimelines) -> VersionedTimelines:
        return timelines

    async def test_a_timeline_that_is_not_warm_has_no_version(
        self, versioned: VersionedTimelines, make: Builder
    ) -> None:
        owner = make.ids.user()
        assert await versioned.version(owner) is None
        await start(versioned, owner)
        assert await versioned.version(owner) is None
        await versioned.drop(owner)
        await warm(versioned, owner)
        assert await versioned.version(owner) is not None
        await versioned.drop(owner)
        assert await versioned.version(owner) is None

    async def test_a_version_stays_while_nothing_happens_to_the_timeline(
        self, versioned: VersionedTimelines, make: Builder
    ) -> None:
        owner, other = make.ids.user(), make.ids.user()
        entry, elsewhere = entries_of(make, 2)
        await warm(versioned, owner, [entry])
        await warm(versioned, other)
        version = await versioned.version(owner)
        await versioned.push(elsewhere, [other])
        await versioned.read(owner)
        assert await versioned.version(owner) == version

    async def test_whatever_changes_a_timeline_gives_it_a_version_it_never_had(
        self, versioned: VersionedTimelines, make: Builder
    ) -> None:
        owner, entries = make.ids.user(), entries_of(make, KEPT + 200)
        await warm(versioned, owner, entries[:3])
        versions = [await versioned.version(owner)]

        async def note() -> None:
            versions.append(await versioned.version(owner))

        for entry in entries[3:]:
            await versioned.push(entry, [owner])
            await note()
        older = entries_of(make, 2)
        await versioned.backfill(owner, older)
        await note()
        for _ in range(2):
            await versioned.drop(owner)
            await warm(versioned, owner, older)
            await note()
        assert None not in versions
        assert len(set(versions)) == len(versions)


class TimelinesTimeContract(UsesTimelines):
    """For adapters that ask the clock they were opened with. Fixtures: `timelines` and `clock`, that clock."""

    async def test_a_warming_that_never_ends_is_given_to_another_after_30_seconds(
        self, timelines: Timelines, make: Builder, clock: FixedClock
    ) -> None:
        owner, entries = make.ids.user(), entries_of(make, 2)
        late = await start(timelines, owner)
        clock.advance(timedelta(seconds=29))
        assert await timelines.start_warming(owner) is None
        clock.advance(timedelta(seconds=2))
        warming = await start(timelines, owner)
        assert warming != late
        await timelines.push(entries[1], [owner])
        await timelines.fill(owner, late, [], None)
        assert await timelines.read(owner) is None
        await timelines.fill(owner, warming, entries[:1], None)
        assert await read(timelines, owner) == Timeline(entries[::-1], None)

    async def test_a_snapshot_that_comes_too_late_is_refused(
        self, timelines: Timelines, make: Builder, clock: FixedClock
    ) -> None:
        """Pushes may have been lost since the warming lapsed."""
        owner = make.ids.user()
        warming = await start(timelines, owner)
        clock.advance(timedelta(seconds=31))
        await timelines.fill(owner, warming, entries_of(make, 2), None)
        assert await timelines.read(owner) is None

    async def test_reading_for_somebody_else_keeps_no_timeline_alive(
        self, timelines: Timelines, make: Builder, clock: FixedClock
    ) -> None:
        owner = make.ids.user()
        await warm(timelines, owner)
        for _ in range(9):
            clock.advance(timedelta(days=1))
            await timelines.read(owner, renew=False)
        assert await timelines.read(owner) is None
        assert await owners(timelines) == []

    async def test_each_read_keeps_a_timeline_for_seven_days_more(
        self, timelines: Timelines, make: Builder, clock: FixedClock
    ) -> None:
        owner, entries = make.ids.user(), entries_of(make, 4)
        await warm(timelines, owner)
        for number, entry in enumerate(entries, start=1):
            clock.advance(timedelta(days=6, hours=23))
            await timelines.push(entry, [owner])
            assert len((await read(timelines, owner)).entries) == number


def entries_of(make: Builder, number: int) -> list[Entry]:
    """Different posts and shares, oldest first, of three accounts."""
    accounts, make_id = [make.ids.user() for _ in range(3)], (make.ids.post, make.ids.share)
    return [Entry(make_id[n % 2](), accounts[n % 3]) for n in range(number)]


async def warm(timelines: Timelines, owner: UserId, entries: Sequence[Entry] = ()) -> None:
    await timelines.fill(owner, await start(timelines, owner), entries, None)


async def start(timelines: Timelines, owner: UserId) -> Warming:
    """The right to fill a timeline that must be cold."""
    warming = await timelines.start_warming(owner)
    assert warming is not None, "the timeline is not cold"
    return warming


async def owners(timelines: Timelines) -> list[UserId]:
    return sorted({owner async for some in timelines.owners() for owner in some})


async def read(timelines: Timelines, owner: UserId) -> Timeline:
    """A timeline that must be warm, its entries as a list."""
    timeline = await timelines.read(owner)
    assert timeline is not None, "the timeline is cold"
    return Timeline(list(timeline.entries), timeline.floor)


def is_complete(timeline: Timeline, everything: Sequence[Entry]) -> bool:
    """Whether the timeline holds, in order, all that it claims to hold, and claims something."""
    floor: EntryId = timeline.floor or PostId(0)
    newest_first = sorted(everything, reverse=True)
    return list(timeline.entries) == [entry for entry in newest_first if entry.id >= floor]
