"""The ways to one database of a Redis, bounded in time, never repeated: one connection that all callers share, for what
is short, and a pool for what is long.
"""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar, cast

import hiredis
from redis.asyncio import BlockingConnectionPool, Connection, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from socialfeed.adapters.redis.address import Address
from socialfeed.adapters.redis.breaker import Breaker
from socialfeed.adapters.redis.multiplexed import Command, Multiplexed
from socialfeed.domain.errors import Unavailable

logger = logging.getLogger(__name__)

BATCH = 250
"""Commands in one round trip at most: each trip has a deadline, so none may grow with the work."""

SHORT = 16
"""Commands that go over the shared connection at once; more of them would keep everybody else waiting."""

SCANNED = 1_000
"""Keys that are looked at in one step through all of a database."""

COMPLAINTS = 10.0
"""Seconds between log lines about refused commands: a server that is full refuses every write."""

_SPECIAL = re.compile(r"[*?\[\]\\^-]")

T = TypeVar("T")


class Script:
    """A Lua script on exactly one key's slot, known to the server by its digest."""

    def __init__(self, source: str) -> None:
        self.source: Final = source
        self.sha: Final = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def call(self, keys: Sequence[str], *args: Any) -> Command:
        return ("EVALSHA", self.sha, len(keys), *keys, *args)


class Link:
    """Commands to one database. Each call takes `timeout` seconds at most, waiting for a connection and connecting
    included, and is made once: a command whose answer did not come may have been executed.

    Every failure is `Unavailable`, with its cause. No answer counts against the breaker, a refusal does not.
    """

    def __init__(self, shared: Multiplexed, client: Redis, breaker: Breaker, timeout: float, database: int) -> None:
        self._shared, self._client, self._breaker, self._timeout = shared, client, breaker, timeout
        self.database = database
        self._last_complaint = -COMPLAINTS

    async def run(self, *command: Any) -> Any:
        """The reply to one command: bytes, integers and lists of them."""
        return self._checked((await self._short([command]))[0])

    async def info(self, section: str) -> dict[str, Any]:
        """What the server says about itself, by name."""
        return cast("dict[str, Any]", await self._guarded(partial(self._client.execute_command, "INFO", section)))

    async def run_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies in the order of the commands, which are sent together but are not one transaction."""
        return [self._checked(reply) for reply in await self._replies(commands)]

    async def keys(self, beginning: str) -> AsyncIterator[list[bytes]]:
        """The keys that begin so, some at a time, in no order: each that is there all the while at least once."""
        pattern, cursor = f"{_SPECIAL.sub(_escaped, beginning)}*", b"0"
        while True:
            cursor, found = await self.run("SCAN", cursor, "MATCH", pattern, "COUNT", SCANNED)
            if found:
                yield found
            if int(cursor) == 0:
                return

    async def run_script(self, script: Script, keys: Sequence[str], *args: Any) -> Any:
        return (await self.run_scripts(script, [script.call(keys, *args)]))[0]

    async def run_scripts(self, script: Script, calls: Sequence[Command]) -> list[Any]:
        """Calls one script many times, between other commands if there are any. A server that does not know it, having
        been restarted, learns it; that is no repetition, since it did nothing the first time.
        """
        replies = await self._replies(calls)
        unknown = [n for n, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            await self.run("SCRIPT", "LOAD", script.source)
            for n, reply in zip(unknown, await self._replies([calls[n] for n in unknown]), strict=True):
                replies[n] = reply
        return [self._checked(reply) for reply in replies]

    async def _replies(self, commands: Sequence[Command]) -> list[Any]:
        """As `run_all`, with the refusals of single commands among the replies."""
        if len(commands) <= SHORT:
            return await self._short(commands)
        replies: list[Any] = []
        for start in range(0, len(commands), BATCH):
            pipeline = self._client.pipeline(transaction=False)
            for command in commands[start : start + BATCH]:
                pipeline.execute_command(*command)
            replies += await self._guarded(partial(pipeline.execute, raise_on_error=False))
        return replies

    async def _short(self, commands: Sequence[Command]) -> list[Any]:
        self._breaker.admit()
        try:
            replies = await self._shared.call(commands)
            for reply in replies:
                if isinstance(reply, RedisError) and not isinstance(reply, ResponseError):
                    raise reply
        except (RedisError, OSError) as error:
            self._breaker.failed(error)
            raise Unavailable from error
        self._breaker.succeeded()
        return replies

    async def _guarded(self, call: Callable[[], Awaitable[T]]) -> T:
        self._breaker.admit()
        try:
            async with asyncio.timeout(self._timeout):
                reply = await call()
        except ResponseError as error:
            self._breaker.succeeded()
            raise self._refused(error) from error
        except (RedisError, OSError) as error:
            self._breaker.failed(error)
            raise Unavailable from error
        self._breaker.succeeded()
        return reply

    def _checked(self, reply: Any) -> Any:
        if isinstance(reply, ResponseError):
            raise self._refused(reply) from reply
        return reply

    def _refused(self, error: ResponseError) -> Unavailable:
        now = time.monotonic()
        if now - self._last_complaint >= COMPLAINTS:
            self._last_complaint = now
            logger.warning("Redis refused a command: %s", error)
        return Unavailable()


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _packing_fast(connection: type[AbstractConnection]) -> type[AbstractConnection]:
    """Commands are packed by hiredis, as redis-py does for connections that are not asynchronous: in a tenth of the
    time, which for scripts with a hundred keys is most of what the client has to do.
    """

    class PackingFast(connection):  # type: ignore[misc, valid-type]
        def pack_command(self, *args: Any) -> list[bytes]:
            return [hiredis.pack_command(args)]

    return PackingFast


@asynccontextmanager
async def open_link(address: Address, database: int, breaker: Breaker, *, within: float) -> AsyncIterator[Link]:
    """A link whose calls take `within` seconds at most; it connects when it must. Raises `ValueError` for an option
    of the URL that redis-py does not know.
    """
    options = {
        "max_connections": 32,
        **address.options,
        "db": database,
        "timeout": None,  # Of waiting for a connection: the link has one for the whole call.
        "socket_timeout": None,
        "socket_connect_timeout": within,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # 3 costs a round trip more per connection and gives nothing that is used here.
        "decode_responses": False,
        "client_name": "socialfeed",
        "driver_info": None,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    try:
        options["connection_class"] = _packing_fast(options.get("connection_class", Connection))
        pool = BlockingConnectionPool(**options)
        pool.make_connection()  # type: ignore[no-untyped-call]
    except (TypeError, ValueError, RedisError) as error:
        raise ValueError(
            f"The URL of the Redis at {address.place} has an option that is wrong or not known."
        ) from error
    shared = Multiplexed({**address.options, "db": database}, within)
    try:
        yield Link(shared, Redis(connection_pool=pool), breaker, within, database)
    finally:
        await shared.close()
        with suppress(RedisError, OSError):
            await pool.aclose()
