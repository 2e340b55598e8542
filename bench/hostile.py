"""Operations that want to do harm are refused at once and harm nobody else: `python -m bench.hostile`.

`socialfeed serve` has one core, the load another. Each operation is sent again and again, never twice the same text, so
that no cache helps: refused within 50 ms, and `socialfeed_graphql_operations_total` says that none was run. Then
`userFeed` of a signed-in user, 50 times a second, whether or not answers come back: for 20 s alone, and for 20 s while
25 of these operations arrive a second. The 99th percentile may be three times that of the idle server. Three rounds,
and the medians of them.
"""

import asyncio
import itertools
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.request import urlopen

from tests.integration.cli.conftest import Server

from bench.beside import HEAD, Cores, measure, one_round
from bench.servers import Settings, cpu_seconds, load
from bench.wire import Seen, Wire, outcome

SENT, SECONDS = 50, 20
READS_PER_SECOND, HOSTILE_PER_SECOND = 50, 25
GOAL_MS, GOAL_RATIO = 50.0, 3.0

FEED = "{ userFeed(itemsPerPage: 10) { items { id content author { username } likesCount isLiked } totalItems } }"
LOG_IN = 'mutation { tokenAuth(username: "demo", password: "demo-password") { token } }'

RUN = re.compile(r"^socialfeed_graphql_operations_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE)


class Hostile(NamedTuple):
    """`code` is that of its refusal."""

    text: str
    code: str

    def number(self, number: int) -> str:
        """The same as a text that was not sent before."""
        return f"# {number}\n{self.text}"


def repeated(text: str, times: int) -> str:
    return " ".join(text.replace("@", str(n)) for n in range(times))


def nested(levels: int) -> str:
    return "{ me " + "{ pinnedPost { author " * (levels // 2) + "{ id }" + " } }" * (levels // 2) + " }"


def bypass() -> str:
    inner = "edges { node { id replies(first: $n) { " * 3 + "nodes { id }" + " } } }" * 3
    return f"query ($n: Int! = 100) {{ comments(postId: 1, first: $n) {{ {inner} }} }}"


DOUBLING = repeated("fragment F@ on Query { ...G@ ... { ...G@ } }", 60).replace("G59", "Last")
for _n in range(59):
    DOUBLING = DOUBLING.replace(f"G{_n} ", f"F{_n + 1} ")

HOSTILE: Mapping[str, Hostile] = {
    "10,000 aliases": Hostile(f"{{ {repeated('a@: __typename', 10_000)} }}", "BAD_REQUEST"),
    "300 aliases": Hostile(f"{{ {repeated('a@: __typename', 300)} }}", "TOO_MANY_ALIASES"),
    "500 levels": Hostile(nested(500), "BAD_REQUEST"),
    "150 levels": Hostile(nested(150), "TOO_DEEP"),
    "20,000 times a field": Hostile("{ me { " + "id " * 20_000 + "} }", "BAD_REQUEST"),
    "900 times a field": Hostile("{ me { " + "id " * 900 + "} }", "TOO_MANY_REPETITIONS"),
    "fragments that double": Hostile(
        f"{{ ...F0 }} {DOUBLING} fragment Last on Query {{ me {{ id }} }}", "TOO_MANY_FIELDS"
    ),
    "fragments in a circle": Hostile(
        "{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }", "BAD_REQUEST"
    ),
    "1,000 directives": Hostile("{ me { id " + "@a " * 1_000 + "} }", "BAD_REQUEST"),
    "400 directives": Hostile("{ me { id " + "@a " * 400 + "} }", "TOO_MANY_DIRECTIVES"),
    "1 MB of tokens": Hostile("{ " + "a " * 490_000 + "}", "BAD_REQUEST"),
    "900 unknown fields": Hostile(f"{{ {repeated('field@', 900)} }}", "BAD_REQUEST"),
    "90 fragments to merge": Hostile(
        f"{{ me {{ {repeated('...F@', 90)} }} }} {repeated('fragment F@ on User { id }', 90)}", "TOO_MANY_REPETITIONS"
    ),
    "cost by a default": Hostile(bypass(), "TOO_EXPENSIVE"),
}


async def reads(token: str, wire: Wire, seconds: float) -> Seen:
    request = wire.graphql(FEED, {}, token)
    return await wire.steadily(lambda _: request, outcome, rate=READS_PER_SECOND, seconds=seconds)


async def harm(wire: Wire, seconds: float) -> Seen:
    kinds, salt = list(HOSTILE.values()), time.monotonic_ns()

    def one(number: int) -> bytes:
        return wire.graphql(kinds[number % len(kinds)].number(salt + number), {})

    return await wire.steadily(one, outcome, rate=HOSTILE_PER_SECOND, seconds=seconds)


async def refused(wire: Wire, numbers: Iterator[int], server: int) -> bool:
    """Sends each alone, and prints how long its refusal took, and what of this the server was at work."""
    print(f"  {'':24}{'p50 ms':>9}{'worst':>9}{'CPU ms':>9}   refused as")
    fine = True
    for name, hostile in HOSTILE.items():
        took, said = [], set()
        used = cpu_seconds([server])[server]
        for _ in range(SENT):
            request = wire.graphql(hostile.number(next(numbers)), {})
            started = time.perf_counter()
            said.add(outcome(*await wire.send(request)))
            took.append((time.perf_counter() - started) * 1000)
        used = (cpu_seconds([server])[server] - used) * 1000 / SENT
        holds = said == {hostile.code} and max(took) < GOAL_MS
        fine = fine and holds
        verdict = ", ".join(sorted(said)) + ("" if holds else ": NO")
        print(f"  {name:24}{median(took):9.2f}{max(took):9.2f}{used:9.2f}   {verdict}", flush=True)
    return fine


def run_so_far(address: str) -> float:
    """Operations that got as far as a resolver."""
    with urlopen(f"{address}/metrics", timeout=10) as answer:
        return sum(float(number) for number in RUN.findall(answer.read().decode()))


async def report(name: str, settings: Settings, folder: Path, cores: Cores, rounds: int) -> bool:
    """Prints a line an operation, a line a round, the medians and the verdict."""
    os.sched_setaffinity(0, {cores.serving})  # For the server, which inherits it.
    server = Server(folder, folder / "server.log", "--demo", rate_limit="off", introspection="false", **settings)
    os.sched_setaffinity(0, {cores.loading})
    try:
        address = await asyncio.to_thread(server.address)
        wire, numbers = Wire(address), itertools.count()
        token = json.loads((await wire.send(wire.graphql(LOG_IN, {})))[1])["data"]["tokenAuth"]["token"]
        print(f"{name}: {SENT} of each, one after another; load of the machine {load()}")
        before = run_so_far(address)
        fine = await refused(wire, numbers, server.process.pid)
        ran = run_so_far(address) - before
        wire.close()
        print(f"  of these, {ran:g} were run: {'NO' if ran else 'yes'}")
        print(f"{name}: `userFeed` in ms, load of the machine {load()}\n{HEAD}")
        codes = {hostile.code for hostile in HOSTILE.values()}
        done = []
        for number in range(rounds):
            found = await one_round(
                address,
                partial(reads, token),
                harm,
                core=cores.loading,
                server=server.process.pid,
                idle_seconds=SECONDS,
                flood_seconds=SECONDS,
            )
            done.append(found)
            print(found.line(f"round {number + 1}", codes), flush=True)
    finally:
        await asyncio.to_thread(server.end)
    ratio = median(found.ratio for found in done)
    harmless = ratio <= GOAL_RATIO and not any(found.others(codes) for found in done)
    print(
        f"  p99 meanwhile is {ratio:.2f} times that of the idle server (goal {GOAL_RATIO:g}):"
        f" {'yes' if harmless else 'NO'}; load of the machine {load()}",
        flush=True,
    )
    return fine and not ran and harmless


if __name__ == "__main__":
    sys.exit(measure(report, __doc__))
