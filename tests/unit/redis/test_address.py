"""URLs as operators write them."""

import pytest

from socialfeed.adapters.redis.address import address_from_url


def test_the_plainest_url_has_an_address_and_every_default() -> None:
    address = address_from_url("redis://localhost")
    assert (address.place, address.prefix, address.timeout) == ("localhost:6379", "sf:", 0.2)


def test_without_a_database_each_area_has_its_own() -> None:
    for url in ("redis://localhost", "redis://localhost/", "redis://localhost/0", "unix:///run/redis.sock"):
        address = address_from_url(url)
        areas = ["general", "cache", "sessions", "counters", "broker", "results"]
        assert [address.database_of(area) for area in areas] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("url", ["redis://localhost/7", "redis://localhost?db=7", "unix:///run/redis.sock?db=7"])
def test_a_database_in_the_url_is_that_of_all_areas(url: str) -> None:
    assert {address_from_url(url).database_of(area) for area in ("general", "cache", "broker")} == {7}


def test_prefix_and_time_out_are_options_of_ours() -> None:
    address = address_from_url("valkey://cache.example:6380?prefix=blue:&timeout=1.5&max_connections=8")
    assert (address.place, address.prefix, address.timeout) == ("cache.example:6380", "blue:", 1.5)
    assert address.options == {"host": "cache.example", "port": 6380, "max_connections": 8}


def test_the_place_never_holds_the_password() -> None:
    address = address_from_url("rediss://app:pass-word@cache.example")
    assert address.place == "cache.example:6379"
    assert address.options["password"] == "pass-word"


def test_the_password_does_not_show_when_an_address_is_printed() -> None:
    assert "pass-word" not in repr(address_from_url("redis://app:pass-word@cache.example"))


@pytest.mark.parametrize(
    "url",
    [
        "redis:/localhost",
        "amqp://localhost",
        "redis://localhost/cache",
        "redis://localhost/1/2",
        "redis://localhost/-1",
        "redis://localhost?db=-1",
        "redis://app:pass#word@localhost",
        "redis://localhost:port",
        "redis://localhost:70000",
        "redis://[::1",
        "redis://localhost?timeout=soon",
        "redis://localhost?timeout=0",
        "redis://localhost?timeout=nan",
        "redis://localhost?timeout=3600",
        "redis://localhost?prefix=a b",
        "redis://localhost?prefix={a}",
        "redis://localhost?max_connections=many",
        "unix://",
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_that_does_not_repeat_it(url: str) -> None:
    with pytest.raises(ValueError) as raised:
        address_from_url(url)
    assert "\n" not in str(raised.value)
    assert "pass" not in str(raised.value).replace("password", "")
    assert raised.value.__cause__ is None
