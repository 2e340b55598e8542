"""Drafts."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.draft import SOONEST, Draft
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.post import ReplyPolicy, Visibility
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, given_user, given_users, outcomes, rolled_back


class DraftsContract(UsesStorage):
    async def test_a_draft_is_saved_with_every_field(self, storage: Storage, make: Builder) -> None:
        draft = make.draft(await given_user(storage, make))
        full = replace(
            draft,
            content="naïve\ncafé ☕",
            image_url="https://example.org/a.png?x=%20",
            visibility=Visibility.MENTIONED,
            reply_policy=ReplyPolicy.FOLLOWED,
            sensitive=True,
            content_warning="Straße",
            language="zh-Hant-TW",
            updated_at=make.clock.now(),
            scheduled_at=make.clock.now(),
            failure="FORBIDDEN",
            media_ids=(make.ids.media(), make.ids.media())[::-1],
        )
        async with rolled_back(storage) as tx:
            await tx.drafts.add(draft)
        assert await storage.drafts.drafts_by_ids([draft.id]) == {}
        await add(storage, draft)
        for state in (full, replace(draft, content=""), draft):
            async with storage.uow() as tx:
                assert await tx.drafts.locked(draft.id) is not None
                await tx.drafts.save(state)
                assert await tx.drafts.locked(draft.id) == state
            assert await storage.drafts.drafts_by_ids([draft.id, make.ids.draft()]) == {draft.id: state}
        with pytest.raises(IdConflict):
            await add(storage, draft)
        assert await storage.drafts.drafts_by_ids([]) == {}

    async def test_drafts_are_read_newest_first_and_counted_by_author(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        mine = [make.draft(ada) for _ in range(5)]
        mine[1], mine[3] = (replace(draft, scheduled_at=draft.created_at) for draft in (mine[1], mine[3]))
        await add(storage, *mine[::-1], make.draft(bob))
        reader = storage.drafts
        assert await reader.page(ada.id, limit=10) == mine[::-1]
        assert await reader.page(ada.id, limit=2, before=mine[4].id) == [mine[3], mine[2]]
        assert await reader.page(ada.id, scheduled=True, limit=10) == [mine[3], mine[1]]
        assert await reader.page(ada.id, scheduled=False, limit=2, before=mine[4].id) == [mine[2], mine[0]]
        async with storage.uow() as tx:
            assert await tx.drafts.count_of(ada.id) == 5
            await tx.drafts.remove(mine[0].id)
            await tx.drafts.remove(mine[0].id)
            assert await tx.drafts.count_of(ada.id) == 4
        async with storage.uow() as tx:
            await tx.drafts.remove_of(ada.id)
        assert await reader.page(ada.id, limit=10) == []
        assert len(await reader.page(bob.id, limit=10)) == 1

    async def test_due_is_what_was_planned_and_has_not_failed_the_longest_due_first(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user(), make.user()]
        await given_users(storage, *users)
        at = make.clock.now() + SOONEST
        moments = [at + timedelta(seconds=n) for n in (5, 1, 3, 3, 2)]
        planned = [
            replace(make.draft(users[n % 2]), scheduled_at=moment, failure="FORBIDDEN" if n == 4 else None)
            for n, moment in enumerate(moments)
        ]
        await add(storage, *planned, make.draft(users[0]))
        in_order = [planned[1], planned[2], planned[3], planned[0]]
        assert await storage.drafts.due(at, limit=10) == []
        assert await storage.drafts.due(moments[2], limit=10) == in_order[:3]
        assert await storage.drafts.due(moments[0], limit=10) == in_order
        assert await storage.drafts.due(moments[0], limit=2) == in_order[:2]

    async def test_a_locked_draft_is_somebodys_alone(self, storage: Storage, make: Builder) -> None:
        draft = make.draft(await given_user(storage, make))
        await add(storage, draft)

        async def take() -> bool:
            async with storage.uow() as tx:
                found = await tx.drafts.locked(draft.id)
                await asyncio.sleep(0)
                await tx.drafts.remove(draft.id)
                return found is not None

        assert (await outcomes(*(take() for _ in range(10)))).count(True) == 1


async def add(storage: Storage, *drafts: Draft) -> None:
    async with storage.uow() as tx:
        for draft in drafts:
            await tx.drafts.add(draft)
