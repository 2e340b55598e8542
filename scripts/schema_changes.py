"""Compares schema.graphql with the one that clients were promised last: docs/schema/recorded.graphql.

Says what breaks clients; exits with 1 where docs/schema/breaks.toml does not give the reason. `--record`, at a release,
promises the schema of today.
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from graphql import (
    build_ast_schema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    lexicographic_sort_schema,
    parse,
    print_schema,
)
from graphql.language import Visitor, visit

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "schema.graphql"
RECORDED = ROOT / "docs" / "schema" / "recorded.graphql"
BREAKS = ROOT / "docs" / "schema" / "breaks.toml"

NO_BREAKS = """\
# What breaks clients of docs/schema/recorded.graphql and is meant to, each with its reason:
#
# [[break]]
# change = "Field Post.mood was removed."  # as scripts/schema_changes.py says it
# reason = "Nobody asked for it in half a year, and it was wrong for most posts."
"""


class Verdict(NamedTuple):
    """`unnoted`: what breaks clients without a reason; `stale`: notes of what does not; `risky`: what may surprise."""

    unnoted: list[str]
    stale: list[str]
    risky: list[str]


def compare(old: str, new: str, notes: Mapping[str, str]) -> Verdict:
    """Two schemas, and reasons by the changes that they are for."""
    before, after = build_schema(old), build_schema(new)
    breaks = [change.description for change in find_breaking_changes(before, after)]
    risky = [change.description for change in find_dangerous_changes(before, after)]
    return Verdict(
        [each for each in breaks if each not in notes], [each for each in notes if each not in breaks], risky
    )


def canonical(sdl: str) -> str:
    """The same types in the order of the alphabet, without what is written for people."""
    silent = build_ast_schema(visit(parse(sdl, no_location=True), _Silent()))
    return print_schema(lexicographic_sort_schema(silent)) + "\n"


def noted(text: str) -> dict[str, str]:
    """Reasons by changes. Raises `ValueError` for a note without one."""
    notes = tomllib.loads(text).get("break", [])
    for note in notes:
        if set(note) != {"change", "reason"} or not str(note["reason"]).strip():
            raise ValueError(f"docs/schema/breaks.toml: a change and its reason, not {note}")
    return {note["change"]: note["reason"] for note in notes}


class _Silent(Visitor):
    def leave(self, node: Any, *_: Any) -> Any:
        return replace(node, description=None) if getattr(node, "description", None) else None


def main(arguments: list[str]) -> int:
    today = SCHEMA.read_text(encoding="utf-8")
    if arguments == ["--record"]:
        RECORDED.write_text(canonical(today), encoding="utf-8")
        BREAKS.write_text(NO_BREAKS, encoding="utf-8")
        return 0
    verdict = compare(RECORDED.read_text(encoding="utf-8"), today, noted(BREAKS.read_text(encoding="utf-8")))
    for said, changes in (
        ("breaks clients: note why in docs/schema/breaks.toml, or take it back", verdict.unnoted),
        ("is noted in docs/schema/breaks.toml and breaks nothing", verdict.stale),
        ("may surprise clients", verdict.risky),
    ):
        for change in changes:
            print(f"{change} This {said}.")
    return 1 if verdict.unnoted or verdict.stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
