"""No log line holds a password, a code or a token: every line of the whole run is read, and one that does fails it.

What has a shape of its own is known by it: tokens, hashes of passwords, private keys, URLs with a password. What has
none is overheard where the product makes or compares it: codes and passwords, each for the test that uses it. Mails
are no log lines; the mail server that some tests run logs what it is sent.
"""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from socialfeed.adapters.security import Argon2PasswordHasher, HmacCodeHasher
from socialfeed.settings import DEVELOPMENT_SECRET
from socialfeed.testing.client import PASSWORD

SHAPES = re.compile(
    r"""
      (?P<access_token>\beyJ[\w-]{20,})
    | (?P<refresh_token>(?<![\w-])[\w-]{96}(?![\w-]))
    | (?P<password_hash>\$argon2)
    | (?P<private_key>PRIVATE\ KEY)
    | (?P<URL_with_a_password>://[^/\s:@]*:(?!\*+@)[^/\s@]+@)
    """,
    re.ASCII | re.VERBOSE,
)
CODE = re.compile(r"\b[0-9]{6}\b")
SHORTEST = 12
"""Characters of a password that is no word a log may use."""

OURS = "socialfeed"
NOT_THE_PRODUCT = ("mail.log",)
"""Loggers of servers that tests run for the product to talk to."""

_LEAKS = "leaks"


class Leak(NamedTuple):
    """What was in a line, never the secret itself."""

    test: str
    logger: str
    what: str

    def __str__(self) -> str:
        return f"{self.test}: {self.logger} logged {self.what}"


class Canaries(logging.Handler):
    """Reads every line as it would be written, with the text of its exception. Codes are looked for in our own lines
    only: others log numbers that are as long.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.leaks: set[Leak] = set()
        self.test = "outside of tests"
        self.codes: set[str] = set()
        self.passwords: set[str] = set()
        self.forget()

    def forget(self) -> None:
        """What was overheard."""
        self.codes.clear()
        self.passwords = {PASSWORD, DEVELOPMENT_SECRET}

    def overhear_password(self, password: str) -> None:
        if len(password) >= SHORTEST:
            self.passwords.add(password)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(NOT_THE_PRODUCT):
            return
        text = self.format(record)
        self.leaks.update(Leak(self.test, record.name, what) for what in self._found(text, record.name))

    def _found(self, text: str, logger: str) -> Iterator[str]:
        for match in SHAPES.finditer(text):
            yield (match.lastgroup or "").replace("_", " ")
        if any(password in text for password in self.passwords):
            yield "a password or the secret key"
        if logger.startswith(OURS) and not self.codes.isdisjoint(CODE.findall(text)):
            yield "a one-time code"


class Watch:
    """Hangs the canaries over each test: a command that a test runs may set up logging anew."""

    def __init__(self) -> None:
        self.canaries = Canaries()
        self._leaks_of_workers: list[Leak] = []

    @property
    def leaks(self) -> list[Leak]:
        return sorted({*self.canaries.leaks, *self._leaks_of_workers})

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        root = logging.getLogger()
        self.canaries.test = item.nodeid
        self.canaries.forget()
        root.setLevel(logging.DEBUG)
        if self.canaries not in root.handlers:
            root.addHandler(self.canaries)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_LEAKS] = [tuple(leak) for leak in self.leaks]
        elif self.leaks and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """An xdist worker is done."""
        told = getattr(node, "workeroutput", {}).get(_LEAKS, ())
        self._leaks_of_workers.extend(Leak(*leak) for leak in told)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.leaks:
            terminalreporter.section("secrets in the log", red=True)
            for leak in self.leaks:
                terminalreporter.line(str(leak))


def pytest_configure(config: pytest.Config) -> None:
    watch = Watch()
    _overhear(watch.canaries)
    config.pluginmanager.register(watch, "canaries-watch")


def _overhear(canaries: Canaries) -> None:
    new_code = HmacCodeHasher.new_code
    hash_, verify = Argon2PasswordHasher.hash, Argon2PasswordHasher.verify

    def heard_code(hasher: HmacCodeHasher) -> str:
        code = new_code(hasher)
        canaries.codes.add(code)
        return code

    async def heard_hash(hasher: Argon2PasswordHasher, password: str) -> str:
        canaries.overhear_password(password)
        return await hash_(hasher, password)

    async def heard_verify(hasher: Argon2PasswordHasher, password: str, password_hash: str | None) -> bool:
        canaries.overhear_password(password)
        return await verify(hasher, password, password_hash)

    replaced: tuple[tuple[type, str, Callable[..., Any]], ...] = (
        (HmacCodeHasher, "new_code", heard_code),
        (Argon2PasswordHasher, "hash", heard_hash),
        (Argon2PasswordHasher, "verify", heard_verify),
    )
    for kind, name, heard in replaced:
        setattr(kind, name, heard)
