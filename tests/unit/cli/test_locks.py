import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.unit.cli.files import text

LOCKS = ["requirements.txt", "requirements-build.txt", "requirements-dev.txt"]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text(lock), re.MULTILINE))


def described() -> dict[str, list[Requirement]]:
    project = tomllib.loads(text("pyproject.toml"))
    return {
        "requirements.txt": [Requirement(line) for line in project["project"]["dependencies"]],
        "requirements-build.txt": [Requirement(line) for line in project["build-system"]["requires"]],
        "requirements-dev.txt": [Requirement(line) for line in project["dependency-groups"]["dev"]],
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_server_is_named(lock: str) -> None:
    content = text(lock)
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", content, flags=re.MULTILINE))

    assert blocks
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==\S+ ", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block
    assert "://" not in content
    assert not re.search(r"^\s*-", re.sub(r"^    --hash.*$", "", content, flags=re.MULTILINE), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(lock: str) -> None:
    locked = pins(lock)

    for requirement in described()[lock]:
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"make lock: {requirement} is not in {lock}"
        assert requirement.specifier.contains(version), f"make lock: {requirement} against {version}"


def test_the_development_lock_has_the_same_versions_as_the_others() -> None:
    development = pins("requirements-dev.txt")

    for lock in LOCKS[:2]:
        assert pins(lock).items() <= development.items()


def test_the_lock_of_the_clients_names_no_server_and_holds_what_they_ask_for() -> None:
    lock = json.loads(text("tests/clients/package-lock.json"))["packages"]
    asked = json.loads(text("tests/clients/package.json"))["dependencies"]
    packages = {path.removeprefix("node_modules/"): package for path, package in lock.items() if path}

    assert "://" not in text("tests/clients/package-lock.json"), "npm run lock"
    assert lock[""]["dependencies"] == asked, "npm run lock"
    assert {name: packages[name]["version"] for name in asked} == asked
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
