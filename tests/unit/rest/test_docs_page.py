"""What the page of the REST API promises without a browser: nothing foreign, nothing inline, nothing missing, no token
kept.
"""

import re
from pathlib import Path

import pytest

from socialfeed.entrypoints.rest.page import FOLDER
from tests.unit.markup import Page, addresses, text_made_active

ROOT = Path(__file__).parents[3]
EXPLORER = ROOT / "src/socialfeed/entrypoints/graphql/explorer"
SERVED = {"/api/docs/": FOLDER, "/explorer/": EXPLORER}
LINKS = {"/graphql", "/api/openapi.json"}
SCRIPTS = sorted(FOLDER.rglob("*.js"))
FILES = sorted(file for file in FOLDER.rglob("*") if file.is_file())


def by_name(file: Path) -> str:
    return file.name


def served_at(address: str) -> Path:
    """The file behind an address of this server."""
    [prefix] = [each for each in SERVED if address.startswith(each)]
    return SERVED[prefix] / address.removeprefix(prefix)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page((FOLDER / "index.html").read_text())


def test_the_page_holds_no_inline_script_style_or_handler(page: Page) -> None:
    assert page.inline == []
    assert page.acting_attributes() == set()


def test_every_file_that_the_page_refers_to_exists(page: Page) -> None:
    references = [each for each in page.values("src") + page.values("href") if not each.startswith("#")]
    links = {each for each in references if each in LINKS}
    files = [served_at(each) for each in references if each not in links]
    assert links == LINKS
    assert {file.suffix for file in files} == {".js", ".css", ".svg"}
    assert [file for file in files if not file.is_file()] == []


def test_every_id_that_is_referred_to_exists_once(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    wanted = {name for script in SCRIPTS for name in re.findall(r'find\("([\w-]+)"\)', script.read_text())}
    wanted |= {reference.removeprefix("#") for reference in page.values("href") if reference.startswith("#")}
    assert wanted
    assert wanted | {"announcer"} <= set(ids)


@pytest.mark.parametrize("file", SCRIPTS, ids=by_name)
def test_a_script_imports_only_what_is_served(file: Path) -> None:
    for reference in re.findall(r'^import [^;]*? from "([^"]+)";', file.read_text(), re.MULTILINE | re.DOTALL):
        imported = file.parent / reference if reference.startswith("./") else served_at(reference)
        assert imported.is_file(), reference


@pytest.mark.parametrize("file", SCRIPTS, ids=by_name)
def test_a_script_makes_no_markup_of_text_and_runs_no_text(file: Path) -> None:
    assert text_made_active(file.read_text()) == []


@pytest.mark.parametrize("file", SCRIPTS, ids=by_name)
def test_a_script_stores_nothing_in_the_browser(file: Path) -> None:
    assert re.findall(r"localStorage|sessionStorage|indexedDB|\.cookie\b|caches\.", file.read_text()) == []


@pytest.mark.parametrize("file", FILES, ids=by_name)
def test_a_file_names_no_other_host_and_stays_short(file: Path) -> None:
    text = file.read_text()
    assert addresses(text) == set()
    assert re.findall(r"@import|\burl\(", text) == []
    assert len(text.splitlines()) <= 200


def test_every_file_of_the_page_is_packaged() -> None:
    from hatchling.builders.wheel import WheelBuilder

    packaged = {file.relative_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert FILES
    assert {str(file.relative_to(ROOT)) for file in FILES} <= packaged
