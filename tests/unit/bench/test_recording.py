"""What a Redis is asked, as it is overheard."""

import asyncio
from typing import Any

import hiredis
from bench.serving.recording import Commands, Ear


def packed(*commands: str) -> bytes:
    words: list[Any] = [tuple(command.split()) for command in commands]
    return b"".join(map(hiredis.pack_command, words))


async def heard(*writes: bytes) -> tuple[list[Commands], bytes]:
    """What is told of these writes on one connection, and what reaches the server."""
    told: list[Commands] = []
    reached: list[bytes] = []
    over = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            reached.append(data)
            writer.write(data)
        writer.close()
        await writer.wait_closed()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Ear("127.0.0.1", port_of(behind), told.append).connected(reader, writer)
        over.set()

    behind = await asyncio.start_server(echo, "127.0.0.1", 0)
    front = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with behind, front:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(front))
        for written in writes:
            writer.write(written)
            assert await reader.readexactly(len(written)) == written
        writer.close()
        await writer.wait_closed()
        await over.wait()
    return told, b"".join(reached)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def test_commands_written_at_once_are_one_step_with_so_many_replies() -> None:
    both, one = packed("GET a", "GET b"), packed("GET c")

    told, reached = await heard(both, one)

    assert told == [Commands(0, both, 2), Commands(0, one, 1)]
    assert reached == both + one


async def test_a_connection_is_of_the_database_that_it_selects_and_its_greeting_is_no_step() -> None:
    get = packed("GET a")

    told, _ = await heard(packed("SELECT 3"), get)

    assert told == [Commands(3, get, 1)]


async def test_a_command_that_comes_in_pieces_is_one_step() -> None:
    get = packed("SET a " + "b" * 100)

    told, _ = await heard(get[:30], get[30:])

    assert told == [Commands(0, get, 1)]
