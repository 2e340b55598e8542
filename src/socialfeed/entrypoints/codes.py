"""The one catalogue of error codes: clients may rely on them, while messages are for people and may change.

`extensions.code` in GraphQL, `errors { code }` in mutation payloads and `code` in problems over REST are all from here.
`docs/errors.md` is made of this by `scripts/errors.py`; a test holds it to what the code can say.
"""

from collections.abc import Mapping

REQUEST: Mapping[str, str] = {
    "BAD_REQUEST": "No operation, or one that is not valid: syntax, unknown fields, wrong variables.",
    "BODY_TOO_LARGE": "The body, or a file in it, is larger than is accepted.",
    "DOCUMENT_NOT_TRUSTED": "The server runs the documents of its manifest alone, and this is none of them.",
    "METHOD_NOT_ALLOWED": "What is no query came by GET.",
    "PERSISTED_QUERY_MISMATCH": "The hash of a persisted query is not that of the text sent with it.",
    "PERSISTED_QUERY_NOT_FOUND": "No text is known for this hash: send both.",
    "PREFLIGHT_REQUIRED": "A request that other sites' pages could send, without the header that they cannot.",
    "TIMEOUT": "The operation took too long and was ended; what it changed until then is complete or undone.",
    "TOO_DEEP": "More levels than an operation may have, fragments expanded.",
    "TOO_EXPENSIVE": "The operation may cost more points than any may; `extensions.cost` says how many.",
    "TOO_MANY_ALIASES": "More aliases than an operation may have, fragments expanded.",
    "TOO_MANY_DIRECTIVES": "More directives on one field, fragment, variable or operation than are accepted.",
    "TOO_MANY_FIELDS": "More fields than an operation may have, fragments expanded.",
    "TOO_MANY_REPETITIONS": "The same field or fragment again and again in the same place.",
    "TOO_SLOW": "The body took too long to arrive.",
    "UNSUPPORTED_MEDIA_TYPE": "A body in a media type that is not read here.",
}
"""About a request as such; nothing was run."""

VIEWER: Mapping[str, str] = {
    "FORBIDDEN": "The viewer lacks the permission.",
    "INVALID_TOKEN": "The access token, or the way it was sent, is not valid.",
    "RATE_LIMITED": "Too many tries, or no points left. `retryAfter` says in how many seconds to come back.",
    "SESSION_ENDED": "The session of this access token was ended, or its account was banned or deleted.",
    "TOKEN_EXPIRED": "The access token has expired: refresh it.",
    "UNAUTHENTICATED": "This needs somebody who is signed in.",
}
"""About who asks."""

SERVER: Mapping[str, str] = {
    "FETCH_FAILED": "The image of another server cannot be had.",
    "FETCH_TIMED_OUT": "The image of another server takes too long.",
    "INTERNAL": "An error of ours. It is logged whole under the request's id, which the answer carries.",
    "UNAVAILABLE": "A service that this needs does not answer. Trying again later may help.",
}
"""About the server."""

INPUT: Mapping[str, str] = {
    "ALREADY_EXPIRED": "A grant or a word would end before it begins.",
    "DUPLICATE_MEDIA": "The same file twice in one post.",
    "INVALID": "The input breaks a rule that has no code of its own.",
    "INVALID_ARGUMENTS": "Arguments that exclude each other, or none of those of which one is needed.",
    "INVALID_CHARACTER": "A control character, or one that is not accepted here.",
    "INVALID_CURSOR": "A cursor that is not of this list, or not of ours.",
    "INVALID_DURATION": "A time span out of its limits.",
    "INVALID_EMAIL": "Not an e-mail address.",
    "INVALID_ID": "Not an id, or not one of this kind of thing.",
    "INVALID_IDEMPOTENCY_KEY": "An idempotency key is 1 to 100 printable characters of ASCII.",
    "INVALID_KEY": "Not the name of a stored file.",
    "INVALID_LOCALE": "Not a language tag.",
    "INVALID_PAGE": "Pages are numbered from 1.",
    "INVALID_PAGE_SIZE": "A page holds 1 to 100.",
    "INVALID_PHRASE": "Not a word or a tag that can be muted.",
    "INVALID_ROLE_NAME": "Not a name for a role.",
    "INVALID_SCHEDULE": "Not a moment that a post can be planned for.",
    "INVALID_TAG": "Not the name of a tag.",
    "INVALID_URL": "Not an http or https address.",
    "INVALID_USERNAME": "Not a name for an account.",
    "NOTHING_TO_MUTE": "A mute that silences nothing.",
    "NOTHING_TO_SEARCH": "A search without a word to look for.",
    "PASSWORD_TOO_COMMON": "One of the passwords that everybody tries first.",
    "PASSWORD_TOO_LONG": "A password has at most 256 characters.",
    "PASSWORD_TOO_SHORT": "A password has at least 8 characters.",
    "PREFIX_TOO_SHORT": "Too few letters before the `*` of a search.",
    "SAME_EMAIL": "The new address is the old one.",
    "TOO_LATE": "The time in which this could be undone is over.",
    "TOO_LONG": "More characters than are accepted.",
    "TOO_MANY": "As many muted words as anybody may have.",
    "TOO_MANY_DRAFTS": "As many drafts as anybody may have.",
    "TOO_MANY_FOLDERS": "As many folders as anybody may have.",
    "TOO_MANY_IDS": "More ids than `nodes` takes at a time.",
    "TOO_MANY_LISTS": "As many lists as anybody may have.",
    "TOO_MANY_MEDIA": "More files than a post may have.",
    "TOO_MANY_MEMBERS": "As many accounts as a list may have.",
    "TOO_SHORT": "Fewer characters than are needed.",
    "UNKNOWN_ACTION": "The activity log knows no such action.",
    "UNKNOWN_PERMISSION": "There is no such permission.",
}
"""About the input by itself: the same input is always refused."""

STATE: Mapping[str, str] = {
    "ACCOUNT_BANNED": "The account is banned.",
    "BLOCKED_BY_YOU": "The viewer blocks this account.",
    "CODE_REJECTED": "The one-time code is wrong, used or too old.",
    "COMMENT_NOT_FOUND": "There is no such comment, or not for the viewer.",
    "CONFLICT": "Something else happened first.",
    "DEFAULT_FOLDER": "The default folder stays as it is.",
    "DRAFT_NOT_FOUND": "There is no such draft of the viewer's.",
    "EMAIL_NOT_VERIFIED": "The account's address is not verified yet.",
    "EMAIL_TAKEN": "The address belongs to another account.",
    "FOLDER_EXISTS": "There is a folder of this name.",
    "FOLDER_NOT_FOUND": "There is no such folder of the viewer's.",
    "FOLLOW_REQUEST_NOT_FOUND": "There is no such request.",
    "IDEMPOTENCY_KEY_REUSED": "The idempotency key was sent before, with another request.",
    "INVALID_CREDENTIALS": "No such account, or the password is wrong; which, is not said.",
    "INVALID_REFRESH_TOKEN": "The refresh token was used, revoked or has expired: sign in again.",
    "LIST_NOT_FOUND": "There is no such list of the viewer's.",
    "MEDIA_ATTACHED": "The file belongs to another post or draft.",
    "MEDIA_BROKEN": "The file is damaged.",
    "MEDIA_FAILED": "The file could not be processed.",
    "MEDIA_NOT_FOUND": "There is no such file of the viewer's.",
    "MEDIA_TOO_LARGE": "The file has more bytes than are accepted.",
    "MEDIA_TOO_LONG": "The video is longer than is accepted.",
    "MEDIA_TOO_MANY_FRAMES": "The animation has more frames than are accepted.",
    "MEDIA_TOO_MANY_PIXELS": "The picture has more pixels than are accepted.",
    "MEDIA_TYPE_NOT_ALLOWED": "By its content the file is none of the accepted types.",
    "NOT_FOUND": "There is no such thing, or not for the viewer.",
    "NOT_SHAREABLE": "The post is not for everybody.",
    "NOT_VERIFIED": "The account was never verified.",
    "OWN_ACCOUNT": "Nobody can do this to the own account.",
    "POST_NOT_FOUND": "There is no such post, or not for the viewer.",
    "PRIVATE_ACCOUNT": "The account is private and not followed by the viewer.",
    "QUOTA_EXCEEDED": "The account has no room left for the file.",
    "REJECTED": "A refusal that has no code of its own.",
    "REPLIES_RESTRICTED": "The author lets only some people reply.",
    "ROLE_BUILT_IN": "Built-in roles stay as they are.",
    "ROLE_EXISTS": "There is a role of this name.",
    "ROLE_NOT_FOUND": "There is no such role.",
    "SESSION_NOT_FOUND": "There is no such session of the viewer's.",
    "THREAD_LOCKED": "The author has locked the thread.",
    "TOO_MANY_FOLLOWED": "The viewer follows as many accounts as anybody can.",
    "TOO_MANY_PENDING": "Too many of the viewer's uploads wait to be processed.",
    "USERNAME_TAKEN": "The name belongs to another account.",
    "USER_NOT_FOUND": "There is no such account, or not for the viewer.",
    "VIDEO_NOT_SUPPORTED": "The server does not accept videos.",
}
"""About how things stand: the same input may be accepted later, or from somebody else."""

_SECTIONS = (
    ("Requests", "Nothing was run.", REQUEST),
    ("Viewers", "Top-level errors: who asks may not, or not yet.", VIEWER),
    ("The server", "Top-level errors.", SERVER),
    ("Input", "In the payload of a mutation, top-level in a query. The same input is always refused.", INPUT),
    ("State", "In the payload of a mutation, top-level in a query. It may be otherwise later.", STATE),
)

CODES: Mapping[str, str] = {code: meaning for _, _, codes in _SECTIONS for code, meaning in codes.items()}


def markdown() -> str:
    """The catalogue as a page."""
    lines = [
        "# Errors",
        "",
        "Made by `scripts/errors.py`. Rely on codes; messages are for people and may change. In GraphQL a code is",
        "`errors[].extensions.code`, or `errors { code field message }` in the payload of a mutation; over REST it is",
        "`code` in `application/problem+json`. Where an argument is at fault, `field` names it.",
    ]
    for title, when, codes in _SECTIONS:
        lines += ["", f"## {title}", "", when, "", "| Code | Meaning |", "|---|---|"]
        lines += [f"| `{code}` | {meaning} |" for code, meaning in sorted(codes.items())]
    return "\n".join([*lines, ""])
