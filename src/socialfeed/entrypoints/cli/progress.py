"""How long work shows that it moves: bars on a terminal, a line a part elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]


class Reporter(Protocol):
    def part(self, name: str, total: int) -> AbstractContextManager[Advance]:
        """Reports one part of the work while it is entered; calling what it yields adds to what is done."""


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @contextmanager
    def part(self, name: str, total: int) -> Iterator[Advance]:
        task = self._progress.add_task(name, total=total)
        yield lambda count: self._progress.advance(task, count)


class _Lines:
    @contextmanager
    def part(self, name: str, total: int) -> Iterator[Advance]:
        started = time.monotonic()
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count

        yield advance
        click.echo(f"{name:<10} {done:>10,}  {time.monotonic() - started:6.1f} s", err=True)


class Silent:
    @contextmanager
    def part(self, name: str, total: int) -> Iterator[Advance]:
        yield lambda count: None


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Progress on stderr, so that stdout stays clean for what a command answers."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress)
