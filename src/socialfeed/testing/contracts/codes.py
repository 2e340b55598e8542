"""One-time codes."""

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.user import CODE_TRIES, CodePurpose
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, given_user, given_users, outcomes


class CodesContract(UsesStorage):
    async def test_a_user_has_one_code_and_a_new_one_replaces_it(self, storage: Storage, make: Builder) -> None:
        user = make.pending_user()
        await given_users(storage, user)
        first, second = make.code(user), make.code(user)
        for code in (first, second, second.tried()):
            async with storage.uow() as tx:
                await tx.codes.put(code)
            async with storage.uow() as tx:
                assert await tx.codes.get(user.id, CodePurpose.VERIFY) == code

    async def test_a_code_for_one_purpose_leaves_that_for_another(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        verify, reset = make.code(user), make.code(user, CodePurpose.RESET)
        async with storage.uow() as tx:
            await tx.codes.put(verify)
            assert await tx.codes.get(user.id, CodePurpose.RESET) is None
            await tx.codes.put(reset)
        async with storage.uow() as tx:
            assert await tx.codes.get(user.id, CodePurpose.VERIFY) == verify
            assert await tx.codes.get(user.id, CodePurpose.RESET) == reset
            await tx.codes.put(reset.tried())
            await tx.codes.remove(user.id, CodePurpose.VERIFY)
        async with storage.uow() as tx:
            assert await tx.codes.get(user.id, CodePurpose.VERIFY) is None
            assert await tx.codes.get(user.id, CodePurpose.RESET) == reset.tried()

    async def test_removing_a_code_is_idempotent(self, storage: Storage, make: Builder) -> None:
        user = make.pending_user()
        await given_users(storage, user)
        async with storage.uow() as tx:
            await tx.codes.put(make.code(user))
        for _ in range(2):
            async with storage.uow() as tx:
                await tx.codes.remove(user.id, CodePurpose.VERIFY)
                assert await tx.codes.get(user.id, CodePurpose.VERIFY) is None

    @pytest.mark.parametrize("purpose", CodePurpose)
    async def test_a_hundred_parallel_guesses_test_a_code_five_times(
        self, storage: Storage, make: Builder, purpose: CodePurpose
    ) -> None:
        user = make.pending_user()
        code = make.code(user, purpose)
        await given_users(storage, user)
        async with storage.uow() as tx:
            await tx.codes.put(code)

        async def guess() -> bool:
            async with storage.uow() as tx:
                stored = await tx.codes.get(user.id, purpose)
                if stored is None or not stored.is_live(user.created_at):
                    return False
                await tx.codes.put(stored.tried())
                return True

        tested = await outcomes(*(guess() for _ in range(100)))
        assert sorted(map(str, tested)) == ["False"] * (100 - CODE_TRIES) + ["True"] * CODE_TRIES
