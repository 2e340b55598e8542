"""Where the product's time goes, by a profile of readers' pages without HTTP."""

import asyncio
import cProfile
import pstats
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from time import process_time
from typing import NamedTuple

from bench.servers import Settings
from bench.serving.recording import SETTLED, body
from bench.serving.world import Reader
from socialfeed.testing.client import Client, open_client

ROUNDS = 2


class Profile(NamedTuple):
    """Milliseconds of the processor for a page, not profiled; shares of it by room of the code, the largest first."""

    each: float
    rooms: Sequence[tuple[str, float]]


async def profiled(settings: Settings, readers: Sequence[Reader]) -> Profile:
    """Of a product of its own in this process, once it is warm."""
    async with open_client(**settings) as client:
        for reader in readers:
            await body(client, reader.token)
        await asyncio.sleep(SETTLED)
        return await _profiled(client, readers)


async def _profiled(client: Client, readers: Sequence[Reader]) -> Profile:
    began = process_time()
    for reader in readers:
        await body(client, reader.token)
    took = process_time() - began
    profiler = cProfile.Profile(process_time)
    profiler.enable()
    for _ in range(ROUNDS):
        for reader in readers:
            await body(client, reader.token)
    profiler.disable()
    return Profile(took * 1000 / len(readers), shares(profiler))


def shares(profiler: cProfile.Profile) -> list[tuple[str, float]]:
    """What is built in counts where it is called."""
    spent: Counter[str] = Counter()
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file == "~":
            for (caller, _, _), (_, _, by_caller, _) in callers.items():
                spent[room(caller)] += by_caller
        else:
            spent[room(file)] += own
    total = sum(spent.values())
    return [(name, seconds / total) for name, seconds in spent.most_common()]


def room(file: str) -> str:
    """`socialfeed/application/feeds` of a file of ours, the package of another, else the standard library."""
    parts = PurePath(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    if "socialfeed" in parts:
        inner = parts[len(parts) - 1 - parts[::-1].index("socialfeed") :]
        return "/".join(inner[:3]).removesuffix(".py")
    if file == "~":
        return "built in"
    return parts[-2] if len(parts) > 1 and parts[-2] in {"asyncio", "logging", "json"} else "standard library"
