"""RabbitMQ as the broker."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import dramatiq
import pika
from dramatiq.broker import Consumer
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.common import xq_name
from dramatiq.errors import ConnectionClosed
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from socialfeed.adapters.dramatiq.brokers import Letter, as_lost_connection, middleware
from socialfeed.adapters.dramatiq.dead_letters import letter_id
from socialfeed.adapters.dramatiq.jobs import DramatiqJobs, opened
from socialfeed.application.ports.adapters import AdapterContext

CONNECT_SECONDS = 2.0
BLOCKED_SECONDS = 5.0
"""How long RabbitMQ may hold back a message because it is short of memory or disk."""

SUBMIT_HEARTBEAT_SECONDS = 5
HEARTBEAT_SECONDS = 30
"""A worker whose machine is gone is known to be dead after twice this, and its jobs are given to others. One whose
process is gone is known at once.
"""

_LOST = (AMQPError, AMQPConnectorException, OSError)
_TCP = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9._:-]{0,63}")
_USAGE = "amqp://user:password@host:port/vhost, amqps://...; of options, ?prefix=name."


@asynccontextmanager
async def open_rabbitmq(url: str, context: AdapterContext) -> AsyncIterator[DramatiqJobs[RabbitmqBroker]]:
    """Raises `ValueError` for a URL that makes no sense, `Unavailable` where no server lets us in."""
    async with opened(RabbitmqBrokers(url), context.jobs) as jobs:
        yield jobs


class RabbitmqBrokers:
    """Durable queues, whose names begin with the prefix; messages are confirmed."""

    def __init__(self, url: str) -> None:
        # Pika logs each failed try of each address with its traceback. All of it reaches us as an exception too.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, keep_blank_values=True))
            self._prefix = options.pop("prefix", "socialfeed.")
            self._url = parts._replace(query=urlencode(options)).geturl()
            self.place = f"RabbitMQ at {parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}"
            self._parameters(HEARTBEAT_SECONDS)
        except (ValueError, TypeError) as error:
            raise ValueError(f"This is not the URL of a RabbitMQ: {_USAGE}") from error
        if not parts.hostname or not _PREFIX.fullmatch(self._prefix):
            raise ValueError(f"This is not the URL of a RabbitMQ: {_USAGE}")

    def queue(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def submitter(self) -> RabbitmqBroker:
        # Nobody reads from an idle connection that only submits: RabbitMQ closes it after a while and the next message
        # opens another. But a thread that waits for a confirmation which does not come is freed soon.
        return self._broker(SUBMIT_HEARTBEAT_SECONDS)

    def consumer(self) -> RabbitmqBroker:
        return self._broker(HEARTBEAT_SECONDS)

    def ping(self, broker: RabbitmqBroker) -> None:
        try:
            _round_trip(broker)
        except ConnectionClosed:
            # This may only say that the server has closed, or lost, the connection of this thread meanwhile.
            del broker.connection
            _round_trip(broker)

    def count_dead(self, broker: RabbitmqBroker, queue: str) -> int:
        with _dead(broker, queue) as (channel, dead):
            return int(channel.queue_declare(dead, passive=True).method.message_count)

    def dead(self, broker: RabbitmqBroker, queue: str, limit: int) -> list[Letter]:
        with _dead(broker, queue) as (channel, dead):
            bodies = [body for _, body in _fetched(channel, dead, limit)]
        return [Letter(letter_id(body), body) for body in bodies]

    def take_dead(self, broker: RabbitmqBroker, queue: str, wanted: str, use: Callable[[bytes], object]) -> bool:
        with _dead(broker, queue) as (channel, dead):
            for tag, body in _fetched(channel, dead, None):
                if letter_id(body) == wanted:
                    use(body)
                    channel.basic_ack(tag)
                    return True
        return False

    def close(self, broker: RabbitmqBroker) -> None:
        broker.close()

    def _broker(self, heartbeat: int) -> RabbitmqBroker:
        broker = _Broker(confirm_delivery=True, middleware=middleware())
        broker.parameters = self._parameters(heartbeat)
        return broker

    def _parameters(self, heartbeat: int) -> pika.URLParameters:
        parameters = pika.URLParameters(self._url)
        parameters.heartbeat = heartbeat
        parameters.connection_attempts = 1
        parameters.socket_timeout = CONNECT_SECONDS
        parameters.stack_timeout = CONNECT_SECONDS
        parameters.blocked_connection_timeout = BLOCKED_SECONDS
        parameters.tcp_options = _TCP
        parameters.client_properties = {"connection_name": "socialfeed-jobs"}
        return parameters


class _Broker(RabbitmqBroker):
    """A broker that tells of every lost connection, those lost while connecting among them, in the same way."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        with as_lost_connection(*_LOST):
            return super().consume(queue_name, prefetch, timeout)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        with as_lost_connection(*_LOST):
            return super().enqueue(message, delay=delay)


@contextmanager
def _dead(broker: RabbitmqBroker, queue: str) -> Iterator[tuple[BlockingChannel, str]]:
    """A channel of its own, and the queue of dead letters. What is fetched there and not acknowledged stays, in its
    place, when the channel is closed.
    """
    with as_lost_connection(*_LOST):
        broker.declare_queue(queue, ensure=True)
        channel = broker.connection.channel()
        try:
            yield channel, xq_name(queue)
        finally:
            channel.close()


def _fetched(channel: BlockingChannel, queue: str, limit: int | None) -> Iterator[tuple[int, bytes]]:
    """The messages there, one after the other, with what acknowledges each."""
    for _ in count() if limit is None else range(limit):
        method, _properties, body = channel.basic_get(queue)
        if method is None:
            return
        yield method.delivery_tag, body


def _round_trip(broker: RabbitmqBroker) -> None:
    """Any question does; this one needs no permission."""
    with as_lost_connection(*_LOST):
        broker.channel.exchange_declare("amq.direct", passive=True)
