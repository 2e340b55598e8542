"""What `docs/adapters.md` shows: its code is that of tested files, its tables name what there is."""

import re
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest

from socialfeed.testing import contracts
from socialfeed.testing.client import open_client

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")
QUOTES = re.findall(r"^```(?:python|toml)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SUITE = re.compile(r"`(\w+\.\w+Contract)`")


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: quote.partition("\n")[0])
def test_code_is_quoted_as_it_stands(quote: str) -> None:
    """A quote begins with a comment that names its file; the rest are successive lines of that file."""
    first, _, code = quote.partition("\n")
    file = ROOT / first.removeprefix("# ")

    assert dedent(code) in windows(file.read_text(encoding="utf-8"), code.count("\n"))


def test_the_guide_names_every_suite_there_is() -> None:
    named = set(SUITE.findall(GUIDE))

    assert named == set(SUITE.findall(contracts.__doc__ or ""))
    for name in named:
        module, _, suite = name.partition(".")
        assert isinstance(getattr(import_module(f"{contracts.__name__}.{module}"), suite), type)


def test_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", GUIDE)

    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []


@pytest.fixture(params=["memory://"])
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_post_reaches_a_follower(database_url: str, tmp_path: Path) -> None:
    async with open_client(database_url=database_url, data_dir=tmp_path) as client:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await bob.run("mutation ($id: ID!) { followUser(userId: $id) { success } }", {"id": ada.user_id})
        await ada.run('mutation { createPost(content: "Hello") { success } }')
        await client.settle()  # runs the jobs that follow what was committed

        feed = await bob.run("{ userFeed { items { content } } }")
        assert feed["userFeed"]["items"] == [{"content": "Hello"}]


def windows(text: str, height: int) -> set[str]:
    """Every `height` successive lines of the text, as far to the left as they go."""
    lines = text.splitlines(keepends=True)
    return {dedent("".join(lines[start : start + height])) for start in range(len(lines) - height + 1)}
