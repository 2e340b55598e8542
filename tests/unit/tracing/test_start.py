import subprocess
import sys

import pytest

from socialfeed.entrypoints.tracing import wanted

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "exporters"),
    [
        ({}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, []),
        ({"OTEL_SERVICE_NAME": "feed"}, []),
        (ENDPOINT, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, ["otlp"]),
        ({"OTEL_TRACES_EXPORTER": "console"}, ["console"]),
        ({"OTEL_TRACES_EXPORTER": "otlp, console"}, ["otlp", "console"]),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, []),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, []),
    ],
)
def test_the_standard_variables_say_where_traces_go(environment: dict[str, str], exporters: list[str]) -> None:
    assert wanted(environment) == exporters


PRODUCT = """
import asyncio, logging, os, sys
logging.basicConfig(format="%(message)s", level=logging.WARNING)
for name in [name for name in os.environ if name.startswith("OTEL_")]:
    del os.environ[name]
os.environ.update(variable.split("=") for variable in sys.argv[1:])
if os.environ.pop("NOT_INSTALLED", None):
    sys.modules["opentelemetry"] = None
from socialfeed.testing.client import open_client

async def main():
    async with open_client() as client:
        ada = await client.sign_up("ada")
        print(await ada.run("{ me { username } }"))

asyncio.run(main())
print([name for name in sys.modules if name.startswith("opentelemetry") and sys.modules[name]])
"""


def product(*variables: str) -> "subprocess.CompletedProcess[str]":
    """The product at work in a process with these variables."""
    return subprocess.run([sys.executable, "-c", PRODUCT, *variables], capture_output=True, text=True, check=True)


def test_nothing_of_opentelemetry_is_imported_unless_traces_are_asked_for() -> None:
    assert product().stdout.splitlines() == ["{'me': {'username': 'ada'}}", "[]"]


def test_without_the_extra_one_line_says_what_traces_need() -> None:
    ran = product("NOT_INSTALLED=1", "OTEL_TRACES_EXPORTER=console")

    assert ran.stdout.splitlines() == ["{'me': {'username': 'ada'}}", "[]"]
    assert ran.stderr.splitlines() == [
        "the environment asks for traces, which need the extra: pip install 'socialfeed[otel]'"
    ]


def test_an_exporter_that_is_not_installed_does_not_keep_the_product_from_running() -> None:
    ran = product("OTEL_TRACES_EXPORTER=pigeon")

    assert ran.stdout.startswith("{'me': {'username': 'ada'}}")
    assert ran.stderr.splitlines() == ["OTEL_TRACES_EXPORTER: no exporter called 'pigeon' is installed"]
