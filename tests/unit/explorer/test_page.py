"""What the explorer page promises without a browser: nothing foreign, nothing inline, nothing missing."""

import re
from pathlib import Path

import pytest
from graphql import FieldNode, OperationDefinitionNode, build_schema, parse, validate

from tests.unit.markup import Page, addresses, text_made_active

ROOT = Path(__file__).parents[3]
EXPLORER = ROOT / "src/socialfeed/entrypoints/graphql/explorer"
SCRIPTS = sorted(EXPLORER.rglob("*.js"))
STYLES = sorted(EXPLORER.rglob("*.css"))
EXAMPLES = sorted((EXPLORER / "examples").iterdir())
PROMISED = {
    *("userFeed", "trendingPosts", "post", "postsByUser", "me"),
    *("registerUser", "verifyEmailOtp", "tokenAuth", "createPost", "likePost", "createComment", "sharePost"),
    *("searchPosts", "searchUsers"),
}
NAMES = {file: str(file.relative_to(EXPLORER)) for file in EXPLORER.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def page() -> Page:
    return Page((EXPLORER / "index.html").read_text())


def test_the_page_holds_no_inline_script_style_or_handler(page: Page) -> None:
    assert page.inline == []
    assert page.acting_attributes() == set()


def test_the_page_refers_to_its_own_files_only_and_they_exist(page: Page) -> None:
    references = [each for each in page.values("src") + page.values("href") if not each.startswith("#")]
    references.remove("/api/docs")  # the link to the page of the REST API
    assert references
    for reference in references:
        assert reference.startswith("/explorer/"), reference
        assert (EXPLORER / reference.removeprefix("/explorer/")).is_file(), reference


def test_every_id_that_is_referred_to_exists_once(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    scripts = "".join(script.read_text() for script in SCRIPTS)
    asked = set(re.findall(r'find\("([\w-]+)"\)|getElementById\("([\w-]+)"\)', scripts))
    wanted = {name for pair in asked for name in pair if name}
    wanted |= {f"icon-{name}" for name in re.findall(r'icon\("(\w+)"\)', scripts)}
    for attribute in ("aria-controls", "aria-labelledby", "for"):
        wanted |= set(page.values(attribute))
    wanted |= {reference.removeprefix("#") for reference in page.values("href") if reference.startswith("#")}
    assert wanted <= set(ids)


@pytest.mark.parametrize("file", SCRIPTS, ids=NAMES.get)
def test_a_script_imports_only_what_is_there(file: Path) -> None:
    for reference in re.findall(r'^import [^;]*? from "([^"]+)";', file.read_text(), re.MULTILINE | re.DOTALL):
        assert reference.startswith((".", "..")), reference
        assert (file.parent / reference).is_file(), reference


@pytest.mark.parametrize("file", SCRIPTS, ids=NAMES.get)
def test_a_script_makes_no_markup_of_text_and_runs_no_text(file: Path) -> None:
    assert text_made_active(file.read_text()) == []


@pytest.mark.parametrize("file", [*SCRIPTS, *STYLES, EXPLORER / "index.html", EXPLORER / "icon.svg"], ids=NAMES.get)
def test_a_file_names_no_other_host(file: Path) -> None:
    known = {"http://www.w3.org/2000/svg", "https://graphql.github.io/graphql-over-http/"}
    text = file.read_text()
    assert addresses(text) <= known
    assert "@import" not in text
    assert "url(" not in text


@pytest.mark.parametrize("file", sorted(NAMES), ids=NAMES.get)
def test_a_file_stays_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 320


@pytest.mark.parametrize("file", EXAMPLES, ids=NAMES.get)
def test_an_example_is_valid_and_has_a_title(file: Path) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    document = parse(file.read_text())
    assert validate(schema, document) == []
    titled = re.findall(r"(?:^|\n\n)# \w[^\n]*\n(?:# [^\n]*\n)*(?:query|mutation)", file.read_text())
    assert len(titled) == len(document.definitions)


def test_the_examples_cover_what_the_product_promises_and_all_are_offered() -> None:
    used = {
        selection.name.value
        for file in EXAMPLES
        for definition in parse(file.read_text()).definitions
        if isinstance(definition, OperationDefinitionNode)
        for selection in definition.selection_set.selections
        if isinstance(selection, FieldNode)
    }
    assert used >= PROMISED
    offered = re.findall(r'"(\w+\.graphql)"', (EXPLORER / "panes/examples.js").read_text())
    assert sorted(offered) == [file.name for file in EXAMPLES]


def test_every_file_of_the_page_is_packaged() -> None:
    from hatchling.builders.wheel import WheelBuilder

    packaged = {file.relative_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {str(file.relative_to(ROOT)) for file in NAMES} <= packaged
