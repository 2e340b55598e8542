"""One connection for all callers at once: what they ask is written together, and answers are matched in order.

For short commands that everybody waits for; a pool serves what is long. Nothing here may block the connection or change
what it is: no blocking commands, no subscriptions, no transactions.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import hiredis
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection
from redis.exceptions import (
    BusyLoadingError,
    NoPermissionError,
    NoScriptError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

Command = tuple[Any, ...]

MOST_WAITING: Final = 10_000
"""Commands without an answer. A server that far behind would not answer the next one in time either."""

GRACE: Final = 0.01
"""Seconds between a deadline and giving up: a loop that was held up finds its timers before what has come in."""

_NOTHING: Final = object()

_REFUSALS: Final[Mapping[str, type[RedisError]]] = {
    "NOSCRIPT": NoScriptError,
    "NOPERM": NoPermissionError,
    "READONLY": ReadOnlyError,
    "LOADING": BusyLoadingError,
}


def _refusal(message: str) -> RedisError:
    """As redis-py would have it: what is no `ResponseError` is no answer."""
    kind, _, rest = message.partition(" ")
    known = _REFUSALS.get(kind)
    return known(rest) if known else ResponseError(message)


@dataclass(slots=True)
class _Asked:
    """Commands of one caller."""

    done: asyncio.Future[list[Any]]
    number: int
    deadline: float
    replies: list[Any] = field(default_factory=list)


class Channel(asyncio.Protocol):
    """An open connection. Whatever goes wrong ends it, and everybody who waits is told so: an answer that came late
    would be taken for the next one's.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=_refusal, notEnoughData=_NOTHING)
        self._waiting: deque[_Asked] = deque()
        self._unanswered = 0
        self._outgoing: list[bytes] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.is_open = True

    def ask(self, commands: Sequence[Command]) -> asyncio.Future[list[Any]]:
        """The replies in order, refusals among them. To be awaited once; who stops waiting disturbs nobody."""
        if not self.is_open:
            raise ConnectionError("the connection is closed")
        if self._unanswered + len(commands) > MOST_WAITING:
            raise TimeoutError("too many commands wait for their answers")
        if not self._outgoing:
            self._loop.call_soon(self._write)
        self._outgoing += map(hiredis.pack_command, commands)
        self._unanswered += len(commands)
        asked = _Asked(self._loop.create_future(), len(commands), self._loop.time() + self._timeout)
        self._waiting.append(asked)
        if self._sweep is None:
            self._sweep = self._loop.call_at(asked.deadline, self._look_at_the_clock)
        return asked.done

    def close(self, reason: Exception) -> None:
        """Idempotent."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()
        if self._sweep is not None:
            self._sweep.cancel()
        while self._waiting:
            done = self._waiting.popleft().done
            if not done.done():
                done.set_exception(reason)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.close(ConnectionError(str(exc) if exc else "the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _NOTHING:
                self._answer(reply)
        except (hiredis.ProtocolError, IndexError):
            self.close(ConnectionError("the server answered something that makes no sense"))

    def _answer(self, reply: Any) -> None:
        asked = self._waiting[0]
        asked.replies.append(reply)
        self._unanswered -= 1
        if len(asked.replies) == asked.number:
            self._waiting.popleft()
            if not asked.done.done():
                asked.done.set_result(asked.replies)

    def _write(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self.is_open and self._transport is not None:
            self._transport.write(b"".join(outgoing))

    def _look_at_the_clock(self) -> None:
        """One timer for all: who asked first is answered first, so nobody behind the first is late before it is."""
        self._sweep = None
        if not self._waiting:
            return
        first = self._waiting[0]
        if self._loop.time() < first.deadline:
            self._sweep = self._loop.call_at(first.deadline, self._look_at_the_clock)
        else:
            self._sweep = self._loop.call_later(GRACE, self._give_up, first)

    def _give_up(self, late: _Asked) -> None:
        if self._waiting and self._waiting[0] is late:
            self.close(TimeoutError("no answer in time"))
        else:
            self._look_at_the_clock()


class Multiplexed:
    """Connects when it must, everybody waiting for the same attempt. `options` are redis-py's.

    Raises `OSError`, `TimeoutError` and `ConnectionError` among them, and `RedisError` where the server does not let us
    in. Nothing is ever sent twice.
    """

    def __init__(self, options: Mapping[str, Any], timeout: float) -> None:
        self._options = options
        self._timeout = timeout
        self._channel: Channel | None = None
        self._connecting: asyncio.Task[Channel] | None = None

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """The replies in order, refusals among them."""
        if not commands:
            return []
        channel = self._channel
        if channel is None or not channel.is_open:
            channel = await self._connected()
        return await channel.ask(commands)

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._channel is not None:
            self._channel.close(ConnectionError("the connection is closed"))

    async def _connected(self) -> Channel:
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._settled)
        # A caller that gives up leaves the attempt to the others.
        return await asyncio.shield(self._connecting)

    def _settled(self, attempt: asyncio.Task[Channel]) -> None:
        self._connecting = None
        if not attempt.cancelled() and attempt.exception() is None:
            self._channel = attempt.result()

    async def _connect(self) -> Channel:
        try:
            async with asyncio.timeout(self._timeout):
                channel = await self._opened()
                try:
                    replies = await channel.ask(_greeting(self._options))
                    # Whether we may give ourselves a name is of no importance.
                    if refused := next((reply for reply in replies[:-1] if isinstance(reply, RedisError)), None):
                        raise refused
                except BaseException:
                    channel.close(ConnectionError("the server did not let us in"))
                    raise
        except TimeoutError as error:
            raise TimeoutError("no connection in time") from error
        return channel

    async def _opened(self) -> Channel:
        loop, options = asyncio.get_running_loop(), self._options

        def channel() -> Channel:
            return Channel(self._timeout)

        kind = options.get("connection_class")
        if kind is UnixDomainSocketConnection:
            return (await loop.create_unix_connection(channel, options["path"]))[1]
        context = SSLConnection(**_without_class(options)).ssl_context.get() if kind is SSLConnection else None
        host, port = options.get("host", "localhost"), int(options.get("port", 6379))
        return (await loop.create_connection(channel, host, port, ssl=context))[1]


def _without_class(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in ("connection_class", "max_connections")}


def _greeting(options: Mapping[str, Any]) -> list[Command]:
    greeting: list[Command] = []
    if password := options.get("password"):
        greeting.append(("AUTH", options.get("username") or "default", password))
    if database := options.get("db"):
        greeting.append(("SELECT", database))
    return [*greeting, ("CLIENT", "SETNAME", "socialfeed")]
