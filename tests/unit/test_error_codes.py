"""The catalogue of error codes lists just what the code can say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import socialfeed
from socialfeed.domain.errors import SocialFeedError
from socialfeed.entrypoints.codes import CODES, markdown

SOURCE = Path(socialfeed.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "errors.md"

NOT_FOR_CLIENTS = {"ID_CONFLICT", "MAIL_REFUSED", "PARKED_NOT_FOUND", "UNKNOWN_EVENT"}
"""What is tried again, or what only operators see: in the log, or on the command line."""

_CODE = re.compile(r"[A-Z][A-Z_]{3,}")


def written(tree: ast.AST) -> Iterator[str]:
    """The codes in a module: given as `code`, or to those that take one by position."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                yield code
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    match key, value:
                        case ast.Constant(value="code"), ast.Constant(value=str(code)):
                            yield code
            case ast.Call(func=ast.Name(id="BadRequest" | "_over" | "_problem"), args=arguments):
                yield from (
                    each.value
                    for each in arguments
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and _CODE.fullmatch(each.value)
                )


def kinds(kind: type[SocialFeedError]) -> Iterator[type[SocialFeedError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


def test_every_code_is_in_the_catalogue_and_the_other_way_round() -> None:
    modules = [path for path in SOURCE.rglob("*.py") if not {"cli", "testing"} & {*path.relative_to(SOURCE).parts}]
    said = {code for path in modules for code in written(ast.parse(path.read_text(encoding="utf-8")))}
    said |= {kind.code for kind in kinds(SocialFeedError) if kind.__module__.startswith("socialfeed.domain")}

    assert said - NOT_FOR_CLIENTS == set(CODES)


def test_the_page_is_made_of_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "run scripts/errors.py"
