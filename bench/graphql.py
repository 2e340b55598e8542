"""Compiled operations against Ariadne at its best: `python -m bench.graphql`.

Both run the product's schema with the product's resolvers, on one core and the event loop of the product, from views
that are already in memory to the bytes of an answer; both have the document parsed and valid. What is compared is
execution: graphql-core's, as Ariadne calls it with all that can be cached cached, and the compiled one. Rounds
alternate, and what is measured is the time of this process, so that a busy machine spoils both alike. The ratio is that
of the medians.

Goals: a feed of ten posts at least 8 times as fast; 500 posts, and a thread of five levels, at least 5 times.
"""

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import uvloop
from graphql import execute, parse, validate

from bench.servers import load
from socialfeed.application.views import (
    CommentView,
    ConnectionView,
    EdgeView,
    PageInfoView,
    PageView,
    PostView,
    ThreadView,
    UserView,
)
from socialfeed.domain.ids import CommentId, PostId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import ReplyPolicy, Visibility
from socialfeed.entrypoints.graphql.compiled import CompiledExecutor, Way
from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.schema import build_schema

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FAN_OUT = (4, 3, 2, 2, 1)
"""How many comments answer each comment, level by level."""

FEED = """query UserFeed($page: Int!, $size: Int!) {
  userFeed(page: $page, itemsPerPage: $size) {
    items {
      id content image author { username firstName lastName } likesCount commentsCount sharesCount isLiked createdAt
    }
    totalItems totalPages currentPage
  }
}"""
_LEVEL = "edges { node { id content author { username } createdAt likesCount isLiked %s } } pageInfo { hasNextPage }"
THREAD = "query Thread($post: ID!) { comments(postId: $post, first: 20) { %s } }"
for _ in range(len(FAN_OUT) - 1):
    THREAD = THREAD.replace("%s", _LEVEL.replace("%s", "replies(first: 20) { %s }"))
THREAD = THREAD.replace("%s", _LEVEL.replace("%s", ""))


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    query: str
    variables: Mapping[str, Any]
    goal: float


def cases() -> list[Case]:
    return [
        Case("feed of 10 posts", FEED, {"page": 1, "size": 10}, 8),
        Case("list of 500 posts", FEED, {"page": 1, "size": 500}, 5),
        Case("thread of five levels", THREAD, {"post": str(post(1).id)}, 5),
    ]


def user(number: int) -> UserView:
    return UserView(UserId((number + 1 << 22) | 1 << 18), f"user{number}", "Ada", f"Number {number}", "", NOW)


def post(number: int) -> PostView:
    return PostView(
        id=PostId((number + 1 << 22) | 2 << 18),
        content=f"Post {number}: " + "words enough to look like one that somebody wrote. " * 3,
        image=f"https://images.example/{number}.jpg" if number % 3 == 0 else None,
        author=user(number % 7),
        created_at=NOW - timedelta(minutes=number, milliseconds=number * 37),
        edited_at=None,
        likes_count=number * 3,
        comments_count=number % 5,
        shares_count=number % 2,
        is_liked=number % 4 == 0,
        is_shared=False,
        is_bookmarked=False,
        visibility=Visibility.PUBLIC,
        reply_policy=ReplyPolicy.EVERYONE,
        sensitive=False,
        content_warning=None,
        language=None,
        tags=(),
        mention_ids=(),
        quote_of=None,
        can_reply=True,
    )


class Memory:
    """Stands where the services stand, and answers what was made before the clock started."""

    def __init__(self) -> None:
        self.pages = {size: PageView([post(n) for n in range(size)], 1_000, 1, size) for size in (10, 500)}
        self.threads: dict[CommentId | None, ThreadView] = {}
        self._made = 0
        self._thread(None, 0)

    def _thread(self, parent: CommentId | None, level: int) -> None:
        views = []
        for _ in range(FAN_OUT[level] if level < len(FAN_OUT) else 0):
            self._made += 1
            made = CommentId((self._made + 1 << 22) | 3 << 18)
            text = f"Comment {self._made}, and what there is to say about it."
            views.append(
                CommentView(
                    made, text, user(self._made % 7), post(1).id, parent, level, NOW, None, False, 2, False, level=level
                )
            )
            self._thread(made, level + 1)
        edges = [EdgeView(str(view.id), view) for view in views]
        self.threads[parent] = ThreadView(edges, PageInfoView(False, False, None, None), post(1).id, parent)

    async def home_page(self, _: Actor, *, page: int, items_per_page: int) -> PageView[PostView]:
        return self.pages[items_per_page]

    async def below(self, _: Actor, post_id: PostId, parent: CommentId | None, **_shape: Any) -> ThreadView:
        return self.threads[parent]

    async def thread(
        self, _: Actor, post_id: PostId, parents: Sequence[CommentId], **_shape: Any
    ) -> Mapping[CommentId, ConnectionView[CommentView]]:
        return {parent: self.threads[parent] for parent in parents}

    def context(self) -> Context:
        services: Any = SimpleNamespace(feeds=self, comments=self, graph=SimpleNamespace(counts=None))
        return Context(services, cast(Actor, None))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each round of each executor")
    arguments = parser.parse_args()
    core = pin()
    print(f"one core ({core}), load {load()}, {arguments.rounds} rounds of {arguments.seconds} s each\n")
    print(f"{'':24}{'Ariadne':>12}{'compiled':>12}{'ratio':>9}   goal")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        met = [runner.run(compare(case, arguments.rounds, arguments.seconds)) for case in cases()]
    return 0 if all(met) else 1


def pin() -> str:
    """Neither is to be helped by a second core, or moved from one to the other."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned: this system does not offer it"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"number {core}"


async def compare(case: Case, rounds: int, seconds: float) -> bool:
    memory, schema, document = Memory(), build_schema(), parse(case.query)
    assert not validate(schema, document)
    ways: set[Way] = set()
    compiled = CompiledExecutor(schema)
    encode = msgspec.json.Encoder().encode

    async def by_ariadne() -> bytes:
        result: Any = execute(schema, document, context_value=memory.context(), variable_values=dict(case.variables))
        result = await result
        return encode({"data": result.data})

    async def by_compiler() -> bytes:
        result = await compiled.execute(
            document,
            case.query,
            variables=case.variables,
            context=memory.context(),
            observe=lambda way, _why: ways.add(way),
        )
        return encode({"data": result.data})

    assert await by_ariadne() == await by_compiler()
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, found in zip((by_ariadne, by_compiler), rates, strict=True):
            found.append(await rate(run, seconds))
    assert ways == {Way.COMPILED}
    ratio = median(rates[1]) / median(rates[0])
    says = "met" if ratio >= case.goal else "missed"
    print(
        f"{case.name:24}{median(rates[0]):10,.0f}/s{median(rates[1]):10,.0f}/s{ratio:8.1f}x   {case.goal:g}x: {says}",
        flush=True,
    )
    return ratio >= case.goal


async def rate(run: Callable[[], Awaitable[bytes]], seconds: float) -> float:
    """Answers a second of this process's time: that of others on the core does not count."""
    gc.collect()
    done, started = 0, process_time()
    while (took := process_time() - started) < seconds:
        await run()
        done += 1
    return done / took


if __name__ == "__main__":
    sys.exit(main())
