"""Identity: accounts, sessions and profiles. Handlers translate; services decide."""

from http import HTTPStatus

from msgspec import UNSET, structs

from socialfeed.domain.errors import (
    AccountBanned,
    CodeRejected,
    EmailNotVerified,
    EmailTaken,
    Forbidden,
    InvalidCredentials,
    InvalidRefreshToken,
    RateLimited,
    Unauthenticated,
    UsernameTaken,
    UserNotFound,
)
from socialfeed.entrypoints.rest import models
from socialfeed.entrypoints.rest.operations import Operations, Visit

OPERATIONS = Operations()


@OPERATIONS.serve("POST", "/auth/register", success=HTTPStatus.CREATED, refuses=(UsernameTaken, RateLimited))
async def register(visit: Visit, body: models.Registration) -> models.AccountDone:
    """Make an account that waits for its address to be proven. A known address gets the same answer."""
    user = await visit.services.accounts.register(
        visit.actor,
        username=body.username,
        email=body.email,
        password=body.password,
        first_name=body.first_name,
        last_name=body.last_name,
        bio=body.bio,
    )
    return models.AccountDone(message="Registered. We sent a code to your address.", user=models.account(user))


@OPERATIONS.serve("POST", "/auth/verify", refuses=(CodeRejected, EmailTaken, RateLimited))
async def verify(visit: Visit, body: models.Verification) -> models.AccountDone:
    """Prove an address by the code that was mailed to it."""
    user = await visit.services.accounts.verify_email(visit.actor, email=body.email, code=body.otp_code)
    return models.AccountDone(message="Your address is verified. You can sign in now.", user=models.account(user))


@OPERATIONS.serve("POST", "/auth/resend", success=HTTPStatus.ACCEPTED, refuses=(RateLimited,))
async def resend(visit: Visit, body: models.Address) -> models.Done:
    """Mail another code where an account waits for one. Every address gets the same answer."""
    await visit.services.accounts.resend_code(visit.actor, email=body.email)
    return models.Done(message="If this address waits for a code, a new one is on its way.")


@OPERATIONS.serve("POST", "/auth/token", refuses=(InvalidCredentials, EmailNotVerified, AccountBanned, RateLimited))
async def sign_in(visit: Visit, body: models.Credentials) -> models.TokenPair:
    """Sign in by username or address."""
    signed_in = await visit.services.sessions.sign_in(visit.actor, login=body.username, password=body.password)
    return models.token_pair(signed_in)


@OPERATIONS.serve("POST", "/auth/token/refresh", refuses=(InvalidRefreshToken,))
async def refresh(visit: Visit, body: models.Refresh) -> models.TokenPair:
    """Get the next pair of tokens. Using a refresh token twice ends its session."""
    return models.token_pair(await visit.services.sessions.refresh(visit.actor, refresh_token=body.refresh_token))


@OPERATIONS.serve("POST", "/auth/token/verify", refuses=(Unauthenticated,))
async def verify_token(visit: Visit, body: models.AccessToken) -> models.TokenOwner:
    """Tell whom an access token speaks for, if it is good at this moment."""
    actor = await visit.services.sessions.actor(body.token, visit.client)
    user = await visit.services.accounts.me(actor)
    if user is None:
        raise Unauthenticated
    return models.TokenOwner(user=models.account(user))


@OPERATIONS.serve("POST", "/auth/logout", success=HTTPStatus.NO_CONTENT, refuses=(Unauthenticated,))
async def log_out(visit: Visit, body: models.Refresh | None) -> None:
    """End the session of the refresh token in the body; without a body, that of the bearer token."""
    if body is None:
        await visit.services.sessions.log_out(visit.actor)
    else:
        await visit.services.sessions.end(visit.actor, refresh_token=body.refresh_token)


@OPERATIONS.serve("POST", "/auth/password/reset", success=HTTPStatus.ACCEPTED, refuses=(RateLimited,))
async def request_password_reset(visit: Visit, body: models.Address) -> models.Done:
    """Mail a code that permits a new password. Every address gets the same answer."""
    await visit.services.accounts.request_password_reset(visit.actor, email=body.email)
    return models.Done(message="If this address has an account, a code is on its way.")


@OPERATIONS.serve("POST", "/auth/password/reset/confirm", refuses=(CodeRejected, RateLimited))
async def reset_password(visit: Visit, body: models.Reset) -> models.Done:
    """Set a new password by the code that was mailed. Every session ends."""
    await visit.services.accounts.reset_password(
        visit.actor, email=body.email, code=body.otp_code, new_password=body.new_password
    )
    return models.Done(message="Your password is new. Sign in with it.")


# Before the usernames: nobody is called "me", because a username has three characters at least.
@OPERATIONS.serve("GET", "/users/me", needs_viewer=True)
async def me(visit: Visit) -> models.Account:
    """The viewer's own account."""
    user = await visit.services.accounts.me(visit.actor)
    if user is None:
        raise Unauthenticated
    return models.account(user)


@OPERATIONS.serve("PATCH", "/users/me", needs_viewer=True, refuses=(Forbidden,))
async def update_me(visit: Visit, body: models.ProfileChanges) -> models.Account:
    """Change the viewer's own profile (RFC 7396: what is left out stays, null removes)."""
    changes = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    if "avatar" in changes:
        changes["avatar_url"] = changes.pop("avatar") or ""
    return models.account(await visit.services.own_account.update_profile(visit.actor, **changes))


@OPERATIONS.serve("GET", "/users/{username}", refuses=(UserNotFound,))
async def user(visit: Visit, username: str) -> models.Profile:
    """Somebody's profile, by their username in any case."""
    graph = visit.services.graph
    found = await graph.profile_by_username(visit.actor, username)
    if found is None:
        raise UserNotFound
    counts = (await graph.counts([found.id]))[found.id]
    relationship = (await graph.relationships(visit.actor, [found.id])).get(found.id)
    return models.profile(found, counts, is_followed=relationship is not None and relationship.is_following)
