"""Network addresses of clients, brought to one form each."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64
"""What one subscriber has at least (RFC 6177): all of it counts as one client."""


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, or None for anything else. IPv4 in IPv6 clothes is IPv4; a zone is left out."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def limit_key(address: str) -> str:
    """What limits count an address under: an IPv6 one as its /64, because who has one has them all."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed or address)
