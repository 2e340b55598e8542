"""The activity log. Numbers in names are those of the security statements in the contract."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.application.activity import NOTED, ActivityNotes
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.permissions import OPERATOR, Actor
from socialfeed.testing.client import PASSWORD, Client, open_client
from tests.integration.product.test_own_account import DEACTIVATE, ask_for, code_to, confirm, update
from tests.integration.product.test_social import follow, publish

ENTRIES = """query ($filter: ActivityFilter, $first: Int! = 100, $after: String) {
  activityLog(filter: $filter, first: $first, after: $after) {
    nodes { id at actorId action outcome objectId address count details { name value } actor { username } }
    pageInfo { hasNextPage endCursor }
  }
}"""
MINE = "query ($first: Int! = 100) { myActivity(first: $first) { nodes { action outcome objectId address } } }"
WRONG_SIGN_IN = 'mutation { tokenAuth(username: "ada", password: "wrong password") { errors { code } } }'


async def admin(client: Client) -> Client:
    await client.app.services.accounts.create_superuser(username="root", email="root@example.com", password=PASSWORD)
    return await client.sign_in("root")


async def entries(reader: Client, **wanted: Any) -> list[dict[str, Any]]:
    """Newest first."""
    await reader.settle()
    found: list[dict[str, Any]] = (await reader.run(ENTRIES, {"filter": wanted}))["activityLog"]["nodes"]
    return found


async def unbroken(client: Client) -> bool:
    return [found async for found in client.app.services.activity.breaks()] == []


async def test_what_a_user_does_is_in_the_log_with_its_object_and_origin(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    post = await publish(ada, "mine")
    await follow(ada, bob)
    for name in ("likePost", "sharePost", "unlikePost", "unsharePost"):
        await ada.run(f"mutation ($i: ID!) {{ {name}(postId: $i) {{ success }} }}", {"i": post})
    await ada.run('mutation ($i: ID!) { createComment(postId: $i, content: "hm") { success } }', {"i": post})
    await ada.run("mutation ($i: ID!) { unfollowUser(userId: $i) { success } }", {"i": bob.user_id})
    await update(ada, bio="new")
    await ask_for(ada, "new@example.com")
    await confirm(ada, code_to(client, "new@example.com"))
    await ada.run(DEACTIVATE, {"p": PASSWORD})
    ada = await client.sign_in("ada")

    mine = (await ada.run(MINE))["myActivity"]["nodes"]

    assert [entry["action"] for entry in reversed(mine)] == [
        "account:register",
        "account:verify",
        "session:begin",
        "post:create",
        "user:follow",
        "post:like",
        "post:share",
        "post:unlike",
        "post:unshare",
        "comment:create",
        "user:unfollow",
        "account:update",
        "account:request_email",
        "account:change_email",
        "account:deactivate",
        "account:return",
        "session:begin",
    ]
    assert {entry["address"] for entry in mine} == {"127.0.0.1"}
    assert {entry["outcome"] for entry in mine} == {"DONE"}
    by_action = {entry["action"]: entry["objectId"] for entry in mine}
    assert by_action["post:like"] == post
    assert by_action["user:follow"] == bob.user_id
    assert by_action["account:update"] == ada.user_id
    assert await unbroken(client)


async def test_what_changes_nothing_is_not_logged(client: Client) -> None:
    ada = await client.sign_up("ada")
    post = await publish(ada, "mine")
    before = len((await ada.run(MINE))["myActivity"]["nodes"])
    await ada.run("mutation ($i: ID!) { unlikePost(postId: $i) { success } }", {"i": post})
    await update(ada)
    await ada.run('mutation { createPost(content: "") { success } }')
    assert len((await ada.run(MINE))["myActivity"]["nodes"]) == before


async def test_42_logins_and_wrong_passwords_are_logged_without_what_was_typed(client: Client) -> None:
    root, ada = await admin(client), await client.sign_up("ada")
    for _ in range(3):
        await client.run(WRONG_SIGN_IN)
    await client.run(WRONG_SIGN_IN.replace('"ada"', '"correct horse battery"'))

    found = await entries(root, action="session:begin", outcome="REFUSED")

    assert sum(entry["count"] for entry in found) == 4
    assert {entry["objectId"] for entry in found} == {ada.user_id, None}
    assert {entry["actorId"] for entry in found} == {None}
    everything = str(await entries(root))
    assert "horse" not in everything
    assert "wrong password" not in everything


async def test_42_denials_are_logged(client: Client) -> None:
    root, ada = await admin(client), await client.sign_up("ada")
    assert (await ada.graphql(ENTRIES)).codes == ["FORBIDDEN"]
    ban = "mutation ($u: ID!) { banUser(userId: $u) { success } }"
    assert (await ada.graphql(ban, {"u": root.user_id})).codes == ["FORBIDDEN"]

    found = await entries(root, actorId=ada.user_id, outcome="DENIED")

    assert [(entry["action"], entry["objectId"], entry["details"][0]["value"]) for entry in found] == [
        ("permission:deny", root.user_id, "user:ban"),
        ("permission:deny", None, "activity:read"),
    ]


async def test_42_limits_are_logged_once_with_a_count() -> None:
    async with open_client(rate_limit=None, credential_rate="5/day") as client:
        root = await admin(client)
        for _ in range(40):
            await client.graphql(WRONG_SIGN_IN)

        found = await entries(root, outcome="LIMITED")

        # One sign-in was the administrator's own.
        assert sum(entry["count"] for entry in found) == 36
        assert len(found) <= 2


async def test_42_looking_at_the_log_is_logged(client: Client) -> None:
    root = await admin(client)
    await entries(root)
    looks = await entries(root, action="activity:read", actorId=root.user_id)
    assert sum(entry["count"] for entry in looks) == 1


async def test_42_a_rolled_back_command_leaves_no_entry(client: Client) -> None:
    ada = await client.sign_up("ada")
    actor = Actor((await client.app.services.members.find(OPERATOR, "ada")).user.id)

    async def broken_off() -> None:
        commands = client.app.notes._commands
        async with commands.uow() as tx:
            await commands.record(tx, actor, Action.POST_CREATE, 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_off()

    assert "post:create" not in str((await ada.run(MINE))["myActivity"]["nodes"])
    assert await unbroken(client)


async def test_the_log_of_many_at_once_is_unbroken(client: Client) -> None:
    people = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
    post = await publish(people[0], "hot")
    like = "mutation ($i: ID!) { likePost(postId: $i) { success } unlikePost(postId: $i) { success } }"
    await asyncio.gather(*(person.run(like, {"i": post}) for person in people for _ in range(10)))
    assert await unbroken(client)


async def test_pages_and_filters_of_the_log(client: Client) -> None:
    root, ada = await admin(client), await client.sign_up("ada")
    posts = [await publish(ada, str(n)) for n in range(5)]
    wanted = {"filter": {"actorId": ada.user_id, "action": "post:create"}, "first": 2}
    seen: list[str] = []
    after = None
    while True:
        page = (await root.run(ENTRIES, {**wanted, "after": after}))["activityLog"]
        seen += [entry["objectId"] for entry in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == posts[::-1]

    [entry] = await entries(root, objectId=posts[2])
    assert entry["actor"] == {"username": "ada"}
    later = await entries(root, actorId=ada.user_id, since=entry["at"])
    earlier = await entries(root, actorId=ada.user_id, until=entry["at"])
    assert entry["id"] in {found["id"] for found in later}
    assert entry["id"] not in {found["id"] for found in earlier}
    assert len(later) + len(earlier) == len(await entries(root, actorId=ada.user_id))


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"actorId": "1"}, "INVALID_ID"),
        ({"objectId": "nothing"}, "INVALID_ID"),
        ({"action": "post:explode"}, "UNKNOWN_ACTION"),
        ({"since": "yesterday"}, "BAD_REQUEST"),
        ({"since": "2026-02-30T00:00:00Z"}, "BAD_REQUEST"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "BAD_REQUEST"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(wanted: dict[str, str], code: str) -> None:
    async with open_client() as client:
        answer = await (await admin(client)).graphql(ENTRIES, {"filter": wanted})
        assert answer.codes == [code]


@pytest.mark.parametrize("moment", ["yesterday", "2026-02-30T00:00:00Z", "2026-11-21", 7, True])
async def test_a_moment_in_the_text_of_an_operation_is_refused_as_in_a_variable(moment: object) -> None:
    async with open_client() as client:
        literal = json.dumps(moment)
        answer = await client.graphql(f"{{ activityLog(filter: {{since: {literal}}}) {{ nodes {{ id }} }} }}")
        assert (answer.status, answer.codes) == (400, ["BAD_REQUEST"])


async def test_a_filter_before_and_after_all_time_finds_nothing_and_everything(client: Client) -> None:
    root = await admin(client)
    everything = await entries(root, since="0001-01-02T00:00:00Z", until="9999-12-30T00:00:00Z")
    assert [entry["action"] for entry in everything][-1] == "account:register"
    assert await entries(root, until="0001-01-02T00:00:00Z") == []
    assert await entries(root, since="9999-12-30T00:00:00Z") == []


class TestNotes:
    async def test_a_flood_of_different_notes_is_counted_in_bounded_memory(self) -> None:
        async with open_client() as client:
            notes = client.app.notes
            for n in range(NOTED + 500):
                notes.note(Actor(address=f"2001:db8::{n:x}"), Action.SESSION_BEGIN, Outcome.LIMITED)
            assert len(notes._noted) <= NOTED + 1
            await notes.write()
            counted = 0
            async for entry in client.app.services.activity.export(OPERATOR, ActivityFilter(outcome=Outcome.LIMITED)):
                counted += entry.count
            assert counted == NOTED + 500

    async def test_what_cannot_be_written_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with open_client() as client:
            notes = client.app.notes
            notes.note(Actor(), Action.SESSION_BEGIN, Outcome.REFUSED)
            with monkeypatch.context() as patched:
                patched.setattr(ActivityNotes, "_entry", failing)
                with pytest.raises(RuntimeError):
                    await notes.write()
            notes.note(Actor(), Action.SESSION_BEGIN, Outcome.REFUSED)
            await notes.write()
            found = [e async for e in client.app.services.activity.export(OPERATOR, ActivityFilter())]
            assert [entry.count for entry in found if entry.outcome is Outcome.REFUSED] == [2]

    async def test_what_is_noted_is_written_when_the_application_stops(self, request: pytest.FixtureRequest) -> None:
        url = request.getfixturevalue("postgres_url")
        await migrate(url)
        async with open_client(database_url=url) as client:
            client.app.notes.note(Actor(address="192.0.2.7"), Action.SESSION_BEGIN, Outcome.REFUSED)
        async with open_client(database_url=url) as client:
            found = [e async for e in client.app.services.activity.export(OPERATOR, ActivityFilter())]
            assert [entry.address for entry in found] == ["192.0.2.7"]


def failing(*_: object) -> object:
    raise RuntimeError


async def test_29_failures_per_account_slow_it_down_and_a_good_password_does_not_count() -> None:
    async with open_client(rate_limit=None, credential_rate="1000/minute") as client:
        await client.sign_up("ada")
        for _ in range(5):
            await client.sign_in("ada")
        codes = []
        for _ in range(51):
            answer = await client.graphql(WRONG_SIGN_IN)
            codes += answer.codes or [answer.data["tokenAuth"]["errors"][0]["code"]]
        assert codes == ["INVALID_CREDENTIALS"] * 50 + ["RATE_LIMITED"]


async def test_31_tries_used_up_by_name_tell_nothing_of_an_address() -> None:
    """From different clients: else the client's own limit would hide what the account's tells."""
    async with open_client(rate_limit=None, credential_rate="5/day") as client:
        await client.sign_up("ada")
        for n in range(6):
            await replace(client, address=f"192.0.2.{n}").graphql(WRONG_SIGN_IN)
        for address in ("ada@example.com", "nobody@example.com"):
            query = WRONG_SIGN_IN.replace('"ada"', f'"{address}"')
            answer = await replace(client, address="198.51.100.7").graphql(query)
            assert answer.data["tokenAuth"]["errors"] == [{"code": "INVALID_CREDENTIALS"}]
