"""The explorer's understanding of GraphQL and JSON, tested by node: it needs no browser."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema, graphql_sync

from tests.e2e.browser import program

HERE = Path(__file__).parent
EXPLORER = Path("src/socialfeed/entrypoints/graphql/explorer")


def introspection_query() -> str:
    """The query that the page itself sends."""
    program("node", package="nodejs")
    script = f"import('./{EXPLORER}/language/schema.js').then((schema) => console.log(schema.INTROSPECTION))"
    return subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema's description of itself."""
    schema = build_schema(Path("schema.graphql").read_text())
    result = graphql_sync(schema, introspection_query())
    assert result.errors is None
    file = tmp_path_factory.mktemp("schema") / "introspection.json"
    file.write_text(json.dumps(result.data))
    return file


@pytest.mark.parametrize("suite", sorted(HERE.glob("language/*.test.mjs")), ids=lambda suite: suite.name)
def test_the_language(suite: Path, described: Path) -> None:
    program("node", package="nodejs")
    environment = os.environ | {"EXPLORER_SCHEMA": str(described)}
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", suite], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# skipped 0$", done.stdout, re.MULTILINE)
