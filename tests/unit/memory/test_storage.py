import asyncio
from pathlib import Path

import pytest

from socialfeed.adapters.memory import (
    MemoryStorage,
    open_memory_mail,
    open_memory_media,
    open_memory_shared,
    open_memory_storage,
)
from socialfeed.application.ports.adapters import AdapterContext, Factory
from socialfeed.application.ports.storage import Storage
from socialfeed.testing import Builder, FixedClock


@pytest.fixture
def storage() -> Storage:
    return MemoryStorage(FixedClock())


async def test_a_transaction_within_a_transaction_is_an_error_and_no_deadlock(storage: Storage) -> None:
    make = Builder()
    ada, bob = make.user(), make.user()

    async def nest() -> None:
        async with storage.uow() as outer:
            await outer.users.add(ada)
            async with storage.uow() as inner:
                await inner.users.add(bob)

    with pytest.raises(RuntimeError, match="nest"):
        await asyncio.wait_for(nest(), 5)
    assert await storage.users.accounts_by_ids([ada.id, bob.id]) == {}


async def test_writers_take_turns_and_readers_never_wait(storage: Storage) -> None:
    make = Builder()
    ada, bob = make.user(), make.user()
    order: list[str] = []

    async def second() -> None:
        order.append("asked")
        async with storage.uow() as tx:
            order.append("entered")
            assert await tx.users.get(ada.id) == ada
            await tx.users.add(bob)

    async with storage.uow() as tx:
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.01)
        await tx.users.add(ada)
        assert await storage.users.accounts_by_ids([ada.id]) == {}
        order.append("leaving")
    await waiting
    assert order == ["asked", "leaving", "entered"]


async def test_two_storages_share_nothing() -> None:
    make, first, second = Builder(), MemoryStorage(FixedClock()), MemoryStorage(FixedClock())
    user = make.user()
    async with first.uow() as tx:
        await tx.users.add(user)
    assert await second.users.accounts_by_ids([user.id]) == {}


@pytest.mark.parametrize("factory", [open_memory_storage, open_memory_shared, open_memory_mail, open_memory_media])
@pytest.mark.parametrize("url", ["memory://somewhere", "memory://?size=1", "memory:///tmp", "memory"])
async def test_a_url_with_options_is_refused(factory: Factory[object], url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="memory://"):
        async with factory(url, AdapterContext(FixedClock(), tmp_path)):
            pytest.fail("it opened")
