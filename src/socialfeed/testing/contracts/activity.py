"""The activity log: a chain of entries for each actor, and what is read of them.

Actors are no stored accounts here: entries are written for nobody in particular, too, and outlive whom they name.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.activity import (
    ADDRESS_MAX,
    DETAIL_MAX,
    NO_LINK,
    NOBODY,
    Action,
    Activity,
    ChainEnd,
    Link,
    Outcome,
    link_hash,
)
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.ids import MAX_ID, UserId
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, cancelled_after, chain_ends, outcomes, rolled_back

ALL = ActivityFilter()


class ActivityContract(UsesStorage):
    async def test_an_empty_log_has_neither_entries_nor_chains(self, storage: Storage, make: Builder) -> None:
        assert await storage.activity.entries(ALL, limit=10) == []
        assert await storage.activity.links(after=None, limit=10) == []
        assert await chain_ends(storage, [make.user().id, NOBODY]) == {}
        assert await storage.activity.chains(after=None, limit=10) == []

    async def test_an_entry_is_read_back_whole(self, storage: Storage, make: Builder) -> None:
        ada, post_id = make.user(), make.ids.post()
        entries = [
            make.activity(ada, object_id=post_id, details={"role": "admin"}),
            replace(make.activity(ada), address="", count=1_000_000),
            replace(make.activity(), object_id=MAX_ID, address="x" * ADDRESS_MAX),
        ]
        await given_activity(storage, *entries)
        assert await storage.activity.entries(ALL, limit=10) == entries[::-1]

    async def test_every_action_and_outcome_can_be_kept(self, storage: Storage, make: Builder) -> None:
        entries = [make.activity(None, action) for action in Action]
        entries += [make.activity(None, outcome=outcome) for outcome in Outcome]
        async with storage.uow() as tx:
            for entry in entries:
                await tx.activity.add(entry)
        assert await storage.activity.entries(ALL, limit=200) == entries[::-1]

    @pytest.mark.parametrize(
        "details",
        [
            {},
            {"empty": "", "null": "null", "number": "1e3", "space": " "},
            {"z": "1", "a": "2", "A": "3", "10": "4", "9": "5"},
            {"ключ": "значение", "名": "値 🎈", "naïve": "café", "nai\u0308ve": "cafe\u0301"},
            {"quoted": 'say "it\'s" \\ \\u0041 %s :x', "lines": "one\ntwo\ttabs\r\n"},
            {"long": "é" * DETAIL_MAX},
        ],
        ids=["none", "plain", "unordered", "foreign", "quoted", "long"],
    )
    async def test_details_survive_exactly(self, storage: Storage, make: Builder, details: dict[str, str]) -> None:
        ada = make.user()
        entry = make.activity(ada, details=dict(details))
        await given_activity(storage, entry, make.activity(ada))
        [_, stored] = await storage.activity.entries(ALL, limit=2)
        assert dict(stored.details) == details
        assert stored.canonical() == entry.canonical()
        check_chains(await all_links(storage))

    async def test_what_was_written_is_not_changed_by_who_wrote_it(self, storage: Storage, make: Builder) -> None:
        details = {"role": "admin"}
        await given_activity(storage, make.activity(details=details))
        details["role"] = "user"
        [stored] = await storage.activity.entries(ALL, limit=1)
        assert dict(stored.details) == {"role": "admin"}

    async def test_a_chain_is_in_the_order_of_commits_whatever_the_ids(self, storage: Storage, make: Builder) -> None:
        ada = make.user()
        first, second, third = (make.activity(ada) for _ in range(3))
        await given_activity(storage, second, third, first)
        links = await all_links(storage)
        assert [link.entry for link in links] == [second, third, first]
        check_chains(links)
        assert await storage.activity.entries(ALL, limit=3) == [third, second, first]

    async def test_each_hash_covers_the_one_before_and_the_entry(self, storage: Storage, make: Builder) -> None:
        ada = make.user()
        first, second = make.activity(ada, details={"role": "naïve"}), make.activity(ada)
        await given_activity(storage, first, second)
        hash_of_first = link_hash(NO_LINK, first.canonical())
        hash_of_second = link_hash(hash_of_first, second.canonical())
        assert await all_links(storage) == [Link(first, 1, hash_of_first), Link(second, 2, hash_of_second)]
        assert await chain_ends(storage, [ada.id]) == {ada.id: ChainEnd(ada.id, 2, hash_of_second)}

    async def test_a_transaction_may_add_several_entries(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        of_nobody, first, second, of_bob = (make.activity(actor) for actor in (None, ada, ada, bob))
        await given_activity(storage, make.activity(ada))
        async with storage.uow() as tx:
            for entry in (of_nobody, first, second, of_bob):
                await tx.activity.add(entry)
        links = await all_links(storage)
        check_chains(links)
        assert [link.entry for link in links if link.position > 1] == [first, second]
        assert [link.entry.actor_id for link in links] == [NOBODY, *[ada.id] * 3, bob.id]

    async def test_a_rolled_back_entry_leaves_neither_itself_nor_a_gap(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        first, never, second = (make.activity(ada) for _ in range(3))
        await given_activity(storage, first)
        async with rolled_back(storage) as tx:
            await tx.activity.add(never)
            await tx.activity.add(make.activity(bob))
        await cancelled_after(storage, lambda tx: tx.activity.add(never))
        await given_activity(storage, second)
        links = await all_links(storage)
        check_chains(links)
        assert [(link.entry, link.position) for link in links] == [(first, 1), (second, 2)]
        assert await storage.activity.entries(ALL, limit=10) == [second, first]
        assert await chain_ends(storage, [ada.id, bob.id]) == {ada.id: end_of(links, ada.id)}
        await given_activity(storage, never)
        assert [link.entry for link in await all_links(storage)] == [first, second, never]

    @pytest.mark.parametrize("commits", [True, False])
    async def test_who_comes_second_waits_for_the_end_of_the_first(
        self, storage: Storage, make: Builder, commits: bool
    ) -> None:
        ada = make.user()
        oldest, first, second = (make.activity(ada) for _ in range(3))
        await given_activity(storage, oldest)
        async with storage.uow() if commits else rolled_back(storage) as tx:
            await tx.activity.add(first)
            waiting = asyncio.create_task(given_activity(storage, second))
            await asyncio.wait({waiting}, timeout=0.2)  # Ample for an `add` that does not wait.
            assert not waiting.done()
        await waiting
        links = await all_links(storage)
        check_chains(links)
        assert [link.entry for link in links] == ([oldest, first, second] if commits else [oldest, second])

    async def test_simultaneous_transactions_of_one_actor_make_one_chain(self, storage: Storage, make: Builder) -> None:
        """The first of a chain among them, and in the order in which they held it."""
        ada, held = make.user(), list[Activity]()
        entries = [make.activity(ada) for _ in range(20)]

        async def add(entry: Activity) -> None:
            async with storage.uow() as tx:
                await tx.activity.add(entry)
                held.append(entry)

        assert await outcomes(*map(add, reversed(entries))) == [None] * 20
        links = await all_links(storage)
        check_chains(links)
        assert [link.position for link in links] == list(range(1, 21))
        assert [link.entry for link in links] == held
        assert sorted(entry.id for entry in held) == [entry.id for entry in entries]

    async def test_simultaneous_transactions_that_fail_leave_no_gap(self, storage: Storage, make: Builder) -> None:
        ada = make.user()
        entries = [make.activity(ada) for _ in range(20)]

        async def add(number: int) -> None:
            if number % 3:
                await given_activity(storage, entries[number])
            else:
                async with rolled_back(storage) as tx:
                    await tx.activity.add(entries[number])

        assert await outcomes(*map(add, range(20))) == [None] * 20
        links = await all_links(storage)
        check_chains(links)
        assert sorted(link.entry.id for link in links) == [e.id for n, e in enumerate(entries) if n % 3]

    async def test_simultaneous_transactions_of_several_actors_all_get_through(
        self, storage: Storage, make: Builder
    ) -> None:
        actors = [None, make.user(), make.user(), make.user()]

        async def add_to_all() -> None:
            async with storage.uow() as tx:
                for actor in actors:
                    await tx.activity.add(make.activity(actor))

        assert await outcomes(*(add_to_all() for _ in range(12))) == [None] * 12
        links = await all_links(storage)
        check_chains(links)
        assert [link.position for link in links] == [*range(1, 13)] * 4

    async def test_the_chains_of_two_actors_know_nothing_of_each_other(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        mixed = [make.activity(actor) for actor in (ada, bob, bob, None, ada, bob)]
        await given_activity(storage, *mixed)
        links = await all_links(storage)
        check_chains(links)
        for actor_id in (NOBODY, ada.id, bob.id):
            own = [entry for entry in mixed if entry.actor_id == actor_id]
            assert [link.entry for link in links if link.entry.actor_id == actor_id] == own

    async def test_an_id_that_was_used_leaves_every_chain_as_it_was(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        first, other = make.activity(ada), make.activity(bob)
        await given_activity(storage, first, other)
        before = await all_links(storage)
        for again in (first, replace(make.activity(ada), id=first.id), replace(other, id=first.id)):
            with pytest.raises(IdConflict):
                await given_activity(storage, again)
        assert await all_links(storage) == before
        await given_activity(storage, make.activity(ada), make.activity(bob))
        check_chains(await all_links(storage))

    async def test_of_simultaneous_entries_of_one_id_one_is_kept(self, storage: Storage, make: Builder) -> None:
        entry = make.activity()
        rivals = [replace(entry, actor_id=make.user().id) for _ in range(6)] + [entry] * 3
        results = await outcomes(*(given_activity(storage, rival) for rival in rivals))
        assert [type(result) for result in results if result is not None] == [IdConflict] * 8
        links = await all_links(storage)
        check_chains(links)
        assert [link.entry for link in links] == [rivals[results.index(None)]]
        assert len(await storage.activity.chains(after=None, limit=20)) == 1


async def given_activity(storage: Storage, *entries: Activity) -> None:
    """Each in a transaction of its own."""
    for entry in entries:
        async with storage.uow() as tx:
            await tx.activity.add(entry)


async def all_links(storage: Storage, page: int = 100) -> list[Link]:
    links = list[Link]()
    after: tuple[UserId, int] | None = None
    while read := await storage.activity.links(after=after, limit=page):
        last = read[-1].entry.actor_id, read[-1].position
        assert len(read) <= page
        assert after is None or last > after
        links, after = links + read, last
    return links


def check_chains(links: Sequence[Link]) -> None:
    """Each chain goes from 1 on without a gap, and each hash covers the one before."""
    ends: dict[UserId, ChainEnd] = {}
    for entry, position, digest in links:
        before = ends.get(entry.actor_id, ChainEnd(entry.actor_id, 0, NO_LINK))
        assert position == before.position + 1
        assert digest == link_hash(before.hash, entry.canonical())
        ends[entry.actor_id] = ChainEnd(entry.actor_id, position, digest)


def end_of(links: Sequence[Link], actor_id: UserId) -> ChainEnd:
    last = [link for link in links if link.entry.actor_id == actor_id][-1]
    return ChainEnd(actor_id, last.position, last.hash)
