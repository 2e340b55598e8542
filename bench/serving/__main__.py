"""`userFeed` over HTTP, everything real: `make bench`, or `python -m bench.serving`.

The data is that of `socialfeed seed` on Postgres: 10,000 users, 100,000 posts, 300,000 follows, 1,000,000 likes. 200
readers are signed in; limits are on and high, and each request has its line in the log. The server that is measured has
one core, the load and the databases the other. All servers are up and take turns, and what is compared is what the
same round found.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import uvloop
from tests.services import Missing

from bench.peers.given import Given
from bench.servers import load, services
from bench.serving import report
from bench.serving.ceilings import ANSWER, DATABASES
from bench.serving.contenders import (
    ARIADNE,
    RAW,
    REFERENCE,
    SETTINGS,
    SQL,
    SQL_IO,
    VALKEY,
    VALKEY_IO,
    Contender,
    Contest,
    Measured,
    hosted,
    peers,
)
from bench.serving.load import Clients
from bench.serving.operation import requests
from bench.serving.profile import profiled
from bench.serving.recording import record, recorded
from bench.serving.statements import costs
from bench.serving.world import World, prepared, token_key

ROUNDS, SECONDS, STEADY_SECONDS = 3, 4.0, 8.0
QUICK_ROUNDS, QUICK_SECONDS, QUICK_STEADY_SECONDS = 3, 1.5, 3.0
STEADY = 0.8
"""Of the most that a server can do."""

STEADILY = (VALKEY, SQL)


def contenders(world: World) -> list[Contender]:
    everything = {name: str(value) for name, value in world.settings.items()}
    without_redis = {name: value for name, value in everything.items() if name != "redis_url"}
    return [
        hosted(RAW, "bytes from memory"),
        hosted(VALKEY_IO, "I/O of ours with Valkey"),
        hosted(SQL_IO, "I/O of ours, Postgres alone"),
        Contender(VALKEY, "ours, with Valkey", everything),
        Contender(SQL, "ours, Postgres alone", without_redis),
        Contender(REFERENCE, "ours, by graphql-core", {**everything, "graphql_executor": "reference"}),
        hosted(ARIADNE, "Ariadne on our resolvers"),
        *peers(),
    ]


async def run(arguments: argparse.Namespace) -> int:
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    steady = QUICK_STEADY_SECONDS if arguments.quick else STEADY_SECONDS
    serving, loading = cores()
    os.sched_setaffinity(0, {loading})
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="socialfeed-bench-")))
        found = stack.enter_context(services())
        world = await stack.enter_async_context(prepared(found, folder, keep=arguments.keep, core=loading))
        chosen = [each for each in contenders(world) if not arguments.only or each.key in arguments.only]
        contest = Contest(world, serving, requests(world.readers))
        with ExitStack() as servers:  # All of them leave a Postgres of a hundred connections little room.
            await start(servers, contest, world, folder, chosen)
            place = "there, too" if world.pin() else "wherever the system puts it, which does not let us move it"
            print(f"server on core {serving}, load and Valkey on core {loading}, Postgres {place}")
            print(f"{rounds} rounds, load of the machine {load()}", flush=True)
            measured, evenly = measure(contest, chosen, rounds, seconds, steady)
        report.table(chosen, measured)
        report.steadily(chosen, evenly)
        missed = report.judge(measured, evenly, STEADY)
        for each in chosen:
            if each.key in missed:
                settings = {**(each.settings or {}), "data_dir": str(folder / "profile")}
                report.explain(each, measured, await profiled(settings, world.readers))
                pages = list(recorded(folder / f"{each.key}.io").values())
                report.io(each, pages, costs(world.database_url, pages))
        return 1 if missed else 0


async def start(stack: ExitStack, contest: Contest, world: World, folder: Path, chosen: Sequence[Contender]) -> None:
    """What the ceilings repeat is recorded first."""
    database, valkey = urlsplit(world.database_url), urlsplit(world.redis_url)
    (folder / DATABASES).write_text(f"{database.geturl()} {valkey.hostname} {valkey.port}")
    given = {**world.settings, "data_dir": str(folder / ARIADNE)}
    (folder / SETTINGS).write_text(json.dumps(given))
    for each in contenders(world):
        if each.key in STEADILY:
            settings = {**(each.settings or {}), "data_dir": str(folder / "recording")}
            await record(settings, world.readers, folder / f"{each.key}.io")
    bodies = [page.body for page in recorded(folder / f"{VALKEY}.io").values()]
    (folder / ANSWER).write_bytes(sorted(bodies, key=len)[len(bodies) // 2])
    Given(world.database_url, world.redis_url.partition("?")[0], token_key().hex()).write(folder)
    for each in chosen:
        stack.enter_context(contest.serving(each, folder))
        if each.key != RAW:
            check(each, contest.answers(each.key), bodies)


def check(contender: Contender, answers: Sequence[bytes], ours: Sequence[bytes]) -> None:
    """Raises `SystemExit` unless all readers are shown the same by it."""
    for answer, our in zip(answers, ours, strict=True):
        theirs, wanted = json.loads(answer)["data"], json.loads(our)["data"]
        if theirs != wanted:
            raise SystemExit(f"{contender.name} answers otherwise:\n{theirs}\nwhere ours says\n{wanted}")


def measure(
    contest: Contest, chosen: Sequence[Contender], rounds: int, seconds: float, steady: float
) -> tuple[report.Found, report.Found]:
    """At most, and at some part of it."""
    found: dict[str, list[Measured]] = {each.key: [] for each in chosen}
    for _ in range(rounds):
        for each in chosen:
            found[each.key].append(contest.measured(each.key, partial(Clients.eagerly, seconds=seconds)))
    evenly: dict[str, list[Measured]] = {key: [] for key in STEADILY if key in found}
    for _ in range(rounds):
        for key, runs in evenly.items():
            ask = partial(Clients.steadily, rate=STEADY * median(report.rates(found[key])), seconds=steady)
            runs.append(contest.measured(key, ask))
    return found, evenly


def main(arguments: argparse.Namespace) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(arguments))


def cores() -> tuple[int, int]:
    """That of the server, and that of all others. Raises `SystemExit`."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        raise SystemExit("Two cores are needed: one for the server, one for the load.")
    return available[1], available[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m bench.serving", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="short rounds: a first impression")
    parser.add_argument("--rounds", type=int)
    parser.add_argument(
        "--keep", action="store_true", help="leave the database for the next run, or take what one left"
    )
    parser.add_argument("--only", nargs="+", metavar="KEY", help="measure these alone")
    try:
        sys.exit(main(parser.parse_args()))
    except Missing as error:
        print(f"not measured: {error}")
        sys.exit(2)
