"""Log-ins that are refused cost those who are signed in little: `python -m bench.login_flood`.

`socialfeed serve` has one core, the load another, in processes of their own. 100 times a second, whether or not
answers come back, `me` of a signed-in user: for 20 s alone, and for 30 s while 10,000 `tokenAuth` a minute arrive from
one address whose tries are spent. The 99th percentile may be three times that of the idle server. Three rounds, and
the medians of them.
"""

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

import psycopg
from tests.integration.cli.conftest import Server

from bench.beside import HEAD, Cores, measure, one_round
from bench.servers import Settings, load
from bench.wire import Seen, Wire, outcome
from socialfeed.testing.client import open_client

IDLE_SECONDS, FLOOD_SECONDS = 20, 30
READS_PER_SECOND, LOG_INS_PER_MINUTE = 100, 10_000
GOAL = 3.0

TRIES = 10
"""Spent before the flood begins. By the day, so that none comes back while it lasts."""

ME = "{ me { id username } }"
LOG_IN = "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) { success } }"
LIMITED = "RATE_LIMITED"

_ENTRIES = "SELECT count(*), coalesce(sum(count), 0) FROM activity WHERE outcome = 'limited'"


async def reads(token: str, wire: Wire, seconds: float) -> Seen:
    request = wire.graphql(ME, {}, token)
    return await wire.steadily(lambda _: request, outcome, rate=READS_PER_SECOND, seconds=seconds)


async def log_ins(wire: Wire, seconds: float) -> Seen:
    def guess(number: int) -> bytes:
        return wire.graphql(LOG_IN, {"u": f"somebody_{number}", "p": f"guess {number} at a password"})

    return await wire.steadily(guess, outcome, rate=LOG_INS_PER_MINUTE / 60, seconds=seconds)


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


async def report(name: str, settings: Settings, folder: Path, cores: Cores, rounds: int) -> bool:
    """Prints a line a round, the medians and the verdict."""
    async with open_client(data_dir=folder, **settings) as client:
        token = (await client.sign_up("ada")).token or ""
    os.sched_setaffinity(0, {cores.serving})  # For the server, which inherits it.
    server = Server(
        folder,
        folder / "server.log",
        api_rate="off",
        anonymous_rate="off",
        credential_rate=f"{TRIES}/day",
        mail_url="memory://",
        **settings,
    )
    os.sched_setaffinity(0, {cores.loading})
    try:
        address = await asyncio.to_thread(server.address)
        await spend_tries(address)
        print(f"{name}: `me` in ms, load of the machine {load()}")
        print(HEAD)
        done = []
        for number in range(rounds):
            done.append(
                await one_round(
                    address,
                    partial(reads, token),
                    log_ins,
                    core=cores.loading,
                    server=server.process.pid,
                    idle_seconds=IDLE_SECONDS,
                    flood_seconds=FLOOD_SECONDS,
                )
            )
            print(done[-1].line(f"round {number + 1}", {LIMITED}), flush=True)
    finally:
        await asyncio.to_thread(server.end)
    ratio = median(found.ratio for found in done)
    holds = ratio <= GOAL and not any(found.others({LIMITED}) for found in done)
    stored, refusals = await asyncio.to_thread(entries, settings["database_url"])
    print(f"  p99 under flood is {ratio:.2f} times that of the idle server (goal {GOAL:g}): {'yes' if holds else 'NO'}")
    print(f"  the activity log has {stored} entries for {refusals} refusals; load of the machine {load()}", flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(measure(report, __doc__))
