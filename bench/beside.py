"""What one load does to another: requests to a server that does nothing else, and while somebody else is at it."""

import argparse
import asyncio
import multiprocessing
import os
import tempfile
from collections.abc import Awaitable, Callable, Collection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from bench.servers import POSTGRES, SQLITE, Settings, backends, cpu_seconds, services
from bench.wire import Seen, Wire

Load = Callable[[Wire, float], Awaitable[Seen]]
"""So many seconds of requests over a wire; known by its name to other processes."""

ROUNDS = 3

HEAD = f"  {'':8}{'idle p50':>9}{'p99':>9}{'flood p50':>11}{'p99':>9}{'ratio':>7}{'core':>6}  refused, others"


class Cores(NamedTuple):
    """One for the server, one for all that asks it."""

    serving: int
    loading: int


Report = Callable[[str, Settings, Path, Cores, int], Awaitable[bool]]
"""Measures on a set of backends in so many rounds, prints what it found, and says whether it is good."""


class Round(NamedTuple):
    """`busy` is the server's share of its core under the flood, from 0 to 1."""

    idle: Seen
    loaded: Seen
    flood: Seen
    busy: float

    @property
    def ratio(self) -> float:
        return self.loaded.percentile(99) / self.idle.percentile(99)

    def others(self, refusals: Collection[str]) -> dict[str, int]:
        """Answers that were neither what was asked for nor a refusal that was meant."""
        answers = self.idle.outcomes + self.loaded.outcomes
        wrong = {name: count for name, count in answers.items() if name != "OK"}
        return wrong | {name: count for name, count in self.flood.outcomes.items() if name not in refusals}

    def line(self, title: str, refusals: Collection[str]) -> str:
        """Under `HEAD`."""
        refused = sum(count for name, count in self.flood.outcomes.items() if name in refusals)
        return (
            f"  {title:8}{self.idle.percentile(50):9.2f}{self.idle.percentile(99):9.2f}"
            f"{self.loaded.percentile(50):11.2f}{self.loaded.percentile(99):9.2f}{self.ratio:7.2f}{self.busy:6.0%}"
            f"  {refused}, {self.others(refusals) or 'none'}"
        )


async def one_round(
    address: str, reads: Load, flood: Load, *, core: int, server: int, idle_seconds: float, flood_seconds: float
) -> Round:
    """`core` is for the load, `server` the process that answers."""
    wire = Wire(address)
    await reads(wire, 1)
    idle = await reads(wire, idle_seconds)
    here, there = multiprocessing.Pipe(duplex=False)
    attackers = multiprocessing.get_context("spawn").Process(
        target=_flood, args=(address, core, there, flood, flood_seconds)
    )
    attackers.start()
    try:
        await asyncio.to_thread(here.recv)
        used = cpu_seconds([server])[server]
        loaded = await reads(wire, flood_seconds)
        used = cpu_seconds([server])[server] - used
        attack: Seen = await asyncio.to_thread(here.recv)
    finally:
        wire.close()
        attackers.kill()
        attackers.join()
    return Round(idle, loaded, attack, used / flood_seconds)


def _flood(address: str, core: int, told: Connection, flood: Load, seconds: float) -> None:
    """The process of those who do harm."""
    os.sched_setaffinity(0, {core})

    async def run() -> None:
        wire = Wire(address)
        await flood(wire, 1)
        told.send("ready")
        told.send(await flood(wire, seconds))
        wire.close()

    asyncio.run(run())


def measure(report: Report, description: str | None) -> int:
    """The program: on each set of backends, or on the one that the command line names."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--on", choices=("sqlite", "postgres"), help="one set of backends only")
    chosen = parser.parse_args()
    names = {"sqlite": [SQLITE], "postgres": [POSTGRES]}.get(chosen.on, [SQLITE, POSTGRES])
    return asyncio.run(_measured(report, names, chosen.rounds))


async def _measured(report: Report, names: list[str], rounds: int) -> int:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("Two cores are needed: one for the server, one for the load.")
        return 2
    holds = []
    with services() as found:
        for name in names:
            with tempfile.TemporaryDirectory(prefix="socialfeed-bench-") as folder:
                async with backends(name, found, Path(folder)) as settings:
                    if settings is None:
                        print(f"{name}: not measured, no such servers here")
                        continue
                    holds.append(await report(name, settings, Path(folder), Cores(cores[0], cores[1]), rounds))
            os.sched_setaffinity(0, set(cores))
    return 0 if all(holds) else 1
