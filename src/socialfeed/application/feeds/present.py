"""From what was hydrated to what is shown."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from socialfeed.application.feeds.hydrate import HydratedPosts
from socialfeed.application.ports.readers import Profile
from socialfeed.application.views import (
    CommentView,
    LikeView,
    PostView,
    RelationshipView,
    ShareView,
    UserView,
)
from socialfeed.domain.comment import Comment, Liking
from socialfeed.domain.engagement import Counts, Engaged, Like, Share
from socialfeed.domain.graph import Relation
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.policies import may_reply
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.domain.visibility import Reason, Viewpoint

_NO_COUNTS = Counts()
_NOT_ENGAGED = Engaged()
_NOT_LIKED = Liking()


def user_view(profile: Profile) -> UserView:
    return UserView(
        id=profile.id,
        username=profile.username,
        first_name=profile.first_name,
        last_name=profile.last_name,
        bio=profile.bio,
        created_at=profile.created_at,
        avatar=profile.avatar_url,
        is_private=profile.is_private,
    )


def user_views(profiles: Mapping[UserId, Profile]) -> dict[UserId, UserView]:
    return {user_id: user_view(profile) for user_id, profile in profiles.items()}


def relationship_view(user_id: UserId, relation: Relation, at: datetime) -> RelationshipView:
    mute = relation.mute if relation.mute and not relation.mute.is_over(at) else None
    return RelationshipView(
        user_id=user_id,
        is_following=relation.following,
        is_followed_by=relation.followed_by,
        is_requested=relation.requested,
        has_requested=relation.requested_by,
        is_blocking=relation.blocking,
        muted_kinds=[kind.name or "" for kind in mute.kinds] if mute else [],
        muted_until=mute.until if mute else None,
        priority=relation.priority.name,
    )


def public_view(user: User) -> UserView:
    """An account as everybody sees it."""
    return UserView(
        id=user.id,
        username=user.username,
        first_name=user.first_name,
        last_name=user.last_name,
        bio=user.bio,
        created_at=user.created_at,
        avatar=user.avatar_url,
        is_private=user.is_private,
    )


def own_view(user: User) -> UserView:
    """An account as its owner sees it."""
    view = public_view(user)
    view.email, view.locale = user.email, user.locale
    return view


_UNLIMITED: Mapping[PostId, Reason | None] = {}


def post_views(
    ids: Iterable[PostId], hydrated: HydratedPosts, limited: Mapping[PostId, Reason | None] = _UNLIMITED
) -> list[PostView]:
    """Views of posts that passed the rules, in the order given; authors are made once a page."""
    authors = {user_id: user_view(profile) for user_id, profile in hydrated.authors.items()}
    viewpoint = hydrated.viewpoint
    views = []
    for post_id in ids:
        post = hydrated.posts[post_id]
        counts = hydrated.counts.get(post_id, _NO_COUNTS)
        engaged = hydrated.engaged.get(post_id, _NOT_ENGAGED)
        views.append(
            PostView(
                id=post.id,
                content=post.content,
                image=post.image_url,
                author=authors[post.author_id],
                created_at=post.created_at,
                edited_at=post.edited_at,
                likes_count=counts.likes,
                comments_count=counts.comments,
                shares_count=counts.shares,
                is_liked=engaged.liked,
                is_shared=engaged.shared,
                is_bookmarked=engaged.bookmarked,
                visibility=post.visibility,
                reply_policy=post.reply_policy,
                sensitive=post.sensitive,
                content_warning=post.content_warning,
                language=post.language,
                tags=post.tags,
                mention_ids=post.mentions,
                quote_of=post.quote_of,
                can_reply=can_reply(post, viewpoint),
                limited=limited.get(post_id),
                is_locked=post.is_locked,
            )
        )
    return views


def can_reply(post: Post, viewpoint: Viewpoint) -> bool:
    """Whether the viewer, who sees the post, may comment on it, as far as its author is concerned."""
    viewer_id = viewpoint.viewer_id
    if viewer_id is None or (post.locked_at is not None and viewer_id != post.author_id):
        return False
    return may_reply(post, viewer_id, author_follows=viewpoint.relation(post.author_id).followed_by)


def comment_view(
    comment: Comment, author: UserView | None, liking: Liking = _NOT_LIKED, limited: Reason | None = None
) -> CommentView:
    return CommentView(
        id=comment.id,
        content=comment.content,
        author=author,
        post_id=comment.post_id,
        parent_id=comment.parent_id,
        depth=comment.depth,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        is_deleted=comment.is_deleted,
        likes_count=liking.likes,
        is_liked=liking.liked,
        limited=limited,
        is_hidden=comment.is_hidden,
    )


def like_view(like: Like, user: UserView, post: PostView) -> LikeView:
    return LikeView(like.id, user, post, like.created_at)


def share_view(share: Share, user: UserView, post: PostView) -> ShareView:
    return ShareView(share.id, user, post, share.created_at)
