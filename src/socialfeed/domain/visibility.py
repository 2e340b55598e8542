"""The one policy that says what a viewer sees. Every read path asks it; storage may pre-filter, this decides."""

from dataclasses import dataclass

from socialfeed.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """What the policy knows about a viewer: who it is and which of the authors at hand it follows."""

    viewer_id: UserId | None
    following: frozenset[UserId] = frozenset()

    def knows(self, user_id: UserId, *, is_active: bool) -> bool:
        """Whether this account is shown at all, with what it wrote under the posts of others."""
        return is_active or user_id == self.viewer_id

    def sees(self, author_id: UserId, *, is_active: bool, is_private: bool) -> bool:
        """Whether posts of this author may be shown, anywhere."""
        if author_id == self.viewer_id:
            return True
        return is_active and (not is_private or author_id in self.following)

    def has_at_home(self, author_id: UserId) -> bool:
        """Whether posts of this author belong in the viewer's home feed."""
        return author_id == self.viewer_id or author_id in self.following
