"""What clients rely on stays, unless it is noted why not: the SDL against the one that was recorded last."""

import re
from pathlib import Path

import pytest
from graphql import build_schema
from scripts import schema_changes
from scripts.schema_changes import BREAKS, RECORDED, SCHEMA, canonical, compare, main, noted

TODAY = SCHEMA.read_text(encoding="utf-8")
WITHOUT_CONTENT = re.sub(
    r'(type Post [^{]*\{.*?)  "[^"]*"\n  content: String!\n', r"\1", TODAY, count=1, flags=re.DOTALL
)
CHANGE = "Field Post.content was removed."


def test_the_schema_breaks_nothing_without_a_reason() -> None:
    verdict = compare(RECORDED.read_text(encoding="utf-8"), TODAY, noted(BREAKS.read_text(encoding="utf-8")))

    assert not verdict.unnoted, "python scripts/schema_changes.py says what to do"
    assert not verdict.stale, "docs/schema/breaks.toml notes what breaks nothing"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose schema has just been recorded."""
    for name, path in (("SCHEMA", SCHEMA), ("RECORDED", RECORDED), ("BREAKS", BREAKS)):
        monkeypatch.setattr(schema_changes, name, tmp_path / path.name)
    (tmp_path / "schema.graphql").write_text(TODAY)
    assert main(["--record"]) == 0
    return tmp_path


def test_what_was_just_recorded_breaks_nothing(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == ""


def test_a_removed_field_fails_until_it_is_noted_with_a_reason(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "schema.graphql").write_text(WITHOUT_CONTENT)
    assert main([]) == 1
    assert capsys.readouterr().out.startswith(f"{CHANGE} This breaks clients")

    (checkout / "breaks.toml").write_text(f'[[break]]\nchange = "{CHANGE}"\nreason = "Nobody reads any more."\n')
    assert main([]) == 0

    assert main(["--record"]) == 0
    assert main([]) == 0
    assert noted((checkout / "breaks.toml").read_text()) == {}


def test_a_note_of_what_breaks_nothing_fails(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "breaks.toml").write_text(f'[[break]]\nchange = "{CHANGE}"\nreason = "It was planned once."\n')

    assert main([]) == 1
    assert CHANGE in capsys.readouterr().out


@pytest.mark.parametrize(
    "note", ['[[break]]\nchange = "a"', '[[break]]\nchange = "a"\nreason = " "', '[[break]]\nreason = "b"']
)
def test_a_note_has_a_change_and_a_reason(note: str) -> None:
    with pytest.raises(ValueError, match="a change and its reason"):
        noted(note)


@pytest.mark.parametrize(
    ("new", "change"),
    [
        ("type Query { a(b: Int! c: Int): Int }", None),
        ("type Query { a(b: Int!): Int! }", None),
        ("type Query { a(b: Int!): Int more: Int }", None),
        ("type Query { a(b: Int!, c: Int!): Int }", "A required argument Query.a(c:) was added."),
        ("type Query { a: Int }", "Argument Query.a(b:) was removed."),
        ("type Query { a(b: Int!): String }", "Field Query.a changed type from Int to String."),
    ],
)
def test_what_breaks_a_client_and_what_does_not(new: str, change: str | None) -> None:
    verdict = compare("type Query { a(b: Int!): Int }", new, {})

    assert verdict.unnoted == ([] if change is None else [change])


def test_what_may_surprise_clients_is_told_and_accepted(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "schema.graphql").write_text(TODAY.replace("first: Int! = 20", "first: Int! = 21", 1))

    assert main([]) == 0
    assert "may surprise clients" in capsys.readouterr().out


def test_what_is_recorded_is_the_same_schema_in_one_order_and_without_prose() -> None:
    recorded = canonical(TODAY)

    assert compare(TODAY, recorded, {}) == compare(recorded, TODAY, {}) == ([], [], [])
    assert canonical(recorded) == recorded
    assert set(build_schema(recorded).type_map) == set(build_schema(TODAY).type_map)
    assert '"""' not in recorded
