"""`socialfeed users`, beside a running product that uses the same database."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import NOBODY, Action
from socialfeed.domain.permissions import BUILT_IN, OPERATOR, Permission
from socialfeed.testing.client import PASSWORD, Client, open_client
from tests.commands import Run

Command = Callable[..., Awaitable[Result]]

ME = "{ me { id } }"
SIGN_IN = "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) { token errors { code } } }"


@pytest.fixture
async def client(migrated_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(data_dir=tmp_path / "server", database_url=migrated_url) as client:
        yield client


@pytest.fixture
def users(run: Run, migrated_url: str) -> Command:
    """Runs `socialfeed users …` as another process would, while the product goes on."""

    async def call(*arguments: str) -> Result:
        return await asyncio.to_thread(run, "users", *arguments, database_url=migrated_url)

    return call


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.02)


async def is_signed_in(client: Client) -> bool:
    return not (await client.graphql(ME)).errors


async def permissions_of(client: Client) -> set[Permission]:
    assert client.token is not None
    return set((await client.app.services.sessions.actor(client.token, OPERATOR)).permissions)


async def sign_in_errors(client: Client, username: str) -> list[str]:
    answer = (await client.run(SIGN_IN, {"u": username, "p": PASSWORD}))["tokenAuth"]
    return [error["code"] for error in answer["errors"]]


async def given_unverified(client: Client, username: str) -> None:
    await client.run(
        "mutation ($u: String!, $e: String!, $p: String!) {"
        " registerUser(username: $u, email: $e, password: $p) { success } }",
        {"u": username, "e": f"{username}@example.com", "p": PASSWORD},
    )


async def given_erased(client: Client, username: str) -> str:
    """The name that is left of it."""
    owner = await client.sign_up(username)
    await owner.run("mutation ($p: String!) { deleteAccount(currentPassword: $p) { success } }", {"p": PASSWORD})
    assert owner.user_id is not None
    async with client.app.storage.uow() as tx:
        user = await tx.users.get((await client.app.services.members.find(OPERATOR, username)).user.id)
        assert user is not None
        await tx.users.save(user.erased())
    return f"deleted_{owner.user_id}"


async def test_accounts_are_listed_the_oldest_first_and_by_status_and_role(client: Client, users: Command) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    await given_unverified(client, "carl")
    await users("grant", "bob", "--role", "moderator")

    listed = await users("list")
    assert [line.split() for line in listed.stdout.splitlines()][:2] == [
        [ada.user_id, "ada", "ada@example.com", "active", "user"],
        [bob.user_id, "bob", "bob@example.com", "active", "moderator,user"],
    ]
    assert [line.split()[1] for line in listed.stdout.splitlines()] == ["ada", "bob", "carl"]
    assert listed.stderr == ""
    assert [line.split()[1] for line in (await users("list", "--role", "moderator")).stdout.splitlines()] == ["bob"]
    assert [line.split()[1] for line in (await users("list", "--status", "unverified")).stdout.splitlines()] == ["carl"]
    nobody = await users("list", "--status", "banned")
    assert (nobody.exit_code, nobody.stdout) == (0, "")


async def test_a_list_that_is_cut_short_says_so_and_json_has_an_object_a_line(client: Client, users: Command) -> None:
    for name in ("ada", "bob", "carl"):
        await client.sign_up(name)

    cut, whole = await users("list", "--limit", "2", "--json"), await users("list", "--limit", "3", "--json")

    assert "… and more" in cut.stderr
    assert whole.stderr == ""
    members = [json.loads(line) for line in whole.stdout.splitlines()]
    assert [json.loads(line) for line in cut.stdout.splitlines()] == members[:2]
    assert [member["username"] for member in members] == ["ada", "bob", "carl"]
    assert {**members[0], "id": "", "createdAt": ""} == {
        "id": "",
        "username": "ada",
        "email": "ada@example.com",
        "status": "active",
        "roles": ["user"],
        "createdAt": "",
        "eraseAt": None,
    }


async def test_more_accounts_than_a_page_holds_are_listed_once_each(run: Run, migrated_url: str) -> None:
    await asyncio.to_thread(run, "seed", "--users", "230", "--posts", "0", database_url=migrated_url)

    listed = await asyncio.to_thread(run, "users", "list", "--limit", "1000", "--json", database_url=migrated_url)

    ids = [int(json.loads(line)["id"]) for line in listed.stdout.splitlines()]
    assert len(ids) == 230
    assert ids == sorted(set(ids))


async def test_a_ban_ends_sessions_in_a_running_server_and_is_undone(client: Client, users: Command) -> None:
    ada = await client.sign_up("ada")
    assert await is_signed_in(ada)

    banned = await users("ban", "ada@example.com", "--reason", "sells followers")

    async def is_out() -> bool:
        return not await is_signed_in(ada)

    assert (banned.exit_code, banned.stdout) == (0, "ada is banned and signed out everywhere.\n")
    await eventually(is_out)
    assert await sign_in_errors(client, "ada") == ["ACCOUNT_BANNED"]
    assert (await client.run('{ user(username: "ada") { id } }'))["user"] is None
    assert (await users("ban", "ada", "--reason", "again")).stdout == "ada was banned already.\n"
    shown = (await users("show", "ada")).stdout
    assert re.search(r"status +banned\n", shown)
    assert re.search(r"may do +nothing while banned", shown)

    assert (await users("unban", "ada")).stdout == "ada is not banned any more.\n"
    assert (await users("unban", "ada")).stdout == "ada is not banned but active.\n"
    assert await sign_in_errors(client, "ada") == []


async def test_a_role_and_a_grant_count_from_the_next_request_until_they_are_revoked(
    client: Client, users: Command
) -> None:
    ada = await client.sign_up("ada")
    by_role = set(BUILT_IN["user"].permissions)
    assert await permissions_of(ada) == by_role

    async def may(expected: set[Permission]) -> None:
        async def as_expected() -> bool:
            return await permissions_of(ada) == expected

        await eventually(as_expected)

    assert (await users("grant", "ada", "--role", "moderator")).stdout == "ada has the role moderator.\n"
    await may(set(BUILT_IN["moderator"].permissions))
    both = (await users("grant", "ada", "--permission", "user:ban")).stdout
    assert both == "ada may user:ban for good.\n"
    assert (await users("revoke", "ada", "--role", "moderator")).stdout == "ada no longer has the role moderator.\n"
    await may(by_role | {Permission.USER_BAN})
    assert (await users("revoke", "ada", "--permission", "user:ban")).stdout == (
        "ada no longer has a grant of user:ban.\n"
    )
    await may(by_role)
    assert (await users("revoke", "ada", "--role", "moderator")).stdout == "ada did not have the role moderator.\n"
    assert (await users("revoke", "ada", "--permission", "post:like")).stdout == (
        "ada did not have a grant of post:like, but may still do it by a role.\n"
    )


async def test_a_grant_for_a_time_is_shown_with_its_end(client: Client, users: Command) -> None:
    await client.sign_up("ada")
    before = datetime.now(UTC)

    for_a_week = await users("grant", "ada", "--permission", "user:ban", "--for", "7d")
    until = await users("grant", "ada", "--permission", "post:hide_any", "--until", "2093-01-01")
    second = await users("grant", "ada", "--permission", "key:rotate", "--until", "2092-01-01T01:00:00+01:00")
    past = await users("grant", "ada", "--permission", "key:rotate", "--until", "2020-01-01")

    end = re.search(r"until (\S+ \S+) UTC\.", for_a_week.stdout)
    assert end is not None
    week = datetime.fromisoformat(end[1]).replace(tzinfo=UTC) - before
    assert timedelta(days=7, seconds=-1) <= week <= timedelta(days=7, minutes=5)
    assert (until.exit_code, until.stderr.count("\n")) == (2, 1)
    assert "There is no permission 'post:hide_any'; close to it: " in until.stderr
    assert "post:label_any" in until.stderr or "comment:hide_any" in until.stderr
    assert second.stdout == "ada may key:rotate until 2092-01-01 00:00:00 UTC.\n"
    assert (past.exit_code, past.stderr) == (2, "socialfeed: --until: This moment has passed.\n")
    shown = (await users("show", "ada")).stdout
    assert "key:rotate until 2092-01-01 00:00:00 UTC" in shown
    assert f"user:ban until {end[1]} UTC" in shown
    assert re.search(r"^  system +1 of 6: key:rotate$", shown, re.MULTILINE)
    assert re.search(r"^  social +9 of 9: ", shown, re.MULTILINE)


async def test_sessions_are_listed_and_ended(client: Client, users: Command) -> None:
    ada = await client.sign_up("ada")
    again = await client.sign_in("ada")

    listed = await users("sessions", "ada")
    assert len(listed.stdout.splitlines()) == 2
    assert all("127.0.0.1" in line for line in listed.stdout.splitlines())
    assert await is_signed_in(ada)

    ended = await users("sessions", "ada", "--end")

    async def is_out() -> bool:
        return not await is_signed_in(ada) and not await is_signed_in(again)

    assert (ended.exit_code, ended.stderr) == (0, "ada is signed out everywhere.\n")
    await eventually(is_out)
    assert (await users("sessions", "ada")).stderr == "ada is signed in nowhere.\n"


async def test_an_admin_can_be_banned_from_the_machine(client: Client, users: Command) -> None:
    await client.sign_up("ada")
    await users("grant", "ada", "--role", "admin")

    assert (await users("ban", "ada", "--reason", "lost the password")).exit_code == 0
    assert await sign_in_errors(client, "ada") == ["ACCOUNT_BANNED"]


async def test_an_account_that_was_never_verified_can_be_shown_but_not_banned(client: Client, users: Command) -> None:
    await given_unverified(client, "ada")

    shown, banned = await users("show", "ada"), await users("ban", "ada", "--reason", "spam")
    granted, unbanned = await users("grant", "ada", "--role", "moderator"), await users("unban", "ada")

    assert "unverified: the address was never proven" in shown.stdout
    assert (banned.exit_code, banned.stderr) == (
        2,
        "socialfeed: This account was never verified: there is nothing to ban.\n",
    )
    assert granted.stdout == "ada has the role moderator, but is unverified: it counts once the account is active.\n"
    assert unbanned.stdout == "ada is not banned but unverified.\n"


async def test_of_an_erased_account_nothing_can_be_changed(client: Client, users: Command) -> None:
    name = await given_erased(client, "ada")

    assert "erased: nothing personal is left of it" in (await users("show", name)).stdout
    for change in (
        ("ban", name, "--reason", "spam"),
        ("unban", name),
        ("grant", name, "--role", "moderator"),
        ("grant", name, "--permission", "user:ban"),
        ("revoke", name, "--role", "user"),
        ("sessions", name, "--end"),
    ):
        result = await users(*change)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"socialfeed: {name} is erased: there is nothing left to change.\n"
    assert (await users("show", "ada")).stderr == "socialfeed: There is no account 'ada'.\n"


async def test_a_deleted_account_is_shown_with_the_day_of_its_end_and_stays_deleted_after_a_ban(
    client: Client, users: Command
) -> None:
    ada = await client.sign_up("ada")
    await ada.run("mutation ($p: String!) { deleteAccount(currentPassword: $p) { success } }", {"p": PASSWORD})

    shown = (await users("show", "ada")).stdout
    end = re.search(r"status +deactivated, to be erased on (\S+ \S+ UTC)\n", shown)
    assert end is not None
    await users("ban", "ada", "--reason", "spam")
    assert (await users("unban", "ada")).stdout == (
        f"ada is not banned any more, but deleted: to be erased on {end[1]}.\n"
    )
    assert (await users("show", "ada")).stdout == shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("ban", "nobody", "--reason", "spam"),
        ("unban", "nobody"),
        ("grant", "nobody", "--role", "moderator"),
        ("revoke", "nobody", "--permission", "user:ban"),
        ("sessions", "nobody", "--end"),
    ],
)
async def test_an_unknown_login_is_one_line(users: Command, arguments: tuple[str, ...]) -> None:
    result = await users(*arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "socialfeed: There is no account 'nobody'.\n"


async def test_an_unknown_role_is_one_line_with_those_that_may_be_meant(client: Client, users: Command) -> None:
    await client.app.services.access.create_role(OPERATOR, name="night-watch", permissions=["user:ban"])
    await client.sign_up("ada")

    close, far = await users("grant", "ada", "--role", "nightwatch"), await users("list", "--role", "xyz")
    custom = await users("grant", "ada", "--role", "night-watch")

    assert (close.exit_code, close.stderr) == (
        1,
        "socialfeed: There is no role 'nightwatch'; close to it: night-watch.\n",
    )
    assert (far.exit_code, far.stderr) == (
        1,
        "socialfeed: There is no role 'xyz'; there are user, moderator, admin, night-watch.\n",
    )
    assert custom.stdout == "ada has the role night-watch.\n"


async def test_what_an_operator_does_is_in_the_activity_log(client: Client, users: Command) -> None:
    ada = await client.sign_up("ada")
    await users("ban", "ada", "--reason", "sells followers")

    assert ada.user_id is not None
    wanted = ActivityFilter(action=Action.USER_BAN, object_id=int(ada.user_id))
    bans = [entry async for entry in client.app.services.activity.export(OPERATOR, wanted)]

    assert [(entry.actor_id, entry.address, dict(entry.details)) for entry in bans] == [
        (NOBODY, "console", {"reason": "sells followers"})
    ]
