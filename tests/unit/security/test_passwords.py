import asyncio
import threading
from collections.abc import AsyncIterator

import argon2
import pytest

from socialfeed.adapters.security import Argon2PasswordHasher
from socialfeed.application.ports.security import PasswordHasher
from socialfeed.testing.contracts.security import PasswordHasherContract

RIGHT, WRONG = "correct horse battery", "correct horse batterx"
PARAMETERS = "$argon2id$v=19$m=19456,t=2,p=1$"


class Spy:
    """Stands before Argon2: notes which hashes are verified, how many at once, and can hold them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashes: list[str] = []
        self.running = self.most = 0
        self.go_on = threading.Event()
        self.go_on.set()
        self._lock = threading.Lock()
        verify = argon2.PasswordHasher.verify

        def spied(hasher: argon2.PasswordHasher, password_hash: str, password: bytes) -> bool:
            with self._lock:
                self.hashes.append(password_hash)
                self.running += 1
                self.most = max(self.most, self.running)
            self.go_on.wait()
            try:
                return verify(hasher, password_hash, password)
            finally:
                with self._lock:
                    self.running -= 1

        monkeypatch.setattr(argon2.PasswordHasher, "verify", spied)


class TestArgon2PasswordHasher(PasswordHasherContract):
    @pytest.fixture
    async def hasher(self) -> AsyncIterator[PasswordHasher]:
        async with Argon2PasswordHasher(memory_kib=64, passes=1) as hasher:
            yield hasher


@pytest.fixture
async def passwords() -> AsyncIterator[Argon2PasswordHasher]:
    async with Argon2PasswordHasher(threads=2) as hasher:
        yield hasher


async def test_27_hashes_are_argon2id_with_the_parameters_of_owasp(passwords: Argon2PasswordHasher) -> None:
    assert (await passwords.hash(RIGHT)).startswith(PARAMETERS)


async def test_an_account_that_does_not_exist_costs_what_a_wrong_password_costs(
    passwords: Argon2PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = await passwords.hash(RIGHT)
    spy = Spy(monkeypatch)

    assert not await passwords.verify(WRONG, stored)
    assert not await passwords.verify(RIGHT, None)
    assert [password_hash.startswith(PARAMETERS) for password_hash in spy.hashes] == [True, True]


@pytest.mark.parametrize("unusable", ["!", "$argon2id$garbage", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_an_account_without_a_usable_password_cannot_be_entered(
    passwords: Argon2PasswordHasher, unusable: str
) -> None:
    assert not await passwords.verify(RIGHT, unusable)


async def test_the_password_of_nobody_opens_nothing(passwords: Argon2PasswordHasher) -> None:
    assert not await passwords.verify("nobody has this password", None)
    assert not await passwords.verify("nobody has this password", "!")


async def test_hashes_made_with_older_parameters_still_verify(passwords: Argon2PasswordHasher) -> None:
    async with Argon2PasswordHasher(memory_kib=8, passes=1) as older:
        assert await passwords.verify(RIGHT, await older.hash(RIGHT))


async def test_text_that_is_no_unicode_is_a_wrong_password(passwords: Argon2PasswordHasher) -> None:
    assert not await passwords.verify("\ud800" * 8, await passwords.hash(RIGHT))


async def test_27_the_loop_runs_on_while_no_more_hashes_run_than_there_are_threads(
    passwords: Argon2PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy(monkeypatch)
    spy.go_on.clear()
    log_ins = [asyncio.create_task(passwords.verify(WRONG, None)) for _ in range(10)]
    while spy.running < 2:
        await asyncio.sleep(0.001)  # would never return if hashing held the loop
    spy.go_on.set()

    assert await asyncio.gather(*log_ins) == [False] * 10
    assert spy.most == 2
