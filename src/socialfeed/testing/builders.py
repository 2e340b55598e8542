"""Valid things to test with."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count

from socialfeed.application.ports.clock import Clock
from socialfeed.domain.activity import NOBODY, Action, Activity, Outcome
from socialfeed.domain.bookmark import Bookmark
from socialfeed.domain.comment import Comment, CommentLike
from socialfeed.domain.draft import Draft
from socialfeed.domain.engagement import Like, Share
from socialfeed.domain.events import Envelope, Event, PostPublished
from socialfeed.domain.graph import Follow
from socialfeed.domain.ids import IdFactory
from socialfeed.domain.media import Header, Look, Media, MediaStatus, Rendition
from socialfeed.domain.permissions import Grant, Permission, Role, custom_role
from socialfeed.domain.post import Post
from socialfeed.domain.session import Session
from socialfeed.domain.user import CodePurpose, OneTimeCode, User
from socialfeed.domain.user_list import Member, UserList
from socialfeed.testing.clock import TickingClock


class Builder:
    """Makes valid entities that differ from each other in id, moment, name and text.

    Nothing is stored. What a builder makes later has a higher id and a later moment. Two builders that write
    to one place need different `node` numbers (0 to 255), else their ids collide.
    """

    def __init__(self, clock: Clock | None = None, *, node: int = 0) -> None:
        self.clock: Clock = clock or TickingClock()
        self.ids = IdFactory(lambda: int(self.clock.now().timestamp() * 1000), node)
        self._numbers = count(1)
        self._node = node

    def user(self, *, username: str | None = None, email: str | None = None, bio: str = "") -> User:
        """An active account."""
        return self.pending_user(username=username, email=email, bio=bio).verified()

    def pending_user(self, *, username: str | None = None, email: str | None = None, bio: str = "") -> User:
        """An account whose address is not verified yet."""
        name = f"user_{self._node}_{next(self._numbers)}"
        return User.register(
            self.ids.user(),
            username=username or name,
            email=email or f"{username or name}@example.org".lower(),
            password_hash=f"hash of the password of {name}",
            first_name="Zoë",
            last_name=f"Müller {name}"[:50],
            bio=bio,
            at=self.clock.now(),
        )

    def code(self, user: User, purpose: CodePurpose = CodePurpose.VERIFY) -> OneTimeCode:
        code_id = self.ids.code()
        return OneTimeCode.issue(code_id, user.id, purpose, f"hash of code {code_id}", at=self.clock.now())

    def session(self, user: User) -> Session:
        session_id = self.ids.session()
        return Session.begin(
            session_id,
            user.id,
            f"hash of the first token of {session_id}",
            at=self.clock.now(),
            address="2001:db8::7",
            user_agent="Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101",
        )

    def role(self, *permissions: Permission, name: str | None = None) -> Role:
        """A custom role."""
        return custom_role(name or f"role-{self._node}-{next(self._numbers)}", permissions)

    def grant(
        self, user: User, permission: Permission = Permission.USER_READ, *, expires_at: datetime | None = None
    ) -> Grant:
        return Grant(user.id, permission, self.clock.now(), expires_at)

    def activity(
        self,
        actor: User | None = None,
        action: Action = Action.SESSION_BEGIN,
        outcome: Outcome = Outcome.DONE,
        *,
        object_id: int | None = None,
        details: Mapping[str, str] | None = None,
    ) -> Activity:
        """An entry of the actor's, or of nobody's in particular."""
        return Activity(
            self.ids.activity(),
            actor.id if actor else NOBODY,
            action,
            outcome,
            object_id,
            address="2001:db8::7",
            details=details or {},
        )

    def post(self, author: User, *, content: str | None = None, image_url: str | None = None) -> Post:
        return Post.write(
            self.ids.post(),
            author.id,
            content=content or f"Post {next(self._numbers)}: naïve café\nwith a second line 🎈",
            image_url=image_url,
            at=self.clock.now(),
        )

    def comment(
        self, post: Post, author: User, *, parent: Comment | None = None, content: str | None = None
    ) -> Comment:
        return Comment.write(
            self.ids.comment(),
            author.id,
            post.id,
            content=content or f"Comment {next(self._numbers)}",
            parent=parent,
            at=self.clock.now(),
        )

    def like(self, post: Post, user: User) -> Like:
        return Like(self.ids.like(), post.id, user.id, self.clock.now())

    def comment_like(self, comment: Comment, user: User) -> CommentLike:
        return CommentLike(self.ids.like(), comment.id, user.id, self.clock.now())

    def share(self, post: Post, user: User) -> Share:
        return Share(self.ids.share(), post.id, user.id, self.clock.now())

    def bookmark(self, post: Post, user: User, *, folder: str = "") -> Bookmark:
        return Bookmark.keep(self.ids.event(), user.id, post.id, folder, at=self.clock.now())

    def draft(self, author: User, *, content: str | None = None, scheduled_at: datetime | None = None) -> Draft:
        return Draft.write(
            self.ids.draft(),
            author.id,
            content=content or f"Draft {next(self._numbers)}",
            scheduled_at=scheduled_at,
            at=self.clock.now(),
        )

    def user_list(self, owner: User, *, name: str | None = None) -> UserList:
        return UserList.make(self.ids.list(), owner.id, name or f"List {next(self._numbers)}", at=self.clock.now())

    def member(self, user_list: UserList, user: User) -> Member:
        return Member(self.ids.event(), user_list.id, user.id, self.clock.now())

    def follow(self, follower: User, followee: User) -> Follow:
        return Follow.start(self.ids.follow(), follower.id, followee.id, at=self.clock.now())

    def media(
        self, owner: User, *, status: MediaStatus = MediaStatus.READY, content_type: str = "image/jpeg", size: int = 5
    ) -> Media:
        """A picture of 640 by 480, or a video, of `size` bytes before and after it was processed."""
        media_id = self.ids.media()
        header = Header(content_type, 640, 480)
        media = Media.receive(
            media_id, owner.id, header, size, key=f"{media_id:032x}", alt_text="A café 🎈", at=self.clock.now()
        )
        look = Look(content_type, 640, 480, size, "LEHV6nWB2yk8pyo0adR*.7kCMdnj", (Rendition(320, 240),))
        if status is MediaStatus.READY:
            return media.ready(look)
        if status is MediaStatus.FAILED:
            return media.failed("MEDIA_BROKEN")
        return media.received() if status is MediaStatus.PENDING else media

    def envelope(self, event: Event | None = None) -> Envelope:
        """The event, or some `PostPublished`, as the outbox keeps it."""
        return Envelope(
            self.ids.event(),
            event or PostPublished(post_id=self.ids.post(), author_id=self.ids.user()),
            self.clock.now(),
        )
