"""Opening a store."""

import pytest
from redis import Redis

from socialfeed.adapters.redis import RedisStore, open_redis
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import Unavailable
from socialfeed.testing import Builder
from socialfeed.testing.contracts.cache import HOUR
from socialfeed.testing.contracts.timelines import warm
from tests.integration.redis.conftest import OwnServer
from tests.integration.redis.proxy import Proxy
from tests.services.launch import free_port


async def open_and_close(url: str, context: AdapterContext) -> None:
    async with open_redis(url, context):
        pass


async def test_a_store_says_what_it_is(store: RedisStore, client: Redis) -> None:
    await store.check()
    assert store.name == ("valkey" if "valkey_version" in client.info("server") else "redis")


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
async def test_both_names_of_the_scheme_lead_to_the_server(
    scheme: str, redis_url: str, context: AdapterContext
) -> None:
    async with open_redis(f"{scheme}://{redis_url.partition('://')[2]}", context) as store:
        await store.check()


async def test_an_unreachable_server_is_named_in_one_line_without_the_password(context: AdapterContext) -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}") as raised:
        await open_and_close(f"redis://someone:pass-word@127.0.0.1:{port}", context)
    assert "pass-word" not in str(raised.value)
    assert "\n" not in str(raised.value)


async def test_a_wrong_password_is_said_without_repeating_it(own_server: OwnServer, context: AdapterContext) -> None:
    with Redis.from_url(own_server.url) as client:
        client.config_set("requirepass", "right-word")
    address = own_server.url.partition("://")[2]
    with pytest.raises(Unavailable, match=r"cannot be used: .*password") as raised:
        await open_and_close(f"redis://:wrong-word@{address}", context)
    assert "wrong-word" not in str(raised.value)
    await open_and_close(f"redis://:right-word@{address}", context)


async def test_who_may_not_ask_for_the_version_may_start_all_the_same(
    own_server: OwnServer, context: AdapterContext
) -> None:
    with Redis.from_url(own_server.url) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-info")
    async with open_redis(f"redis://app:secret@{own_server.url.partition('://')[2]}", context) as store:
        assert store.name == "redis"


async def test_an_option_nobody_knows_is_refused(context: AdapterContext) -> None:
    with pytest.raises(ValueError, match="option") as raised:
        await open_and_close("redis://:pass-word@127.0.0.1/?colour=blue", context)
    assert "pass-word" not in str(raised.value)


async def test_a_server_may_be_reached_by_its_socket(own_server: OwnServer, context: AdapterContext) -> None:
    async with open_redis(f"unix://{own_server.socket}?prefix=by-socket:&timeout=10", context) as store:
        await store.cache.fill_many({"key": b"value"}, HOUR)
    with Redis.from_url(own_server.url, db=1) as client:
        assert client.keys() == [b"by-socket:c:key"]


async def test_each_area_has_its_database(own_server: OwnServer, context: AdapterContext) -> None:
    await use_every_area(f"{own_server.url}?timeout=10", context)
    assert databases(own_server) == {"db0", "db1", "db3"}


async def test_a_database_named_in_the_url_holds_every_area(own_server: OwnServer, context: AdapterContext) -> None:
    await use_every_area(f"{own_server.url}/7?timeout=10", context)
    assert databases(own_server) == {"db7"}


async def test_a_server_with_one_database_will_do(single_database_server: OwnServer, context: AdapterContext) -> None:
    await use_every_area(f"{single_database_server.url}?timeout=10", context)
    assert databases(single_database_server) == {"db0"}


async def test_deployments_with_different_prefixes_do_not_meet(redis_url: str, context: AdapterContext) -> None:
    async with open_redis(redis_url, context) as one, open_redis(redis_url.replace(":&", ":2:&"), context) as two:
        await one.cache.fill_many({"key": b"one"}, HOUR)
        await two.cache.fill_many({"key": b"two"}, HOUR)
        assert await one.cache.get_many(["key"]) == {"key": b"one"}


async def test_nothing_is_connected_once_the_store_is_closed(
    proxy: Proxy, redis_prefix: str, context: AdapterContext
) -> None:
    await use_every_area(f"redis://127.0.0.1:{proxy.port}?prefix={redis_prefix}&timeout=10", context)
    await proxy.all_gone()


async def use_every_area(url: str, context: AdapterContext) -> None:
    make = Builder()
    async with open_redis(url, context) as store:
        await warm(store.timelines, make.ids.user())
        await store.cache.fill_many({"key": b"value"}, HOUR)
        await store.counters.put_many({make.ids.post(): Counts(1, 1, 1, 1)})


def databases(server: OwnServer) -> set[str]:
    with Redis.from_url(server.url) as client:
        return set(client.info("keyspace"))
