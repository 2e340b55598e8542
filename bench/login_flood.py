"""Log-ins that are refused cost those who are signed in little: `python -m bench.login_flood`.

`socialfeed serve` has one core, the load another, in processes of their own. 100 times a second, whether or not
answers come back, `me` of a signed-in user: for 20 s alone, and for 30 s while 10,000 `tokenAuth` a minute arrive from
one address whose tries are spent. The 99th percentile may be three times that of the idle server. Three rounds, and
the medians of them.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psycopg
from tests.integration.cli.conftest import Server

from bench.servers import POSTGRES, SQLITE, Settings, backends, cpu_seconds, load, services
from bench.wire import Seen, Wire
from socialfeed.testing.client import open_client

ROUNDS = 3
IDLE_SECONDS, FLOOD_SECONDS = 20, 30
READS_PER_SECOND, LOG_INS_PER_MINUTE = 100, 10_000
GOAL = 3.0

TRIES = 10
"""Spent before the flood begins. By the day, so that none comes back while it lasts."""

ME = "{ me { id username } }"
LOG_IN = "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) { success } }"
LIMITED = "RATE_LIMITED"

_ENTRIES = "SELECT count(*), coalesce(sum(count), 0) FROM activity WHERE outcome = 'limited'"


class Round(NamedTuple):
    """`busy` is the server's share of its core under the flood, from 0 to 1."""

    idle: Seen
    loaded: Seen
    flood: Seen
    busy: float

    @property
    def ratio(self) -> float:
        return self.loaded.percentile(99) / self.idle.percentile(99)


def outcome(status: int, body: bytes) -> str:
    answer = json.loads(body)
    if errors := answer.get("errors"):
        return str(errors[0]["extensions"]["code"])
    return "OK" if status == 200 else str(status)


async def reads(wire: Wire, token: str, seconds: float) -> Seen:
    request = wire.graphql(ME, {}, token)
    return await wire.steadily(lambda _: request, outcome, rate=READS_PER_SECOND, seconds=seconds)


async def log_ins(wire: Wire, seconds: float) -> Seen:
    def guess(number: int) -> bytes:
        return wire.graphql(LOG_IN, {"u": f"somebody_{number}", "p": f"guess {number} at a password"})

    return await wire.steadily(guess, outcome, rate=LOG_INS_PER_MINUTE / 60, seconds=seconds)


def flood(address: str, core: int, told: Connection) -> None:
    """The process of those who guess."""
    os.sched_setaffinity(0, {core})

    async def run() -> None:
        wire = Wire(address)
        await log_ins(wire, 1)
        told.send("ready")
        told.send(await log_ins(wire, FLOOD_SECONDS))
        wire.close()

    asyncio.run(run())


async def one_round(address: str, token: str, core: int, server: int) -> Round:
    wire = Wire(address)
    await reads(wire, token, 1)
    idle = await reads(wire, token, IDLE_SECONDS)
    here, there = multiprocessing.Pipe(duplex=False)
    attackers = multiprocessing.get_context("spawn").Process(target=flood, args=(address, core, there))
    attackers.start()
    try:
        await asyncio.to_thread(here.recv)
        used = cpu_seconds([server])[server]
        loaded = await reads(wire, token, FLOOD_SECONDS)
        used = cpu_seconds([server])[server] - used
        attack: Seen = await asyncio.to_thread(here.recv)
    finally:
        wire.close()
        attackers.kill()
        attackers.join()
    return Round(idle, loaded, attack, used / FLOOD_SECONDS)


async def spend_tries(address: str) -> None:
    wire = Wire(address)
    for number in range(TRIES):
        await wire.send(wire.graphql(LOG_IN, {"u": f"first_{number}", "p": "a guess at a password"}))
    wire.close()


def entries(database_url: str) -> tuple[int, int]:
    """How many the activity log has of what limits refused, and how many refusals they stand for."""
    if database_url.startswith("sqlite:///"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as file:
            row = file.execute(_ENTRIES).fetchone()
    else:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(_ENTRIES).fetchone() or (0, 0)
    return int(row[0]), int(row[1])


async def report(name: str, settings: Settings, folder: Path, cores: tuple[int, int], rounds: int) -> bool:
    """Prints a line a round, the medians and the verdict."""
    serving, loading = cores
    async with open_client(data_dir=folder, **settings) as client:
        token = (await client.sign_up("ada")).token or ""
    os.sched_setaffinity(0, {serving})  # For the server, which inherits it.
    server = Server(
        folder,
        folder / "server.log",
        api_rate="off",
        anonymous_rate="off",
        credential_rate=f"{TRIES}/day",
        mail_url="memory://",
        **settings,
    )
    os.sched_setaffinity(0, {loading})
    try:
        address = await asyncio.to_thread(server.address)
        await spend_tries(address)
        print(f"{name}: `me` in ms, load of the machine {load()}")
        print(f"  {'':8}{'idle p50':>9}{'p99':>9}{'flood p50':>11}{'p99':>9}{'ratio':>7}{'core':>6}  refused, others")
        done = []
        for number in range(rounds):
            done.append(await one_round(address, token, loading, server.process.pid))
            print_round(f"round {number + 1}", done[-1])
    finally:
        await asyncio.to_thread(server.end)
    ratio = median(found.ratio for found in done)
    holds = ratio <= GOAL and not any(others(found) for found in done)
    stored, refusals = await asyncio.to_thread(entries, settings["database_url"])
    print(f"  p99 under flood is {ratio:.2f} times that of the idle server (goal {GOAL:g}): {'yes' if holds else 'NO'}")
    print(f"  the activity log has {stored} entries for {refusals} refusals; load of the machine {load()}", flush=True)
    return holds


def others(found: Round) -> dict[str, int]:
    """Answers that were neither what was asked for nor the limit."""
    answers = found.idle.outcomes + found.loaded.outcomes
    wrong = {name: count for name, count in answers.items() if name != "OK"}
    return wrong | {name: count for name, count in found.flood.outcomes.items() if name != LIMITED}


def print_round(title: str, found: Round) -> None:
    print(
        f"  {title:8}{found.idle.percentile(50):9.2f}{found.idle.percentile(99):9.2f}"
        f"{found.loaded.percentile(50):11.2f}{found.loaded.percentile(99):9.2f}{found.ratio:7.2f}{found.busy:6.0%}"
        f"  {found.flood.outcomes[LIMITED]}, {others(found) or 'none'}",
        flush=True,
    )


async def main(names: list[str], rounds: int) -> int:
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
                    holds.append(await report(name, settings, Path(folder), (cores[0], cores[1]), rounds))
            os.sched_setaffinity(0, set(cores))
    return 0 if all(holds) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--on", choices=("sqlite", "postgres"), help="one set of backends only")
    chosen = parser.parse_args()
    names = {"sqlite": [SQLITE], "postgres": [POSTGRES]}.get(chosen.on, [SQLITE, POSTGRES])
    sys.exit(asyncio.run(main(names, chosen.rounds)))
