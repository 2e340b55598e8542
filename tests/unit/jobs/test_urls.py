from pathlib import Path

import pytest

from socialfeed.adapters.dramatiq import open_rabbitmq, open_redis_broker
from socialfeed.adapters.dramatiq.rabbitmq import RabbitmqBrokers
from socialfeed.adapters.dramatiq.redis import RedisBrokers
from socialfeed.adapters.redis.address import address_from_url
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.testing.clock import FixedClock

CONTEXT = AdapterContext(FixedClock(), Path())


@pytest.mark.parametrize(
    "url",
    [
        "amqp://",
        "amqp://ada:secret@host:port/",
        "amqp://ada:secret@host/?prefix=",
        "amqp://ada:secret@host/?prefix=a/b",
        "amqp://ada:secret@host/?heartbeat=often",
        "amqp://ada:secret@host/?nonsense=1",
    ],
)
async def test_an_address_of_rabbitmq_that_makes_no_sense_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a RabbitMQ") as refused:
        async with open_rabbitmq(url, CONTEXT):
            raise AssertionError("opened")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["redis://ada:secret@host/x", "redis://:secret@host/4?nonsense=1"])
async def test_an_address_of_redis_that_makes_no_sense_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        async with open_redis_broker(url, CONTEXT):
            raise AssertionError("opened")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "database"), [("redis://h", 4), ("valkey://h/0", 4), ("redis://h/7", 7), ("rediss://h?prefix=x:", 4)]
)
def test_jobs_have_a_database_of_their_own_unless_one_is_named(url: str, database: int) -> None:
    broker = RedisBrokers(address_from_url(url)).submitter()

    assert broker.client.connection_pool.connection_kwargs["db"] == database
    broker.client.close()


def test_queues_begin_with_the_prefix_so_that_products_may_share_a_rabbitmq() -> None:
    assert RabbitmqBrokers("amqp://h").queue("mail") == "socialfeed.mail"
    assert RabbitmqBrokers("amqp://h/?prefix=other.").queue("mail") == "other.mail"
