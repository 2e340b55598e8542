from ipaddress import ip_address

import pytest

from socialfeed.domain.addresses import limit_key, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:C000:0207", "192.0.2.7"),
        ("2001:DB8:0::0001", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(text: str, address: str) -> None:
    assert parse_address(text) == ip_address(address)


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "192.0.2", "192.0.2.256", "0300.0.2.7", "::1::", "\x00"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_address(text) is None


def test_an_ipv6_network_of_64_bits_counts_as_one_client() -> None:
    keys = {limit_key(f"2001:db8:0:1:{host:x}::{host:x}") for host in range(1, 50)}

    assert keys == {"2001:db8:0:1::/64"}
    assert limit_key("2001:db8:0:2::1") not in keys


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7"])
def test_an_ipv4_address_counts_for_itself_even_in_ipv6_clothes(address: str) -> None:
    assert limit_key(address) == "192.0.2.7"


def test_a_name_in_place_of_an_address_counts_for_itself() -> None:
    assert limit_key("testclient") == "testclient"
