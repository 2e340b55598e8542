"""How long work shows that it moves: bars on a terminal, a line a part elsewhere."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[str, int], None]
"""Gets the name of a part of the work and how much of it is done so far; parts come one after the other."""


def silent(_name: str, _done: int) -> None:
    """For work that is over before anybody wonders."""


@contextmanager
def reporting(totals: Mapping[str, int]) -> Iterator[Report]:
    """Progress on stderr, so that stdout stays clean for what a command answers."""
    console = Console(stderr=True)
    with _bars(console, totals) if console.is_terminal else _lines() as report:
        yield report


@contextmanager
def _bars(console: Console, totals: Mapping[str, int]) -> Iterator[Report]:
    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {name: progress.add_task(_words(name), total=total, start=False) for name, total in totals.items()}

        def report(name: str, done: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(_words(name), total=None)
            progress.start_task(tasks[name])
            progress.update(tasks[name], completed=done)

        yield report


@contextmanager
def _lines() -> Iterator[Report]:
    """Each part's line is written when it is over, which shows when the next one begins."""
    current: tuple[str, int] | None = None
    started = time.monotonic()

    def end() -> None:
        nonlocal started
        if current is not None:
            name, done = current
            click.echo(f"{_words(name):<14} {done:>10,}  {time.monotonic() - started:6.1f} s", err=True)
        started = time.monotonic()

    def report(name: str, done: int) -> None:
        nonlocal current
        if current is not None and current[0] != name:
            end()
        current = name, done

    yield report
    end()


def _words(name: str) -> str:
    return name.replace("_", " ")
