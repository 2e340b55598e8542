"""Redis or Valkey as the broker."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import redis
import redis.asyncio
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from socialfeed.adapters.dramatiq.brokers import Letter, as_lost_connection, middleware
from socialfeed.adapters.dramatiq.jobs import DramatiqJobs, opened
from socialfeed.adapters.redis.address import Address, address_from_url
from socialfeed.application.ports.adapters import AdapterContext

CONNECT_SECONDS = 1.0
SUBMIT_SECONDS = 2.0
"""For the answer to one command of a process that submits jobs: somebody waits for it."""

FETCH_SECONDS = 30.0
"""The same for a worker. Jobs whose delivery was cut short stay with this worker until it ends, so it is patient."""

HEARTBEAT_TIMEOUT_MS = 10_000
"""A worker that has not been heard of for so long is dead; live ones speak several times a second."""

MAINTENANCE_PER_MILLION = 250_000
"""How many commands out of a million look for dead workers and give their jobs back. With Dramatiq's own 1,000 and
60 s, the jobs of a killed worker wait for minutes; with these, 10 s and a few polls. A look that finds nothing costs
two look-ups in sorted sets.
"""

_EVEN_IF_FULL = b"""
-- A server without room refuses a script at its first command that may need some, but not one that has written before.
-- Workers have to be heard, to fetch and to acknowledge, or there would never be room again. This needs none:
redis.call("unlink", KEYS[1] .. ":nothing")
"""

_LOST = (redis.RedisError, OSError)
"""A Redis that is out of memory, loading or not the primary is as good as none."""

_BLOCKING = {
    redis.asyncio.SSLConnection: redis.SSLConnection,
    redis.asyncio.UnixDomainSocketConnection: redis.UnixDomainSocketConnection,
}


@asynccontextmanager
async def open_redis_broker(url: str, context: AdapterContext) -> AsyncIterator[DramatiqJobs[RedisBroker]]:
    """Raises `ValueError` for a URL that makes no sense, `Unavailable` where no server answers."""
    async with opened(RedisBrokers(address_from_url(url)), context.jobs) as jobs:
        yield jobs


class RedisBrokers:
    """Every key begins with the prefix of the address."""

    def __init__(self, address: Address) -> None:
        self.place = f"Redis at {address.place}"
        self._address = address

    def queue(self, name: str) -> str:
        return name

    def submitter(self) -> RedisBroker:
        return self._broker(SUBMIT_SECONDS)

    def consumer(self) -> RedisBroker:
        """Goes on where the server is full, so that retries are kept, too; only submitters are refused then."""
        broker = self._broker(FETCH_SECONDS)
        dispatch = cast(bytes, broker.scripts["dispatch"].script)
        broker.scripts["dispatch"] = broker.client.register_script(_EVEN_IF_FULL + dispatch)
        return broker

    def ping(self, broker: RedisBroker) -> None:
        with as_lost_connection(*_LOST):
            broker.client.ping()

    def count_dead(self, broker: RedisBroker, queue: str) -> int:
        with as_lost_connection(*_LOST):
            return int(broker.client.zcard(_dead(broker, queue)))

    def dead(self, broker: RedisBroker, queue: str, limit: int) -> list[Letter]:
        dead = _dead(broker, queue)
        with as_lost_connection(*_LOST):
            ids = cast(list[bytes], broker.client.zrange(dead, 0, limit - 1))
            bodies = broker.client.hmget(f"{dead}.msgs", ids) if ids else []
        return [Letter(name.decode(), body) for name, body in zip(ids, bodies, strict=True) if body is not None]

    def take_dead(self, broker: RedisBroker, queue: str, letter_id: str, use: Callable[[bytes], object]) -> bool:
        dead = _dead(broker, queue)
        with as_lost_connection(*_LOST):
            body = cast(bytes | None, broker.client.hget(f"{dead}.msgs", letter_id))
        if body is None:
            return False
        use(body)
        with as_lost_connection(*_LOST), broker.client.pipeline() as together:
            together.zrem(dead, letter_id)
            together.hdel(f"{dead}.msgs", letter_id)
            together.execute()
        return True

    def close(self, broker: RedisBroker) -> None:
        broker.close()
        broker.client.close()

    def _broker(self, seconds: float) -> RedisBroker:
        options = {
            **self._address.options,
            "db": self._address.database_of("broker"),
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": seconds,
            # A command whose answer did not come may have been executed: whoever asked decides about another try.
            "retry": Retry(NoBackoff(), 0),
            "protocol": 2,
            "client_name": "socialfeed-jobs",
            "driver_info": None,
            "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        }
        kind = options.pop("connection_class", None)
        pool = redis.ConnectionPool(_BLOCKING.get(kind, redis.Connection), **options)
        try:
            pool.make_connection()
        except (TypeError, ValueError, redis.RedisError) as error:
            raise ValueError(f"The URL of {self.place} has an option that is not known or wrong.") from error
        return _Broker(  # type: ignore[no-untyped-call]
            client=redis.Redis.from_pool(pool),
            middleware=middleware(),
            namespace=f"{self._address.prefix}jobs",
            heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
            maintenance_chance=MAINTENANCE_PER_MILLION,
        )


def _dead(broker: RedisBroker, queue: str) -> str:
    """The key of a queue's dead letters, in order of death; Dramatiq's script has the same."""
    return f"{broker.namespace}:{queue}.XQ"


class _Broker(RedisBroker):
    """A broker whose jobs survive a lost connection."""

    _consumed: frozenset[str] = frozenset()

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """A worker that comes back after its connection was lost is another one for Redis. What the first had fetched
        and not acknowledged, retries that waited for their time above all, is then given out again as that of a dead
        worker; else it would wait for the end of this process.
        """
        if queue_name in self._consumed:
            self.broker_id = str(uuid4())
        self._consumed |= {queue_name}
        return super().consume(queue_name, prefetch, timeout)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The commands `do_enqueue`, `do_fetch` and so on."""
        command = super().__getattr__(name)  # type: ignore[no-untyped-call]

        def call(*arguments: object) -> object:
            with as_lost_connection(*_LOST):
                return command(*arguments)

        return call
