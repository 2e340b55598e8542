"""No container engine is needed: what can be read from the files is checked, the commands in them are real ones."""

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from socialfeed.container import schemes
from socialfeed.entrypoints.cli import main
from socialfeed.settings import Settings
from tests.unit.cli.files import ROOT, text

VARIABLES = {f"SOCIALFEED_{name.upper()}" for name in Settings.model_fields}
SERVICE_KEYS = {
    "build", "command", "depends_on", "env_file", "environment", "healthcheck", "hostname", "image", "ports", "restart",
    "volumes",
}  # fmt: skip
HEALTH_KEYS = {"disable", "interval", "retries", "test", "timeout"}
CONDITIONS = {"service_completed_successfully", "service_healthy", "service_started"}

COMPOSE: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]


def test_the_compose_file_has_the_whole_product() -> None:
    assert {"web", "worker", "migrate", "postgres", "valkey", "rabbitmq", "mail"} == set(SERVICES)
    assert set(COMPOSE) <= {"name", "services", "volumes", "x-app"}
    for service in SERVICES.values():
        assert set(service) <= SERVICE_KEYS
        assert "image" in service
        assert service["restart"] in {"no", "unless-stopped"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_has_a_health_check_or_is_one_that_listens_nowhere(name: str) -> None:
    check = SERVICES[name].get("healthcheck")
    if name == "web":
        assert check is None
        assert "HEALTHCHECK" in text("Dockerfile")
        return
    assert check is not None
    assert set(check) <= HEALTH_KEYS
    if check.get("disable"):
        assert name in {"worker", "migrate"}
    else:
        assert check["test"][0] == "CMD"
        assert len(check["test"]) > 1


def test_services_wait_for_what_they_need_to_be_healthy() -> None:
    for service in SERVICES.values():
        for other, wish in service.get("depends_on", {}).items():
            assert other in SERVICES
            assert wish["condition"] in CONDITIONS
            if wish["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"]
    assert SERVICES["web"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["worker"]["depends_on"] == SERVICES["web"]["depends_on"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist(name: str) -> None:
    command, *arguments = SERVICES[name]["command"]

    with main.commands[command].make_context(command, arguments) as context:
        assert context.params is not None


@pytest.mark.parametrize("name", OURS)
def test_our_services_set_variables_that_exist_to_urls_an_adapter_serves(name: str) -> None:
    environment: dict[str, str] = SERVICES[name]["environment"]

    assert set(environment) <= VARIABLES
    for variable, url in environment.items():
        kind = variable.removeprefix("SOCIALFEED_").removesuffix("_URL").lower()
        found = re.fullmatch(r"([a-z]+)://(?:[^@/]*@)?([a-z]+):\d+(?:/\w+)?", url)
        assert found is not None, url
        assert found[1] in schemes(kind)
        assert found[2] in SERVICES


def test_ports_are_open_to_this_machine_only_and_volumes_are_declared() -> None:
    used = set()
    for service in SERVICES.values():
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
        for volume in service.get("volumes", []):
            used.add(volume.partition(":")[0])
    assert used == set(COMPOSE["volumes"])


def test_the_development_environment_names_settings_that_exist_and_starts() -> None:
    lines = re.findall(r"^(?:# )?(SOCIALFEED_[A-Z_]+)=(.*)$", text(".env.development"), re.MULTILINE)
    given = dict(re.findall(r"^(SOCIALFEED_[A-Z_]+)=(.*)$", text(".env.development"), re.MULTILINE))

    assert {variable for variable, _ in lines} <= VARIABLES
    assert VARIABLES - {variable for variable, _ in lines} <= {
        "SOCIALFEED_CREDENTIAL_RATE", "SOCIALFEED_EXPLORER", "SOCIALFEED_INTROSPECTION", "SOCIALFEED_MAIL_FROM",
    }  # fmt: skip
    settings = Settings(**{name.removeprefix("SOCIALFEED_").lower(): value for name, value in given.items()})
    assert not settings.checked().is_production


def instructions() -> Iterator[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text("Dockerfile"), flags=re.MULTILINE))
    for line in filter(None, map(str.strip, joined.splitlines())):
        keyword, _, rest = line.partition(" ")
        yield keyword, rest.strip()


def test_the_image_is_built_in_two_stages_and_runs_as_nobody_special() -> None:
    found = list(instructions())
    keywords = [keyword for keyword, _ in found]
    last = max(place for place, keyword in enumerate(keywords) if keyword == "FROM")
    final = dict(found[last:])

    assert set(keywords) <= {
        "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "USER", "VOLUME", "WORKDIR",
    }  # fmt: skip
    assert keywords.count("FROM") == 2
    assert final["USER"].isdigit()
    assert int(final["USER"]) > 0
    assert final["COPY"].startswith("--from=build ")
    assert not any("pip" in rest for keyword, rest in found[last:] if keyword == "RUN")
    assert keywords.index("USER") < keywords.index("ENTRYPOINT")
    command = json.loads(final["ENTRYPOINT"]) + json.loads(final["CMD"])
    assert command[:2] == ["socialfeed", "serve"]
    with main.commands["serve"].make_context("serve", command[2:]) as context:
        assert context.params["host"] == "0.0.0.0"


def test_the_image_s_health_check_asks_a_path_that_is_served() -> None:
    check = dict(instructions())["HEALTHCHECK"]
    command = json.loads(check[check.index("[") :])
    routes = text("src/socialfeed/entrypoints/http.py")

    compile(command[2], "healthcheck", "exec")
    path = re.search(r"http://127\.0\.0\.1:8000(/[a-z/]+)", command[2])
    assert path is not None
    assert f'Route("{path[1]}"' in routes


def test_the_image_installs_nothing_that_is_not_locked() -> None:
    installs = [
        part for keyword, rest in instructions() if keyword == "RUN" for part in rest.split("&&") if "pip " in part
    ]

    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes -r requirements" in install or "--no-deps" in install


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    rules = [line for line in text(".dockerignore").splitlines() if line and not line.startswith("#")]
    sources = [
        source
        for keyword, rest in instructions()
        if keyword == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]

    assert "src" in sources
    for source in sources:
        assert (ROOT / source).exists(), source
        verdict = [rule for rule in rules if fnmatch.fnmatch(source, rule.removeprefix("!"))][-1]
        assert verdict == f"!{source}"
