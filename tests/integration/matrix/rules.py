"""Who may do what, said once more and apart from the code: one rule for each field of the SDL and each REST route.

A rule's samples name things of whoever it is about: `$user`, `$name`, `$email`, `$post`, `$answer` (to that post),
`$comment` (under another), `$media` (of that post), `$list`, and of those who are signed in `$session`, `$token` and
`$refresh`. `$mine` is a list of the viewer's, `$password` is everybody's, `$file` a picture, `$code` the one that was
mailed to the viewer. Where a field or a route has more than one way in, each has a rule: the name of the way follows a
`#`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from socialfeed.domain.permissions import Permission as P


class Target(StrEnum):
    """Whose the thing is that a request is about."""

    OWN = "own"
    OTHER = "other"
    BANNED = "banned"
    DEACTIVATED = "deactivated"
    PRIVATE = "private"
    """And the viewer does not follow them."""
    BLOCKING = "blocking"
    """They block whoever looks. Who is not signed in they cannot block."""


BLOCKED = (Target.BANNED, Target.DEACTIVATED, Target.PRIVATE, Target.BLOCKING)
"""Of somebody whose posts the viewer may not see."""


class Who(StrEnum):
    ANYBODY = "anybody"
    SIGNED_IN = "whoever is signed in"


DONE = "done"
NOTHING = "nothing"
"""Null, or an empty page. Everything else that may be expected is an error's code."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`expects` says what becomes of the request of somebody who may make it, by whose the thing is; what is left out
    is not tried. `nobody` says what somebody gets who is not signed in, where that differs.
    """

    who: Who | P
    sample: str | Mapping[str, str]
    expects: Mapping[Target, str]
    nobody: str | None = None
    or_owner: bool = False
    """Owners may without the permission."""
    others: P | None = None
    """What it takes besides, where the thing is somebody else's and shown to the viewer."""
    besides: P | None = None
    """What it takes besides, whoever's the thing is; asked for second."""
    or_nothing: bool = False
    """Whoever may not is told nothing, not even that."""
    reveals: bool = False
    """Whoever was hidden is not any more after it, and neither is what they posted."""
    proves_owner: bool = False
    """By a password, a code or a token in the sample: the answer may hold what only the owner sees."""

    @property
    def permission(self) -> P | None:
        return self.who if isinstance(self.who, P) else None


def _rule(
    who: Who | P,
    sample: str | Mapping[str, str] = "",
    *,
    blocked: str | None = None,
    nobody: str | None = None,
    or_owner: bool = False,
    others: P | None = None,
    besides: P | None = None,
    or_nothing: bool = False,
    reveals: bool = False,
    proves_owner: bool = False,
    **expected: str,
) -> Rule:
    """About the viewer alone, unless more is `expected`; `blocked` is expected of all who are, unless told apart."""
    expects = dict.fromkeys(BLOCKED, blocked) if blocked else {}
    expects |= {Target(name): outcome for name, outcome in expected.items()}
    return Rule(
        who, sample, expects or {Target.OWN: DONE}, nobody, or_owner, others, besides, or_nothing, reveals, proves_owner
    )


ANYBODY, SIGNED_IN = Who.ANYBODY, Who.SIGNED_IN

QUERIES: Mapping[str, Rule] = {
    "Query.me": _rule(ANYBODY, nobody=NOTHING),
    "Query.user": _rule(ANYBODY, "id: $user", own=DONE, other=DONE, blocked=NOTHING, private=DONE),
    "Query.user#username": _rule(ANYBODY, "username: $name", own=DONE, other=DONE, blocked=NOTHING, private=DONE),
    "Query.post": _rule(ANYBODY, "id: $post", own=DONE, other=DONE, blocked=NOTHING),
    # Ways by the type of what is asked for; what follows a comma tells two of them apart.
    "Query.node#User": _rule(ANYBODY, "id: $user", own=DONE, other=DONE, blocked=NOTHING, private=DONE),
    "Query.node#Post": _rule(ANYBODY, "id: $post", own=DONE, other=DONE, blocked=NOTHING),
    "Query.node#Media": _rule(ANYBODY, "id: $media", own=DONE, other=DONE, blocked=NOTHING),
    "Query.node#Comment": _rule(ANYBODY, "id: $comment", own=DONE, other=DONE, blocked=NOTHING, private=DONE),
    "Query.node#Comment,answer": _rule(ANYBODY, "id: $answer", own=DONE, other=DONE, blocked=NOTHING),
    "Query.node#Draft": _rule(ANYBODY, "id: $draft", own=DONE, other=NOTHING, blocked=NOTHING),
    "Query.node#Session": _rule(ANYBODY, "id: $session", own=DONE, other=NOTHING),
    "Query.node#List": _rule(P.FEED_READ, "id: $list", own=DONE, other=NOTHING, blocked=NOTHING, or_nothing=True),
    "Query.nodes#Post": _rule(ANYBODY, "ids: [$post]", own=DONE, other=DONE, blocked=NOTHING),
    "Query.nodes#User": _rule(ANYBODY, "ids: [$user]", own=DONE, other=DONE, blocked=NOTHING, private=DONE),
    "Query.media": _rule(ANYBODY, "id: $media", own=DONE, other=DONE, blocked=NOTHING),
    "Query.sessions": _rule(SIGNED_IN),
    "Query.permissions": _rule(P.ROLE_MANAGE),
    "Query.roles": _rule(P.ROLE_ASSIGN),
    "Query.access": _rule(SIGNED_IN),
    "Query.access#userId": _rule(P.USER_READ, "userId: $user", own=DONE, other=DONE, blocked=DONE, or_owner=True),
    "Query.activityLog": _rule(P.ACTIVITY_READ, "filter: {actorId: $user}", own=DONE, other=DONE, blocked=DONE),
    "Query.myActivity": _rule(SIGNED_IN),
    "Query.postsByUser": _rule(ANYBODY, "userId: $user", own=DONE, other=DONE, blocked=NOTHING),
    "Query.userPosts": _rule(ANYBODY, "userId: $user", own=DONE, other=DONE, blocked=NOTHING),
    "Query.userFeed": _rule(P.FEED_READ),
    "Query.homeFeed": _rule(P.FEED_READ),
    "Query.trendingPosts": _rule(ANYBODY),
    "Query.trendingTags": _rule(ANYBODY, own=NOTHING),
    "Query.tagFeed": _rule(ANYBODY, 'tag: "#art", first: 10', own=NOTHING),
    "Query.publicFeed": _rule(ANYBODY, "first: 10"),
    "Query.searchPosts": _rule(ANYBODY, 'query: "second line", author: $name', own=DONE, other=DONE, blocked=NOTHING),
    "Query.searchUsers": _rule(ANYBODY, "query: $name", own=DONE, other=DONE, blocked=NOTHING, private=DONE),
    "Query.relationship": _rule(
        SIGNED_IN, "userId: $user", own=DONE, other=DONE, blocked="USER_NOT_FOUND", private=DONE
    ),
    "Query.followers": _rule(
        ANYBODY, "userId: $user", own=DONE, other=DONE, blocked="USER_NOT_FOUND", private="PRIVATE_ACCOUNT"
    ),
    "Query.following": _rule(
        ANYBODY, "userId: $user", own=DONE, other=DONE, blocked="USER_NOT_FOUND", private="PRIVATE_ACCOUNT"
    ),
    "Query.followRequests": _rule(P.USER_FOLLOW),
    "Query.blockedUsers": _rule(P.USER_BLOCK),
    "Query.mutedUsers": _rule(P.USER_MUTE),
    "Query.mutedWords": _rule(P.USER_MUTE),
    "Query.suggestedUsers": _rule(P.USER_FOLLOW),
    "Query.likers": _rule(ANYBODY, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Query.drafts": _rule(SIGNED_IN),
    "Query.bookmarks": _rule(P.POST_BOOKMARK),
    "Query.bookmarks#folder": _rule(P.POST_BOOKMARK, 'folder: "later"'),
    "Query.bookmarkFolders": _rule(P.POST_BOOKMARK),
    "Query.lists": _rule(P.FEED_READ),
    "Query.lists#memberId": _rule(P.FEED_READ, "memberId: $user", own=NOTHING, other=DONE, blocked=DONE),
    "Query.listFeed": _rule(P.FEED_READ, "listId: $mine"),
    "Query.listFeed#another's": _rule(
        P.FEED_READ, "listId: $list", own=DONE, other="LIST_NOT_FOUND", blocked="LIST_NOT_FOUND"
    ),
    "Query.list": _rule(P.FEED_READ, "id: $list", own=DONE, other=NOTHING, blocked=NOTHING),
    "Query.comments": _rule(ANYBODY, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Query.comments#parentId": _rule(
        ANYBODY, "postId: $post, parentId: $answer", own=NOTHING, other=NOTHING, blocked="POST_NOT_FOUND"
    ),
    "Query.catchUp": _rule(P.FEED_READ, 'since: "2026-01-01T00:00:00Z"', own=NOTHING),
}

MUTATIONS: Mapping[str, Rule] = {
    # The answer must not tell whether an address is known, whoever's it is.
    "Mutation.registerUser": _rule(
        ANYBODY,
        'username: "newcomer", email: $email, password: $password',
        own=DONE,
        other=DONE,
        blocked=DONE,
        proves_owner=True,
    ),
    "Mutation.verifyEmailOtp": _rule(ANYBODY, 'email: "pending@example.org", otpCode: $code', proves_owner=True),
    "Mutation.resendEmailOtp": _rule(ANYBODY, "email: $email", own=DONE, other=DONE, blocked=DONE),
    "Mutation.tokenAuth": _rule(
        ANYBODY,
        "username: $name, password: $password",
        own=DONE,
        other=DONE,
        blocked=DONE,
        banned="ACCOUNT_BANNED",
        reveals=True,
        proves_owner=True,
    ),
    "Mutation.refreshToken": _rule(ANYBODY, "refreshToken: $refresh", own=DONE, other=DONE, proves_owner=True),
    "Mutation.revokeToken": _rule(ANYBODY, "refreshToken: $refresh", own=DONE, other=DONE),
    "Mutation.logout": _rule(SIGNED_IN),
    "Mutation.logoutEverywhere": _rule(SIGNED_IN),
    "Mutation.revokeSession": _rule(SIGNED_IN, "id: $session", own=DONE, other="SESSION_NOT_FOUND"),
    "Mutation.requestPasswordReset": _rule(ANYBODY, "email: $email", own=DONE, other=DONE, blocked=DONE),
    "Mutation.resetPassword": _rule(
        ANYBODY,
        'email: $email, otpCode: $code, newPassword: "another password"',
        own=DONE,
        other="CODE_REJECTED",
        blocked="CODE_REJECTED",
    ),
    "Mutation.changePassword": _rule(
        P.ACCOUNT_UPDATE, 'currentPassword: $password, newPassword: "another password"', proves_owner=True
    ),
    "Mutation.changeEmail": _rule(P.ACCOUNT_UPDATE, 'newEmail: "new@example.org", currentPassword: $password'),
    "Mutation.confirmEmail": _rule(P.ACCOUNT_UPDATE, "otpCode: $code"),
    "Mutation.updateProfile": _rule(P.ACCOUNT_UPDATE, 'bio: "Another.", isPrivate: true, locale: "de"'),
    "Mutation.deactivateAccount": _rule(P.ACCOUNT_DELETE, "currentPassword: $password"),
    "Mutation.deleteAccount": _rule(P.ACCOUNT_DELETE, "currentPassword: $password"),
    # What is given away in these is covered by the permission itself, and those who are managed may do nothing: what
    # more they take is in tests/integration/product/test_access.py.
    "Mutation.createRole": _rule(P.ROLE_MANAGE, 'name: "scribes", permissions: ["role:manage"]'),
    "Mutation.updateRole": _rule(P.ROLE_MANAGE, 'name: "guests", permissions: ["role:manage"]'),
    "Mutation.assignRole": _rule(
        P.ROLE_ASSIGN, 'userId: $user, role: "guests"', own="OWN_ACCOUNT", other=DONE, blocked=DONE
    ),
    "Mutation.revokeRole": _rule(
        P.ROLE_ASSIGN, 'userId: $user, role: "guests"', own="OWN_ACCOUNT", other=DONE, blocked=DONE
    ),
    "Mutation.grantPermission": _rule(
        P.GRANT_MANAGE, 'userId: $user, permission: "grant:manage"', own="OWN_ACCOUNT", other=DONE, blocked=DONE
    ),
    "Mutation.revokePermission": _rule(
        P.GRANT_MANAGE, 'userId: $user, permission: "grant:manage"', own="OWN_ACCOUNT", other=DONE, blocked=DONE
    ),
    "Mutation.banUser": _rule(P.USER_BAN, "userId: $user", own="OWN_ACCOUNT", other=DONE, blocked=DONE),
    "Mutation.unbanUser": _rule(P.USER_BAN, "userId: $user", own="OWN_ACCOUNT", other=DONE, blocked=DONE, reveals=True),
    "Mutation.createPost": _rule(
        P.POST_CREATE,
        'content: "Hello #world", visibility: UNLISTED, sensitive: true, contentWarning: "Words", language: "en", '
        'replyPolicy: FOLLOWED, idempotencyKey: "once"',
    ),
    "Mutation.createDraft": _rule(P.POST_CREATE, 'content: "", mediaIds: []'),
    "Mutation.updateDraft": _rule(
        P.POST_CREATE,
        'draftId: $draft, content: "Hm", mediaIds: []',
        own=DONE,
        other="DRAFT_NOT_FOUND",
        blocked="DRAFT_NOT_FOUND",
    ),
    "Mutation.deleteDraft": _rule(
        SIGNED_IN, "draftId: $draft", own=DONE, other="DRAFT_NOT_FOUND", blocked="DRAFT_NOT_FOUND"
    ),
    "Mutation.publishDraft": _rule(
        P.POST_CREATE, "draftId: $draft", own=DONE, other="DRAFT_NOT_FOUND", blocked="DRAFT_NOT_FOUND"
    ),
    "Mutation.updatePost": _rule(
        P.POST_UPDATE,
        'postId: $post, content: "Another", mediaIds: [$media], visibility: FOLLOWERS, replyPolicy: NOBODY',
        own=DONE,
        other="FORBIDDEN",
        blocked="POST_NOT_FOUND",
    ),
    "Mutation.deletePost": _rule(
        P.POST_DELETE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND", others=P.POST_DELETE_ANY
    ),
    "Mutation.restorePost": _rule(
        P.POST_DELETE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND", others=P.POST_RESTORE_ANY
    ),
    "Mutation.uploadMedia": _rule(P.MEDIA_UPLOAD, "file: $file"),
    "Mutation.updateMedia": _rule(
        P.MEDIA_UPLOAD,
        'mediaId: $media, altText: "Hm"',
        own=DONE,
        other="FORBIDDEN",
        blocked="MEDIA_NOT_FOUND",
    ),
    "Mutation.deleteMedia": _rule(
        P.MEDIA_UPLOAD,
        "mediaId: $media",
        own=DONE,
        other=DONE,
        blocked="MEDIA_NOT_FOUND",
        others=P.MEDIA_DELETE_ANY,
    ),
    "Mutation.createComment": _rule(
        P.COMMENT_CREATE, 'postId: $post, content: "Hello"', own=DONE, other=DONE, blocked="POST_NOT_FOUND"
    ),
    "Mutation.updateComment": _rule(
        P.COMMENT_UPDATE,
        'commentId: $comment, content: "Hm"',
        own=DONE,
        other="FORBIDDEN",
        blocked="COMMENT_NOT_FOUND",
        private="FORBIDDEN",
    ),
    "Mutation.deleteComment": _rule(
        P.COMMENT_DELETE,
        "commentId: $comment",
        own=DONE,
        other=DONE,
        blocked="COMMENT_NOT_FOUND",
        private=DONE,
        others=P.COMMENT_DELETE_ANY,
    ),
    "Mutation.hideComment": _rule(
        P.COMMENT_HIDE,
        "commentId: $answer",
        own=DONE,
        other=DONE,
        blocked="COMMENT_NOT_FOUND",
        others=P.COMMENT_HIDE_ANY,
    ),
    "Mutation.unhideComment": _rule(
        P.COMMENT_HIDE,
        "commentId: $answer",
        own=DONE,
        other=DONE,
        blocked="COMMENT_NOT_FOUND",
        others=P.COMMENT_HIDE_ANY,
    ),
    "Mutation.lockThread": _rule(
        P.COMMENT_HIDE, "postId: $post", own=DONE, other="FORBIDDEN", blocked="POST_NOT_FOUND"
    ),
    "Mutation.unlockThread": _rule(
        P.COMMENT_HIDE, "postId: $post", own=DONE, other="FORBIDDEN", blocked="POST_NOT_FOUND"
    ),
    "Mutation.likeComment": _rule(
        P.COMMENT_LIKE, "commentId: $comment", own=DONE, other=DONE, blocked="COMMENT_NOT_FOUND", private=DONE
    ),
    "Mutation.unlikeComment": _rule(
        P.COMMENT_LIKE, "commentId: $comment", own=DONE, other=DONE, blocked="COMMENT_NOT_FOUND", private=DONE
    ),
    "Mutation.toggleLike": _rule(P.POST_LIKE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Mutation.likePost": _rule(P.POST_LIKE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Mutation.unlikePost": _rule(P.POST_LIKE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Mutation.sharePost": _rule(P.POST_SHARE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Mutation.sharePost#quote": _rule(
        P.POST_SHARE,
        'postId: $post, content: "Look!", idempotencyKey: "once"',
        own=DONE,
        other=DONE,
        blocked="POST_NOT_FOUND",
        besides=P.POST_CREATE,
    ),
    "Mutation.unsharePost": _rule(P.POST_SHARE, "postId: $post", own=DONE, other=DONE, blocked="POST_NOT_FOUND"),
    "Mutation.bookmarkPost": _rule(
        P.POST_BOOKMARK, 'postId: $post, folder: "sooner"', own=DONE, other=DONE, blocked="POST_NOT_FOUND"
    ),
    "Mutation.removeBookmark": _rule(P.POST_BOOKMARK, "postId: $post", own=DONE, other=DONE, blocked=DONE),
    "Mutation.renameBookmarkFolder": _rule(P.POST_BOOKMARK, 'name: "later", newName: "sooner"'),
    "Mutation.deleteBookmarkFolder": _rule(P.POST_BOOKMARK, 'name: "later"'),
    "Mutation.pinPost": _rule(P.POST_PIN, "postId: $post", own=DONE, other="FORBIDDEN", blocked="POST_NOT_FOUND"),
    "Mutation.unpinPost": _rule(P.POST_PIN),
    "Mutation.followUser": _rule(
        P.USER_FOLLOW, "userId: $user", own="CANNOT_FOLLOW_SELF", other=DONE, blocked="USER_NOT_FOUND", private=DONE
    ),
    "Mutation.unfollowUser": _rule(
        P.USER_FOLLOW, "userId: $user", own=DONE, other=DONE, blocked="USER_NOT_FOUND", private=DONE
    ),
    "Mutation.setFollowPriority": _rule(
        P.USER_FOLLOW, "userId: $user, priority: HIGH", own="USER_NOT_FOUND", other=DONE, blocked="USER_NOT_FOUND"
    ),
    "Mutation.createList": _rule(P.USER_FOLLOW, 'name: "Foes"'),
    "Mutation.updateList": _rule(
        P.USER_FOLLOW, 'id: $list, name: "Foes"', own=DONE, other="LIST_NOT_FOUND", blocked="LIST_NOT_FOUND"
    ),
    "Mutation.deleteList": _rule(
        P.USER_FOLLOW, "id: $list", own=DONE, other="LIST_NOT_FOUND", blocked="LIST_NOT_FOUND"
    ),
    "Mutation.addToList": _rule(
        P.USER_FOLLOW, "listId: $mine, userId: $user", own=DONE, other=DONE, blocked="USER_NOT_FOUND", private=DONE
    ),
    "Mutation.addToList#another's": _rule(
        P.USER_FOLLOW,
        "listId: $list, userId: $user",
        own=DONE,
        other="LIST_NOT_FOUND",
        blocked="USER_NOT_FOUND",
        private="LIST_NOT_FOUND",
    ),
    "Mutation.approveFollow": _rule(
        P.USER_FOLLOW,
        "userId: $user",
        own="FOLLOW_REQUEST_NOT_FOUND",
        other=DONE,
        blocked="USER_NOT_FOUND",
        private=DONE,
    ),
    # What ends something may be done whoever it is about, and tells nothing of them.
    "Mutation.rejectFollow": _rule(
        P.USER_FOLLOW, "userId: $user", own="FOLLOW_REQUEST_NOT_FOUND", other=DONE, blocked=DONE
    ),
    "Mutation.removeFollower": _rule(P.USER_FOLLOW, "userId: $user", own=DONE, other=DONE, blocked=DONE),
    "Mutation.removeFromList": _rule(P.USER_FOLLOW, "listId: $mine, userId: $user", own=DONE, other=DONE, blocked=DONE),
    "Mutation.removeFromList#another's": _rule(
        P.USER_FOLLOW,
        "listId: $list, userId: $user",
        own=DONE,
        other="LIST_NOT_FOUND",
        blocked="LIST_NOT_FOUND",
    ),
    "Mutation.blockUser": _rule(P.USER_BLOCK, "userId: $user", own="CANNOT_BLOCK_SELF", other=DONE, blocked=DONE),
    "Mutation.unblockUser": _rule(P.USER_BLOCK, "userId: $user", own=DONE, other=DONE, blocked=DONE),
    "Mutation.muteUser": _rule(
        P.USER_MUTE, "userId: $user", own="CANNOT_MUTE_SELF", other=DONE, blocked="USER_NOT_FOUND", private=DONE
    ),
    "Mutation.unmuteUser": _rule(P.USER_MUTE, "userId: $user", own=DONE, other=DONE, blocked=DONE),
    "Mutation.muteWord": _rule(P.USER_MUTE, 'phrase: "Art"'),
    "Mutation.unmuteWord": _rule(P.USER_MUTE, 'phrase: "Art"'),
}

ROUTES: Mapping[str, Rule] = {
    "POST /auth/register": _rule(
        ANYBODY,
        {"username": "newcomer", "email": "$email", "password": "$password"},
        own=DONE,
        other=DONE,
        blocked=DONE,
        proves_owner=True,
    ),
    "POST /auth/verify": _rule(ANYBODY, {"email": "pending@example.org", "otpCode": "$code"}, proves_owner=True),
    "POST /auth/resend": _rule(ANYBODY, {"email": "$email"}, own=DONE, other=DONE, blocked=DONE),
    "POST /auth/token": _rule(
        ANYBODY,
        {"username": "$name", "password": "$password"},
        own=DONE,
        other=DONE,
        blocked=DONE,
        banned="ACCOUNT_BANNED",
        proves_owner=True,
    ),
    "POST /auth/token/refresh": _rule(ANYBODY, {"refreshToken": "$refresh"}, own=DONE, other=DONE, proves_owner=True),
    "POST /auth/token/verify": _rule(ANYBODY, {"token": "$token"}, own=DONE, other=DONE, proves_owner=True),
    "POST /auth/logout": _rule(ANYBODY, {"refreshToken": "$refresh"}, own=DONE, other=DONE),
    "POST /auth/logout#by bearer": _rule(SIGNED_IN),
    "POST /auth/password/reset": _rule(ANYBODY, {"email": "$email"}, own=DONE, other=DONE, blocked=DONE),
    "POST /auth/password/reset/confirm": _rule(
        ANYBODY,
        {"email": "$email", "otpCode": "$code", "newPassword": "another password"},
        own=DONE,
        other="CODE_REJECTED",
        blocked="CODE_REJECTED",
    ),
    "POST /media": _rule(P.MEDIA_UPLOAD, {"altText": "A picture"}),
    "GET /media/{id}": _rule(ANYBODY, own=DONE, other=DONE, blocked="MEDIA_NOT_FOUND"),
    "DELETE /media/{id}": _rule(
        P.MEDIA_UPLOAD, own=DONE, other=DONE, blocked="MEDIA_NOT_FOUND", others=P.MEDIA_DELETE_ANY
    ),
    "GET /users/me": _rule(SIGNED_IN),
    "PATCH /users/me": _rule(P.ACCOUNT_UPDATE, {"bio": "Another.", "locale": "de"}),
    "GET /users/{username}": _rule(ANYBODY, own=DONE, other=DONE, blocked="USER_NOT_FOUND", private=DONE),
}

RULES: Mapping[str, Rule] = {**QUERIES, **MUTATIONS, **ROUTES}


class Shown(StrEnum):
    """Who is shown a field of an object."""

    PUBLIC = "whoever is shown the object"
    OWNER = "its owner only; null for everyone else"


_PAYLOAD = "success message errors"

_PUBLIC: Mapping[str, str] = {
    "Access": "userId roles permissions grants",
    "AccessPayload": f"access {_PAYLOAD}",
    "Activity": "id at actorId actor action outcome objectId address details count",
    "ActivityConnection": "edges nodes pageInfo",
    "ActivityDetail": "name value",
    "ActivityEdge": "cursor node",
    "Bookmark": "id post folder createdAt",
    "BookmarkConnection": "edges nodes pageInfo",
    "BookmarkEdge": "cursor node",
    "BookmarkFolder": "name count",
    "BookmarkFoldersPayload": f"folders {_PAYLOAD}",
    "BookmarkPayload": f"post isBookmarked {_PAYLOAD}",
    "Comment": "id content contentHtml author isDeleted isHidden editedAt post parentId depth createdAt"
    " likesCount isLiked repliesCount replies limited",
    "CommentConnection": "edges nodes pageInfo totalCount",
    "CommentEdge": "cursor node",
    "CommentPayload": f"comment {_PAYLOAD}",
    "CreatePostPayload": f"post draft {_PAYLOAD}",
    "Draft": "id content image media visibility replyPolicy sensitive contentWarning language scheduledAt failure"
    " createdAt updatedAt",
    "DraftConnection": "edges nodes pageInfo",
    "DraftEdge": "cursor node",
    "DraftPayload": f"draft {_PAYLOAD}",
    "DeleteCommentPayload": f"post {_PAYLOAD}",
    "DeleteAccountPayload": f"eraseAt {_PAYLOAD}",
    "FeedConnection": "edges nodes pageInfo",
    "FeedEdge": "cursor node reason",
    "FeedReason": "kind users score terms tag",
    "FollowPayload": f"user isFollowing isRequested relationship {_PAYLOAD}",
    "Grant": "permission grantedAt expiresAt",
    "Highlight": "text isMatch",
    "Like": "id user post createdAt",
    "LikePayload": f"like post isLiked {_PAYLOAD}",
    "List": "id name createdAt updatedAt membersCount members",
    "ListConnection": "edges nodes pageInfo",
    "ListEdge": "cursor node",
    "ListPayload": f"list {_PAYLOAD}",
    "Media": "id kind status url contentType width height duration blurhash altText renditions failure createdAt",
    "MediaPayload": f"media {_PAYLOAD}",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    "Payload": _PAYLOAD,
    "PermissionInfo": "name group",
    "Post": "id content contentHtml image imageProxy author createdAt editedAt edits"
    " likesCount commentsCount sharesCount isLiked isShared"
    " visibility replyPolicy isLocked sensitive contentWarning language tags mentions isQuote quoted limited"
    " isBookmarked isPinned canReply media",
    "PostEdit": "number content image contentWarning at",
    "PostPage": "items totalItems totalPages currentPage hasNext",
    "PostPayload": f"post {_PAYLOAD}",
    "PostReactionPayload": f"post isLiked isShared {_PAYLOAD}",
    "MutedWord": "phrase createdAt until",
    "TrendingTag": "name postsCount authorsCount",
    "MutedWordPayload": f"word {_PAYLOAD}",
    "Relationship": "userId isFollowing isFollowedBy isRequested hasRequested isBlocking isMuting mutedKinds mutedUntil"
    " priority",
    "RelationshipPayload": f"relationship {_PAYLOAD}",
    "Rendition": "url width height contentType",
    "Role": "name permissions isBuiltIn",
    "RolePayload": f"role {_PAYLOAD}",
    "ScoreTerm": "name value",
    "SearchConnection": "edges nodes pageInfo",
    "SearchEdge": "cursor node highlights",
    "Session": "id createdAt usedAt expiresAt address userAgent isCurrent",
    "Share": "id user post createdAt",
    "SharePayload": f"share quote post isShared {_PAYLOAD}",
    "TokenPayload": f"token refreshToken expiresIn user {_PAYLOAD}",
    "User": "id username firstName lastName bio avatar isPrivate createdAt"
    " postsCount followersCount followingCount isFollowed relationship pinnedPost",
    "UserConnection": "edges nodes pageInfo",
    "UserEdge": "cursor node",
    "UserError": "code field message",
    "UserPayload": f"user {_PAYLOAD}",
}

_OWNERS: Mapping[str, str] = {"User": "email locale"}


def _fields(of: Mapping[str, str]) -> Iterator[str]:
    for name, fields in of.items():
        yield from (f"{name}.{field}" for field in fields.split())


FIELDS: Mapping[str, Shown] = {
    **dict.fromkeys(_fields(_PUBLIC), Shown.PUBLIC),
    **dict.fromkeys(_fields(_OWNERS), Shown.OWNER),
}
"""Of every object that a query or a mutation may answer with."""


def ruled(names: Mapping[str, object]) -> set[str]:
    """The fields and routes that rules are about, without the names of their ways in."""
    return {name.partition("#")[0] for name in names}
