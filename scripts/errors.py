"""Writes docs/errors.md from the catalogue of error codes."""

from pathlib import Path

from socialfeed.entrypoints.codes import markdown

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"

if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
