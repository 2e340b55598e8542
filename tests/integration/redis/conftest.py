"""Open stores, and a way to them that can be disturbed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from os import getpid, kill
from pathlib import Path
from shutil import rmtree
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest
from redis import Redis

from socialfeed.adapters.redis import RedisStore, open_redis
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.cache import Cache, CounterCache
from socialfeed.application.ports.limits import RateLimiter
from socialfeed.application.ports.timelines import Timelines
from socialfeed.application.ports.trending import Trending
from socialfeed.testing import FixedClock
from tests.integration.redis.proxy import Proxy, open_proxy
from tests.services import Services, redis

NUMBERS = count(1)


@pytest.fixture
def context(tmp_path: Path) -> AdapterContext:
    return AdapterContext(clock=FixedClock(), data_dir=tmp_path)


@pytest.fixture
async def store(redis_url: str, context: AdapterContext) -> AsyncIterator[RedisStore]:
    async with open_redis(redis_url, context) as store:
        yield store


@pytest.fixture
def cache(store: RedisStore) -> Cache:
    return store.cache


@pytest.fixture
def counters(store: RedisStore) -> CounterCache:
    return store.counters


@pytest.fixture
def limiter(store: RedisStore) -> RateLimiter:
    return store.limiter


@pytest.fixture
def timelines(store: RedisStore) -> Timelines:
    return store.timelines


@pytest.fixture
def trending(store: RedisStore) -> Trending:
    return store.trending


@pytest.fixture
def client(redis_server: str) -> Iterator[Redis]:
    """A look at the general database behind the adapter's back."""
    with Redis.from_url(redis_server) as client:
        yield client


@pytest.fixture
async def proxy(redis_server: str) -> AsyncIterator[Proxy]:
    async with open_proxy(redis_server) as proxy:
        yield proxy


class OwnServer:
    """A server nobody else uses. Frozen, it accepts connections, as its kernel does, and says nothing."""

    def __init__(self, url: str, socket: Path) -> None:
        self.url, self.socket = url, socket
        with Redis.from_url(url) as client:
            self._pid = int(client.info("server")["process_id"])

    def freeze(self) -> None:
        kill(self._pid, SIGSTOP)

    def thaw(self) -> None:
        kill(self._pid, SIGCONT)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            kill(self._pid, SIGKILL)


@contextmanager
def own_server_with(services: Services, *options: str) -> Iterator[OwnServer]:
    launcher = services.launcher(f"redis-{getpid()}-{next(NUMBERS)}")
    socket = launcher.folder / "socket"
    server = OwnServer(redis.start(redis.own_binary(), launcher, "--unixsocket", str(socket), *options), socket)
    try:
        yield server
    finally:
        server.end()
        rmtree(launcher.folder)


@pytest.fixture
def own_server(services: Services) -> Iterator[OwnServer]:
    with own_server_with(services) as server:
        yield server


@pytest.fixture
def single_database_server(services: Services) -> Iterator[OwnServer]:
    with own_server_with(services, "--databases", "1") as server:
        yield server
