"""What can go wrong, with codes that clients may rely on.

`Rejected` errors are answers a well-behaved client must expect (a name taken, a post gone): mutations carry
them in the payload. The others stop the operation. Messages are for people and may change; codes may not.
"""

from typing import ClassVar


class SocialFeedError(Exception):
    """Base of every error that may be shown to a client. `field` names the argument at fault, in snake_case."""

    code: str = "INTERNAL"
    message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message or self.message)
        if code is not None:
            self.code = code
        self.field = field


class Rejected(SocialFeedError):
    """An expected refusal."""

    code = "REJECTED"


class Invalid(Rejected):
    """The input breaks a rule of its own, whatever the state of the system."""

    code = "INVALID"


class NotFound(Rejected):
    code = "NOT_FOUND"


class Conflict(Rejected):
    code = "CONFLICT"


class UserNotFound(NotFound):
    code, message = "USER_NOT_FOUND", "There is no such user."


class PostNotFound(NotFound):
    code, message = "POST_NOT_FOUND", "There is no such post."


class ParkedNotFound(NotFound):
    code, message = "PARKED_NOT_FOUND", "Nothing of this id is parked."


class DraftNotFound(NotFound):
    code, message = "DRAFT_NOT_FOUND", "There is no such draft."


class ListNotFound(NotFound):
    code, message = "LIST_NOT_FOUND", "There is no such list."


class CommentNotFound(NotFound):
    code, message = "COMMENT_NOT_FOUND", "There is no such comment."


class MediaNotFound(NotFound):
    code, message = "MEDIA_NOT_FOUND", "There is no such file."


class UsernameTaken(Conflict):
    code, message = "USERNAME_TAKEN", "This username is taken."

    def __init__(self) -> None:
        super().__init__(field="username")


class EmailTaken(Conflict):
    code, message = "EMAIL_TAKEN", "This address belongs to another account."

    def __init__(self) -> None:
        super().__init__(field="email")


class RoleExists(Conflict):
    code, message = "ROLE_EXISTS", "There is a role of this name already."

    def __init__(self) -> None:
        super().__init__(field="name")


class RoleNotFound(NotFound):
    code, message = "ROLE_NOT_FOUND", "There is no such role."


class IdConflict(Conflict):
    """Two processes made the same id; the caller makes a new one and tries again."""

    code, message = "ID_CONFLICT", "This id exists already."


class IdempotencyKeyReused(Conflict):
    code, message = "IDEMPOTENCY_KEY_REUSED", "This key was sent with another request."

    def __init__(self) -> None:
        super().__init__(field="idempotency_key")


class FolderNotFound(NotFound):
    code, message = "FOLDER_NOT_FOUND", "There is no such folder."


class FolderExists(Conflict):
    code, message = "FOLDER_EXISTS", "There is a folder of this name already."


class CodeRejected(Rejected):
    """Wrong, used, expired or killed by wrong tries: deliberately not told apart."""

    code, message = "CODE_REJECTED", "This code is not valid. Ask for a new one."

    def __init__(self) -> None:
        super().__init__(field="otp_code")


class InvalidCredentials(Rejected):
    code, message = "INVALID_CREDENTIALS", "Username or password is wrong."


class InvalidRefreshToken(Rejected):
    """Unknown, used, expired or ended: deliberately not told apart."""

    code, message = "INVALID_REFRESH_TOKEN", "This session has ended. Sign in again."

    def __init__(self) -> None:
        super().__init__(field="refresh_token")


class SessionNotFound(NotFound):
    code, message = "SESSION_NOT_FOUND", "There is no such session."


class EmailNotVerified(Rejected):
    code, message = "EMAIL_NOT_VERIFIED", "Verify your e-mail address first."


class AccountBanned(Rejected):
    code, message = "ACCOUNT_BANNED", "This account is banned."


class FollowRequestNotFound(NotFound):
    code, message = "FOLLOW_REQUEST_NOT_FOUND", "There is no such request."


class TooManyFollowed(Rejected):
    code, message = "TOO_MANY_FOLLOWED", "You follow as many accounts as anybody can."


class BlockedByYou(Rejected):
    """Lift the block first."""

    code, message = "BLOCKED_BY_YOU", "You block this account."


class PrivateAccount(Rejected):
    """This account chooses who follows it."""

    code, message = "PRIVATE_ACCOUNT", "This account is private."


class RepliesRestricted(Rejected):
    """The author chose who may comment."""

    code, message = "REPLIES_RESTRICTED", "The author lets only some people reply."


class ThreadLocked(Rejected):
    """Nobody but the author of the post comments on it any more."""

    code, message = "THREAD_LOCKED", "The author has locked this thread."


class NotShareable(Rejected):
    """It is for followers or for the mentioned, or of a private account."""

    code, message = "NOT_SHAREABLE", "This post is not for everybody, so it cannot be shared."


class OwnAccount(Rejected):
    """Nobody bans, promotes or demotes themselves: there is always somebody left who may undo it."""

    code, message = "OWN_ACCOUNT", "You cannot do this to your own account."


class MediaTypeNotAllowed(Invalid):
    code, message = "MEDIA_TYPE_NOT_ALLOWED", "Only JPEG, PNG, WebP, GIF, MP4 and WebM are accepted."


class VideoNotSupported(Invalid):
    code, message = "VIDEO_NOT_SUPPORTED", "This server does not accept videos."


class MediaTooLarge(Invalid):
    code, message = "MEDIA_TOO_LARGE", "This file is too large."


class MediaTooManyPixels(Invalid):
    code, message = "MEDIA_TOO_MANY_PIXELS", "This picture has too many pixels."


class MediaTooManyFrames(Invalid):
    code, message = "MEDIA_TOO_MANY_FRAMES", "This animation is too long."


class MediaTooLong(Invalid):
    code, message = "MEDIA_TOO_LONG", "This video is too long."


class MediaBroken(Invalid):
    code, message = "MEDIA_BROKEN", "This file is damaged."


class QuotaExceeded(Conflict):
    code, message = "QUOTA_EXCEEDED", "There is no room left for this file. Delete others first."


class TooManyPending(Conflict):
    code, message = "TOO_MANY_PENDING", "Wait until your other uploads are through."


class MediaAttached(Conflict):
    code, message = "MEDIA_ATTACHED", "Another post or draft has this file already."


class MediaFailed(Conflict):
    code, message = "MEDIA_FAILED", "This file could not be processed."


class Unauthenticated(SocialFeedError):
    code, message = "UNAUTHENTICATED", "Sign in first."


class Forbidden(SocialFeedError):
    code, message = "FORBIDDEN", "You may not do this."


class RateLimited(SocialFeedError):
    """`retry_after` is in seconds, at least 1."""

    code, message = "RATE_LIMITED", "Too many tries. Wait a little."

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = max(1, int(retry_after + 0.999))


class Unavailable(SocialFeedError):
    """A service this operation needs does not answer; trying again later may help."""

    code, message = "UNAVAILABLE", "This is not available right now. Try again later."


class FetchFailed(Unavailable):
    """Somebody else's server does not answer, may not be asked, or gives no image: deliberately not told apart, so that
    nobody learns what stands in our network.
    """

    code, message = "FETCH_FAILED", "This image cannot be had."


class FetchTimedOut(FetchFailed):
    code, message = "FETCH_TIMED_OUT", "This image takes too long."
