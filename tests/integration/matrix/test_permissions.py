"""Security statement 32: every field and route as every role, about one's own, another's and what is hidden. What is
expected is worked out from the rules and the domain's permissions, never from the code that checks them.
"""

from collections.abc import Iterator, Mapping, Set

import pytest

from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.permissions import BUILT_IN
from tests.integration.matrix import asking
from tests.integration.matrix.rules import BLOCKED, DONE, FIELDS, MUTATIONS, NOTHING, RULES, Rule, Shown, Target, Who
from tests.integration.matrix.world import ANONYMOUSLY, POWERLESS, Viewer, World, all_but, only

pytestmark = pytest.mark.asyncio(loop_scope="module")


def viewers_of(rule: Rule, world: World) -> Iterator[Viewer]:
    yield from (world.viewers[name] for name in (ANONYMOUSLY, *BUILT_IN, POWERLESS))
    for more in (rule.others, rule.besides):
        if more is not None:
            yield world.viewers[only(more)]
            yield world.viewers[all_but(more)]
    if rule.permission is not None:
        yield world.viewers[only(rule.permission)]
        yield world.viewers[all_but(rule.permission)]


def cases(rule: Rule, world: World) -> Iterator[tuple[Viewer, Target]]:
    for viewer in viewers_of(rule, world):
        for target in rule.expects:
            # Nobody in particular has nothing of their own to name.
            if viewer.name != ANONYMOUSLY or target is not Target.OWN or len(rule.expects) == 1:
                yield viewer, target


def expected(rule: Rule, viewer: Viewer, target: Target) -> str:
    if viewer.permissions is None:
        target = Target.OTHER if target is Target.BLOCKING else target
        refused = NOTHING if rule.or_nothing else "UNAUTHENTICATED"
        return (rule.nobody or rule.expects[target]) if rule.who is Who.ANYBODY else refused
    if rule.permission is None or rule.permission in viewer.permissions:
        if rule.besides is not None and rule.besides not in viewer.permissions:
            return "FORBIDDEN"
        lacks_others = rule.others is not None and rule.others not in viewer.permissions
        is_others = target is not Target.OWN and rule.expects[target] == DONE
        return "FORBIDDEN" if is_others and lacks_others else rule.expects[target]
    if rule.or_nothing:
        return NOTHING
    return rule.expects[target] if rule.or_owner and target is Target.OWN else "FORBIDDEN"


@pytest.mark.parametrize("name", RULES)
async def test_32_everybody_may_what_the_rule_says_and_no_more(world: World, name: str) -> None:
    """A refusal leaves no change behind, and one for want of a permission leaves an entry in the activity log."""
    rule = RULES[name]
    wanted: dict[str, str] = {}
    got: dict[str, str] = {}
    faults: list[str] = []
    for viewer, target in cases(rule, world):
        case = f"{viewer.name}, {target}"
        wanted[case] = expected(rule, viewer, target)
        outcome = await asking.ask(viewer.client, name, rule, world.things(viewer, target))
        got[case] = outcome.result
        await world.client.app.notes.write()
        left = [*left_behind(name, wanted[case], world), *unlike(denials(rule, viewer, wanted[case]), world)]
        about = shown_by(rule, world.things(viewer, target)) if target in BLOCKED and wanted[case] == DONE else set()
        shown = [
            *hidden_in(outcome.data, world.hidden(viewer), about),
            *([] if rule.proves_owner else private_in(outcome.data, viewer)),
        ]
        faults += [f"{case}: {fault}" for fault in (*left, *shown)]
        world.restore()

    assert got == wanted
    assert faults == []


def shown_by(rule: Rule, things: Mapping[str, str]) -> set[str]:
    """What the answer to a request about somebody hidden may show of them."""
    return {things["user"], things["post"], things["media"]} if rule.reveals else {things["user"]}


Denial = tuple[object, Outcome, dict[str, str]]


def denials(rule: Rule, viewer: Viewer, wanted: str) -> list[Denial]:
    """The entries that a request must leave."""
    if wanted != "FORBIDDEN" or viewer.permissions is None:
        return []
    asked = (rule.permission, rule.besides, rule.others)
    lacks = [permission for permission in asked if permission and permission not in viewer.permissions]
    lacked = lacks[0] if lacks else rule.permission
    return [(viewer.user_id, Outcome.DENIED, {"permission": str(lacked)})]


def unlike(wanted: list[Denial], world: World) -> Iterator[str]:
    logged = [entry for entry in world.before.logged() if entry.action is Action.PERMISSION_DENY]
    found = [(entry.actor_id, entry.outcome, dict(entry.details)) for entry in logged]
    if found != wanted:
        yield f"the log says {found} of denials, not {wanted}"


def left_behind(name: str, wanted: str, world: World) -> Iterator[str]:
    may_change = wanted == DONE and (name in MUTATIONS or name.startswith(("POST ", "PATCH ", "DELETE ")))
    if not may_change and world.before.changed():
        yield f"left changes in {world.before.changed()}"
    if wanted in asking.AT_THE_TOP:
        others = {entry.action for entry in world.before.logged()} - {Action.PERMISSION_DENY}
        if others:
            yield f"the log says that {others} happened"


def hidden_in(data: object, hidden: Mapping[str, set[str]], about: Set[str] = frozenset()) -> Iterator[str]:
    """What the viewer may not see, but for what the request is about."""
    for shown in asking.objects(data):
        if shown.get("id") in hidden.get(kind_of(shown), ()) and shown["id"] not in about:
            yield f"{kind_of(shown)} {shown['id']} is shown"


def private_in(data: object, viewer: Viewer) -> Iterator[str]:
    """What only its owner may see, and the viewer is not."""
    for shown in asking.objects(data):
        fields = {name: f"{kind_of(shown)}.{name}" for name, value in shown.items() if value is not None}
        if shown.get("id") != viewer.client.user_id:
            yield from (f"{field} is shown" for field in fields.values() if FIELDS.get(field) is Shown.OWNER)


def kind_of(shown: dict[str, object]) -> str:
    """REST tells of nothing but people, and gives no type."""
    return str(shown.get("__typename", "User"))


async def test_32_what_is_its_owners_alone_is_shown_to_its_owner(world: World) -> None:
    owners = [field.partition(".")[2] for field, shown in FIELDS.items() if shown is Shown.OWNER]
    for viewer in world.viewers.values():
        if viewer.permissions is not None:
            me = (await asking.ask(viewer.client, "Query.me", RULES["Query.me"], viewer.things)).data

            assert [field for field in owners if me[field] is None] == [], viewer.name


@pytest.mark.parametrize(
    "name",
    [
        "Query.homeFeed",
        "Query.userFeed",
        "Query.trendingPosts",
        "Query.comments",
        "Query.likers",
        "Query.followers",
        "Query.following",
        "Query.followRequests",
        "Query.bookmarks",
        "Query.lists",
        "Query.listFeed",
    ],
)
async def test_32_what_is_hidden_stands_where_viewers_look(world: World, name: str) -> None:
    """Else it would prove nothing that they do not see it."""
    admin = world.viewers["admin"]
    await world.reveal()

    outcome = await asking.ask(admin.client, name, RULES[name], world.things(admin, Target.OTHER))

    assert list(hidden_in(outcome.data, world.hidden(admin))) != []
