from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.addresses import is_public, limit_key, parse_address


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


@pytest.mark.parametrize(
    "address",
    [
        *(
            "1.1.1.1",
            "93.184.215.14",
            "172.15.255.255",
            "172.32.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "223.255.255.255",
        ),
        *("2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "::ffff:1.1.1.1", "64:ff9b::101:101"),
    ],
)
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
        *("127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1"),
        *("192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "168.63.129.16"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::1.1.1.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
        *("::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1"),
        *(
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ),
        *("2002:101:101::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1"),
        *("ff02::1", "ff0e::1", "2606:4700::1%eth0", "4000::1"),
    ],
)
def test_36_an_address_that_leads_into_a_network_of_ours_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@given(st.ip_addresses())
def test_36_what_the_standard_library_knows_not_to_be_public_is_not(address: IPv4Address | IPv6Address) -> None:
    """It is a second opinion, and the laxer one."""
    wrapped = isinstance(address, IPv6Address) and (address.ipv4_mapped or address in IPv6Network("64:ff9b::/96"))

    assert wrapped or not is_public(address) or (address.is_global and not address.is_multicast)
