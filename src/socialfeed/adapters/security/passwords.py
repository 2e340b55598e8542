"""Passwords by Argon2id, off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
"""The least that OWASP's password storage cheat sheet recommends for Argon2id: 19 MiB, t=2, p=1."""


class Argon2PasswordHasher:
    """`threads` hashes run at once, each with `memory_kib` of memory; more wait their turn."""

    def __init__(self, *, threads: int = 2, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._argon2 = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._nobody = self._argon2.hash(b"nobody has this password")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuses further work; what runs ends by itself within milliseconds."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._argon2.hash, _encoded(password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._verify, _encoded(password), password_hash
        )

    def needs_rehash(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)

    def _verify(self, password: bytes, password_hash: str | None) -> bool:
        try:
            self._argon2.verify(password_hash or self._nobody, password)
        except InvalidHashError:
            # An account without a usable password must take as long as one with a wrong password.
            return self._verify(password, None)
        except VerificationError:
            return False
        return bool(password_hash)


def _encoded(password: str) -> bytes:
    """A login may hold any text, lone surrogates too; such a password matches nothing, but costs the same."""
    return password.encode("utf-8", "surrogatepass")
