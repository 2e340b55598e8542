"""What each of the statements costs that a page asks of Postgres."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean
from time import perf_counter
from typing import NamedTuple

import psycopg

from bench.serving.recording import Commands, Page, Statement
from socialfeed.adapters.sql.postgres import READ_SETTINGS

_LENGTH = 90


class Cost(NamedTuple):
    """Milliseconds from when it is sent until its rows are there, with nothing else under way, and how often a page
    asks it.
    """

    each: float
    asked: float
    text: str


def costs(url: str, pages: Sequence[Page]) -> list[Cost]:
    """The dearest first. Every one is asked twice, and the second time counts."""
    took: dict[str, list[float]] = defaultdict(list)
    settings = " ".join(f"-c {name}={value}" for name, value in READ_SETTINGS.items())
    with psycopg.connect(url, autocommit=True, options=settings) as connection:
        for step in statements(pages):
            for _ in range(2):
                started = perf_counter()
                connection.execute(step.text.encode(), step.values, prepare=True).fetchall()
                seconds = perf_counter() - started
            took[step.text].append(seconds)
    found = [Cost(mean(times) * 1000, len(times) / len(pages), shortened(text)) for text, times in took.items()]
    return sorted(found, key=lambda cost: cost.each * cost.asked, reverse=True)


def statements(pages: Iterable[Page]) -> list[Statement]:
    return [step for page in pages for step in page.steps if isinstance(step, Statement)]


def trips(pages: Sequence[Page]) -> tuple[float, float]:
    """How often a page waits for Postgres, and how often for Valkey."""
    waits = [sum(isinstance(step, Commands) for step in page.steps) for page in pages]
    return len(statements(pages)) / len(pages), mean(waits)


def shortened(text: str) -> str:
    """The tables it reads, and as much of the rest as fits."""
    tables = dict.fromkeys(re.findall(r"\b(?:FROM|JOIN) ([a-z_]+)", text))
    return f"{', '.join(tables)}: {' '.join(text.split())}"[:_LENGTH]
