"""What a fault run found, for people, and whether it is what was promised."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from bench.servers import load


class Answer(NamedTuple):
    """When a request was due, how many seconds later it was answered, and what was said: OK, or a code."""

    due: float
    took: float
    said: str


class Verdict:
    def __init__(self, title: str) -> None:
        self._lines = [title]
        self._broken: list[str] = []
        self._started = time.monotonic()

    def figures(self, text: str) -> None:
        self._lines.append(f"  {text}")

    def answers(self, what: str, answers: Sequence[Answer]) -> None:
        said = Counter(answer.said for answer in answers)
        others = {code: count for code, count in said.items() if code != "OK"}
        self.figures(
            f"{what}: {len(answers):,} answers, {others or 'all OK'};"
            f" p50 {percentile(answers, 50):.0f} ms, p99 {percentile(answers, 99):.0f} ms"
            f", longest {percentile(answers, 100):.0f} ms"
        )

    def must(self, statement: str, holds: bool, found: object = "") -> None:
        self._lines.append(f"  {statement}: {'yes' if holds else 'NO'}{f' ({found})' if found != '' else ''}")
        if not holds:
            self._broken.append(f"{statement} ({found})")

    def text(self) -> str:
        took = time.monotonic() - self._started
        return "\n".join([*self._lines, f"  took {took:.0f} s, load of the machine {load()}"])

    def check(self) -> None:
        assert not self._broken, "; ".join(self._broken)


def percentile(answers: Sequence[Answer], percent: float) -> float:
    """Milliseconds; 0 where nobody asked."""
    took = sorted(answer.took for answer in answers)
    return took[min(int(len(took) * percent / 100), len(took) - 1)] * 1000 if took else 0.0
