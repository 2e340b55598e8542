"""The files beside the code that run it."""

from pathlib import Path

ROOT = Path(__file__).parents[3]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
