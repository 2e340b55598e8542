"""The one policy that says what a viewer sees, and why. Every read path asks it; storage may pre-filter, this decides.

Three answers. *Shown*: everywhere. *Limited*: where the viewer asks for just this, by its id, on its author's page or
in its thread, and marked there; never in a feed, a search or a suggestion. *Hidden*: nowhere, as if it were not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from socialfeed.domain.graph import STRANGER, MutedWord, MuteOf, Relation, mutes_text
from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post, Visibility


class Shown(StrEnum):
    SHOWN = "shown"
    LIMITED = "limited"
    HIDDEN = "hidden"


class Reason(StrEnum):
    """Why something is not simply shown. Those of what is hidden never reach a client."""

    GONE = "gone"
    """Deleted, or by an account that is not active."""
    BLOCKED = "blocked"
    """The viewer blocks the author, or is blocked."""
    PRIVATE = "private"
    """For followers, whom the viewer is not among; or for the mentioned."""
    MUTED_AUTHOR = "muted_author"
    MUTED_WORD = "muted_word"
    UNLISTED = "unlisted"

    @property
    def limits(self) -> bool:
        """Whether a client gets to see it."""
        return self in (Reason.MUTED_AUTHOR, Reason.MUTED_WORD, Reason.UNLISTED)


class Verdict(NamedTuple):
    shown: Shown
    reason: Reason | None = None

    @property
    def is_hidden(self) -> bool:
        return self.shown is Shown.HIDDEN

    @property
    def is_shown(self) -> bool:
        return self.shown is Shown.SHOWN


SHOWN = Verdict(Shown.SHOWN)
GONE = Verdict(Shown.HIDDEN, Reason.GONE)
BLOCKED = Verdict(Shown.HIDDEN, Reason.BLOCKED)
PRIVATE = Verdict(Shown.HIDDEN, Reason.PRIVATE)
BLOCKING = Verdict(Shown.LIMITED, Reason.BLOCKED)
MUTED_AUTHOR = Verdict(Shown.LIMITED, Reason.MUTED_AUTHOR)
MUTED_WORD = Verdict(Shown.LIMITED, Reason.MUTED_WORD)
UNLISTED = Verdict(Shown.LIMITED, Reason.UNLISTED)


EVERY_VISIBILITY = frozenset(Visibility)
FOR_FOLLOWERS = EVERY_VISIBILITY - {Visibility.MENTIONED}
FOR_ANYBODY = FOR_FOLLOWERS - {Visibility.FOLLOWERS}


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """What the policy knows about a viewer: who it is, how it stands to the accounts at hand (those it has nothing to
    do with may be left out), the words it does not want to read, and the moment, by which mutes are over.
    """

    viewer_id: UserId | None
    at: datetime
    relations: Mapping[UserId, Relation] = field(default_factory=lambda: MappingProxyType({}))
    muted_words: tuple[MutedWord, ...] = ()

    @property
    def until(self) -> datetime | None:
        """When the next mute, of an account at hand or of a word, is over."""
        ends = [relation.mute.until for relation in self.relations.values() if relation.mute is not None]
        ends += [word.until for word in self.muted_words]
        return min((end for end in ends if end is not None and end > self.at), default=None)

    def relation(self, user_id: UserId) -> Relation:
        return self.relations.get(user_id, STRANGER)

    def account(self, user_id: UserId, *, is_active: bool) -> Verdict:
        """The account itself: its profile, its place in a list. One whom the viewer blocks is limited, so that the
        block can be found and lifted.
        """
        if user_id == self.viewer_id:
            return SHOWN
        if not is_active:
            return GONE
        relation = self.relation(user_id)
        if relation.blocked_by:
            return BLOCKED
        return BLOCKING if relation.blocking else SHOWN

    def words(self, author_id: UserId, content: str, *, is_active: bool) -> Verdict:
        """What somebody wrote under the post of another."""
        if author_id == self.viewer_id:
            return SHOWN
        account = self.account(author_id, is_active=is_active)
        if not account.is_shown:
            return Verdict(Shown.HIDDEN, account.reason)
        return self._mutes(author_id, content)

    def page(self, author_id: UserId, *, is_active: bool, is_private: bool) -> Verdict:
        """The account's page: its posts, and whom it follows and is followed by."""
        account = self.account(author_id, is_active=is_active)
        if not account.is_shown or author_id == self.viewer_id:
            return Verdict(Shown.SHOWN if account.is_shown else Shown.HIDDEN, account.reason)
        return PRIVATE if is_private and not self.relation(author_id).following else SHOWN

    def on_page(self, author_id: UserId) -> frozenset[Visibility]:
        """What of an author's page that is shown stands there. What is for the mentioned reaches them by itself."""
        if author_id == self.viewer_id:
            return EVERY_VISIBILITY
        return FOR_FOLLOWERS if self.relation(author_id).following else FOR_ANYBODY

    def post(self, post: Post, *, is_active: bool, is_private: bool) -> Verdict:
        """A post by an author who `is_active` and `is_private`."""
        author_id = post.author_id
        if post.is_deleted:
            return GONE
        if author_id == self.viewer_id:
            return SHOWN
        if not is_active:
            return GONE
        relation = self.relation(author_id)
        if relation.blocking or relation.blocked_by:
            return BLOCKED
        if self.viewer_id is None or self.viewer_id not in post.mentions:
            if post.visibility is Visibility.MENTIONED:
                return PRIVATE
            if (is_private or post.visibility is Visibility.FOLLOWERS) and not relation.following:
                return PRIVATE
        muted = self._mutes(author_id, f"{post.content_warning or ''}\n{post.content}")
        if not muted.is_shown:
            return muted
        return UNLISTED if post.visibility is Visibility.UNLISTED and not relation.following else SHOWN

    def welcomes(self, user_id: UserId) -> bool:
        """Whether what the account posts and shares comes into the viewer's home feed."""
        return user_id == self.viewer_id or self.relation(user_id).following

    def shared(
        self, post: Post, sharer_id: UserId, *, sharer_is_active: bool, is_active: bool, is_private: bool
    ) -> bool:
        """Whether the post may stand in the viewer's home feed because somebody shared it. Whoever shares what is
        unlisted has come across it. `is_active` and `is_private` are the author's.
        """
        if not self.welcomes(sharer_id) or not self.account(sharer_id, is_active=sharer_is_active).is_shown:
            return False
        if self._mutes_of(sharer_id, MuteOf.SHARES):
            return False
        verdict = self.post(post, is_active=is_active, is_private=is_private)
        return verdict.is_shown or verdict.reason is Reason.UNLISTED

    def discovers(self, post: Post, *, is_active: bool, is_private: bool) -> bool:
        """Whether the post may be shown where nobody asked for its author: trends, tags, public feeds, search."""
        if is_private or post.visibility is not Visibility.PUBLIC:
            return False
        return self.post(post, is_active=is_active, is_private=is_private).is_shown

    def trends(self, post: Post, *, is_active: bool, is_private: bool) -> bool:
        """Whether the post may be among those that trend: what may be discovered, and needs no warning. What is to
        reach fewer people is to be left out here.
        """
        return not post.sensitive and self.discovers(post, is_active=is_active, is_private=is_private)

    def _mutes(self, author_id: UserId, content: str) -> Verdict:
        if self._mutes_of(author_id, MuteOf.POSTS):
            return MUTED_AUTHOR
        return MUTED_WORD if mutes_text(self.muted_words, content, self.at) else SHOWN

    def _mutes_of(self, user_id: UserId, kind: MuteOf) -> bool:
        mute = self.relation(user_id).mute
        return mute is not None and kind in mute.kinds and not mute.is_over(self.at)
