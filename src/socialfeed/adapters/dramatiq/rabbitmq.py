"""RabbitMQ as the broker."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import pika
import pika.exceptions
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.errors import BrokerError

from socialfeed.adapters.dramatiq.brokers import middleware
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

    errors: tuple[type[Exception], ...] = (BrokerError, pika.exceptions.AMQPError, OSError)

    def __init__(self, url: str) -> None:
        # Pika logs each failed try of each address with its traceback. All of it reaches us as an exception too.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
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
        except (pika.exceptions.AMQPError, OSError):
            # Of this thread's connection one learns only by using it that the server has restarted since.
            del broker.connection
            _round_trip(broker)

    def close(self, broker: RabbitmqBroker) -> None:
        broker.close()

    def _broker(self, heartbeat: int) -> RabbitmqBroker:
        broker = RabbitmqBroker(confirm_delivery=True, middleware=middleware())
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


def _round_trip(broker: RabbitmqBroker) -> None:
    """Any passive question does; this one needs no permission."""
    broker.channel.exchange_declare("amq.direct", passive=True)
