"""One connection for many callers, against a server that says what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import hiredis
import pytest
from redis.exceptions import BusyLoadingError, NoScriptError, RedisError, ResponseError

from socialfeed.adapters.redis import multiplexed
from socialfeed.adapters.redis.multiplexed import Command, Multiplexed

Answer = Callable[[list[bytes]], bytes | None]


def echo(command: list[bytes]) -> bytes:
    """What it was asked with, as a bulk string."""
    return b"$%d\r\n%s\r\n" % (len(command[-1]), command[-1])


@dataclass
class Server:
    """Answers command by command; None is silence. `written` are the pieces in which requests came."""

    answer: Answer = echo
    commands: list[list[bytes]] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        parser = hiredis.Reader()
        while data := await reader.read(1_000_000):
            parser.feed(data)
            number = 0
            while (command := parser.gets()) is not False:
                number += 1
                if command[0] in (b"SELECT", b"AUTH", b"CLIENT"):
                    writer.write(self.greet(command))
                    continue
                self.commands.append(command)
                answer = self.answer(command)
                if answer is not None:
                    writer.write(answer)
            self.written.append(number)

    def greet(self, command: list[bytes]) -> bytes:
        return b"-WRONGPASS no\r\n" if command[-1] == b"wrong" else b"+OK\r\n"

    def hang_up(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


@asynccontextmanager
async def connected(server: Server, timeout: float = 5, **options: str) -> AsyncIterator[Multiplexed]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    shared = Multiplexed({"host": "127.0.0.1", "port": port, "db": 3, **options}, timeout)
    try:
        yield shared
    finally:
        await shared.close()
        server.hang_up()
        listening.close()


def get(key: object) -> list[Command]:
    return [("GET", str(key))]


async def test_everybody_gets_the_own_answers_in_order() -> None:
    async with connected(server := Server()) as shared:
        asked = [[("GET", f"{caller}:{n}") for n in range(caller % 4)] for caller in range(200)]
        replies = await asyncio.gather(*map(shared.call, asked))
    assert replies == [[command[1].encode() for command in commands] for commands in asked]
    assert server.connections == 1


async def test_what_is_asked_at_once_is_written_at_once() -> None:
    async with connected(server := Server()) as shared:
        await shared.call(get("first"))
        server.written.clear()
        await asyncio.gather(*(shared.call(get(n)) for n in range(100)))
    assert server.written == [100]


async def test_refusals_are_replies_of_redis_pys_kinds() -> None:
    said = {
        b"script": b"-NOSCRIPT No matching script.\r\n",
        b"type": b"-WRONGTYPE Not that.\r\n",
        b"loading": b"-LOADING Wait.\r\n",
    }
    async with connected(Server(lambda command: said[command[1]])) as shared:
        replies = await shared.call([*get("script"), *get("type"), *get("loading")])
    assert list(map(type, replies)) == [NoScriptError, ResponseError, BusyLoadingError]


async def test_silence_ends_in_time_for_all_who_wait_and_the_next_gets_another_connection() -> None:
    server = Server(lambda command: None if server.connections == 1 else echo(command))
    async with connected(server, timeout=0.05) as shared:
        results = await asyncio.gather(shared.call(get("hush")), shared.call(get("mine")), return_exceptions=True)
        assert list(map(type, results)) == [TimeoutError, TimeoutError]
        assert await shared.call(get("yours")) == [b"yours"]
    assert server.connections == 2


async def test_an_answer_that_was_there_in_time_counts_however_late_the_loop_gets_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some loops look at their timers before they look at their sockets."""
    async with connected(Server(), timeout=30) as shared:
        await shared.call(get("first"))
        channel = shared._channel
        assert channel is not None
        asked = channel.ask(get("held up"))
        channel._waiting[0].deadline = 0  # as if the loop had been busy for longer than that
        channel._look_at_the_clock()
        monkeypatch.setattr(multiplexed, "GRACE", 0)
        assert await asked == [b"held up"]
        assert channel.is_open


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.1\r\n", b":1\r\n:2\r\n"])
async def test_a_server_that_talks_nonsense_or_too_much_is_left(nonsense: bytes) -> None:
    """An answer too many would make every later one somebody else's."""
    server = Server(lambda command: nonsense if command[1] == b"nonsense" else echo(command))
    async with connected(server) as shared:
        try:
            assert await shared.call(get("nonsense")) == [1]
        except ConnectionError:
            assert nonsense[:1] != b":"
        assert await shared.call(get("after")) == [b"after"]
    assert server.connections == 2


async def test_a_server_that_hangs_up_is_heard_and_called_again() -> None:
    server = Server(lambda command: None if command[1] == b"hush" else echo(command))
    async with connected(server) as shared:
        waiting = asyncio.create_task(shared.call(get("hush")))
        while not server.commands:
            await asyncio.sleep(0)
        server.hang_up()
        with pytest.raises(ConnectionError):
            await waiting
        assert await shared.call(get("again")) == [b"again"]


async def test_who_stops_waiting_takes_nobodys_answer_along() -> None:
    async with connected(Server()) as shared:
        for _ in range(20):
            tasks = [asyncio.create_task(shared.call(get(n))) for n in range(20)]
            await asyncio.sleep(0)
            for task in tasks[::3]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for n, result in enumerate(results):
                assert isinstance(result, asyncio.CancelledError) if n % 3 == 0 else result == [str(n).encode()]


async def test_who_stops_waiting_for_the_connection_leaves_it_to_the_others() -> None:
    async with connected(server := Server()) as shared:
        first, second = (asyncio.create_task(shared.call(get(n))) for n in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == [b"1"]
    assert server.connections == 1


async def test_so_many_may_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiplexed, "MOST_WAITING", 3)
    async with connected(Server()) as shared:
        results = await asyncio.gather(*(shared.call(get(n)) for n in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [list, list, list, TimeoutError, TimeoutError]
        assert await shared.call(get("later")) == [b"later"]


async def test_a_password_that_is_refused_is_said_so() -> None:
    async with connected(Server(), password="wrong") as shared:
        with pytest.raises(RedisError, match="WRONGPASS"):
            await shared.call(get("key"))


async def test_nobody_there_is_an_error_at_once() -> None:
    async with connected(Server()) as shared:
        pass
    with pytest.raises(OSError, match="onnect"):
        await shared.call(get("key"))


async def test_nothing_asked_is_nothing_answered() -> None:
    async with connected(server := Server()) as shared:
        assert await shared.call([]) == []
    assert server.connections == 0
