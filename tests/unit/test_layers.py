"""The inner layers import nothing from outside: import-linter names what is forbidden, this says what is allowed."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "socialfeed"


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield node.module or ""


@pytest.mark.parametrize(
    ("layer", "allowed"),
    [("domain", ("socialfeed.domain",)), ("application", ("socialfeed.application", "socialfeed.domain"))],
)
def test_an_inner_layer_imports_the_standard_library_and_what_is_further_in(
    layer: str, allowed: tuple[str, ...]
) -> None:
    files = sorted((SOURCE / layer).rglob("*.py"))
    assert files
    for file in files:
        for name in imported(file):
            from_python = name.partition(".")[0] in sys.stdlib_module_names
            assert from_python or name.startswith(allowed), f"{file.relative_to(SOURCE)} imports {name}"
