"""What cannot be opened is refused with one line that says what is wrong, and never a password."""

import socket
from pathlib import Path

import pytest

from socialfeed.adapters.sql import migrate, open_postgresql, open_sqlite, postgres
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.errors import Unavailable
from tests.integration.sql.conftest import opener

PASSWORD = "xyzzy/plugh"


async def refusal(url: str, context: AdapterContext, error: type[Exception]) -> str:
    """What opening and what migrating say, which is the same."""
    with pytest.raises(error) as opening:
        async with opener(url)(url, context):
            pass
    with pytest.raises(error) as migrating:
        await migrate(url)
    assert str(opening.value) == str(migrating.value)
    assert "\n" not in str(opening.value)
    assert not any(part in str(opening.value) for part in PASSWORD.split("/"))
    return str(opening.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{PASSWORD}@host/name",
        f"postgresql://user:{PASSWORD.replace('/', '@')}@host/name",
        "postgresql://host:many/name",
        "postgres://host/name?colour=red",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://relative.db",
        "sqlite:////tmp/x.db?mode=ro",
    ],
)
async def test_a_malformed_url(url: str, context: AdapterContext) -> None:
    assert "URL is malformed" in await refusal(url, context, ValueError)


async def test_a_server_that_is_not_there(context: AdapterContext) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        said = await refusal(f"postgresql://user:xyzzy%2Fplugh@127.0.0.1:{port}/name", context, Unavailable)
    assert said == f"PostgreSQL at 127.0.0.1:{port} does not answer."


async def test_a_server_that_says_nothing(context: AdapterContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 2)  # libpq's shortest
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = await refusal(f"postgresql://user:xyzzy%2Fplugh@127.0.0.1:{port}/name", context, Unavailable)
    assert said == f"PostgreSQL at 127.0.0.1:{port} does not answer."


async def test_a_server_that_refuses(postgres_server: str, context: AdapterContext) -> None:
    url = f"{postgres_server.rpartition('/')[0]}/no_such_database"
    said = await refusal(url, context, Unavailable)
    assert said.endswith(' refused: database "no_such_database" does not exist.')


async def test_a_folder_that_does_not_exist(tmp_path: Path, context: AdapterContext) -> None:
    said = await refusal(f"sqlite:///{tmp_path}/none/x.db", context, Unavailable)
    assert said == f"SQLite at {tmp_path}/none/x.db cannot be opened: unable to open database file."


async def test_a_file_of_something_else(tmp_path: Path, context: AdapterContext) -> None:
    (tmp_path / "letter.db").write_text("Dear database, " * 100)
    said = await refusal(f"sqlite:///{tmp_path}/letter.db", context, Unavailable)
    assert said == f"SQLite at {tmp_path}/letter.db cannot be opened: file is not a database."


async def test_a_relative_path_starts_at_the_working_folder(
    tmp_path: Path, context: AdapterContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await migrate("sqlite:///here.db")
    async with open_sqlite("sqlite:///here.db", context) as storage:
        await storage.check()
    # Password hashes are in it.
    assert [path.stat().st_mode & 0o077 for path in tmp_path.glob("here.db*")] == [0]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://host/name", "PostgreSQL at host:5432"),
        ("postgres://user:secret@host:1234/name", "PostgreSQL at host:1234"),
        ("postgresql://[::1]:1234/name", "PostgreSQL at [::1]:1234"),
        ("postgresql:///name?host=/run/postgresql", "PostgreSQL at /run/postgresql:5432"),
        ("postgresql://one:1,two:2/name", "PostgreSQL at one,two:1,2"),
    ],
)
def test_a_server_is_named_by_host_and_port(url: str, address: str) -> None:
    assert postgres.address_of(postgres.parameters_of(url)) == address


def test_options_of_the_url_win_over_ours() -> None:
    parameters = postgres.parameters_of("postgresql://host/name?options=-c%20statement_timeout%3D5&connect_timeout=3")
    assert parameters["options"] == "-c statement_timeout=5"
    assert parameters["connect_timeout"] == "3"


async def test_both_spellings_of_postgresql_open(migrated_postgres_url: str, context: AdapterContext) -> None:
    short = migrated_postgres_url.replace("postgresql://", "postgres://")
    async with open_postgresql(short, context) as storage:
        await storage.check()
