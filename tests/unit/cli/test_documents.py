import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Run

ME = "query Me {\n  me { id }\n}\n"
POST = "query Post($id: ID!) { post(id: $id) { ...Shown } }\nfragment Shown on Post { id content }\n"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, newline="")
    return path


def test_files_and_folders_become_a_manifest_to_the_letter(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "app" / "me.graphql", ME)
    written(tmp_path / "app" / "deep" / "windows.gql", ME.replace("\n", "\r\n"))
    written(tmp_path / "app" / "node_modules" / "other" / "broken.graphql", "{")
    written(tmp_path / "app" / ".hidden" / "broken.graphql", "{")
    written(tmp_path / "app" / "notes.txt", "{")
    written(tmp_path / "post.graphql", POST)

    result = run("documents", "collect", "app", "post.graphql", "--out", "made.json")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "3 documents in made.json.\n", "")
    texts = {ME, ME.replace("\n", "\r\n"), POST}
    assert json.loads((tmp_path / "made.json").read_text()) == {sha256(text): text for text in texts}


def test_the_same_files_make_the_same_manifest(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "a.graphql", ME)
    written(tmp_path / "b.graphql", POST)

    run("documents", "collect", "a.graphql", "b.graphql", "--out", "one.json")
    run("documents", "collect", ".", "--out", "other.json")

    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_what_was_in_the_manifest_stays_if_it_is_named(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "me.graphql", ME)
    written(tmp_path / "post.graphql", POST)
    run("documents", "collect", "me.graphql", "--out", "made.json")

    run("documents", "collect", "made.json", "post.graphql", "--out", "made.json")
    assert set(json.loads((tmp_path / "made.json").read_text()).values()) == {ME, POST}

    run("documents", "collect", "post.graphql", "--out", "made.json")
    assert set(json.loads((tmp_path / "made.json").read_text()).values()) == {POST}


def test_what_apollo_writes_is_read(run: Run, tmp_path: Path) -> None:
    operation = {"id": sha256(ME), "body": ME, "name": "Me", "type": "query"}
    content = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    written(tmp_path / "apollo.json", json.dumps(content))

    run("documents", "collect", "apollo.json", "--out", "made.json")

    assert json.loads((tmp_path / "made.json").read_text()) == {sha256(ME): ME}


def test_schemas_and_fragments_alone_are_left_out(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "app" / "schema.graphql", "type Query { a: Int }")
    written(tmp_path / "app" / "shown.graphql", "fragment Shown on Post { id }")
    written(tmp_path / "app" / "me.graphql", ME)

    result = run("documents", "collect", "app", "--out", "made.json")

    assert result.stderr == "".join(
        f"app/{name}.graphql has no operation and is left out.\n" for name in ("schema", "shown")
    )
    assert set(json.loads((tmp_path / "made.json").read_text()).values()) == {ME}


def test_every_problem_is_told_by_file_line_and_column_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    written(tmp_path / "a.graphql", "{\n  me { idd }\n  nothing\n}")
    written(tmp_path / "b.graphql", "{ me { id }")
    written(tmp_path / "c.graphql", "query ($id: ID!) { post(id: $id) { ...Shown } }")
    (tmp_path / "d.graphql").write_bytes(b"{ me { id } } # \xff")
    written(tmp_path / "e.json", json.dumps({sha256("{ no }"): "{ no }"}))
    written(tmp_path / "f.graphql", ME)

    result = run("documents", "collect", *sorted(path.name for path in tmp_path.iterdir()), "--out", "made.json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "b.graphql:1:12: Syntax Error: Expected Name, found <EOF>.",
        "d.graphql: this is not UTF-8",
        "a.graphql:2:8: Cannot query field 'idd' on type 'User'. Did you mean 'id'?",
        "a.graphql:3:3: Cannot query field 'nothing' on type 'Query'.",
        "c.graphql:1:39: Unknown fragment 'Shown'.",
        f"e.json: {sha256('{ no }')[:12]}…:1:3: Cannot query field 'no' on type 'Query'.",
    ]
    assert not (tmp_path / "made.json").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no manifest of documents"),
        ("[]", "is no manifest of documents"),
        ("[" * 5_000 + "]" * 5_000, "is no manifest of documents"),
        ({"a": 1}, "is no manifest of documents"),
        ({"format": "apollo-persisted-query-manifest", "operations": [{"id": "a"}]}, "is no manifest of documents"),
        ({"d41d8cd98f00b204e9800998ecf8427e": ME}, "is not the SHA-256 of the document that it stands for"),
    ],
)
def test_a_file_that_is_no_manifest_is_told_in_one_line(run: Run, tmp_path: Path, content: Any, said: str) -> None:
    written(tmp_path / "broken.json", content if isinstance(content, str) else json.dumps(content))

    result = run("documents", "collect", "broken.json", "--out", "made.json")

    assert result.exit_code == 2
    assert result.stderr.startswith("socialfeed: broken.json")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_nothing_to_collect_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    result = run("documents", "collect", "empty", "--out", "made.json")

    assert (result.exit_code, result.stderr) == (2, "socialfeed: there is no operation in any of these files\n")
