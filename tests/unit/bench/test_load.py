"""The load against servers that say what they are told to."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from bench.serving.load import Clients, Failed

REQUEST = b"POST /graphql HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
ANSWER = b'HTTP/1.1 200 OK\r\nserver: x\r\nContent-Length: 11\r\n\r\n{"data": 1}'


@contextmanager
def served(parts: Sequence[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """The port of a server that gives every answer in these parts, and hangs up where there are none; what it was
    asked.
    """
    asked: list[bytes] = []

    class Each(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(ConnectionError):
                while request := self.request.recv(65536):
                    asked.append(request)
                    for part in parts:
                        self.request.sendall(part)
                    if not parts:
                        break

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Each) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


def test_every_request_that_was_sent_is_answered_and_counted() -> None:
    with served([ANSWER]) as (port, asked), Clients(port, [REQUEST], connections=4) as clients:
        load = clients.eagerly(0.05)
    assert len(load.took) == len(asked) > 4
    assert set(asked) == {REQUEST}


def test_a_steady_load_sends_as_many_as_its_rate_says() -> None:
    with served([ANSWER]) as (port, asked), Clients(port, [REQUEST], connections=2) as clients:
        load = clients.steadily(400, 0.1)
    assert len(load.took) == len(asked) == 40
    assert load.seconds > 0.09


def test_an_answer_in_pieces_is_one_answer() -> None:
    pieces = [ANSWER[:20], ANSWER[20:45], ANSWER[45:-2], ANSWER[-2:]]
    with served(pieces) as (port, _), Clients(port, [REQUEST], connections=1) as clients:
        assert [clients.answer(), clients.answer()] == [b'{"data": 1}'] * 2


def test_requests_are_sent_in_turns() -> None:
    two = [REQUEST, REQUEST.replace(b"{}", b"[]")]
    with served([ANSWER]) as (port, asked), Clients(port, two, connections=1) as clients:
        for _ in range(4):
            clients.answer()
    assert asked == two * 2


@pytest.mark.parametrize(
    "answer",
    [
        [ANSWER.replace(b"200 OK", b"429 No")],
        [ANSWER.replace(b'"data": 1', b'"errors":1').replace(b": 11", b": 12")],
        [ANSWER.replace(b"Content-Length: 11\r\n", b"")],
        [],
    ],
    ids=["another status", "errors", "no length", "hangs up"],
)
def test_what_is_no_answer_ends_the_measurement(answer: list[bytes]) -> None:
    with (
        served(answer) as (port, _),
        Clients(port, [REQUEST], connections=1) as clients,
        pytest.raises(Failed),
    ):
        clients.eagerly(0.05)
