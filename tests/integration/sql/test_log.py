"""What the drivers tell the log, and what an error says that gets there, holds no value of a statement."""

import logging

import pytest
from sqlalchemy.exc import IntegrityError

from socialfeed.adapters.sql import SqlStorage
from socialfeed.domain.user import CodePurpose, OneTimeCode
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import given_user


async def test_a_mistake_of_ours_is_told_without_the_values(storage: SqlStorage, make: Builder) -> None:
    nobody, code_hash = make.ids.user(), "0123456789abcdef.the hash of a code"
    code = OneTimeCode.issue(make.ids.code(), nobody, CodePurpose.VERIFY, code_hash, at=make.clock.now())

    with pytest.raises(IntegrityError) as caught:
        async with storage.uow() as tx:
            await tx.codes.put(code)

    assert "INSERT INTO one_time_codes" in str(caught.value)
    assert code_hash not in str(caught.value)


async def test_at_the_level_debug_no_value_is_logged(
    storage: SqlStorage, make: Builder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        user = await given_user(storage, make)
        assert await storage.users.accounts_by_ids([user.id]) == {user.id: user}
        assert await storage.users.account_by_login(user.email) == user

    assert user.password_hash not in caplog.text
    assert user.email not in caplog.text
