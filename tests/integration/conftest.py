from collections.abc import Iterator
from secrets import token_hex

import pika
import pytest

from socialfeed.application.ports.jobs import Queue


@pytest.fixture
def amqp_url(rabbitmq_url: str) -> Iterator[str]:
    """A RabbitMQ in which this test has queues of its own; they are deleted after it."""
    prefix = f"socialfeed_test_{token_hex(4)}."
    yield f"{rabbitmq_url}{'&' if '?' in rabbitmq_url else '?'}prefix={prefix}"
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        channel = connection.channel()
        for queue in Queue.ALL:
            for kind in ("", ".DQ", ".XQ"):
                channel.queue_delete(f"{prefix}{queue}{kind}")
