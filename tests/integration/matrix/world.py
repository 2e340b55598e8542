"""The people of the matrix: an account for each role, for each permission one that holds nothing else and one that
holds all but it; and those whom their requests are about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from socialfeed.adapters.security import Argon2PasswordHasher, HmacCodeHasher
from socialfeed.application.ports.repositories import EVERYBODY, Transaction
from socialfeed.application.ports.search import PostDocument, UserDocument
from socialfeed.domain.graph import Block, FollowRequest, Mute, MutedWord, MuteOf
from socialfeed.domain.ids import UserId
from socialfeed.domain.labels import labels_of
from socialfeed.domain.media import Allowance
from socialfeed.domain.names import name_words
from socialfeed.domain.permissions import ANONYMOUS, BUILT_IN, Permission, custom_role
from socialfeed.domain.post import Post
from socialfeed.domain.search import indexed
from socialfeed.domain.trending import EVERYWHERE, Limits, Reaction, Trendable
from socialfeed.domain.user import CodePurpose, OneTimeCode, User, UserStatus
from socialfeed.domain.user_list import UserList
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import PASSWORD, Client
from tests.integration.matrix.committed import Committed
from tests.integration.matrix.rules import RULES, Target

CODE = "246813"
ANONYMOUSLY = "anonymous"
POWERLESS = "powerless"
"""Signed in, and holds no permission at all."""


def only(permission: Permission) -> str:
    return f"only {permission}"


def all_but(permission: Permission) -> str:
    return f"all but {permission}"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sends requests. `permissions` is None for somebody who is not signed in; `things` are what samples may name
    of their own.
    """

    name: str
    client: Client
    permissions: frozenset[Permission] | None
    things: Mapping[str, str]

    @property
    def user_id(self) -> UserId | None:
        return None if self.client.user_id is None else UserId(int(self.client.user_id))


class World:
    """`viewers` by name, and what `targets` have by whose it is: all but OWN, which is each viewer's."""

    def __init__(
        self, client: Client, viewers: Mapping[str, Viewer], targets: Mapping[Target, Mapping[str, str]]
    ) -> None:
        self.client = client
        self.viewers = viewers
        self.targets = targets
        self.before = Committed(client)

    def things(self, viewer: Viewer, target: Target) -> dict[str, str]:
        """What a sample's `$names` stand for."""
        of_target = viewer.things if target is Target.OWN else self.targets[target]
        # Who is not signed in has no list, and has to name one.
        mine = viewer.things.get("list", self.targets[Target.OTHER]["list"])
        return {"password": PASSWORD, "code": CODE, "mine": mine, **of_target}

    def hidden(self, viewer: Viewer) -> dict[str, set[str]]:
        """The ids that the viewer may not be shown, by the name of their type."""
        gone = [self.targets[Target.BANNED], self.targets[Target.DEACTIVATED]]
        if viewer.permissions is not None:
            gone.append(self.targets[Target.BLOCKING])
        return {
            "User": {things["user"] for things in gone},
            "Post": {things["post"] for things in (*gone, self.targets[Target.PRIVATE])},
            "Comment": {things["comment"] for things in gone},
            "Media": {things["media"] for things in (*gone, self.targets[Target.PRIVATE])},
            "Draft": {things["draft"] for things in self.targets.values()},
            "List": {things["list"] for things in self.targets.values()},
        }

    async def reveal(self) -> None:
        """Takes back what hides the targets, until `restore`."""
        async with self.client.app.storage.uow() as tx:
            for things in self.targets.values():
                user = await tx.users.get(UserId(int(things["user"])))
                assert user is not None
                await tx.users.save(replace(user, status=UserStatus.ACTIVE, is_private=False))
            for viewer in self.viewers.values():
                if viewer.user_id is not None:
                    await tx.blocks.remove(UserId(int(self.targets[Target.BLOCKING]["user"])), viewer.user_id)

    def restore(self) -> None:
        self.before.restore()
        self.client.app.services.sessions.forget(EVERYBODY)


def _held() -> dict[str, frozenset[Permission]]:
    """The accounts that look, and what each holds."""
    everything = frozenset(Permission)
    held = {name: role.permissions for name, role in BUILT_IN.items()} | {POWERLESS: frozenset()}
    taken = {permission for rule in RULES.values() for permission in (rule.permission, rule.others, rule.besides)}
    for permission in sorted(permission for permission in taken if permission is not None):
        held |= {only(permission): frozenset({permission}), all_but(permission): everything - {permission}}
    return held


async def build(client: Client) -> World:
    """In an empty memory storage."""
    async with Argon2PasswordHasher() as hasher:
        made = _Population(client, await hasher.hash(PASSWORD))
    held = _held()
    async with client.app.storage.uow() as tx:
        await tx.roles.add(custom_role("guests", ()), client.app.clock.now())
        await made.pending(tx)
        for target in Target:
            if target is not Target.OWN:
                await made.target(tx, target)
        await made.quotes(tx)
        await made.avoided(tx)
        for name, permissions in held.items():
            await made.viewer(tx, name, permissions)
        await made.acquaintances(tx)
    await made.trends()
    await made.index()
    targets: dict[Target, Mapping[str, str]] = {
        target: made.things[target] for target in Target if target is not Target.OWN
    }
    await made.sign_in(Target.OTHER)
    viewers = {ANONYMOUSLY: Viewer(ANONYMOUSLY, client, None, {})}
    for name, permissions in held.items():
        await made.sign_in(name)
        things = made.things[name]
        own = Client(client.app, client.asgi, things["token"], things["user"])
        viewers[name] = Viewer(name, own, permissions, things)
    return World(client, viewers, targets)


class _Population:
    """Writes straight into the storage; `things` are what samples may name of each account."""

    def __init__(self, client: Client, password_hash: str) -> None:
        self.things: dict[str, dict[str, str]] = {}
        self._app = client.app
        self._password_hash = password_hash
        self._builder = Builder()
        self._codes = HmacCodeHasher(client.app.settings.secret_key.get_secret_value())
        self._users: dict[str, User] = {}
        self._avoided, self._shunned = self._builder.user(), self._builder.user()
        self._posts: dict[str, Post] = {}
        self._lists: dict[str, UserList] = {}

    async def pending(self, tx: Transaction) -> None:
        pending = self._builder.pending_user(email="pending@example.org")
        await tx.users.add(pending)
        await self._code(tx, pending, CodePurpose.VERIFY, "verify")

    async def target(self, tx: Transaction, target: Target) -> None:
        """An account with no permission, so that whoever may manage accounts may manage this one."""
        known = {status.value: status for status in (UserStatus.BANNED, UserStatus.DEACTIVATED)}
        user = replace(
            self._builder.user(username=f"the_{target}_one"),
            status=known.get(target.value, UserStatus.ACTIVE),
            roles=frozenset(),
            is_private=target is Target.PRIVATE,
        )
        await self._add(tx, target, user)
        await tx.activity.add(self._builder.activity(user))

    async def quotes(self, tx: Transaction) -> None:
        """Of every target's post, by somebody everybody sees."""
        for target in self._posts.keys() & set(Target):
            quote = self._builder.post(self._users[Target.OTHER])
            await tx.posts.add(replace(quote, quote_of=self._posts[target].id))

    async def avoided(self, tx: Transaction) -> None:
        """Two whom viewers want to have less to do with."""
        for user in (self._avoided, self._shunned):
            await tx.users.add(user)

    async def acquaintances(self, tx: Transaction) -> None:
        """Everybody follows the other one and is followed back, those whom nobody may see, too; they are the newest.
        All of them are on everybody's list.
        """
        other = self._users[Target.OTHER]
        for target in set(Target) - {Target.OWN, Target.OTHER}:
            await tx.follows.add(self._builder.follow(self._users[target], other))
            await tx.follows.add(self._builder.follow(other, self._users[target]))
        for listed in self._lists.values():
            for target in set(Target) - {Target.OWN}:
                await tx.lists.add_member(self._builder.member(listed, self._users[target]))

    async def viewer(self, tx: Transaction, name: str, permissions: frozenset[Permission]) -> None:
        """Follows everybody but the private one, though one of them blocks everybody; is asked for the same by all; and
        waits for the code of a new password and of a new address. The other one follows and is followed by whom nobody
        may see.
        """
        role = name
        if name not in BUILT_IN:
            role = f"custom-{len(self._users)}"
            await tx.roles.add(custom_role(role, permissions), self._app.clock.now())
        username = f"viewer_{len(self._users)}"
        user = replace(
            self._builder.user(username=username),
            roles=frozenset({role}),
            new_email=f"new.{username}@example.org",
        )
        user = await self._add(tx, name, user)
        for followed in (Target.OTHER, Target.BANNED, Target.DEACTIVATED, Target.BLOCKING):
            await tx.follows.add(self._builder.follow(user, self._users[followed]))
        now = self._app.clock.now()
        await tx.follows.add(self._builder.follow(self._avoided, user))
        await tx.mutes.put(Mute.start(user.id, self._avoided.id, [MuteOf.NOTIFICATIONS], at=now))
        await tx.muted_words.put(MutedWord.mute(user.id, "art", at=now))
        await tx.blocks.add(Block.start(user.id, self._shunned.id, at=now))
        for target in set(Target) - {Target.OWN}:
            asking = FollowRequest(self._builder.ids.follow(), self._users[target].id, user.id, now)
            await tx.requests.add(asking)
        await tx.blocks.add(Block.start(self._users[Target.BLOCKING].id, user.id, at=now))
        for kept in Target:
            if kept is not Target.OWN:
                await tx.bookmarks.put(self._builder.bookmark(self._posts[kept], user, folder="later"))
        await self._code(tx, user, CodePurpose.RESET, "reset")
        await self._code(tx, user, CodePurpose.EMAIL, f"email:{user.new_email}")

    async def trends(self) -> None:
        """Of the targets' posts alone: all of them fit on one page."""
        for target in self._posts.keys() & set(Target):
            ids = self._builder.ids
            shares = [Reaction(ids.share(), ids.user()) for _ in range(Limits().actors)]
            await self._app.storage.trending.add(Trendable(self._posts[target].id, (EVERYWHERE,)), shares, Limits())

    async def index(self) -> None:
        """Everybody and everything, as if no job had told the index what is hidden."""
        search = self._app.storage.search
        await search.put_posts(
            [
                PostDocument(post.id, post.author_id, tuple(indexed(post.content)), labels_of(post))
                for post in self._posts.values()
            ]
        )
        await search.put_users([UserDocument(user.id, name_words(user.username)) for user in self._users.values()])

    async def sign_in(self, name: str) -> None:
        # What a sign-in does once the password is known: Argon2 would take a second for all of them.
        signed_in = await self._app.services.sessions.begin(ANONYMOUS, self._users[name])
        sessions = await self._app.storage.sessions.sessions_of(self._users[name].id, self._app.clock.now())
        self.things[name] |= {
            "token": signed_in.access.token,
            "refresh": signed_in.refresh_token,
            "session": str(sessions[0].id),
        }

    async def _add(self, tx: Transaction, name: str, user: User) -> User:
        """The account with a post, an answer to it by somebody everybody sees, and a comment where everybody looks."""
        user = user.with_password(self._password_hash)
        await tx.users.add(user)
        post = self._builder.post(user)
        await tx.posts.add(post)
        self._users[name], self._posts[name] = user, post
        await tx.pins.put(user.id, post.id, self._app.clock.now())
        media = self._builder.media(user)
        await tx.media.add(media, Allowance(bytes=100, pending=1))
        await tx.media.attach(post.id, user.id, [media.id])
        answer = self._builder.comment(post, self._users[Target.OTHER])
        await tx.comments.add(answer)
        await tx.likes.add(self._builder.like(post, self._users[Target.OTHER]))
        await tx.likes.add(self._builder.like(self._posts[Target.OTHER], user))
        comment = self._builder.comment(self._posts[Target.OTHER], user)
        await tx.comments.add(comment)
        draft = self._builder.draft(user)
        await tx.drafts.add(draft)
        self._lists[name] = self._builder.user_list(user)
        await tx.lists.add(self._lists[name])
        self.things[name] = {
            "draft": str(draft.id),
            "list": str(self._lists[name].id),
            "user": str(user.id),
            "name": user.username,
            "email": user.email,
            "post": str(post.id),
            "answer": str(answer.id),
            "media": str(media.id),
            "comment": str(comment.id),
        }
        return user

    async def _code(self, tx: Transaction, user: User, purpose: CodePurpose, bound: str) -> None:
        code_hash = self._codes.hash(user.id, bound, CODE)
        await tx.codes.put(
            OneTimeCode.issue(self._builder.ids.code(), user.id, purpose, code_hash, at=self._app.clock.now())
        )
