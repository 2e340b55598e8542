"""The compiler could leave this project: it imports the standard library, graphql-core and itself."""

import sys
from pathlib import Path

from tests.unit.test_layers import SOURCE, imported

HOME = "socialfeed.entrypoints.graphql.compiled"
ROOM = SOURCE.joinpath(*HOME.split(".")[1:])


def test_the_compiler_imports_the_standard_library_graphql_core_and_itself() -> None:
    files = sorted(Path(ROOM).rglob("*.py"))
    assert files
    for file in files:
        for name in imported(file):
            from_python = name.partition(".")[0] in sys.stdlib_module_names
            own = name == HOME or name.startswith(f"{HOME}.")
            assert from_python or own or name.partition(".")[0] == "graphql", f"{file.name} imports {name}"
