"""Names to addresses, by the system."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address

from socialfeed.domain.errors import FetchFailed

Resolve = Callable[[str], Awaitable[Sequence[IPv4Address | IPv6Address]]]
"""All addresses of a name. Raises `FetchFailed` where there are none."""

_THREADS = 8


class SystemResolver:
    """In threads of its own: a name server that takes minutes holds up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "resolve")

    async def __call__(self, name: str) -> list[IPv4Address | IPv6Address]:
        loop = asyncio.get_running_loop()
        try:
            # With a dot at its end the name is whole: no search list makes a name within our network of it.
            found = await loop.run_in_executor(self._threads, _look_up, f"{name}.")
            return [ip_address(address) for address in dict.fromkeys(found)]
        except (OSError, ValueError) as error:
            raise FetchFailed from error

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(name: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
