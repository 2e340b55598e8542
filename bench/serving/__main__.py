"""`userFeed` over HTTP, everything real: `make bench`, or `python -m bench.serving`.

The data is that of `socialfeed seed` on Postgres: 10,000 users, 100,000 posts, 300,000 follows, 1,000,000 likes. 200
readers are signed in; limits are on and high, and each request has its line in the log. The server that is measured has
one core, the load and the databases the other. All servers are up and take turns, and what is compared is what the
same round found.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import median

from tests.services import Missing

from bench.figures import Goal, percentile, ratio
from bench.servers import load, services
from bench.serving import world as worlds
from bench.serving.ceilings import ANSWER
from bench.serving.contenders import Contender, Contest, Measured, requests
from bench.serving.load import Clients

ROUNDS, SECONDS, STEADY_SECONDS = 3, 4.0, 8.0
QUICK_ROUNDS, QUICK_SECONDS, QUICK_STEADY_SECONDS = 3, 1.5, 3.0
STEADY = 0.8
"""Of the most that a server can do."""

FULL = 0.9
"""The part of the other core from which on it may be what limits."""

RAW, VALKEY, SQL, REFERENCE = "raw", "valkey", "sql", "reference"
STEADILY = (VALKEY, SQL)

VALKEY_GOAL = VALKEY, Goal("with Valkey, by raw ASGI", 0.3), RAW

Found = dict[str, list[Measured]]


def contenders(world: worlds.World) -> list[Contender]:
    everything = {name: str(value) for name, value in world.settings.items()}
    without_redis = {name: value for name, value in everything.items() if name != "redis_url"}
    return [
        Contender(RAW, "bytes from memory"),
        Contender(VALKEY, "ours, with Valkey", everything),
        Contender(SQL, "ours, Postgres alone", without_redis),
        Contender(REFERENCE, "by Ariadne, our resolvers", {**everything, "graphql_executor": "reference"}),
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
        world = await stack.enter_async_context(worlds.prepared(found, folder, keep=arguments.keep, core=loading))
        chosen = [each for each in contenders(world) if not arguments.only or each.key in arguments.only]
        contest = Contest(world, serving, requests(world.readers))
        start(stack, contest, folder, chosen)
        return measure(contest, chosen, rounds, seconds, steady)


def start(stack: AsyncExitStack, contest: Contest, folder: Path, chosen: Sequence[Contender]) -> None:
    """Ours first: the others need what it answers."""
    for each in sorted(chosen, key=lambda each: each.settings is None):
        if each.settings is None and not (folder / ANSWER).exists():
            (folder / ANSWER).write_bytes(b"{}")
        stack.enter_context(contest.serving(each, folder))
        if each.settings is not None:
            answers = contest.answers(each.key)
            sizes = sorted(answers, key=len)
            (folder / ANSWER).write_bytes(sizes[len(sizes) // 2])


def measure(contest: Contest, chosen: Sequence[Contender], rounds: int, seconds: float, steady: float) -> int:
    print(f"{rounds} rounds, load of the machine {load()}")
    found: Found = {each.key: [] for each in chosen}
    for _ in range(rounds):
        for each in chosen:
            found[each.key].append(contest.measured(each.key, partial(Clients.eagerly, seconds=seconds)))
    report(chosen, found)
    evenly: Found = {}
    for key in (key for key in STEADILY if key in found):
        ask = partial(Clients.steadily, rate=STEADY * median(rates(found[key])), seconds=steady)
        evenly[key] = [contest.measured(key, ask) for _ in range(rounds)]
    report_steady(chosen, evenly)
    return 0 if all(judge(found, evenly)) else 1


def report(chosen: Sequence[Contender], found: Found) -> None:
    """The medians of the rounds. "by CPU" compares answers by each second of the server's process: what others on the
    core take does not count.
    """
    columns = ("req/s", "of raw", "by CPU", "p50", "p99", "CPU ms", "its DB", "core", "other")
    print(f"  {'':28}" + "".join(f"{name:>8}" for name in columns))
    raw = found.get(RAW)
    for each in chosen:
        runs = found[each.key]
        took = [second for run in runs for second in run.load.took]
        figures = [
            f"{median(rates(runs)):,.0f}",
            f"{ratio(rates(runs), rates(raw)):.3f}" if raw else "",
            f"{ratio(by_cpu(runs), by_cpu(raw)):.3f}" if raw else "",
            f"{percentile(took, 50):.2f}",
            f"{percentile(took, 99):.2f}",
            f"{median(run.cpu for run in runs):.3f}",
            f"{median(run.database for run in runs):.3f}",
            f"{median(run.server_busy for run in runs):.0%}",
            f"{median(run.other_busy for run in runs):.0%}",
        ]
        print(f"  {each.name:28}" + "".join(f"{figure:>8}" for figure in figures), flush=True)


def report_steady(chosen: Sequence[Contender], evenly: Found) -> None:
    names = {each.key: each.name for each in chosen}
    for key, runs in evenly.items():
        for run in runs:
            took = run.load.took
            print(
                f"  {names[key]:28}{run.load.rate:8,.0f}/s steadily, p50 {percentile(took, 50):.2f} ms,"
                f" p99 {percentile(took, 99):.2f} ms; its core {run.server_busy:.0%}, the other {run.other_busy:.0%}"
            )


def judge(found: Found, evenly: Found) -> list[bool]:
    """Prints a line for each goal."""
    verdicts: list[tuple[Goal, float | None]] = []
    for one, goal, other in (VALKEY_GOAL,):
        both = one in found and other in found
        verdicts.append((goal, ratio(rates(found[one]), rates(found[other])) if both else None))
    for key in STEADILY:
        goal = Goal(f"{key}: p99 by p50 at {STEADY:.0%} of what it can", 3, at_least=False)
        tails = [percentile(run.load.took, 99) / percentile(run.load.took, 50) for run in evenly.get(key, ())]
        verdicts.append((goal, median(tails) if tails else None))
    for goal, value in verdicts:
        print(f"  {goal.verdict(value)}")
    return [goal.holds(value) for goal, value in verdicts]


def rates(runs: Sequence[Measured]) -> list[float]:
    return [run.load.rate for run in runs]


def by_cpu(runs: Sequence[Measured]) -> list[float]:
    return [1000 / run.cpu for run in runs]


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
        sys.exit(asyncio.run(run(parser.parse_args())))
    except Missing as error:
        print(f"not measured: {error}")
        sys.exit(2)
