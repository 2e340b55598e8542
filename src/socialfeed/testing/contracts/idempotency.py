"""Idempotency keys: one claim counts, whoever comes first, until it is no longer kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.idempotency import KEPT, IdempotencyKey
from socialfeed.domain.ids import UserId
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, cancelled_after, outcomes, rolled_back


class IdempotencyContract(UsesStorage):
    async def test_the_first_claim_of_a_key_is_what_later_ones_get(self, storage: Storage, make: Builder) -> None:
        first = key_of(make)
        assert await claim(storage, first) is first
        again = replace(first, object_id=8, fingerprint="another", created_at=make.clock.now())
        assert await claim(storage, again) == first

    async def test_keys_of_others_and_other_keys_are_apart(self, storage: Storage, make: Builder) -> None:
        first = key_of(make)
        others = [replace(first, user_id=make.ids.user()), replace(first, key="K"), replace(first, key="k ")]
        await claim(storage, first)
        for other in others:
            assert await claim(storage, other) is other

    async def test_of_claims_at_the_same_time_one_is_stored(self, storage: Storage, make: Builder) -> None:
        claims = [replace(key_of(make), user_id=UserId(7), object_id=number) for number in range(1, 21)]
        stored = await asyncio.gather(*(claim(storage, each) for each in claims))
        (first,) = (each for each, answer in zip(claims, stored, strict=True) if answer is each)
        assert stored == [first] * len(claims)

    async def test_a_claim_that_was_rolled_back_leaves_the_key_free(self, storage: Storage, make: Builder) -> None:
        first, second = key_of(make), key_of(make)
        second = replace(second, user_id=first.user_id)
        async with rolled_back(storage) as tx:
            await tx.idempotency.claim(first)
        await cancelled_after(storage, lambda tx: tx.idempotency.claim(first))
        assert await claim(storage, second) is second

    async def test_who_waits_for_a_claim_that_is_rolled_back_gets_the_key(
        self, storage: Storage, make: Builder
    ) -> None:
        first = key_of(make)
        second = replace(first, object_id=8)
        async with rolled_back(storage) as tx:
            await tx.idempotency.claim(first)
            waiting = asyncio.create_task(claim(storage, second))
            await asyncio.sleep(0)
        assert await waiting is second

    async def test_a_key_can_be_claimed_again_when_its_day_is_over(self, storage: Storage, make: Builder) -> None:
        first = key_of(make)
        await claim(storage, first)
        in_time = replace(first, object_id=8, created_at=first.created_at + KEPT - timedelta(microseconds=1))
        assert await claim(storage, in_time) == first
        late = [replace(first, object_id=9 + n, created_at=first.created_at + KEPT) for n in range(5)]
        answers = await outcomes(*(claim(storage, each) for each in late))
        (winner,) = (each for each, answer in zip(late, answers, strict=True) if answer is each)
        assert answers == [winner] * len(late)

    async def test_old_keys_are_removed_so_many_at_a_time(self, storage: Storage, make: Builder) -> None:
        keys = [key_of(make) for _ in range(5)]
        for key in keys:
            await claim(storage, key)
        removed = []
        for _ in range(3):
            async with storage.uow() as tx:
                removed.append(await tx.idempotency.remove_before(keys[3].created_at, limit=2))
        assert removed == [2, 1, 0]
        again = [await claim(storage, replace(key, object_id=99)) for key in keys]
        assert [key.object_id for key in again] == [99, 99, 99, keys[3].object_id, keys[4].object_id]


def key_of(make: Builder) -> IdempotencyKey:
    return IdempotencyKey(make.ids.user(), "k", "fingerprint", make.ids.post(), make.clock.now())


async def claim(storage: Storage, key: IdempotencyKey) -> IdempotencyKey:
    async with storage.uow() as tx:
        return await tx.idempotency.claim(key)
